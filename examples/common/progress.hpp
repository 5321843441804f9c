// SPDX-License-Identifier: BSD-3-Clause
// One live line on a terminal, a plain line now and then in a file:
//
//     step 1,200 / 2,000   loss 1.8421   21,034 tokens/s   0:38 left
#pragma once

#include <chrono>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <string>
#include <utility>

#include <unistd.h>

#include "format.hpp"

namespace examples {

class progress {
public:
    using clock = std::chrono::steady_clock;

    /// A step works on so many of the `unit`, such as tokens. `first_step` is where a resumed run begins. `live` says whether
    /// `out` is a terminal that understands carriage returns; by default, whether stderr is one.
    progress(std::uint64_t steps, std::uint64_t units_per_step, std::string unit, std::uint64_t first_step = 0,
             std::ostream& out = std::cerr, bool live = ::isatty(STDERR_FILENO) == 1)
        : steps_(steps),
          units_per_step_(units_per_step),
          unit_(std::move(unit)),
          first_(first_step),
          step_(first_step),
          out_(out),
          live_(live) {}
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    /// Ends an unfinished live line, so that whatever is printed next (an error message) has its own.
    ~progress() { finish(); }

    /// `step` steps are done, the last one with this loss. Prints ten times a second on a terminal, else every ten
    /// seconds; the first and the last step always.
    void update(std::uint64_t step, double loss) {
        const clock::time_point now = clock::now();
        const bool first = step_ == first_;
        step_ = step;
        loss_ = loss;
        if (!first && step < steps_ && now - printed_ < (live_ ? live_interval : plain_interval)) return;
        printed_ = now;
        print(line(std::chrono::duration<double>(now - start_).count()));
    }

    /// The line without any control characters, `elapsed` seconds after the beginning.
    std::string line(double elapsed) const {
        const auto done = static_cast<double>(step_ - first_);
        std::string text = "step " + grouped(std::to_string(step_)) + " / " + grouped(std::to_string(steps_)) +
                           "   loss " + fixed(loss_, 4);
        if (done > 0 && elapsed > 0) {
            const double rate = done / elapsed;  // steps per second
            text += "   " + grouped(fixed(rate * static_cast<double>(units_per_step_), 0)) + " " + unit_ + "/s   ";
            text += step_ < steps_ ? duration(static_cast<double>(steps_ - step_) / rate) + " left" : duration(elapsed);
        }
        return text;
    }

    /// Ends the live line. Idempotent.
    void finish() {
        if (std::exchange(open_, false)) out_ << '\n' << std::flush;
    }

private:
    void print(const std::string& text) {
        if (live_) {
            out_ << '\r' << text << "\x1b[K" << std::flush;  // the escape erases what a longer line left behind
            open_ = true;
        } else {
            out_ << text << '\n' << std::flush;
        }
    }

    static constexpr std::chrono::milliseconds live_interval{100};
    static constexpr std::chrono::milliseconds plain_interval{10000};

    std::uint64_t steps_;
    std::uint64_t units_per_step_;
    std::string unit_;
    std::uint64_t first_;
    std::uint64_t step_;
    double loss_ = 0;
    std::ostream& out_;
    bool live_;
    bool open_ = false;
    clock::time_point start_ = clock::now();
    clock::time_point printed_ = start_;
};

}  // namespace examples
