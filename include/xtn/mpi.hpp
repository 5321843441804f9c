// SPDX-License-Identifier: BSD-3-Clause
// The processes that mpirun starts, as a process_group. The only header that needs MPI, and no other includes it: link
// xtn::mpi for it.
//
//     xtn::mpi_session session;
//     xtn::train(task, plan, pool, observer, xtn::mpi_processes());
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <thread>

// The C interface alone; the C++ one is gone from the standard.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <xtn/core/error.hpp>
#include <xtn/core/processes.hpp>

namespace xtn {

/// The processes of an MPI communicator, of which this is one. A failure of MPI itself ends all of them with a message of
/// MPI's, as is its default.
class mpi_processes {
public:
    explicit mpi_processes(MPI_Comm communicator = MPI_COMM_WORLD) : communicator_(communicator) {
        int rank = 0, size = 0;
        MPI_Comm_rank(communicator, &rank);
        MPI_Comm_size(communicator, &size);
        rank_ = static_cast<std::size_t>(rank);
        size_ = static_cast<std::size_t>(size);
    }

    std::size_t rank() const { return rank_; }
    std::size_t size() const { return size_; }

    void exchange(std::span<const std::byte> send, std::size_t to, std::span<std::byte> receive,
                  std::size_t from) const {
        while (!send.empty() || !receive.empty()) {
            const auto sent = send.first(std::min(send.size(), largest));
            const auto received = receive.first(std::min(receive.size(), largest));
            MPI_Sendrecv(sent.data(), static_cast<int>(sent.size()), MPI_BYTE, neighbour(to, sent.empty()), 0,
                         received.data(), static_cast<int>(received.size()), MPI_BYTE,
                         neighbour(from, received.empty()), 0, communicator_, MPI_STATUS_IGNORE);
            send = send.subspan(sent.size());
            receive = receive.subspan(received.size());
        }
    }

    void broadcast(std::span<std::byte> bytes) const {
        while (!bytes.empty()) {
            const auto part = bytes.first(std::min(bytes.size(), largest));
            MPI_Bcast(part.data(), static_cast<int>(part.size()), MPI_BYTE, 0, communicator_);
            bytes = bytes.subspan(part.size());
        }
    }

    /// How many of them share this one's machine, for dealing out its processors.
    std::size_t on_this_machine() const {
        MPI_Comm local = MPI_COMM_NULL;
        int size = 0;
        MPI_Comm_split_type(communicator_, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local);
        MPI_Comm_size(local, &size);
        MPI_Comm_free(&local);
        return static_cast<std::size_t>(size);
    }

    /// Ends all of them, after saying why, and after half a second: mpirun drops what it has not read when it ends them.
    [[noreturn]] void abort(const std::string& why) const {
        std::fprintf(stderr, "process %zu of %zu: %s\n", rank_, size_, why.c_str());
        std::fflush(nullptr);
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        MPI_Abort(communicator_, 1);
        std::terminate();  // not reached
    }

private:
    static constexpr std::size_t largest = std::size_t{1} << 30;  // bytes of a message, whose number is an int

    static int neighbour(std::size_t other, bool silent) { return silent ? MPI_PROC_NULL : static_cast<int>(other); }

    MPI_Comm communicator_;
    std::size_t rank_ = 0, size_ = 1;
};

/// MPI from here to the end of the object's life: one in main(). A program that mpirun did not start is one process. If an
/// exception leaves it, the others would wait for this process forever; so all end.
class mpi_session {
public:
    mpi_session() {
        int provided = 0;
        MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
        if (provided < MPI_THREAD_SERIALIZED)
            mpi_processes().abort("this MPI can't be called from several threads, one at a time");
    }
    mpi_session(const mpi_session&) = delete;
    mpi_session& operator=(const mpi_session&) = delete;
    ~mpi_session() {
        if (std::uncaught_exceptions() > 0 && mpi_processes().size() > 1)
            mpi_processes().abort("an exception ended it, and so the run");
        MPI_Finalize();
    }
};

static_assert(process_group<mpi_processes>);

}  // namespace xtn
