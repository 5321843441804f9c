// SPDX-License-Identifier: BSD-3-Clause
// Gradients of a large network with respect to any of its tensors: one reverse sweep over the tree,
//
//     C = A B:   dA = dC B,   dB = A dC,
//
// each step the planned pullback of its pair (plan/pullback.hpp). What the forward steps made is kept for the sweep; where that
// exceeds the memory bound the network is sliced, and every slice makes again what it needs. Slices are dealt to a fixed number
// of lanes, each with sums of its own, which are added in order at the end: the same bits for any number of workers and processes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/processes.hpp>
#include <xtn/graph/contraction.hpp>
#include <xtn/plan/pullback.hpp>

namespace xtn::graph {

namespace detail {

/// The reverse steps of a plan that keeps all, and where cotangents lie.
class reverse_plan {
public:
    struct step {
        std::uint32_t a, b, c;
        xtn::plan how;
        std::int64_t scratch;
    };

    reverse_plan(const graph::plan& p, const std::vector<std::size_t>& wanted, const cost_model& model)
        : wanted_(p.order.tree.nodes()), offset_(p.order.tree.nodes(), 0) {
        const std::size_t n = p.net.tensors();
        for (const std::size_t i : wanted) {
            if (i >= n)
                throw shape_error("gradient: there is no tensor " + std::to_string(i) + " among " + std::to_string(n));
            wanted_[i] = 1;
        }
        const std::vector<pair_step>& forward = p.steps[p.slices > 1 ? each_slice : each_run];
        for (const pair_step& s : forward)
            if (n > 1) wanted_[s.c] = wanted_[s.a] | wanted_[s.b];
        xtn::detail::region work;
        for (std::size_t k = forward.size(); k-- > 0;) {
            const pair_step& s = forward[k];
            if (wanted_[s.c] == 0) continue;
            label_set needs = wanted_[s.a] != 0 ? only(0) : 0;
            if (n > 1 && wanted_[s.b] != 0) needs |= only(1);
            step r{s.a, s.b, s.c, make_pullback(s.how, needs, model, residuals::recompute), 0};
            for (const std::uint32_t child : {s.a, s.b})
                if (child >= n && wanted_[child] != 0) offset_[child] = work.take(p.volume[child]);
            if (const std::int64_t scratch = r.how.workspace_size + r.how.residual_size; scratch > 0) {
                r.scratch = work.take(scratch);
                work.release(r.scratch);
            }
            if (s.c != p.root()) work.release(offset_[s.c]);
            steps_.push_back(std::move(r));
        }
        size_ = work.size();
    }

    const std::vector<step>& steps() const { return steps_; }
    std::int64_t size() const { return size_; }
    std::int64_t offset(std::uint32_t node) const { return offset_[node]; }

private:
    std::vector<std::uint8_t> wanted_;
    std::vector<std::int64_t> offset_;
    std::vector<step> steps_;
    std::int64_t size_ = 0;
};

}  // namespace detail

/// A network with its tensors, its plan, and the plan of the gradients with respect to some of them. Refers to the tensors;
/// not for concurrent use.
template <scalar T>
class differentiated {
public:
    /// Value and gradients: d value-weighted-by-the-cotangent / d tensor, in the order of `wanted`.
    struct result {
        xt::xarray<T> value;
        std::vector<xt::xarray<T>> gradients;
    };

    /// Throws shape_error where tensors and network do not fit or there is no such tensor, xtn::error where no order keeps to
    /// the bound. Tensors that are not row-major are copied.
    differentiated(const network& net, const tensors<T>& operands, std::vector<std::size_t> wanted,
                   const contraction_options& options = {})
        : differentiated(net, operands, std::move(wanted), nullptr, options) {}
    /// Along an order that is known.
    differentiated(const network& net, const tensors<T>& operands, std::vector<std::size_t> wanted, const order& along,
                   const contraction_options& options = {})
        : differentiated(net, operands, std::move(wanted), &along, options) {}

    const graph::plan& plan() const { return *plan_; }
    /// Bytes taken beyond tensors, value and gradients.
    std::size_t peak_bytes() const {
        return static_cast<std::size_t>(memory_of(*plan_, back_.size(), workers_.workers())) * sizeof(T);
    }

