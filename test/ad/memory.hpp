// SPDX-License-Identifier: BSD-3-Clause
// Flat memory for parameters: a parameter_store without training.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <xtn/ad/parameter.hpp>

namespace test {

struct memory {
    std::vector<double> values;

    explicit memory(std::size_t n) : values(n) {}
    std::size_t size() const { return values.size(); }
    const void* id() const { return this; }
    void take(xtn::parameter<double> p, std::size_t offset, std::string name) {
        p.bind(std::span(values).subspan(offset, p.size()), {id(), offset, std::move(name)});
    }
};

}  // namespace test
