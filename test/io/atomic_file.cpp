// SPDX-License-Identifier: BSD-3-Clause
// Whole files: what is written is read back; after any failure the old file is there and nothing else.
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xtn/io/atomic_file.hpp>

#include "scratch.hpp"

BOOST_AUTO_TEST_SUITE(atomic_file)

namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) { return xtn::read_file<std::string>(path); }

/// The message of the io_error that `action` throws; empty if it throws none.
template <class Action>
std::string io_message(Action&& action) {
    try {
        action();
    } catch (const xtn::io_error& e) {
        return e.what();
    }
    return {};
}

/// Files cannot grow beyond `bytes`: the portable stand-in for a full disk. A test may not log meanwhile, because its
/// log may be a file, too.
class file_size_limit {
public:
    explicit file_size_limit(::rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &old_);
        const ::rlimit limit{bytes, old_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        std::signal(SIGXFSZ, old_handler_);
    }

private:
    void (*old_handler_)(int);
    ::rlimit old_{};
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    const scratch_directory dir;
    const fs::path path = dir.path() / "file";
    for (const std::size_t size : {0u, 1u, 4096u, 3'000'000u}) {
        std::vector<std::byte> bytes(size);
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 2654435761u >> 13);
        xtn::write_file(path, bytes);
        BOOST_TEST((xtn::read_file(path) == bytes));
        BOOST_TEST(dir.files() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(a_relative_name_without_directory) {
    const scratch_directory dir;
    const fs::path before = fs::current_path();
    fs::current_path(dir.path());
    const std::string message = io_message([] { xtn::write_file("plain.txt", std::string_view("here")); });
    fs::current_path(before);
    BOOST_TEST(message == "");
    BOOST_TEST(content(dir.path() / "plain.txt") == "here");
}

BOOST_AUTO_TEST_CASE(an_existing_file_is_replaced_also_through_a_link) {
    const scratch_directory dir;
    xtn::write_file(dir.path() / "file", std::string_view("a long old content"));
    fs::create_symlink("file", dir.path() / "link");
    xtn::write_file(dir.path() / "link", std::string_view("new"));
    BOOST_TEST(fs::is_symlink(dir.path() / "link"));
    BOOST_TEST(content(dir.path() / "file") == "new");
    BOOST_TEST(dir.files() == 2u);
}

BOOST_AUTO_TEST_CASE(a_new_file_has_the_usual_permissions) {
    const scratch_directory dir;
    const ::mode_t mask = ::umask(027);
    xtn::write_file(dir.path() / "file", std::string_view("x"));
    ::umask(mask);
    struct ::stat status {};
    BOOST_REQUIRE(::stat((dir.path() / "file").c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777u) == 0640u);
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_the_old_file) {
    const scratch_directory dir;
    const fs::path path = dir.path() / "file";
    xtn::write_file(path, std::string_view("old"));
    const std::string big(1'000'000, 'x');
    const std::string message = [&] {
        const file_size_limit limit(100'000);  // the write stops half way
        return io_message([&] { xtn::write_file(path, big); });
    }();
    BOOST_TEST(message == "cannot write " + path.string() + ": File too large");
    BOOST_TEST(content(path) == "old");
    BOOST_TEST(dir.files() == 1u);
}

BOOST_AUTO_TEST_CASE(an_unwritable_directory_leaves_the_old_file) {
    const scratch_directory dir;
    const fs::path path = dir.path() / "file";
    xtn::write_file(path, std::string_view("old"));
    fs::permissions(dir.path(),
                    fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
    const bool root = ::geteuid() == 0;  // root writes anywhere, so act as nobody
    if (root && ::seteuid(65534) != 0) {
        BOOST_TEST_MESSAGE("SKIPPED: running as root and cannot act as another user");
        return;
    }
    const std::string message = io_message([&] { xtn::write_file(path, std::string_view("new")); });
    if (root) BOOST_REQUIRE(::seteuid(0) == 0);
    fs::permissions(dir.path(), fs::perms::owner_all);
    BOOST_TEST(message == "cannot write " + path.string() + ": Permission denied");
    BOOST_TEST(content(path) == "old");
    BOOST_TEST(dir.files() == 1u);
}

BOOST_AUTO_TEST_CASE(errors_name_path_and_reason) {
    const scratch_directory dir;
    const auto missing = dir.path() / "none" / "file";
    check_error<xtn::io_error>([&] { xtn::write_file(missing, std::string_view("x")); },
                               {missing.string(), "No such file or directory"});
    check_error<xtn::io_error>([&] { xtn::read_file(missing); },
                               {"read", missing.string(), "No such file or directory"});
    check_error<xtn::io_error>([&] { xtn::read_file(dir.path()); }, {dir.path().string(), "Is a directory"});
    check_error<xtn::io_error>([&] { xtn::write_file(dir.path(), std::string_view("x")); },
                               {dir.path().string(), "not a regular file"});
    // Without the check, root would put a plain file in the place of the device.
    check_error<xtn::io_error>([] { xtn::write_file("/dev/null", std::string_view("x")); },
                               {"/dev/null", "not a regular file"});
    BOOST_TEST(dir.files() == 0u);
}

BOOST_AUTO_TEST_CASE(a_kill_at_any_moment_leaves_a_whole_file) {
    const scratch_directory dir;
    const fs::path path = dir.path() / "file";
    const std::string a(1'000'000, 'a'), b(1'500'000, 'b');
    xtn::write_file(path, a);
    for (unsigned round = 0; round < 20; ++round) {
        const ::pid_t child = ::fork();
        BOOST_REQUIRE(child >= 0);
        if (child == 0)
            for (;;) {
                xtn::write_file(path, b);
                xtn::write_file(path, a);
            }
        ::usleep(500 + 1700 * round);
        ::kill(child, SIGKILL);
        int status = 0;
        BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
        BOOST_REQUIRE(WIFSIGNALED(status));
        const std::string now = content(path);
        BOOST_TEST((now == a || now == b));
    }
}

BOOST_AUTO_TEST_SUITE_END()
