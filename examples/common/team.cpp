// SPDX-License-Identifier: BSD-3-Clause
#include "team.hpp"

#include <cstdlib>
#include <iostream>
#include <vector>

#include <xtn/core/agreement.hpp>
#include <xtn/io/atomic_file.hpp>
#include <xtn/io/crc32.hpp>

#if defined(XTN_WITH_MPI)
#include <xtn/mpi.hpp>
#endif

namespace examples {

#if defined(XTN_WITH_MPI)
namespace {

const xtn::mpi_processes& world() {
    static const xtn::mpi_session session;
    static const xtn::mpi_processes all;
    return all;
}

}  // namespace

team::team() : rank_(world().rank()), size_(world().size()) {}

void team::exchange(std::span<const std::byte> send, std::size_t to, std::span<std::byte> receive,
                    std::size_t from) const {
    world().exchange(send, to, receive, from);
}

void team::broadcast(std::span<std::byte> bytes) const { world().broadcast(bytes); }

std::size_t team::on_this_machine() const { return world().on_this_machine(); }

void team::abort(const std::string& why) const { world().abort(why); }
#else
team::team() : rank_(0), size_(1) {}

void team::exchange(std::span<const std::byte>, std::size_t, std::span<std::byte>, std::size_t) const {}

void team::broadcast(std::span<std::byte>) const {}

std::size_t team::on_this_machine() const { return 1; }

void team::abort(const std::string& why) const {
    std::cerr << why << std::endl;
    std::exit(1);
}
#endif

void require_same(const std::string& lines) { xtn::require_same(team(), lines); }

void require_same_bytes(const std::string& words, std::span<const std::byte> bytes) {
    if (team().size() > 1)
        require_same(words + std::to_string(bytes.size()) + " bytes with CRC-32 " +
                     std::to_string(xtn::detail::crc32(bytes)));
}

void require_same_file(const std::string& words, const std::filesystem::path& path) {
    if (team().size() > 1) require_same_bytes(words, xtn::read_file<std::vector<std::byte>>(path));
}

xtn::safetensors load_same(const std::filesystem::path& path) {
    require_same_file(path.filename().string() + ": ", path);
    return xtn::load_safetensors(path);
}

void save_once(const std::filesystem::path& path, const xtn::safetensors& file) {
    if (team().writes()) xtn::save_safetensors(path, file);
}

}  // namespace examples
