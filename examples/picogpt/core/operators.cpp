// SPDX-License-Identifier: BSD-3-Clause
#include "operators.hpp"

#include <algorithm>
#include <cmath>

#include <xtn/init/structure.hpp>

namespace picogpt {
namespace {

/// The width of the dense layer that structure is measured against.
constexpr double structure_unit = 128;

/// The standard deviation of tables.
constexpr double table_sigma = 0.02;

/// The divisor of n next to its square root from below.
std::size_t lower_factor(std::size_t n) {
    auto d = static_cast<std::size_t>(std::sqrt(static_cast<double>(n)) + 0.5);
    while (d * d > n || n % d != 0) --d;
    return d;
}

/// The extents of an MPO's sites, most significant first.
struct site_extents {
    std::vector<std::size_t> out, in;
};

template <std::size_t Sites>
site_extents balanced_extents(std::size_t out, std::size_t in) {
    const auto found = xtn::balanced_sites<Sites>(out, in);
    return {{found.out.begin(), found.out.end()}, {found.in.begin(), found.in.end()}};
}

site_extents sites_of(const form& f, const std::string& layer, std::size_t out, std::size_t in) {
    const bool feed_forward = layer.find(".ffn.") != std::string::npos;
    if (f.family != "kronecker" && f.sites == 0 && !feed_forward) {
        const std::size_t o = lower_factor(out), i = lower_factor(in);
        return {{o, out / o}, {i, in / i}};
    }
    const std::size_t sites = f.family == "kronecker" ? 2 : f.sites == 0 ? 3 : f.sites;
    return sites == 2   ? balanced_extents<2>(out, in)
           : sites == 3 ? balanced_extents<3>(out, in)
                        : balanced_extents<4>(out, in);
}

/// A number that belongs to a layer's name (FNV-1a).
std::uint64_t seed_of(const std::string& layer) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : layer) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

}  // namespace

xtn::support support_of(const form& f, const std::string& layer) {
    return xtn::support::of(f.support, f.coefficients, seed_of(layer));
}

xtn::operator_description describe(const form& f, const std::string& layer, std::size_t out, std::size_t in) {
    if (f.added_rank > 0)
        return {"sum",
                {},
                {describe(f.without_added(), layer, out, in),
                 describe({.family = "low_rank", .size = f.added_rank}, layer, out, in)},
                {}};
    if (f.family == "mpo" || f.family == "kronecker" || f.family == "tucker") {
        const site_extents sites = sites_of(f, layer, out, in);
        const bool is_tucker = f.family == "tucker";
        return xtn::operator_description{is_tucker ? "tucker" : "mpo"}
            .set("out", sites.out)
            .set("in", sites.in)
            .set(is_tucker ? "rank" : "bond", f.size);
    }
    xtn::operator_description d{f.family};
    d.set("out", out).set("in", in);
    if (f.family == "low_rank") d.set("rank", std::min({f.size, out, in}));
    if (f.family == "spectral")
        d.set("support", support_of(f, layer).text(out, in))
            .set("basis", f.random_basis ? xtn::basis::random_orthonormal(seed_of(layer)).text() : "dct2");
    return d;
}

model_shape shape_of(const representation& r, model_shape shape) {
    if (r.width > 0) shape.dim = r.width, shape.hidden = 4 * r.width;
    shape.table_by_operator = r.table_by_operator;
    shape.tied = r.tied;
    return shape;
}

model<float> make_model(const model_shape& shape, const representation& r) {
    std::map<std::string, xtn::parameter<float>> shared;
    const auto make = [&](const std::string& name_of_layer, std::size_t out, std::size_t in) {
        const std::string layer = r.owner_of(name_of_layer);
        const xtn::operator_description d = describe(r.of(layer), layer, out, in);
        return xtn::library_families<float>().make(d, [&](const std::string& name, const auto& extents) {
            const std::size_t last = (d.family == "mpo" ? d.numbers("out").size() : 1) - 1;
            const bool outer = last == 0 || name == "cores.0" || name == "cores." + std::to_string(last);
            // Interior cores: one group for all attention matrices, one for each of the two feed-forward shapes.
            const std::string owner = r.shared && !outer ? std::to_string(out) + "x" + std::to_string(in) : layer;
            return shared.try_emplace(owner + "." + name, extents).first->second;
        });
    };
    return {shape_of(r, shape), make};
}

model<float> make_model(const model_shape& shape, const representation& r, const initialisation& init,
                        std::uint64_t seed) {
    model<float> m = make_model(shape, r);
    xtn::random_stream random(seed);
    for (const auto& table : m.input().parameters()) random.fill_normal(table.value.values(), table_sigma);
    auto operators = m.named_operators();
    std::rotate(operators.begin(), operators.end() - 1, operators.end());  // the head is drawn first
    for (const auto& [name, op] : operators) {
        if (name == "tok_emb" && !r.tied) {
            xtn::init_normal(op, table_sigma, random);
            continue;
        }
        if (init.by_structure) {
            const double gain = init.sigma * std::sqrt(structure_unit);
            xtn::init_by_structure(op, random, std::pow(gain, 1 / static_cast<double>(op.parameters().size())));
            continue;
        }
        const double sites = static_cast<double>(op.parameters().size());
        const double sigma =
            init.published_mpo && !r.dense() ? std::pow(static_cast<double>(op.in()), -sites / 4) : init.sigma;
        xtn::init_normal(op, sigma, random);
    }
    return m;
}

std::map<std::string, double> rates_by_structure(const model<float>& m) {
    std::map<std::string, double> rates;
    const auto named = m.parameters();
    for (const xtn::any_operator<float>& op : m.operators())
        for (const xtn::factor_scale<float>& scale : xtn::factor_scales(op))
            rates[std::ranges::find(named, scale.value, &xtn::named_parameter<float>::value)->name] =
                structure_unit * scale.rate();
    return rates;
}

}  // namespace picogpt
