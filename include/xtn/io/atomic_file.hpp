// SPDX-License-Identifier: BSD-3-Clause
// Whole files: read one, and replace one so that after a crash at any moment the path holds either the old content or
// the new one, complete. The recipe is the usual one for POSIX file systems: write a temporary sibling, fsync it,
// rename it over the path (rename(2) is atomic), fsync the directory so that the rename itself is durable.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xtn/core/error.hpp>

namespace xtn {

namespace detail {

[[noreturn]] inline void throw_file_error(const char* action, const std::filesystem::path& path, int code) {
    throw io_error("cannot " + std::string(action) + " " + path.string() + ": " + std::system_category().message(code));
}

/// A file descriptor that is closed when it goes.
class file_descriptor {
public:
    explicit file_descriptor(int fd) : fd_(fd) {}
    file_descriptor(const file_descriptor&) = delete;
    file_descriptor& operator=(const file_descriptor&) = delete;
    ~file_descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    /// Closes now; false, with errno, if the system reports a late write error.
    bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

private:
    int fd_;
};

/// A new empty file beside `target`, removed again unless it is renamed to it.
class temporary_sibling {
public:
    explicit temporary_sibling(const std::filesystem::path& target) : target_(target), file_(create()) {}
    temporary_sibling(const temporary_sibling&) = delete;
    temporary_sibling& operator=(const temporary_sibling&) = delete;
    ~temporary_sibling() {
        if (!path_.empty()) ::unlink(path_.c_str());
    }

    /// Writes to the place `offset` of the file.
    void write(std::uint64_t offset, std::span<const std::byte> content) {
        while (!content.empty()) {
            const ::ssize_t written =
                ::pwrite(file_.get(), content.data(), content.size(), static_cast<::off_t>(offset));
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) throw_file_error("write", target_, written < 0 ? errno : ENOSPC);
            content = content.subspan(static_cast<std::size_t>(written));
            offset += static_cast<std::uint64_t>(written);
        }
    }

    void rename_to_target() {
        if (::fsync(file_.get()) != 0) throw_file_error("sync", target_, errno);
        if (!file_.close()) throw_file_error("close", target_, errno);
        if (::rename(path_.c_str(), target_.c_str()) != 0) throw_file_error("replace", target_, errno);
        path_.clear();

        const auto parent = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
        const file_descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (directory.get() < 0) throw_file_error("sync directory", parent, errno);
        // EINVAL: a file system whose directories need no sync.
        if (::fsync(directory.get()) != 0 && errno != EINVAL) throw_file_error("sync directory", parent, errno);
    }

private:
    /// O_EXCL and the counter: neither a second writer nor what a crash left behind is ever written to.
    int create() {
        static std::atomic<unsigned> counter{0};
        for (;;) {
            std::string name(1, '.');
            name += target_.filename().string() + '.' + std::to_string(::getpid()) + '.' + std::to_string(counter++);
            std::filesystem::path path = target_.parent_path() / (name + ".tmp");
            const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            if (fd < 0 && (errno == EEXIST || errno == EINTR)) continue;
            if (fd < 0) throw_file_error("write", target_, errno);
            path_ = std::move(path);
            return fd;
        }
    }

    std::filesystem::path target_, path_;
    file_descriptor file_;
};

/// The file that a write to `path` means: symbolic links followed, and never a device, a pipe or a directory, which the
/// rename would put a plain file in the place of.
inline std::filesystem::path write_target(const std::filesystem::path& path) {
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    if (!std::filesystem::exists(status)) return path;
    if (!std::filesystem::is_regular_file(status))
        throw io_error("cannot write " + path.string() + ": it exists and is not a regular file");
    auto target = std::filesystem::canonical(path, failed);
    if (failed) throw_file_error("write", path, failed.value());
    return target;
}

}  // namespace detail

/// Replaces the file at `path`, or creates it, with exactly `content`. Throws io_error with the path and the system's
/// reason; the previous file is then untouched and no temporary file is left. (Only if the last step fails, and the
/// message says "sync directory", is the new file in place already.) A kill can leave `.<file>.<process>.<n>.tmp`.
inline void write_file(const std::filesystem::path& path, std::span<const std::byte> content) {
    detail::temporary_sibling temporary(detail::write_target(path));
    temporary.write(0, content);
    temporary.rename_to_target();
}

/// The same for text.
inline void write_file(const std::filesystem::path& path, std::string_view content) {
    write_file(path, std::as_bytes(std::span(content.data(), content.size())));
}

/// All bytes of the file at `path` as a container of bytes (std::vector<std::byte>, std::string). Throws io_error with
/// the path and the system's reason.
template <class Bytes = std::vector<std::byte>>
Bytes read_file(const std::filesystem::path& path) {
    static_assert(sizeof(typename Bytes::value_type) == 1, "read_file fills a container of bytes");
    const detail::file_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct ::stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) detail::throw_file_error("read", path, errno);

    // One byte more than the size, so that the read that fills a regular file also meets its end. Pipes and files that
    // grow meanwhile take more rounds.
    Bytes content;
    content.resize(S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : 4096);
    std::size_t size = 0;
    for (;;) {
        if (size == content.size()) content.resize(2 * size);
        const ::ssize_t got = ::read(file.get(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) detail::throw_file_error("read", path, errno);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    content.resize(size);
    return content;
}

}  // namespace xtn
