// SPDX-License-Identifier: BSD-3-Clause
#include "training.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

#include <xtn/train.hpp>

#include "../../common/progress.hpp"
#include "weights.hpp"

namespace picogpt {
namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Where the windows of a step begin.
std::vector<std::size_t> windows_of_step(std::uint64_t seed, std::uint64_t step, std::size_t count,
                                         std::size_t starts) {
    xtn::random_stream random(seed, step + 1);  // stream 0 initialises the model
    std::vector<std::size_t> windows(count);
    for (std::size_t& w : windows) w = static_cast<std::size_t>(random.uniform_index(starts));
    return windows;
}

/// The weight decay of every parameter.
std::vector<xtn::parameter_group> decay_groups(const xtn::parameter_store<float>& store, const recipe& r) {
    if (r.decay == decayed::everything) return {{.size = store.size(), .weight_decay = r.weight_decay}};
    if (r.decay == decayed::nothing) return {{.size = store.size()}};
    std::vector<xtn::parameter_group> groups;
    for (const auto& e : store.entries()) {
        const bool bias = e.name.ends_with(".bias"),
                   norm = e.name.starts_with("ln_f.") || e.name.find(".ln") != std::string::npos;
        groups.push_back(
            {.offset = e.offset, .size = e.value.size(), .weight_decay = bias || norm ? 0 : r.weight_decay});
    }
    return groups;
}

}  // namespace

training_result train(const model<float>& m, const split& text, const recipe& r, xtn::thread_pool& pool,
                      const std::filesystem::path& directory, const std::string& name, examples::run_record& record,
                      bool resume) {
    const std::size_t context = m.context();
    for (const auto part : {text.train, text.validation})
        if (part.size() <= context)
            throw xtn::io_error(text.origin + " is too short: a window takes " + std::to_string(context) +
                                " characters and the one after it, but a split has " + std::to_string(part.size()));
    const std::filesystem::path checkpoint = directory / (name + ".checkpoint.safetensors");
    const std::filesystem::path record_file = directory / (name + ".json");

    xtn::parameter_store<float> store(m.parameters());
    xtn::data_parallel<float> parallel(store, m.operators(), pool);
    xtn::adamw<float> optimizer(store.size(), {.beta1 = r.beta1, .beta2 = r.beta2}, decay_groups(store, r));
    const xtn::cosine_schedule schedule(r.learning_rate, r.warmup, r.steps);

    const std::uint64_t last = std::min(r.steps, r.stop);
    std::uint64_t step = 0;
    if (resume && std::filesystem::exists(checkpoint)) {
        step = xtn::read_training_state(xtn::load_safetensors(checkpoint), store, optimizer);
        if (step > last)
            throw xtn::io_error(checkpoint.string() + " is at step " + std::to_string(step) + ", beyond the " +
                                std::to_string(last) + " steps asked for");
        record.resume(record_file, step + 1);  // points carry the number of steps made
        std::cout << "goes on after step " << step << " of " << last << "\n";
    }
    const double busy_before = record.result("training_seconds", 0);
    double busy = busy_before;
    bool saved = step > 0;
    const auto save_state = [&] {
        record.set("training_seconds", busy);
        record.save(record_file);
        xtn::safetensors file(checkpoint.string());
        xtn::add_training_state(file, store, optimizer);
        describe_model(file, m, text.characters);
        xtn::save_safetensors(checkpoint, file);
        saved = true;
    };

    training_result result;
    const std::uint64_t first = step;
    examples::progress progress(last, r.batch * context, first);
    for (; step < last; ++step) {
        const double start = seconds();
        const auto windows = windows_of_step(r.seed, step, r.batch, text.train.size() - context);
        const double loss = parallel.gradient(r.batch, context, [&](xtn::tape<float>& t, std::size_t w) {
            const auto window = text.train.subspan(windows[w], context + 1);
            return picogpt::loss(m, t, window.first(context), window.last(context), context).mean;
        });
        const double norm = xtn::global_norm(std::span<const float>(parallel.gradients()));
        if (!xtn::is_finite(loss) || !xtn::is_finite(norm))
            throw xtn::numeric_error("training " + name + ": after step " + std::to_string(step) +
                                     (xtn::is_finite(norm) ? " the loss" : " the gradient") +
                                     " is not finite; try a smaller learning rate than " +
                                     std::to_string(schedule(step)) +
                                     (saved ? ". The last good state is in " + checkpoint.string() : ""));
        optimizer.step(store.values(), parallel.gradients(), schedule(step), xtn::clip_factor(norm, r.clip));
        busy += seconds() - start;

        const std::uint64_t done = step + 1;
        record.measure("train_loss", done, loss);
        progress.update(done, loss);
        if (done == last || done % r.evaluate_every == 0) {
            result.validation = evaluate(m, text.validation, context, pool);
            record.measure("val_loss", done, result.validation.loss);
            record.measure("val_acc", done, result.validation.accuracy);
        }
        if (done == last || done % r.checkpoint_every == 0) save_state();
    }
    progress.finish();
    if (result.validation.windows == 0) result.validation = evaluate(m, text.validation, context, pool);
    if (last > first)
        result.tokens_per_second = static_cast<double>((last - first) * r.batch * context) / (busy - busy_before);
    if (last < r.steps) return result;

    record.set("parameters", store.size());
    record.set("val_loss", result.validation.loss);
    record.set("val_acc", result.validation.accuracy);
    record.set("val_windows", result.validation.windows);
    if (last > first) record.set("tokens_per_second", result.tokens_per_second);
    record.save(record_file);
    save_model(directory / (name + ".safetensors"), m, text.characters);
    return result;
}

}  // namespace picogpt
