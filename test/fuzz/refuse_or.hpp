// SPDX-License-Identifier: BSD-3-Clause
// What a reader may do with bytes from outside: take them, or refuse them by an io_error.
#pragma once

#include <xtn/core/error.hpp>

template <class Action>
void refuse_or(const Action& action) {
    try {
        action();
    } catch (const xtn::io_error&) {
    }
}
