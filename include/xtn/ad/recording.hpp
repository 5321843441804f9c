// SPDX-License-Identifier: BSD-3-Clause
// How a variable knows that it is of its tape's present recording: every recording has a number of its own, and the
// present one stands in memory that outlives the tape, so that it may be asked for at any time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include <xtn/core/error.hpp>

namespace xtn::detail {

/// The number of a tape's present recording. Its memory goes to the next tape, where numbers go on.
class recording_number {
public:
    recording_number() : number_(take()) {}
    ~recording_number() {
        next();
        pool& p = shared();
        const std::lock_guard lock(p.mutex);
        p.free.push_back(number_);  // has room, see take()
    }
    recording_number(const recording_number&) = delete;
    recording_number& operator=(const recording_number&) = delete;

    /// Whatever is of the recordings so far is out of date.
    void next() { ++*number_; }
    const std::uint64_t* get() const { return number_; }

private:
    struct pool {
        std::mutex mutex;
        std::vector<std::unique_ptr<std::uint64_t>> all;
        std::vector<std::uint64_t*> free;
    };
    static pool& shared() {
        static pool* const p = new pool;  // never destroyed: tapes may be static
        return *p;
    }
    static std::uint64_t* take() {
        pool& p = shared();
        const std::lock_guard lock(p.mutex);
        if (p.free.empty()) {
            p.all.push_back(std::make_unique<std::uint64_t>(0));
            p.free.reserve(p.all.size());
            return p.all.back().get();
        }
        std::uint64_t* number = p.free.back();
        p.free.pop_back();
        return number;
    }

    std::uint64_t* number_;
};

/// Where a variable of another recording is used.
[[noreturn]] inline void throw_out_of_date() {
    throw error(
        "a variable is used after its tape was cleared or destroyed; make leaves and constants again in every "
        "recording, "
        "after tape.clear()");
}

}  // namespace xtn::detail
