// SPDX-License-Identifier: BSD-3-Clause
#include "compression.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace picogpt {

approximation_error error_of(const xtn::any_operator<float>& op, const xt::xtensor<float, 2>& matrix) {
    const xt::xtensor<float, 2> approximation = op.to_dense();
    approximation_error e;
    for (std::size_t k = 0; k < matrix.size(); ++k) {
        const double exact = static_cast<double>(matrix.data()[k]);
        const double off = exact - static_cast<double>(approximation.data()[k]);
        e += {off * off, exact * exact};
    }
    return e;
}

xtn::any_operator<float> compress(const form& f, const std::string& layer, const xt::xtensor<float, 2>& matrix) {
    if (f.added_rank > 0) {
        const auto added = xtn::low_rank<float>::from_dense(matrix, f.added_rank);
        return xtn::sum<float>({compress(f.without_added(), layer, matrix - added.to_dense()), added});
    }
    const auto sites = [&] { return sites_of(f, layer, matrix.shape(0), matrix.shape(1)); };
    switch (f.family) {
        case family::dense: return xtn::dense<float>::from_dense(matrix);
        case family::low_rank: return xtn::low_rank<float>::from_dense(matrix, f.size);
        case family::mpo:
        case family::kronecker: {
            const site_extents s = sites();
            return xtn::mpo<float>(xtn::tt::tt_svd<float>(matrix, s.out, s.in, {.max_bond = f.size}).chain);
        }
        case family::tucker: {
            const site_extents s = sites();
            return xtn::tucker<float>::from_dense(matrix, s.out, s.in, f.size);
        }
        case family::spectral:
            return xtn::spectral<float>::from_dense(matrix, support_of(f, layer), basis_of(f, layer));
    }
    throw xtn::error("compress: unknown family");
}

model<float> compress(const model<float>& m, const representation& r) {
    std::map<std::string, xtn::any_operator<float>> layers;
    for (const auto& [layer, op] : m.named_operators()) layers.emplace(layer, op);
    const model<float> small(m.shape(), [&](const std::string& layer, std::size_t, std::size_t) {
        return compress(r.of(layer), layer, layers.at(layer).to_dense());
    });
    std::set<std::string> factors;
    for (const auto& [layer, op] : small.named_operators())
        for (const auto& p : op.parameters()) factors.insert(layer + "." + p.name);
    std::map<std::string, xtn::parameter<float>> from;
    for (const auto& p : m.parameters()) from.emplace(p.name, p.value);
    for (const auto& p : small.parameters()) {
        if (factors.contains(p.name)) continue;
        const auto values = from.at(p.name).values();
        std::copy(values.begin(), values.end(), p.value.values().begin());
    }
    return small;
}

}  // namespace picogpt
