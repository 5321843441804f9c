// SPDX-License-Identifier: BSD-3-Clause
// Files: safetensors, npy and npz, text corpora, IDX and CIFAR-10 images, crash-safe writing. Needs nlohmann-json beside what <xtn/xtn.hpp> needs.
#pragma once

#include <xtn/io/atomic_file.hpp>
#include <xtn/io/augmentation.hpp>
#include <xtn/io/cifar.hpp>
#include <xtn/io/convert.hpp>
#include <xtn/io/crc32.hpp>
#include <xtn/io/dtype.hpp>
#include <xtn/io/gzip.hpp>
#include <xtn/io/idx.hpp>
#include <xtn/io/image_set.hpp>
#include <xtn/io/image_source.hpp>
#include <xtn/io/inflate.hpp>
#include <xtn/io/mapped_file.hpp>
#include <xtn/io/mapped_safetensors.hpp>
#include <xtn/io/markov_corpus.hpp>
#include <xtn/io/named_list.hpp>
#include <xtn/io/npy.hpp>
#include <xtn/io/npy_header.hpp>
#include <xtn/io/npz.hpp>
#include <xtn/io/safetensors.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/io/safetensors_header.hpp>
#include <xtn/io/safetensors_index.hpp>
#include <xtn/io/safetensors_reader.hpp>
#include <xtn/io/safetensors_writer.hpp>
#include <xtn/io/stored_tensor.hpp>
#include <xtn/io/stored_tensors.hpp>
#include <xtn/io/text_corpus.hpp>
#include <xtn/io/transformer_spec.hpp>
#include <xtn/io/utf8.hpp>
#include <xtn/io/vocabulary.hpp>
#include <xtn/io/xtensor.hpp>
#include <xtn/io/zip.hpp>