    /// The value, and the gradients for a cotangent of its shape. A gradient is as xtn::einsum's: of a real loss L with
    /// respect to z = x + i y it is dL/dx + i dL/dy.
    result operator()(const xt::xarray<T>& cotangent) {
        const geometry& g = plan_->output;
        const auto extents = g.extents();
        const typename xt::xarray<T>::shape_type shape(extents.begin(), extents.end());
        if (cotangent.shape() != shape)
            throw shape_error("gradient: the cotangent has the shape " +
                              to_string(geometry::row_major(cotangent.shape())) + ", but the result has " +
                              to_string(g));
        result r{xt::xarray<T>(shape), {}};
        r.value.fill(T{});
        for (const std::size_t i : wanted_) {
            const auto e = operands_.shapes()[i].extents();
            r.gradients.emplace_back(typename xt::xarray<T>::shape_type(e.begin(), e.end())).fill(T{});
        }
        for (const geometry& o : operands_.shapes())
            if (o.volume() == 0) return r;
        bind();
        seed_ = cotangent;
        conjugate(seed_);
        const auto lanes = static_cast<std::size_t>(std::min<std::int64_t>(most_lanes, plan_->slices));
        std::vector<result> sums(lanes - 1, r);
        run_.workers(std::min(lanes, workers_.workers()));
        while (cotangents_.size() < std::min(lanes, workers_.workers())) cotangents_.emplace_back(back_.size());
        const any_process_group& processes = workers_.processes();
        const std::size_t first = first_of(processes.rank(), lanes, processes.size());
        workers_.run(first_of(processes.rank() + 1, lanes, processes.size()) - first,
                     [&](std::size_t own, std::size_t worker) {
                         const std::size_t lane = first + own;
                         result& sum = lane == 0 ? r : sums[lane - 1];
                         for (auto slice = static_cast<std::int64_t>(lane); slice < plan_->slices;
                              slice += static_cast<std::int64_t>(lanes))
                             sweep(slice, worker, sum);
                     });
        for (std::size_t lane = 1; lane < lanes; ++lane) {
            result& s = sums[lane - 1];
            const std::size_t owner = owner_of(lane, lanes, processes.size());
            for_tensors(s, [&](std::span<T> x) {
                if (owner == 0) return;
                if (processes.rank() == owner) processes.exchange(std::as_bytes(x), 0, {}, 0);
                if (processes.rank() == 0) processes.exchange({}, owner, std::as_writable_bytes(x), owner);
            });
            add(r.value, s.value);
            for (std::size_t i = 0; i < wanted_.size(); ++i) add(r.gradients[i], s.gradients[i]);
        }
        for_tensors(r, [&](std::span<T> x) { processes.broadcast(std::as_writable_bytes(x)); });
        for (auto& gradient : r.gradients) conjugate(gradient);
        return r;
    }
    /// The same for a result that is a number, whose cotangent is 1.
    result operator()() {
        xt::xarray<T> one(typename xt::xarray<T>::shape_type{});
        one.fill(T(1));
        return (*this)(one);
    }

private:
    static constexpr std::int64_t most_lanes = 4;

    differentiated(const network& net, const tensors<T>& operands, std::vector<std::size_t> wanted, const order* along,
                   const contraction_options& options)
        : operands_(operands),
          wanted_(std::move(wanted)),
          workers_(options.search.workers),
          plan_(make_plan(net, along, options)),
          run_(*plan_, exponents::inside),
          back_(*plan_, wanted_, backend::machine<T>()) {
        detail::require_same_plan(*plan_, workers_);
    }

    /// Elements taken: every lane but the first has sums of its own, every worker its work space.
    std::int64_t memory_of(const graph::plan& p, std::int64_t cotangents, std::size_t workers) const {
        const std::int64_t lanes = std::min<std::int64_t>(most_lanes, p.slices);
        std::int64_t sums = p.output.volume();
        for (const std::size_t i : wanted_) sums += operands_.shapes()[i].volume();
        return std::min(lanes, static_cast<std::int64_t>(workers)) * (p.work_size + p.result_size() + cotangents) +
               (lanes - 1) * sums;
    }
    std::unique_ptr<graph::plan> make_plan(const network& net, const order* along, const contraction_options& options) {
        std::vector<geometry> shapes;
        for (const geometry& g : operands_.shapes()) shapes.push_back(geometry::row_major(g.extents()));
        contraction_options how = options;
        how.search.changing.clear();
        how.powers = exponents::apart;  // slices make results of their own, which are added to a lane's sum
        const cost_model model = backend::machine<T>();
        const auto bytes = [&](const graph::plan& p) {
            return static_cast<double>(
                       memory_of(p, detail::reverse_plan(p, wanted_, model).size(), workers_.workers())) *
                   sizeof(T);
        };
        const detail::bounded_planner<T> planner(net, shapes, how, true, bytes);
        return std::make_unique<graph::plan>(along == nullptr ? planner.best() : planner.along(*along));
    }

