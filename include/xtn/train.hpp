// SPDX-License-Identifier: BSD-3-Clause
// Training: parameters in a flat store, data-parallel gradients, AdamW, schedules, checkpoints; tasks and the loop.
#pragma once

#include <xtn/train/adamw.hpp>
#include <xtn/train/checkpoint.hpp>
#include <xtn/train/clip.hpp>
#include <xtn/train/data_parallel.hpp>
#include <xtn/train/evaluation.hpp>
#include <xtn/train/lanes.hpp>
#include <xtn/train/parameter_store.hpp>
#include <xtn/train/schedule.hpp>
#include <xtn/train/task.hpp>
#include <xtn/train/thread_pool.hpp>
#include <xtn/train/trainer.hpp>
#include <xtn/train/training_plan.hpp>
