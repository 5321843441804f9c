// SPDX-License-Identifier: BSD-3-Clause
// The loop of training: gradient over lanes, clipping, AdamW, schedule, finite checks, scores, checkpoints. A run that is
// interrupted at any moment and goes on ends with the same bits as one that is not, on any number of threads and processes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/safetensors.hpp>
#include <xtn/train/adamw.hpp>
#include <xtn/train/checkpoint.hpp>
#include <xtn/train/clip.hpp>
#include <xtn/train/data_parallel.hpp>
#include <xtn/train/evaluation.hpp>
#include <xtn/train/schedule.hpp>
#include <xtn/train/training_plan.hpp>

namespace xtn {

/// A task in training: everything that a step needs. The pool must outlive it. All processes of a group begin with what
/// process 0 has.
template <training_task Task, process_group Processes = one_process>
class trainer {
public:
    using value_type = typename Task::value_type;

    trainer(Task task, const training_plan& plan, thread_pool& pool, Processes processes = {})
        : task_(std::move(task)),
          plan_(plan),
          pool_(pool),
          processes_(std::move(processes)),
          store_(task_.parameters()),
          parallel_(store_, plan.reconstruct ? task_.operators() : decltype(task_.operators()){}, pool, plan.lanes,
                    processes_, plan.precision),
          optimizer_(store_.size(), plan.optimizer, parameter_groups(store_, task_.operators(), plan)),
          rate_(plan.learning_rate, plan.warmup, plan.steps) {
        replicate();
    }

    const Task& task() const { return task_; }
    /// Steps made.
    std::uint64_t steps() const { return optimizer_.steps(); }

    /// One step. Returns the mean loss before it. Throws numeric_error, and changes no parameter, where loss or gradient are
    /// not finite.
    double step() {
        task_.begin(plan_.seed, steps(), plan_.batch);
        const double loss = parallel_.gradient(task_.micro_batches(), task_.rows(),
                                               [this](tape<value_type>& t, std::size_t b) { return task_.loss(t, b); });
        const double norm = global_norm(std::span<const value_type>(parallel_.gradients())), rate = rate_(steps());
        if (!is_finite(loss) || !is_finite(norm))
            throw numeric_error("training: after step " + std::to_string(steps()) +
                                (is_finite(norm) ? " the loss" : " the gradient") +
                                " is not finite; try a smaller learning rate than " + std::to_string(rate) +
                                (saved_.empty() ? "" : ". The last good state is in " + saved_.string()));
        optimizer_.step(store_.values(), parallel_.gradients(), rate, clip_factor(norm, plan_.clip));
        return loss;
    }

    /// The task's score as it stands now.
    evaluation evaluate() const { return xtn::evaluate(task_, pool_, processes_); }

    /// Writes what is needed to go on; process 0 does.
    void save(const std::filesystem::path& path) {
        if (processes_.rank() == 0) {
            safetensors file(path.string());
            add_training_state(file, store_, optimizer_);
            task_.describe(file);
            save_safetensors(path, file);
        }
        saved_ = path;
    }

    /// Goes on from such a file if it is there; process 0 reads it. Throws io_error for one that is beyond the last step of
    /// the plan, and as read_training_state does.
    void resume(const std::filesystem::path& path) {
        if (processes_.rank() == 0 && std::filesystem::exists(path)) {
            const std::uint64_t step = read_training_state(load_safetensors(path), store_, optimizer_);
            if (step > plan_.last())
                throw io_error(path.string() + " is at step " + std::to_string(step) + ", beyond the " +
                               std::to_string(plan_.last()) + " steps asked for");
            saved_ = path;
        }
        replicate();
    }

private:
    /// Gives parameters and optimiser of process 0 to all.
    void replicate() {
        if (processes_.size() == 1) return;
        std::uint64_t step = steps();
        std::vector<value_type> first(optimizer_.first_moment().begin(), optimizer_.first_moment().end()),
            second(optimizer_.second_moment().begin(), optimizer_.second_moment().end());
        processes_.broadcast(std::as_writable_bytes(std::span(&step, 1)));
        for (const std::span<value_type> values : {store_.values(), std::span(first), std::span(second)})
            processes_.broadcast(std::as_writable_bytes(values));
        optimizer_.restore(step, first, second);
    }

    Task task_;
    training_plan plan_;
    thread_pool& pool_;
    [[no_unique_address]] Processes processes_;
    parameter_store<value_type> store_;
    data_parallel<value_type, Processes> parallel_;
    adamw<value_type> optimizer_;
    cosine_schedule rate_;
    std::filesystem::path saved_;
};

/// Is told what happens in process 0, which alone should write files and lines. Derive from it and hide what matters.
struct training_observer {
    /// Steps begin after `step`, 0 unless a checkpoint was found.
    void begins(std::uint64_t /*step*/) {}
    /// `step` steps are made; the last one had this loss and took so long.
    void stepped(std::uint64_t /*step*/, double /*loss*/, double /*seconds*/) {}
    /// After `step` steps.
    void evaluated(std::uint64_t /*step*/, const evaluation& /*found*/) {}
    /// A checkpoint is about to be written: what is saved now is never behind it.
    void saves() {}
};

/// What a training comes to.
struct training_result {
    evaluation validation;    ///< after the last step; of nothing where the task has no validation examples
    std::uint64_t steps = 0;  ///< made by this call
    double seconds = 0;       ///< in these, scores and checkpoints left out
};

/// Trains a task by a plan to its last step. Throws numeric_error where loss or gradient stop being finite: the last
/// checkpoint then holds a good state; and as trainer::resume does.
template <training_task Task, class Observer = training_observer, process_group Processes = one_process>
training_result train(Task task, const training_plan& plan, thread_pool& pool, Observer&& observer = {},
                      const Processes& processes = {}) {
    using clock = std::chrono::steady_clock;
    trainer<Task, Processes> run(std::move(task), plan, pool, processes);
    const bool tells = processes.rank() == 0, scores = run.task().validation_batches() > 0;
    if (plan.resume && !plan.checkpoint.empty()) run.resume(plan.checkpoint);
    if (tells) observer.begins(run.steps());
    const std::uint64_t last = plan.last();
    training_result result;
    while (run.steps() < last) {
        const clock::time_point start = clock::now();
        const double loss = run.step(), seconds = std::chrono::duration<double>(clock::now() - start).count();
        const std::uint64_t step = run.steps();
        ++result.steps;
        result.seconds += seconds;
        if (tells) observer.stepped(step, loss, seconds);
        if (scores && (step == last || step % plan.evaluate_every == 0)) {
            result.validation = run.evaluate();
            if (tells) observer.evaluated(step, result.validation);
        }
        if (!plan.checkpoint.empty() && (step == last || step % plan.checkpoint_every == 0)) {
            if (tells) observer.saves();
            run.save(plan.checkpoint);
        }
    }
    if (scores && result.steps == 0) result.validation = run.evaluate();
    return result;
}

}  // namespace xtn
