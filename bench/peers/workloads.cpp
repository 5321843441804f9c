// SPDX-License-Identifier: BSD-3-Clause
// What compare.py measures against other libraries: contractions from neural networks, tensor networks and physics, and
// their gradients with respect to every operand. Prints one JSON record, from which the script takes labels and shapes,
// so that each is written once. Single precision, one thread, medians; compare.py runs it in turn with the others.
#include <array>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <xtn/xtn.hpp>

#include "timing.hpp"

namespace {

using shapes = std::vector<std::vector<std::size_t>>;

/// The median of one call: single calls where they are long, blocks of them where the clock is too coarse.
template <class F>
double median_seconds(F&& call) {
    for (int i = 0; i < 3; ++i) call();
    const int block = std::max(1, static_cast<int>(2e-5 / std::max(1e-9, bench::seconds_of(call))));
    std::vector<double> samples;
    for (const double end = bench::seconds() + 0.25; samples.size() < 20 || bench::seconds() < end;)
        samples.push_back(bench::seconds_of([&] {
                              for (int i = 0; i < block; ++i) call();
                          }) /
                          block);
    return bench::median(samples);
}

template <xtn::fixed_string Labels, std::size_t Operand>
constexpr std::size_t rank_of = xtn::static_network<Labels>::network.operand[Operand].rank();

template <std::size_t Rank>
auto tensor(const xtn::parameter<float>& p) {
    std::array<std::size_t, Rank> shape{};
    std::copy_n(p.shape().begin(), Rank, shape.begin());
    return xt::adapt(p.data(), p.size(), xt::no_ownership(), shape);
}

template <xtn::fixed_string Labels, std::size_t... I>
nlohmann::json measure(const std::string& name, const shapes& s, std::index_sequence<I...>) {
    const std::array operands{xtn::parameter<float>(s[I])...};
    xtn::random_stream random(1);
    for (const auto& p : operands) random.fill_normal(p.values(), 1.0);

    const auto contraction = xtn::einsum<Labels>(tensor<rank_of<Labels, I>>(operands[I])...);
    constexpr std::size_t rank = xtn::static_network<Labels>::rank;
    xt::xtensor<float, rank> y = contraction;
    const double forward = median_seconds([&] { xt::noalias(y) = contraction; });

    const xt::xtensor<float, rank> seed = xt::ones_like(y);
    xtn::tape<float> tape;
    const double both = median_seconds([&] {
        tape.clear();
        const auto value = xtn::einsum<Labels>(tape.template leaf<rank_of<Labels, I>>(operands[I])...);
        tape.seed(value, seed.data());
        tape.backward();
    });
    return {{"name", name},
            {"labels", std::string(Labels.view())},
            {"shapes", s},
            {"forward_seconds", forward},
            {"gradient_seconds", both},
            {"flops", contraction.plan().flops()}};
}
template <xtn::fixed_string Labels>
nlohmann::json measure(const std::string& name, const shapes& s) {
    return measure<Labels>(name, s, std::make_index_sequence<xtn::static_network<Labels>::network.operands>());
}

}  // namespace

int main(int argc, char** argv) {
    examples::use_best_blas_kernels(argc, argv);
    const xtn::blas_threads one(1);
    const nlohmann::json all{
        measure<"bi,oi->bo">("dense layer, 512 x 512, 64 rows", {{64, 512}, {512, 512}}),
        measure<"bi,ri,or->bo">("low-rank layer, 1024 x 1024, rank 32, 64 rows", {{64, 1024}, {32, 1024}, {1024, 32}}),
        measure<"bijk,oir,rpjs,sqk->bopq">("MPO layer, 512 x 128, bond 16, 64 rows",
                                           {{64, 4, 4, 8}, {8, 4, 16}, {16, 8, 4, 16}, {16, 8, 8}}),
        measure<"bijk,oir,rpjs,sqk->bopq">("MPO layer, 4096 x 4096, bond 4, 1 row",
                                           {{1, 16, 16, 16}, {16, 16, 4}, {4, 16, 16, 4}, {4, 16, 16}}),
        measure<"bijk,oir,rpjs,sqk->bopq">("MPO layer, 4096 x 4096, bond 4, 512 rows",
                                           {{512, 16, 16, 16}, {16, 16, 4}, {4, 16, 16, 4}, {4, 16, 16}}),
        measure<"bijk,ir,jr,kr->br">("CP regression, 16 x 16 x 16, rank 32, 256 rows",
                                     {{256, 16, 16, 16}, {16, 32}, {16, 32}, {16, 32}}),
        measure<"bthd,bshd->bhts">("attention scores, 4 x 256 positions, 4 heads of 32",
                                   {{4, 256, 4, 32}, {4, 256, 4, 32}}),
        measure<"bhts,bshd->bthd">("attention mix, 4 x 256 positions, 4 heads of 32",
                                   {{4, 4, 256, 256}, {4, 256, 4, 32}}),
        measure<"ia,ajb,bkc,cl,id,dje,ekf,fl->">(
            "MPS overlap, 4 sites of 4, bond 32",
            {{4, 32}, {32, 4, 32}, {32, 4, 32}, {32, 4}, {4, 32}, {32, 4, 32}, {32, 4, 32}, {32, 4}}),
        measure<"lwa,wvsp,vutq,rub,apqb->lstr">("DMRG two-site step, bond 64, MPO bond 5",
                                                {{64, 5, 64}, {5, 5, 2, 2}, {5, 5, 2, 2}, {64, 5, 64}, {64, 2, 2, 64}}),
        measure<"ij,jk,kl->il">("chain of three 4 x 4 matrices", {{4, 4}, {4, 4}, {4, 4}}),
    };
    std::cout << all.dump(1) << '\n';
}
