// SPDX-License-Identifier: BSD-3-Clause
// Things with different names in the order of a file.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn::detail {

/// What messages call a tensor of a file.
inline std::string called(const std::string& origin, std::string_view name) {
    return origin + ": tensor " + in_quotes(name);
}

/// Tensors, or what a header says of them, by name. Functions that may fail take what messages call the file.
template <class T>
class named_list {
public:
    std::size_t size() const { return entries_.size(); }
    bool contains(std::string_view name) const { return index_.find(name) != index_.end(); }

    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, value] : entries_) all.push_back(name);
        return all;
    }
    auto begin() const { return entries_.begin(); }
    auto end() const { return entries_.end(); }

    /// Throws io_error, with some of the names that there are, where this is none.
    const T& at(std::string_view name, const std::string& origin) const {
        const auto found = index_.find(name);
        if (found != index_.end()) return entries_[found->second].second;
        std::string known;
        for (std::size_t i = 0; i < size() && i < 8; ++i) known += (i ? ", " : ": ") + in_quotes(entries_[i].first);
        throw io_error(called(origin, name) + " is not there; the file holds " + std::to_string(size()) + " tensors" +
                       known + (size() > 8 ? ", ..." : ""));
    }

    /// Throws io_error if the name is taken or not UTF-8.
    void insert(std::string name, T value, const std::string& origin) {
        require_new(name, origin);
        index_.emplace(name, size());
        entries_.emplace_back(std::move(name), std::move(value));
    }
    void require_new(const std::string& name, const std::string& origin) const {
        if (contains(name)) throw io_error(called(origin, name) + " is there already; names must differ");
        if (valid_utf8_prefix(name) != name.size())
            throw io_error(called(origin, name) + " has a name that is not valid UTF-8");
    }

private:
    std::vector<std::pair<std::string, T>> entries_;
    std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace xtn::detail
