// SPDX-License-Identifier: BSD-3-Clause
#include "evaluation.hpp"

#include <string>
#include <vector>

namespace picogpt {

evaluation evaluate(const model<float>& m, std::span<const token> text, std::size_t context, xtn::thread_pool& pool) {
    if (context == 0 || text.size() < context + 1)
        throw xtn::shape_error("evaluate: a window takes " + std::to_string(context) +
                               " characters and the one after it, but the text has " + std::to_string(text.size()));
    const std::size_t windows = (text.size() - 1) / context;
    xtn::tape<float> once;  // holds the matrices of factorised operators
    std::vector<xtn::tape<float>> tapes(pool.workers());
    for (const xtn::any_operator<float>& op : m.operators()) {
        if (!xtn::worth_reconstructing(op, context, windows)) continue;
        const xtn::variable<float, 2> w = xtn::to_dense(op, once);
        const auto matrix =
            xtn::parameter<float>::view({w.data(), w.size()}, {op.out(), op.in()}, xtn::parameter<float>::unbound);
        for (xtn::tape<float>& t : tapes) t.provide(op.network().id(), matrix);
    }
    struct window_result {
        double loss;
        std::size_t correct;
    };
    std::vector<window_result> results(windows);
    pool.run(windows, [&](std::size_t w, std::size_t worker) {
        xtn::tape<float>& t = tapes[worker];
        t.clear();
        const auto loss =
            m.loss(t, text.subspan(w * context, context), text.subspan(w * context + 1, context), context);
        results[w] = {static_cast<double>(loss.mean.item()), loss.correct};
    });
    evaluation total{.windows = windows};
    std::size_t correct = 0;
    for (const window_result& r : results) {
        total.loss += r.loss;
        correct += r.correct;
    }
    total.loss /= static_cast<double>(windows);
    total.accuracy = static_cast<double>(correct) / static_cast<double>(windows * context);
    return total;
}

}  // namespace picogpt
