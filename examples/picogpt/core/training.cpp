// SPDX-License-Identifier: BSD-3-Clause
#include "training.hpp"

template class xtn::trainer<picogpt::text_task, examples::team>;

namespace picogpt {

examples::trained train(const model<float>& m, const split& text, const xtn::training_plan& plan,
                        xtn::thread_pool& pool, const std::filesystem::path& directory, const std::string& name,
                        examples::run_record& record, bool resume) {
    return examples::train(text_task(m, text), plan, pool, directory, name, record, resume);
}

xtn::evaluation evaluate(const model<float>& m, std::span<const token> text, std::size_t context,
                         xtn::thread_pool& pool) {
    return xtn::evaluate(scored_text(m, text, context), pool, examples::team());
}

}  // namespace picogpt
