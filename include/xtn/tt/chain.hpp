// SPDX-License-Identifier: BSD-3-Clause
// A chain of cores, of run-time length, with so many physical indices a site: one makes a matrix product state, two make
// a matrix product operator.
//
//     x[p_1 ... p_n] = A_1[p_1] A_2[p_2] ... A_n[p_n],      A_k[p] an r_{k-1} x r_k matrix, r_0 = r_n = 1.
//
// A chain knows how far it is canonical: its first sites may be left-orthonormal (sum_p A[p]^H A[p] = 1), its last ones
// right-orthonormal (sum_p A[p] A[p]^H = 1). A single site between the two is the orthogonality centre, and then the
// norm of the chain is that of this one core. Schollwoeck, "The density-matrix renormalization group in the age of
// matrix product states", Annals of Physics 326 (2011), section 4.4.
#pragma once

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/expr/einsum.hpp>
#include <xtn/tt/centre.hpp>
#include <xtn/tt/site_order.hpp>
#include <xtn/tt/truncation.hpp>

namespace xtn::tt {

namespace detail {

/// A core as a tensor of rank 3 in place: (left bond, all physical indices, right bond).
template <scalar T, std::size_t N>
auto site(const xt::xtensor<T, N>& core) {
    const std::size_t left = core.shape(0), right = core.shape(N - 1);
    return xt::adapt<xt::layout_type::row_major>(core.data(), core.size(), xt::no_ownership(),
                                                 std::array{left, core.size() / (left * right), right});
}

/// The shape of a core with other bonds.
template <std::size_t N>
std::array<std::size_t, N> with_bonds(std::array<std::size_t, N> shape, std::size_t left, std::size_t right) {
    shape.front() = left;
    shape.back() = right;
    return shape;
}

}  // namespace detail

/// Cores in (left bond, physical indices, right bond) order, site 0 most significant. See mps.hpp and mpo.hpp.
template <scalar T, std::size_t Physical>
requires(Physical == 1 || Physical == 2) class chain {
public:
    using value_type = T;
    using core_type = xt::xtensor<T, Physical + 2>;
    using pair_type = xt::xtensor<T, 2 * Physical + 2>;
    static constexpr const char* name = Physical == 1 ? "xtn::tt::mps" : "xtn::tt::mpo";

    /// Takes at least one core. Throws shape_error where neighbouring bonds differ, a bond at an end is not 1, or an
    /// extent is 0.
    explicit chain(std::vector<core_type> cores) : cores_(std::move(cores)) {
        if (cores_.empty()) throw shape_error(std::string(name) + ": a chain has at least one core");
        std::size_t bond = 1;
        for (std::size_t k = 0; k < cores_.size(); ++k) {
            const auto& shape = cores_[k].shape();
            if (shape.front() != bond)
                throw shape_error(
                    core_of(k) + " has the left bond " + std::to_string(shape.front()) +
                    (k == 0 ? ", but the chain starts with a bond of 1"
                            : ", but the right bond of site " + std::to_string(k - 1) + " is " + std::to_string(bond)));
            if (*std::min_element(shape.begin(), shape.end()) == 0)
                throw shape_error(core_of(k) + " is empty: its shape is " + to_string(geometry::row_major(shape)) +
                                  " and every extent must be at least 1");
            bond = shape.back();
        }
        if (bond != 1)
            throw shape_error(core_of(cores_.size() - 1) + " has the right bond " + std::to_string(bond) +
                              ", but the chain ends with a bond of 1");
        last_ = cores_.size() - 1;
    }

    /// The same for cores that are orthonormal towards this site from both ends, which is taken on trust.
    chain(std::vector<core_type> cores, std::size_t centre) : chain(std::move(cores)) {
        require_site(centre);
        first_ = last_ = centre;
    }

    std::size_t site_count() const { return cores_.size(); }

    const std::vector<core_type>& cores() const& { return cores_; }
    std::vector<core_type> cores() && { return std::move(cores_); }

    /// The extents that the sites contribute to a physical index.
    std::vector<std::size_t> sites(std::size_t index = 0) const { return extents(index + 1, cores_.size()); }
    std::vector<std::size_t> out_sites() const requires(Physical == 2) { return sites(0); }
    std::vector<std::size_t> in_sites() const requires(Physical == 2) { return sites(1); }

    /// The bonds between neighbouring sites, site_count() - 1 of them.
    std::vector<std::size_t> bonds() const { return extents(Physical + 1, cores_.size() - 1); }

    /// The number of entries of all cores.
    std::size_t parameter_count() const {
        std::size_t count = 0;
        for (const core_type& core : cores_) count += core.size();
        return count;
    }

    /// One entry, by the digits of each physical index. Throws shape_error unless there is one digit a site, below its
    /// extent.
    T element(const std::vector<std::size_t>& digits) const requires(Physical == 1) { return element_at({&digits}); }
    T element(const std::vector<std::size_t>& out, const std::vector<std::size_t>& in) const requires(Physical == 2) {
        return element_at({&out, &in});
    }

    /// The flat vector of a state, the matrix (out, in) of an operator. Throws shape_error if it exceeds what a BLAS can
    /// index, numeric_error where an entry exceeds T.
    xt::xtensor<T, Physical> to_dense() const {
        std::array<std::size_t, Physical> shape{};
        for (std::size_t d = 0; d < Physical; ++d) shape[d] = detail::flat_extent(sites(d));

        // Rows are the physical indices so far, in chain order; columns the open bond.
        const std::string caller = std::string(name) + "::to_dense";
        xt::xtensor<T, 2> product = xt::ones<T>(std::array<std::size_t, 2>{1, 1});
        int power = 0;
        for (const core_type& core : cores_) {
            const std::size_t left = core.shape(0), right = core.shape(Physical + 1);
            xt::xtensor<T, 2> columns = detail::reshaped(core, std::array{left, core.size() / left});
            if (product.shape(0) > INT_MAX || columns.shape(1) > INT_MAX)
                throw shape_error(caller + " needs a matrix product beyond what a BLAS can index");
            power += detail::take_power(columns);
            xt::xtensor<T, 2> next = einsum<"ab,bc->ac">(product, columns);
            power += detail::take_power(next);
            const std::size_t rows = next.size() / right;
            product = detail::reshaped(std::move(next), std::array{rows, right});
        }
        detail::give_power(product, power, caller + ": the result");
        if constexpr (Physical == 1) {
            return detail::reshaped(std::move(product), shape);
        } else {
            const detail::site_order order(sites(0), sites(1));
            xt::xtensor<T, 2> dense(shape);
            T* to = dense.data();
            for (const std::size_t row : order.out)
                for (const std::size_t column : order.in) *to++ = product.data()[row + column];
            return dense;
        }
    }

    /// The site towards which all others are orthonormal, if there is one.
    std::optional<std::size_t> centre() const { return first_ == last_ ? std::optional(first_) : std::nullopt; }

    /// Makes site k the centre, by QR from the left and LQ from the right, as far as it is not; bonds shrink to what the
    /// shapes permit. 0 gives the right-, site_count() - 1 the left-canonical form. Throws shape_error unless k is a site,
    /// numeric_error where a core is not finite or the norm is neither 0 nor a normal number of T.
    void move_centre(std::size_t k) {
        require_site(k);
        change_sites(k, [&](detail::centre_move<T>& sites, std::size_t to) { sites.to(to); });
    }

    /// The same, and truncates every bond that the centre passes; the tolerance covers the whole move. Returns the
    /// relative error. Throws error if there is no centre.
    double move_centre(std::size_t k, const truncation& limit) {
        require_site(k);
        detail::require_limits(limit, std::string(name) + "::move_centre");
        if (!centre())
            throw error(std::string(name) +
                        "::move_centre: truncation needs a chain with a centre; call move_centre(site) first");
        double error = 0;
        change_sites(k, [&](detail::centre_move<T>& sites, std::size_t to) { error = sites.to(to, limit); });
        return error;
    }

    /// |x|_F, from the centre; without one, from a copy that has one. Throws numeric_error where a double does not hold
    /// it.
    double norm() const {
        const std::size_t k = first_ == last_ ? first_ : 0;
        detail::centre_move<T> sites = sites_between(k);
        sites.to(k - std::min(first_, k));
        const backend::scaled_number norm = sites.norm();
        detail::require_held<double>(norm, norm_of(k));
        return norm.value();
    }

    /// Sites k and k + 1 as one tensor: (left bond, physical indices of k, those of k + 1, right bond).
    pair_type pair(std::size_t k) const {
        require_pair(k);
        xt::xtensor<T, 3> left = detail::site(cores_[k]), right = detail::site(cores_[k + 1]);
        const int power = detail::take_power(left) + detail::take_power(right);
        xt::xtensor<T, 4> joined = einsum<"apb,bqc->apqc">(left, right);
        detail::give_power(joined, power, std::string(name) + "::pair: the tensor of site " + std::to_string(k));
        return detail::reshaped(std::move(joined), pair_shape(k));
    }

    /// Splits a tensor of the shape of pair(k) into sites k and k + 1 by a truncated SVD, of which `centre`, one of the
    /// two, gets the singular values. Returns the relative error of the chain. Throws error unless k or k + 1 is the
    /// centre already, shape_error for another shape, numeric_error for an entry that is not finite or a norm that is
    /// neither 0 nor a normal number of T.
    double set_pair(std::size_t k, const pair_type& value, std::size_t centre, const truncation& limit = {}) {
        require_pair(k);
        const std::string caller = std::string(name) + "::set_pair";
        detail::require_limits(limit, caller);
        if (first_ < k || last_ > k + 1)
            throw error(caller + ": sites " + std::to_string(k) + " and " + std::to_string(k + 1) +
                        " are not the centre of the chain; call move_centre(" + std::to_string(k) + ") first");
        if (centre != k && centre != k + 1)
            throw shape_error(caller + ": the centre is site " + std::to_string(k) + " or " + std::to_string(k + 1) +
                              ", not " + std::to_string(centre));
        const auto shape = pair_shape(k);
        if (!std::equal(shape.begin(), shape.end(), value.shape().begin()))
            throw shape_error(caller + ": the sites need a tensor of shape " + to_string(geometry::row_major(shape)) +
                              ", not " + to_string(geometry::row_major(value.shape())));
        detail::require_finite(value, caller.c_str());
        const std::size_t rows = cores_[k].size() / cores_[k].shape(Physical + 1);
        xt::xtensor<T, 2> matrix = detail::reshaped(value, std::array{rows, value.size() / rows});
        const int power = detail::take_power(matrix);
        const double norm = frobenius_norm(matrix);
        detail::split f(matrix, detail::limits_for(norm, limit).max_bond, limit.tolerance * norm);
        xt::xtensor<T, 2> left = centre == k ? f.kept.u_s() : std::move(f.kept.u);
        xt::xtensor<T, 2> right = centre == k ? std::move(f.kept.vt) : f.kept.s_vt();
        detail::put_power(centre == k ? left : right, power, norm_of(centre));
        const std::size_t bond = f.kept.s.size();
        set(k, std::move(left), cores_[k].shape(0), bond);
        set(k + 1, std::move(right), bond, cores_[k + 1].shape(Physical + 1));
        first_ = last_ = centre;
        return norm > 0 ? f.discarded / norm : 0.0;
    }

    /// -x
    chain operator-() const {
        chain negative = *this;
        for (T& value : negative.cores_[first_]) value = -value;
        return negative;
    }

    /// Scales a core that is not known to be orthonormal, the centre if there is one. Throws numeric_error, and changes
    /// nothing, for a factor that is not finite, a divisor of 0, and where the core's norm would be neither 0 nor a normal
    /// number of T.
    chain& operator*=(T factor) {
        return scale(
            factor, [](T& value, T by) { value *= by; }, 1);
    }
    chain& operator/=(T divisor) {
        if (divisor == T{}) throw numeric_error(std::string(name) + ": a chain cannot be divided by 0");
        return scale(
            divisor, [](T& value, T by) { value /= by; }, -1);
    }

private:
    std::vector<core_type> cores_;
    std::size_t first_ = 0;  ///< sites before it are left-orthonormal
    std::size_t last_ = 0;   ///< sites behind it are right-orthonormal; never before first_

    static std::string core_of(std::size_t k) { return std::string(name) + ": the core of site " + std::to_string(k); }
    static std::string norm_of(std::size_t k) {
        return std::string(name) + ": the norm of the core of site " + std::to_string(k);
    }
    void require_site(std::size_t k) const {
        if (k >= cores_.size())
            throw shape_error(std::string(name) + ": there is no site " + std::to_string(k) + " in a chain of " +
                              std::to_string(cores_.size()));
    }
    void require_pair(std::size_t k) const {
        require_site(k);
        if (k + 1 == cores_.size())
            throw shape_error(std::string(name) + ": site " + std::to_string(k) +
                              " is the last, it has no right neighbour");
    }

    std::vector<std::size_t> extents(std::size_t axis, std::size_t count) const {
        std::vector<std::size_t> result(count);
        for (std::size_t k = 0; k < count; ++k) result[k] = cores_[k].shape(axis);
        return result;
    }
    std::array<std::size_t, 2 * Physical + 2> pair_shape(std::size_t k) const {
        std::array<std::size_t, 2 * Physical + 2> shape{};
        const auto &left = cores_[k].shape(), &right = cores_[k + 1].shape();
        std::copy(right.begin() + 1, right.end(), std::copy(left.begin(), left.end() - 1, shape.begin()));
        return shape;
    }

    template <std::size_t N>
    void set(std::size_t k, xt::xtensor<T, N> values, std::size_t left, std::size_t right) {
        cores_[k] = detail::reshaped(std::move(values), detail::with_bonds(cores_[k].shape(), left, right));
    }

    /// The sites that change where site k becomes the centre, from min(first_, k) on.
    detail::centre_move<T> sites_between(std::size_t k) const {
        const std::size_t begin = std::min(first_, k), end = std::max(last_, k) + 1;
        std::vector<xt::xtensor<T, 3>> cores;
        for (std::size_t j = begin; j < end; ++j) {
            cores.emplace_back(detail::site(cores_[j]));
            if (!backend::all_finite(std::span<const T>(cores_[j].data(), cores_[j].size())))
                throw numeric_error(core_of(j) + " is not finite");
        }
        return {std::move(cores), first_ - begin, last_ - begin};
    }
    /// Lets move(sites, k) work on a copy of these, so that a refusal changes nothing.
    template <class Move>
    void change_sites(std::size_t k, Move move) {
        if (first_ == k && last_ == k) return;
        const std::size_t begin = std::min(first_, k);
        detail::centre_move<T> sites = sites_between(k);
        move(sites, k - begin);
        sites.finish(norm_of(k));
        for (std::size_t j = 0; j < sites.cores.size(); ++j) {
            const std::size_t left = sites.cores[j].shape(0), right = sites.cores[j].shape(2);
            set(begin + j, std::move(sites.cores[j]), left, right);
        }
        first_ = last_ = k;
    }

    /// Applies apply(value, m) with the factor m of by = m 2^e that is of the order of 1, then 2^(sign e).
    template <class Apply>
    chain& scale(T by, Apply apply, int sign) {
        const backend::scaled_number size = backend::scaled_norm(std::span<const T>(&by, 1));
        if (!backend::all_finite(1, &size.mantissa))
            throw numeric_error(std::string(name) + ": the factor of a chain is not finite");
        backend::multiply_by_power(std::span<T>(&by, 1), -size.exponent);
        core_type core = cores_[first_];
        const int power = detail::take_power(core);
        for (T& value : core) apply(value, by);
        detail::put_power(core, power + sign * size.exponent, norm_of(first_));
        cores_[first_] = std::move(core);
        return *this;
    }

    T element_at(const std::array<const std::vector<std::size_t>*, Physical>& digits) const {
        const std::string caller = std::string(name) + "::element";
        for (const auto* list : digits)
            if (list->size() != cores_.size())
                throw shape_error(caller + ": a chain of " + std::to_string(cores_.size()) +
                                  " sites needs as many digits, not " + std::to_string(list->size()));
        xt::xtensor<T, 2> row(std::array<std::size_t, 2>{1, 1}, T{1});
        int power = 0;
        for (std::size_t k = 0; k < cores_.size(); ++k) {
            std::size_t position = 0;
            for (std::size_t d = 0; d < Physical; ++d) {
                const std::size_t digit = (*digits[d])[k], extent = cores_[k].shape(d + 1);
                if (digit >= extent)
                    throw shape_error(caller + ": the digit of site " + std::to_string(k) + " is " +
                                      std::to_string(digit) + ", but its extent is " + std::to_string(extent));
                position = position * extent + digit;
            }
            const auto core = detail::site(cores_[k]);
            xt::xtensor<T, 2> matrix(std::array{core.shape(0), core.shape(2)});
            for (std::size_t a = 0; a < core.shape(0); ++a)
                std::copy_n(&core(a, position, 0), core.shape(2), &matrix(a, 0));
            power += detail::take_power(matrix);
            row = einsum<"xa,ab->xb">(row, matrix);
            power += detail::take_power(row);
        }
        detail::give_power(row, power, caller + ": the entry");
        return row(0, 0);
    }
};

}  // namespace xtn::tt
