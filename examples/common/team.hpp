// SPDX-License-Identifier: BSD-3-Clause
// The processes that share a program's trainings: those that mpirun started, or this one alone; without MPI in the build, always
// this one. A program does everything in each of them, but only process 0 writes files and lines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include <xtn/core/processes.hpp>
#include <xtn/io/safetensors.hpp>

namespace examples {

/// An xtn::process_group. Copies are the same processes; the first one of a program begins MPI.
class team {
public:
    team();

    std::size_t rank() const { return rank_; }
    std::size_t size() const { return size_; }
    void exchange(std::span<const std::byte> send, std::size_t to, std::span<std::byte> receive,
                  std::size_t from) const;
    void broadcast(std::span<std::byte> bytes) const;

    /// Whether this is the process that writes.
    bool writes() const { return rank_ == 0; }
    /// How many of them share this machine.
    std::size_t on_this_machine() const;
    /// Ends all of them, after saying why.
    [[noreturn]] void abort(const std::string& why) const;

private:
    std::size_t rank_, size_;
};
static_assert(xtn::process_group<team>);

/// Refuses, in all processes, to go on with texts of lines that are not the same in all (xtn::require_same).
void require_same(const std::string& lines);

/// The same of contents, by their lengths and checksums; `words`, such as "text: ", stand before these in the message. Where there
/// is one process, nothing is read.
void require_same_bytes(const std::string& words, std::span<const std::byte> bytes);
void require_same_file(const std::string& words, const std::filesystem::path& path);

/// What the file holds, which must be the same in all processes.
xtn::safetensors load_same(const std::filesystem::path& path);

/// Writes a file; process 0 does.
void save_once(const std::filesystem::path& path, const xtn::safetensors& file);

}  // namespace examples
