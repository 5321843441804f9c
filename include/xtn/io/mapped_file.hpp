// SPDX-License-Identifier: BSD-3-Clause
// Parts of a file in memory without reading them first (mmap of POSIX): a page is read when it is touched, and given back
// when the part goes, so what is mapped counts in memory no longer than it is used.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xtn/core/error.hpp>
#include <xtn/io/atomic_file.hpp>

namespace xtn::detail {

/// A regular file that is open for reading. Copies share it.
class mapped_file {
public:
    /// Throws io_error with the path and the system's reason.
    explicit mapped_file(const std::filesystem::path& path)
        : path_(path), file_(std::make_shared<file_descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC))) {
        if (file_->get() < 0) throw_file_error("read", path, errno);
        const struct ::stat status = status_now();
        if (!S_ISREG(status.st_mode)) throw io_error("cannot map " + path.string() + ": it is not a regular file");
        size_ = static_cast<std::uint64_t>(status.st_size);
    }

    std::uint64_t size() const { return size_; }

    /// Bytes of the file, and what keeps them in memory.
    struct part {
        std::span<const std::byte> bytes;
        std::shared_ptr<const void> owner;
    };
    /// The bytes [begin, begin + count), which must lie in the file. They are those on disk: a file that is written to
    /// meanwhile changes them, and one that is truncated meanwhile ends the program when they are touched (SIGBUS).
    /// Throws io_error where it has another size than when it was opened.
    part map(std::uint64_t begin, std::size_t count) const {
        if (static_cast<std::uint64_t>(status_now().st_size) != size_)
            throw io_error(path_.string() + " has changed its size since it was opened");
        if (count == 0) return {};
        static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        const auto before = static_cast<std::size_t>(begin % page), length = before + count;
        void* const memory =
            ::mmap(nullptr, length, PROT_READ, MAP_PRIVATE, file_->get(), static_cast<::off_t>(begin - before));
        if (memory == MAP_FAILED) throw_file_error("map", path_, errno);
        std::shared_ptr<const void> owner(memory, [length](void* m) { ::munmap(m, length); });
        return {{static_cast<const std::byte*>(memory) + before, count}, std::move(owner)};
    }

private:
    struct ::stat status_now() const {
        struct ::stat status {};
        if (::fstat(file_->get(), &status) != 0) throw_file_error("read", path_, errno);
        return status;
    }

    std::filesystem::path path_;
    std::shared_ptr<const file_descriptor> file_;
    std::uint64_t size_ = 0;
};

}  // namespace xtn::detail
