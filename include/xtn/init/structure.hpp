// SPDX-License-Identifier: BSD-3-Clause
// Standard deviation and learning rate of each factor of an operator by the place it has in the network, so that what was
// tuned at one width, bond and number of sites serves at others.
//
// Applied to rows, the factors of a network act one after the other. One that sums over fan_in numbers for each of the
// fan_out that it makes, the same way for every value of its other labels, is a dense layer of these extents, many times
// over. Activations and what an optimiser's step changes of them keep their size where the spectral norms of factor and step
// are of the order of sqrt(fan_out / fan_in) (Yang, Simon & Bernstein, arXiv 2310.17813; for activations whose numbers are
// of order 1). A Gaussian factor has the spectral norm sigma (sqrt(fan_in) + sqrt(fan_out)), so that
//
//     sigma ~ sqrt(min(fan_in, fan_out)) / fan_in.
//
// A step of Adam has entries of the size of the rate and, as a gradient is a sum of few outer products, nearly rank 1:
// its norm is rate sqrt(fan_in fan_out), hence
//
//     rate ~ 1 / fan_in
//
// (Qiu et al., arXiv 2406.06248, for structured layers; Potapczynski et al., arXiv 2410.02117, for all einsums). Both are
// those of muP (Yang et al., arXiv 2203.03466) for a matrix. Of a factor seen through an embedding, fan_in is the mean over
// what is not 0. The order is from the last factor to the first, as W = A B acts on x by B first, each when some of its
// labels wait to be summed; constants are taken to be orthonormal.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <xtn/backend/random.hpp>
#include <xtn/init/normal.hpp>
#include <xtn/op/operator.hpp>

namespace xtn {

/// The dense layer that a parameter is in its network, and what follows for it.
template <scalar T>
struct factor_scale {
    parameter<T> value;
    double fan_in, fan_out;

    /// For activations and updates of order 1.
    double sigma() const { return std::sqrt(std::min(fan_in, fan_out)) / fan_in; }
    /// Of Adam, in units of that of a factor which sums over one number.
    double rate() const { return 1 / fan_in; }
};

namespace detail {

/// The extents of the dense layer that one factor of a term is to `active`, the labels of what it acts on. `elsewhere` are the
/// labels of the factors to come and of the output.
template <scalar T>
factor_scale<T> scale_of(const operator_term<T>& term, std::size_t which, const std::string& active,
                         const std::string& elsewhere) {
    const factor<T>& f = term.factors()[which];
    factor_scale<T> scale{f.value(), 1, 1};
    for (const char c : term.labels().factors[which]) {
        const auto extent = static_cast<double>(term.extent(c));
        if (elsewhere.find(c) == std::string::npos)
            scale.fan_in *= extent;
        else if (active.find(c) == std::string::npos)
            scale.fan_out *= extent;
    }
    if (f.embedding()) {
        const auto& places = f.embedding()->places();
        const auto zeros = std::count(places.begin(), places.end(), index_embedding::zero);
        const double filled = 1 - static_cast<double>(zeros) / static_cast<double>(places.size());
        scale.fan_in = std::max(1.0, filled * scale.fan_in);
    }
    return scale;
}

}  // namespace detail

/// The scales of all parameters of an operator, each once. One that occurs several times has the largest fan_in of its places
/// and so the smallest rate.
template <linear_operator O, class T = typename O::value_type>
std::vector<factor_scale<T>> factor_scales(const O& op) {
    std::vector<factor_scale<T>> all;
    for (const operator_term<T>& term : op.network().terms()) {
        const auto& labels = term.labels();
        std::vector<std::size_t> left(term.factors().size());
        for (std::size_t f = 0; f < left.size(); ++f) left[f] = f;
        std::string active = labels.in;
        while (!left.empty()) {
            const auto elsewhere = [&](std::size_t which) {
                std::string all_others = labels.out;
                for (const std::size_t f : left)
                    if (f != which) all_others += labels.factors[f];
                return all_others;
            };
            // The last one that has something to sum, or else the last one.
            const auto waits = [&](std::size_t which) {
                const std::string& own = labels.factors[which];
                const std::string others = elsewhere(which);
                return std::any_of(own.begin(), own.end(), [&](char c) {
                    return active.find(c) != std::string::npos && others.find(c) == std::string::npos;
                });
            };
            const auto next = std::find_if(left.rbegin(), left.rend(), waits);
            const std::size_t which = next == left.rend() ? left.back() : *next;
            const std::string others = elsewhere(which);
            const auto scale = detail::scale_of(term, which, active, others);
            std::string kept;
            for (const char c : active + labels.factors[which])
                if (others.find(c) != std::string::npos && kept.find(c) == std::string::npos) kept += c;
            active = kept;
            left.erase(std::find(left.begin(), left.end(), which));
            if (term.factors()[which].is_constant()) continue;
            const auto known =
                std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.value == scale.value; });
            if (known == all.end())
                all.push_back(scale);
            else if (known->fan_in < scale.fan_in)
                *known = scale;
        }
    }
    return all;
}

/// Draws the parameters of an operator from normal distributions of gain times their sigma.
template <linear_operator O>
void init_by_structure(const O& op, random_stream& random, double gain = 1) {
    for (const auto& s : factor_scales(op)) random.fill_normal(s.value.values(), gain * s.sigma());
}

}  // namespace xtn
