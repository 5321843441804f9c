// SPDX-License-Identifier: BSD-3-Clause
// Families of operators: how an operator is made from its description, and from a matrix. A table of them is what files,
// models and programs go through; families.hpp has the library's, and a user's families enter it by add().
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <xtn/op/apply.hpp>
#include <xtn/op/relative_error.hpp>

namespace xtn {

/// Where the parameters of an operator that is made come from: by name and shape.
template <scalar T>
using parameter_source = std::function<parameter<T>(const std::string& name, const std::vector<std::size_t>& shape)>;

template <scalar T>
class operator_families;

/// One family.
template <scalar T>
struct operator_family {
    std::string name;
    /// The operator of a description with parameters from this source; its operands come from the table.
    std::function<any_operator<T>(const operator_description&, const parameter_source<T>&, const operator_families<T>&)>
        make;
    /// The operator of a description that is nearest to a matrix (out x in), as well as the family finds it. Left empty where
    /// it does not.
    std::function<any_operator<T>(const xt::xtensor<T, 2>&, const operator_description&, const operator_families<T>&)>
        from_dense{};
};

/// A table of families. All functions throw error where a description names a family that is not in it or settings that
/// the family does not know, and what the constructors of its operators throw.
template <scalar T>
class operator_families {
public:
    explicit operator_families(std::vector<operator_family<T>> families) {
        for (auto& f : families) add(std::move(f));
    }

    /// Adds a family, or puts it in the place of one of its name.
    void add(operator_family<T> family) {
        std::string name = family.name;
        families_.insert_or_assign(std::move(name), std::move(family));
    }

    /// The operator of a description. The source is asked once for each parameter; without one they are zeros.
    any_operator<T> make(const operator_description& d, const parameter_source<T>& from = zeros) const {
        std::map<std::string, parameter<T>> made;
        return operand(d, "", [&](const std::string& name, const std::vector<std::size_t>& shape) {
            auto known = made.find(name);
            if (known == made.end()) known = made.emplace(name, from(name, shape)).first;
            if (known->second.shape() != shape)
                throw shape_error("the parameter \"" + name + "\" of an operator has the shape " +
                                  to_string(geometry::row_major(known->second.shape())) + ", but " +
                                  to_string(geometry::row_major(shape)) + " is needed");
            return known->second;
        });
    }
    /// For families that are made of operands: the operand whose parameters have this prefix.
    any_operator<T> operand(const operator_description& d, const std::string& prefix,
                            const parameter_source<T>& from) const {
        return of(d).make(
            d,
            [&](const std::string& name, const std::vector<std::size_t>& shape) {
                const auto same = d.shared.find(name);
                return from(prefix + (same == d.shared.end() ? name : same->second), shape);
            },
            *this);
    }

    /// The nearest operator of a description to a matrix (out x in). The relative error is stored in *error if given.
    any_operator<T> from_dense(const xt::xtensor<T, 2>& w, const operator_description& d,
                               double* error = nullptr) const {
        const operator_family<T>& family = of(d);
        if (!family.from_dense) d.refuse("is not made of matrices");
        any_operator<T> op = family.from_dense(w, d, *this);
        if (error != nullptr) *error = relative_error(op, w);
        return op;
    }

private:
    static parameter<T> zeros(const std::string&, const std::vector<std::size_t>& shape) { return parameter<T>(shape); }

    const operator_family<T>& of(const operator_description& d) const {
        const auto found = families_.find(d.family);
        if (found != families_.end()) return found->second;
        std::string all;
        for (const auto& [name, family] : families_) all += (all.empty() ? "" : ", ") + name;
        d.refuse("is of no family that is known here; there are " + all);
    }

    std::map<std::string, operator_family<T>> families_;
};

}  // namespace xtn
