// SPDX-License-Identifier: BSD-3-Clause
// What makes logits of the rows that the body of a transformer leaves: where the norm is wider or narrower, a linear map
// "up" to its width; the norm; for one prediction a sequence the mean over its positions; the head.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <xtn/nn/transformer/body.hpp>

namespace xtn::nn {

/// The mean over the positions of each sequence: rows (batch * time x columns) to (batch x columns). Throws shape_error
/// where the rows are no sequences of `time`.
template <scalar T>
variable<T, 2> mean_over_time(const variable<T, 2>& x, std::size_t time) {
    const auto [rows, columns] = x.shape();
    if (time == 0 || rows % time != 0)
        throw shape_error("mean_over_time: " + std::to_string(rows) + " rows are no sequences of " +
                          std::to_string(time));
    const variable<T, 3> sequences = x.template reshape<3>({rows / time, time, columns});
    return (T(1) / static_cast<T>(time)) * einsum<"btc->bc">(sequences);
}

/// Rows of the body to logits.
template <scalar T>
class transformer_output {
public:
    /// For a body that leaves rows of width `width`. The head is called `name`; where it is tied, it is this table. Throws shape_error
    /// for a table of other extents.
    transformer_output(const output_spec& spec, std::size_t width, std::string name, const maker<T>& make,
                       const std::optional<any_operator<T>>& table = std::nullopt)
        : name_(std::move(name)),
          mean_(spec.mean),
          tied_(table.has_value()),
          norm_(spec.norm, spec.width > 0 ? spec.width : width),
          head_(table ? linear<T>::with_zeros(*table, spec.bias)
                      : make.linear(name_, spec.classes, spec.width > 0 ? spec.width : width, spec.bias)) {
        const std::size_t reads = spec.width > 0 ? spec.width : width;
        if (head_.weight().out() != spec.classes || head_.weight().in() != reads)
            throw shape_error("transformer: a tied head is the table of the tokens, " +
                              std::to_string(head_.weight().out()) + " x " + std::to_string(head_.weight().in()) +
                              ", but " + std::to_string(spec.classes) + " classes are told from rows " +
                              std::to_string(reads) + " wide");
        if (spec.width > 0 && spec.width != width) up_ = make.linear("up", spec.width, width, false);
    }

    const nn::norm<T>& norm() const { return norm_; }
    const linear<T>& head() const { return head_; }

    /// Rows of sequences of `time` positions to logits: a row for each row, or, with a mean, for each sequence.
    variable<T, 2> operator()(const variable<T, 2>& x, std::size_t time) const {
        const variable<T, 2> normed = norm_(up_ ? (*up_)(x) : x);
        return head_(mean_ ? mean_over_time(normed, time) : normed);
    }

    /// "up.weight", "ln_f.weight" and "ln_f.bias", and the head's, where it has its own.
    std::vector<named_parameter<T>> parameters() const {
        std::vector<named_parameter<T>> all;
        if (up_) append(all, "up", up_->parameters());
        append(all, "ln_f", norm_.parameters());
        if (!tied_) append(all, name_, head_.weight().parameters());
        if (head_.bias()) all.push_back({name_ + ".bias", *head_.bias()});
        return all;
    }
    std::vector<named_operator<T>> named_operators() const {
        std::vector<named_operator<T>> all;
        if (up_) all.emplace_back("up", up_->weight());
        if (!tied_) all.emplace_back(name_, head_.weight());
        return all;
    }

private:
    std::string name_;
    bool mean_, tied_;
    std::optional<linear<T>> up_;
    nn::norm<T> norm_;
    linear<T> head_;
};

}  // namespace xtn::nn
