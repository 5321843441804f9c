// SPDX-License-Identifier: BSD-3-Clause
// A growing stack of 64-byte aligned memory. What was taken stays where it is until it is released; the memory itself
// is kept for the next use, so that repeated work allocates nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace xtn::backend {

class arena {
public:
    static constexpr std::size_t alignment = 64;

    /// A position in the stack, to come back to.
    struct mark {
        std::size_t chunk = 0, used = 0;
    };

    /// Uninitialised memory for n values.
    template <class T>
    T* take(std::size_t n) {
        static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
        const std::size_t bytes = (n * sizeof(T) + alignment - 1) / alignment * alignment;
        while (top_.chunk < chunks_.size() && top_.used + bytes > chunks_[top_.chunk].size) top_ = {top_.chunk + 1, 0};
        if (top_.chunk == chunks_.size()) add_chunk(bytes);
        std::byte* memory = chunks_[top_.chunk].memory.get() + top_.used;
        top_.used += bytes;
        return reinterpret_cast<T*>(memory);
    }

    mark top() const { return top_; }
    void release(mark to) { top_ = to; }

    /// Bytes held, in use or not.
    std::size_t capacity() const {
        std::size_t total = 0;
        for (const chunk& c : chunks_) total += c.size;
        return total;
    }

private:
    struct free_aligned {
        void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{alignment}); }
    };
    struct chunk {
        std::unique_ptr<std::byte, free_aligned> memory;
        std::size_t size;
    };
    void add_chunk(std::size_t bytes) {
        constexpr std::size_t smallest = 1 << 16;
        const std::size_t size = std::max({bytes, capacity() / 2, smallest});
        auto* memory = static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment}));
        chunks_.push_back({std::unique_ptr<std::byte, free_aligned>(memory), size});
        top_ = {chunks_.size() - 1, 0};
    }

    std::vector<chunk> chunks_;
    mark top_;
};

/// Scratch memory of this thread, given back when the frame ends. Frames nest.
class workspace_frame {
public:
    workspace_frame() : start_(stack().top()) {}
    ~workspace_frame() { stack().release(start_); }
    workspace_frame(const workspace_frame&) = delete;
    workspace_frame& operator=(const workspace_frame&) = delete;

    /// Uninitialised memory for n values, valid as long as the frame.
    template <class T>
    T* take(std::size_t n) {
        return stack().take<T>(n);
    }

private:
    static arena& stack() {
        static thread_local arena a;
        return a;
    }
    arena::mark start_;
};

}  // namespace xtn::backend
