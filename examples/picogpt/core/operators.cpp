// SPDX-License-Identifier: BSD-3-Clause
#include "operators.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace picogpt {
namespace {

/// The divisor of n next to its square root from below.
std::size_t lower_factor(std::size_t n) {
    auto d = static_cast<std::size_t>(std::sqrt(static_cast<double>(n)) + 0.5);
    while (d * d > n || n % d != 0) --d;
    return d;
}

template <std::size_t Sites>
site_extents balanced_extents(std::size_t out, std::size_t in) {
    const auto found = xtn::balanced_sites<Sites>(out, in);
    return {{found.out.begin(), found.out.end()}, {found.in.begin(), found.in.end()}};
}

/// Cores of zeros with this bond, or the largest that the sites on one side can use. Interior cores come from `shared`
/// if the shape was asked for before.
std::vector<xtn::parameter<float>> make_cores(const site_extents& s, std::size_t bond,
                                              std::map<std::string, xtn::parameter<float>>* shared = nullptr,
                                              const std::string& group = "") {
    const std::size_t n = s.out.size();
    std::vector<std::size_t> bonds(n + 1, bond);
    bonds.front() = bonds.back() = 1;
    for (std::size_t k = 1; k < n; ++k) bonds[k] = std::min(bonds[k], bonds[k - 1] * s.out[k - 1] * s.in[k - 1]);
    for (std::size_t k = n; k-- > 1;) bonds[k] = std::min(bonds[k], bonds[k + 1] * s.out[k] * s.in[k]);
    std::vector<xtn::parameter<float>> cores;
    for (std::size_t k = 0; k < n; ++k) {
        const std::vector<std::size_t> shape{bonds[k], s.out[k], s.in[k], bonds[k + 1]};
        if (shared != nullptr && k > 0 && k + 1 < n) {
            const std::string key = group + "." + std::to_string(k);
            cores.push_back(shared->try_emplace(key, shape).first->second);
        } else {
            cores.emplace_back(shape);
        }
    }
    return cores;
}

/// A number that belongs to a layer's name (FNV-1a).
std::uint64_t seed_of(const std::string& layer) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : layer) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

}  // namespace

site_extents sites_of(const form& f, const std::string& layer, std::size_t out, std::size_t in) {
    const bool feed_forward = layer.find(".ffn.") != std::string::npos;
    if (f.family != family::kronecker && f.sites == 0 && !feed_forward) {
        const std::size_t o = lower_factor(out), i = lower_factor(in);
        return {{o, out / o}, {i, in / i}};
    }
    const std::size_t sites = f.family == family::kronecker ? 2 : f.sites == 0 ? 3 : f.sites;
    return sites == 2   ? balanced_extents<2>(out, in)
           : sites == 3 ? balanced_extents<3>(out, in)
                        : balanced_extents<4>(out, in);
}

xtn::support support_of(const form& f, const std::string& layer) {
    return xtn::support::of(f.support, f.coefficients, seed_of(layer));
}

xtn::basis basis_of(const form& f, const std::string& layer) {
    return f.random_basis ? xtn::basis::random_orthonormal(seed_of(layer)) : xtn::basis::dct2();
}

xtn::any_operator<float> make_operator(const form& f, const std::string& layer, std::size_t out, std::size_t in) {
    if (f.added_rank > 0)
        return xtn::sum<float>(
            {make_operator(f.without_added(), layer, out, in), xtn::low_rank<float>(out, in, f.added_rank)});
    switch (f.family) {
        case family::dense: return xtn::dense<float>(out, in);
        case family::low_rank: return xtn::low_rank<float>(out, in, f.size);
        case family::mpo:
        case family::kronecker: return xtn::mpo<float>(make_cores(sites_of(f, layer, out, in), f.size));
        case family::tucker: {
            const site_extents s = sites_of(f, layer, out, in);
            return xtn::tucker<float>(s.out, s.in, f.size);
        }
        case family::spectral: return xtn::spectral<float>(out, in, support_of(f, layer), basis_of(f, layer));
    }
    throw xtn::error("make_operator: unknown family");
}

model_shape shape_of(const representation& r, model_shape shape) {
    if (r.width > 0) shape.dim = r.width, shape.hidden = 4 * r.width;
    return shape;
}

model<float> make_model(const model_shape& shape, const representation& r) {
    std::map<std::string, xtn::parameter<float>> interior;
    const auto make = [&](const std::string& layer, std::size_t out, std::size_t in) -> xtn::any_operator<float> {
        const form& f = r.of(layer);
        if (!r.shared || f.family != family::mpo) return make_operator(f, layer, out, in);
        // One group for all attention matrices, one for each of the two feed-forward shapes.
        const std::string group = std::to_string(out) + "x" + std::to_string(in);
        return xtn::mpo<float>(make_cores(sites_of(f, layer, out, in), f.size, &interior, group));
    };
    return {shape_of(r, shape), make};
}

model<float> make_model(const model_shape& shape, const representation& r, const initialisation& init,
                        std::uint64_t seed) {
    model<float> m = make_model(shape, r);
    xtn::random_stream random(seed);
    for (const auto& table : m.input().parameters()) random.fill_normal(table.value.values(), 0.02);
    std::vector<xtn::any_operator<float>> operators = m.operators();
    std::rotate(operators.begin(), operators.end() - 1, operators.end());  // the head is drawn first
    for (const xtn::any_operator<float>& op : operators) {
        const double sites = static_cast<double>(op.parameters().size());
        const double sigma =
            init.published_mpo && !r.dense() ? std::pow(static_cast<double>(op.in()), -sites / 4) : init.sigma;
        xtn::init_normal(op, sigma, random);
    }
    return m;
}

}  // namespace picogpt
