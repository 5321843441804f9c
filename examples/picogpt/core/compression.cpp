// SPDX-License-Identifier: BSD-3-Clause
#include "compression.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <xtn/io/stored_tensor.hpp>
#include <xtn/train/clip.hpp>

namespace picogpt {
namespace {

using operator_type = xtn::any_operator<float>;
using matrix_type = xt::xtensor<float, 2>;

/// Rows of a matrix are compared and read in blocks of about so many numbers.
constexpr std::size_t block_numbers = std::size_t{1} << 20;

matrix_type whole(const matrix_rows& matrix) {
    matrix_type m(std::array{matrix.out, matrix.in});
    for (std::size_t o = 0; o < matrix.out; ++o) matrix.read(o, std::span(m.data() + o * matrix.in, matrix.in));
    if (!xtn::is_finite(xtn::tt::frobenius_norm(m))) throw xtn::numeric_error("it has entries that are not finite");
    return m;
}

/// Rows of an approximation against the same rows of the matrix, from `first` on.
approximation_error error_of_rows(const matrix_rows& matrix, std::size_t first, const matrix_type& approximation) {
    std::vector<float> exact(matrix.in);
    approximation_error e;
    for (std::size_t o = 0; o < approximation.shape(0); ++o) {
        matrix.read(first + o, exact);
        for (std::size_t i = 0; i < matrix.in; ++i) {
            const double x = static_cast<double>(exact[i]), off = x - static_cast<double>(approximation(o, i));
            e += {off * off, x * x};
        }
    }
    return e;
}

/// The extents of a chain's sites, most significant first.
struct tt_sites {
    std::vector<std::size_t> out, in;
};

/// The sites of what is decomposed as a chain: an MPO, or a product of low rank, whose first site has the rows and whose
/// second one has the columns.
std::optional<tt_sites> chain_sites(const xtn::operator_description& d) {
    if (d.family == "low_rank") return tt_sites{{d.number("out"), 1}, {1, d.number("in")}};
    if (d.family == "mpo") return tt_sites{d.numbers("out"), d.numbers("in")};
    return std::nullopt;
}

/// The error of such an operator, some digits of the first site, which is the most significant one of a row, at a time.
approximation_error error_of_chain(const tt_sites& sites, const operator_type& op, const matrix_rows& matrix) {
    std::vector<xtn::parameter<float>> cores;
    std::size_t bond = 1;
    for (std::size_t k = 0; k < sites.out.size(); ++k) {
        const xtn::parameter<float>& p = op.parameters()[k].value;
        const std::size_t next = p.size() / (bond * sites.out[k] * sites.in[k]);
        cores.push_back(xtn::parameter<float>::view(p.values(), {bond, sites.out[k], sites.in[k], next}));
        bond = next;
    }
    const xtn::parameter<float> first = cores[0];
    const std::size_t digits = sites.out[0], width = first.size() / digits, rows = matrix.out / digits;
    const std::size_t most = std::clamp<std::size_t>(block_numbers / (rows * matrix.in), 1, digits);
    approximation_error e;
    for (std::size_t digit = 0; digit < digits; digit += most) {
        const std::size_t count = std::min(most, digits - digit);
        cores[0] = xtn::parameter<float>::view(first.values().subspan(digit * width, count * width),
                                               {1, count, sites.in[0], width / sites.in[0]});
        e += error_of_rows(matrix, digit * rows, xtn::mpo<float>(cores).to_dense());
    }
    return e;
}

/// A chain of the sites of low rank as such a product. Both factors get the roots of the singular values.
operator_type low_rank_of(const xtn::tt::mpo<float>& chain) {
    const auto &left_core = chain.cores()[0], &right_core = chain.cores()[1];
    const std::size_t out = left_core.shape(1), in = right_core.shape(2), rank = right_core.shape(0);
    const xtn::parameter<float> left(std::vector{out, rank}), right(std::vector{rank, in});
    for (std::size_t r = 0; r < rank; ++r) {
        const std::span<const float> row(right_core.data() + r * in, in);
        const double norm = xtn::tt::frobenius_norm(row);
        const auto root = static_cast<float>(norm > 0 ? std::sqrt(norm) : 1);
        for (std::size_t o = 0; o < out; ++o) left.values()[o * rank + r] = left_core.data()[o * rank + r] * root;
        for (std::size_t i = 0; i < in; ++i) right.values()[r * in + i] = row[i] / root;
    }
    return xtn::low_rank<float>(left, right);
}

operator_type nearest(const xtn::operator_description& d, const matrix_rows& matrix,
                      const std::optional<xtn::tt::sketch>& sketch) {
    const auto sites = chain_sites(d);
    if (!sites) return xtn::library_families<float>().from_dense(whole(matrix), d);
    const bool is_mpo = d.family == "mpo";
    auto chain = xtn::tt::tt_svd_of_rows<float>(matrix.read, sites->out, sites->in,
                                                {.max_bond = d.number(is_mpo ? "bond" : "rank")}, sketch)
                     .chain;
    return is_mpo ? xtn::mpo<float>(std::move(chain)) : low_rank_of(chain);
}

form of_size(form f, std::size_t size) {
    f.size = size;
    f.coefficients = xtn::coefficients::count(size);
    return f;
}

/// How many numbers an operator of that form stores.
std::size_t stored_numbers(const form& f, const std::string& layer, const matrix_rows& m) {
    if (f.family == "spectral") return f.size > 0 ? f.size : f.coefficients.of(m.out, m.in);
    const xtn::operator_description d = describe(f, layer, m.out, m.in);
    if (f.family == "low_rank") return d.number("rank") * (m.out + m.in);
    return xtn::parameter_count(xtn::library_families<float>().make(d).parameters());
}

compressed_layer attempt(const form& f, const std::string& layer, const matrix_rows& matrix,
                         const compression_options& options) {
    const xtn::operator_description d = describe(f, layer, matrix.out, matrix.in);
    const operator_type op = nearest(d, matrix, options.sketch);
    round_parameters(op.parameters(), options.type);
    const auto sites = chain_sites(d);
    return {op, f.family == "spectral" ? xtn::parameter_count(op.parameters()) : f.size,
            sites ? error_of_chain(*sites, op, matrix) : error_of_rows(matrix, 0, op.to_dense()), ""};
}

compressed_layer smallest_within(double tolerance, const form& f, const std::string& layer, const matrix_rows& matrix,
                                 const compression_options& options) {
    const auto saves = [&](std::size_t size) {
        return stored_numbers(of_size(f, size), layer, matrix) < matrix.out * matrix.in;
    };
    const auto within = [&](const compressed_layer& c) { return c.error.relative() <= tolerance; };
    std::size_t first = std::max<std::size_t>(1, f.size), failed = first - 1;
    // With two sites the tolerance of the decomposition is that of the whole, but for rounding.
    if (const auto sites = chain_sites(describe(f, layer, matrix.out, matrix.in)); sites && sites->out.size() == 2) {
        std::size_t most = first;
        while (saves(2 * most)) most *= 2;
        const auto found = xtn::tt::tt_svd_of_rows<float>(
            matrix.read, sites->out, sites->in, {.max_bond = 2 * most, .tolerance = tolerance}, options.sketch);
        first = std::max(first, found.chain.bonds()[0]);
    }
    compressed_layer last;
    std::size_t size = first;
    for (std::size_t step = 1; saves(size); size += step, step *= 2) {
        last = attempt(of_size(f, size), layer, matrix, options);
        if (within(last)) break;
        failed = size;
    }
    if (!saves(size)) {  // the largest size that saves anything lies between
        std::size_t largest = failed;
        for (std::size_t beyond = size; beyond - largest > 1;) {
            const std::size_t middle = largest + (beyond - largest) / 2;
            (saves(middle) ? largest : beyond) = middle;
        }
        if (largest > failed) last = attempt(of_size(f, largest), layer, matrix, options);
        size = largest;
    }
    if (!last.op) return {.kept = "no size saves anything"};
    if (!within(last)) {
        last.op.reset();
        last.kept = "no size that saves anything is within " + std::to_string(tolerance) + "; the best is off by " +
                    std::to_string(last.error.relative());
        return last;
    }
    while (size - failed > 1 && failed >= first) {
        const std::size_t middle = failed + (size - failed) / 2;
        compressed_layer tried = attempt(of_size(f, middle), layer, matrix, options);
        const bool good = within(tried);
        (good ? size : failed) = middle;
        if (good) last = std::move(tried);
    }
    return last;
}

}  // namespace

matrix_rows rows_of(const matrix_type& matrix) {
    return {matrix.shape(0), matrix.shape(1), [&matrix](std::size_t row, std::span<float> values) {
                std::copy_n(matrix.data() + row * matrix.shape(1), values.size(), values.begin());
            }};
}

approximation_error error_of(const operator_type& op, const matrix_type& matrix) {
    return error_of_rows(rows_of(matrix), 0, op.to_dense());
}

void round_parameters(const std::vector<xtn::named_parameter<float>>& parameters, xtn::dtype type) {
    if (type == xtn::dtype::f32 || type == xtn::dtype::f64) return;
    for (const auto& p : parameters) try {
            const std::span<const float> values(p.value.values());
            xtn::stored_tensor::of<float>(p.value.shape(), values, p.name)
                .as(type)
                .read_into<float>(p.value.values(), p.value.shape());
        } catch (const xtn::io_error& beyond_range) {
            throw xtn::numeric_error(beyond_range.what());
        }
}

operator_type compress(const form& f, const std::string& layer, const matrix_type& matrix) {
    return xtn::library_families<float>().from_dense(matrix, describe(f, layer, matrix.shape(0), matrix.shape(1)));
}

compressed_layer compress(const form& f, const std::string& layer, const matrix_rows& matrix,
                          const compression_options& options) {
    const std::size_t elements = matrix.out * matrix.in;
    try {
        if (options.tolerance) return smallest_within(*options.tolerance, f, layer, matrix, options);
        if (const std::size_t numbers = stored_numbers(f, layer, matrix); numbers >= elements)
            return {.kept = "nothing would be saved: " + std::to_string(numbers) + " numbers for " +
                            std::to_string(elements)};
        return attempt(f, layer, matrix, options);
    } catch (const xtn::shape_error& e) {
        return {.kept = e.what()};
    } catch (const xtn::numeric_error& e) {
        return {.kept = e.what()};
    }
}

model<float> with_layers(const model<float>& m,
                         const std::function<operator_type(const std::string&, const matrix_type&)>& make) {
    std::map<std::string, operator_type> layers;
    for (const auto& [layer, op] : m.named_operators()) layers.emplace(layer, op);
    const auto made = [&](const std::string& layer, std::size_t, std::size_t) {
        return make(layer, layers.at(layer).to_dense());
    };
    const model<float> other(m.spec(), made);
    std::set<std::string> factors;
    for (const auto& [layer, op] : other.named_operators())
        for (const auto& p : op.parameters()) factors.insert(layer + "." + p.name);
    std::map<std::string, xtn::parameter<float>> from;
    for (const auto& p : m.parameters()) from.emplace(p.name, p.value);
    for (const auto& p : other.parameters()) {
        if (factors.contains(p.name)) continue;
        const auto values = from.at(p.name).values();
        std::copy(values.begin(), values.end(), p.value.values().begin());
    }
    return other;
}

model<float> compress(const model<float>& m, const representation& r) {
    return with_layers(
        m, [&](const std::string& layer, const matrix_type& matrix) { return compress(r.of(layer), layer, matrix); });
}

}  // namespace picogpt