    /// Operands in row-major order: where they are, or copies.
    void bind() {
        copies_.clear();
        data_.assign(operands_.data(), operands_.data() + operands_.size());
        for (std::size_t i = 0; i < data_.size(); ++i) {
            const geometry &g = operands_.shapes()[i], &wanted = plan_->operands[i];
            bool same = true;
            for (std::size_t axis = 0; axis < g.rank; ++axis)
                same = same && (g.extent[axis] == 1 || g.stride[axis] == wanted.stride[axis]);
            if (same) continue;
            copies_.emplace_back(wanted.volume());
            backend::copy<T>({data_[i], g}, {copies_.back().data(), wanted}, false);
            data_[i] = copies_.back().data();
        }
    }

    void sweep(std::int64_t slice, std::size_t worker, result& sum) {
        const geometry& whole = plan_->output;
        const std::int64_t there = plan_->slice_offset(slice, plan_->net.output(), whole);
        T* made = sum.value.data();
        const T* seed = seed_.data();
        if (plan_->sums_slices) made = run_.result(worker);
        for (const pair_step& s : plan_->steps[plan_->slices > 1 ? detail::each_slice : detail::each_run])
            run_.run(s, data_.data(), slice, worker, nullptr, made);
        if (plan_->sums_slices) {
            backend::copy<T>({made, plan_->slice_output}, {sum.value.data() + there, plan_->output_part}, true);
            backend::copy<T>({seed + there, plan_->output_part}, {made, plan_->slice_output}, false);
            seed = made;
        }
        for (const detail::reverse_plan::step& s : back_.steps()) {
            std::array<T*, bases::most> base{};
            const bases b = s.how.bases();
            label_set add = 0;
            const std::array<std::uint32_t, 2> children{s.a, s.b};
            for (std::size_t k = 0; k < b.operands; ++k) {
                const std::uint32_t child = children[k];
                base[k] = run_.at(child, data_.data(), slice, worker, made);
                if (child >= plan_->net.tensors()) {
                    base[b.gradient(k)] = cotangents_[worker].data() + back_.offset(child);
                } else if (const auto at = std::find(wanted_.begin(), wanted_.end(), child); at != wanted_.end()) {
                    T* to = sum.gradients[static_cast<std::size_t>(at - wanted_.begin())].data();
                    if (plan_->slices > 1)
                        to += plan_->slice_offset(slice, plan_->net.input(child), plan_->operands[child]);
                    base[b.gradient(k)] = to;
                    add |= only(static_cast<label>(b.gradient(k)));
                }
            }
            const bool is_root = s.c == plan_->root();
            base[b.value()] = is_root ? const_cast<T*>(seed) : cotangents_[worker].data() + back_.offset(s.c);  // read
            base[b.workspace()] = cotangents_[worker].data() + s.scratch;
            base[b.residual()] = base[b.workspace()] + s.how.workspace_size;
            backend::run<T>(s.how, base.data(), add);
        }
    }
    /// Calls f for the elements of the value and of every gradient.
    template <class F>
    static void for_tensors(result& r, const F& f) {
        f(std::span<T>(r.value.data(), r.value.size()));
        for (auto& gradient : r.gradients) f(std::span<T>(gradient.data(), gradient.size()));
    }
    static void add(xt::xarray<T>& to, const xt::xarray<T>& x) {
        for (std::size_t i = 0; i < to.size(); ++i) to.data()[i] += x.data()[i];
    }
    static void conjugate(xt::xarray<T>& x) {
        if constexpr (is_complex<T>)
            for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = std::conj(x.data()[i]);
    }

    tensors<T> operands_;
    std::vector<std::size_t> wanted_;
    executor workers_;
    std::unique_ptr<graph::plan> plan_;
    execution<T> run_;
    detail::reverse_plan back_;
    std::vector<detail::buffer<T>> cotangents_, copies_;
    std::vector<const T*> data_;
    xt::xarray<T> seed_;
};

#define XTN_GRAPH_DIFFERENTIATED(form, T) form class differentiated<T>;
XTN_FOR_EACH_SCALAR(XTN_GRAPH_DIFFERENTIATED)
#undef XTN_GRAPH_DIFFERENTIATED

}  // namespace xtn::graph
