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
    xtn::reconstructed<float> matrices(m.operators());
    matrices.choose(context, windows);
    matrices.make();
    std::vector<xtn::tape<float>> tapes(pool.workers());
    for (xtn::tape<float>& t : tapes) matrices.provide_to(t);
    struct window_result {
        double loss;
        std::size_t correct;
    };
    std::vector<window_result> results(windows);
    pool.run(windows, [&](std::size_t w, std::size_t worker) {
        xtn::tape<float>& t = tapes[worker];
        const xtn::no_gradient guard(t);
        t.clear();
        const auto found =
            loss(m, t, text.subspan(w * context, context), text.subspan(w * context + 1, context), context);
        results[w] = {static_cast<double>(found.mean.item()), found.correct};
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
