// SPDX-License-Identifier: BSD-3-Clause
// For the tests of files: a directory and an environment variable of one's own, and a check of an error's message.
#pragma once

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <stdlib.h>

/// A new empty directory, removed at the end.
class scratch_directory {
public:
    scratch_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "xtn-test-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;
    ~scratch_directory() {
        std::error_code none;
        std::filesystem::remove_all(path_, none);
    }
    const std::filesystem::path& path() const { return path_; }
    std::size_t files() const {
        std::size_t n = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++n;
        return n;
    }

private:
    std::filesystem::path path_;
};

/// An environment variable as given (nullptr: not set), and as before at the end.
class environment_variable {
public:
    environment_variable(const char* name, const char* value) : name_(name) {
        if (const char* old = std::getenv(name)) old_ = old;
        set(value);
    }
    environment_variable(const environment_variable&) = delete;
    environment_variable& operator=(const environment_variable&) = delete;
    ~environment_variable() { set(old_ ? old_->c_str() : nullptr); }

private:
    void set(const char* value) const {
        if (value)
            ::setenv(name_, value, 1);
        else
            ::unsetenv(name_);
    }
    const char* name_;
    std::optional<std::string> old_;
};

/// `action` throws Error, and its message contains every one of `parts`.
template <class Error, class Action>
void check_error(Action&& action, std::initializer_list<std::string_view> parts) {
    try {
        action();
        BOOST_ERROR("no error; expected one about " + std::string(*parts.begin()));
    } catch (const Error& e) {
        for (const std::string_view part : parts)
            BOOST_CHECK_MESSAGE(std::string_view(e.what()).find(part) != std::string_view::npos,
                                "\"" << e.what() << "\" does not say \"" << part << "\"");
    }
}
