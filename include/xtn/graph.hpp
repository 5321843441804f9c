// SPDX-License-Identifier: BSD-3-Clause
// Networks of any size, known at run time: search for an order, slices within a memory bound, evaluation, gradients. Needs
// what <xtn/xtn.hpp> needs.
#pragma once

#include <xtn/graph/contraction.hpp>
#include <xtn/graph/describe.hpp>
#include <xtn/graph/executor.hpp>
#include <xtn/graph/gradient.hpp>
#include <xtn/graph/network.hpp>
#include <xtn/graph/order.hpp>
#include <xtn/graph/tape.hpp>
#include <xtn/graph/tree.hpp>
