// SPDX-License-Identifier: BSD-3-Clause
// Labelled images of one size, a byte a channel, and their numbers as a model reads them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/core/extents.hpp>

namespace xtn {

/// The extents of an image: channels, rows, columns, in this order in memory.
struct image_shape {
    std::size_t channels = 1, height = 0, width = 0;

    std::size_t size() const { return channels * height * width; }
    friend bool operator==(const image_shape&, const image_shape&) = default;
};

/// Images and the number of each one's class.
class image_set {
public:
    /// `pixels` of all images one after another, a label below `classes` for each. Throws shape_error where they are not as
    /// many as labels and shape say or there are none, io_error for a label that is no class.
    image_set(image_shape shape, std::size_t classes, std::vector<std::uint8_t> pixels,
              std::vector<std::uint8_t> labels, std::string origin = "images in memory")
        : origin_(std::move(origin)),
          shape_(shape),
          classes_(classes),
          pixels_(std::move(pixels)),
          labels_(std::move(labels)) {
        if (labels_.empty() || shape_.size() == 0) throw shape_error(origin_ + ": there are no images");
        if (pixels_.size() / shape_.size() != labels_.size() || pixels_.size() % shape_.size() != 0)
            throw shape_error(origin_ + ": " + std::to_string(labels_.size()) + " images of " +
                              std::to_string(shape_.channels) + " x " + std::to_string(shape_.height) + " x " +
                              std::to_string(shape_.width) + " take " + std::to_string(labels_.size() * shape_.size()) +
                              " bytes, found " + std::to_string(pixels_.size()));
        for (std::size_t i = 0; i < labels_.size(); ++i)
            if (labels_[i] >= classes_)
                throw io_error(origin_ + ": the label of image " + std::to_string(i) + " is " +
                               std::to_string(labels_[i]) + ", but there are only the classes 0 to " +
                               std::to_string(classes_ == 0 ? 0 : classes_ - 1));
    }

    const std::string& origin() const { return origin_; }
    const image_shape& shape() const { return shape_; }
    std::size_t classes() const { return classes_; }
    std::size_t size() const { return labels_.size(); }

    /// The bytes of an image: channel by channel, row by row.
    std::span<const std::uint8_t> image(std::size_t i) const {
        return std::span(pixels_).subspan(i * shape_.size(), shape_.size());
    }
    std::span<const std::uint8_t> pixels() const { return pixels_; }
    std::span<const std::uint8_t> labels() const { return labels_; }

    /// The images with these numbers, in this order. Throws shape_error for a number that is none.
    image_set subset(std::span<const std::size_t> numbers) const {
        std::vector<std::uint8_t> pixels, labels;
        pixels.reserve(numbers.size() * shape_.size());
        for (const std::size_t i : numbers) {
            if (i >= size())
                throw shape_error(origin_ + ": image " + std::to_string(i) + " is asked for, but there are " +
                                  std::to_string(size()));
            const auto bytes = image(i);
            pixels.insert(pixels.end(), bytes.begin(), bytes.end());
            labels.push_back(labels_[i]);
        }
        return image_set(shape_, classes_, std::move(pixels), std::move(labels), origin_);
    }

    friend bool operator==(const image_set& a, const image_set& b) {
        return a.shape_ == b.shape_ && a.classes_ == b.classes_ && a.pixels_ == b.pixels_ && a.labels_ == b.labels_;
    }

private:
    std::string origin_;
    image_shape shape_;
    std::size_t classes_;
    std::vector<std::uint8_t> pixels_, labels_;
};

/// Sets of one shape and as many classes, one after another. Throws shape_error where they differ or there are none.
inline image_set joined(std::span<const image_set> sets) {
    if (sets.empty()) throw shape_error("joined: there are no sets of images");
    std::vector<std::uint8_t> pixels, labels;
    for (const image_set& s : sets) {
        if (s.shape() != sets[0].shape() || s.classes() != sets[0].classes())
            throw shape_error("joined: the images of " + s.origin() +
                              " have another shape or other classes than those of " + sets[0].origin());
        pixels.insert(pixels.end(), s.pixels().begin(), s.pixels().end());
        labels.insert(labels.end(), s.labels().begin(), s.labels().end());
    }
    return image_set(sets[0].shape(), sets[0].classes(), std::move(pixels), std::move(labels), sets[0].origin());
}

/// Bytes as numbers of about mean 0 and deviation 1: (byte / 255 - mean) / deviation, for each channel.
struct normalisation {
    std::vector<double> mean, deviation;

    /// By the mean and the standard deviation of every channel over a set, usually the training set; a constant channel has
    /// deviation 1. Sums are of integers: the same everywhere.
    static normalisation of(const image_set& images) {
        const std::size_t area = images.shape().height * images.shape().width;
        normalisation n;
        for (std::size_t c = 0; c < images.shape().channels; ++c) {
            std::uint64_t sum = 0, squares = 0;
            for (std::size_t i = 0; i < images.size(); ++i)
                for (const std::uint8_t byte : images.image(i).subspan(c * area, area)) {
                    sum += byte;
                    squares += std::uint64_t{byte} * byte;
                }
            const double count = static_cast<double>(images.size() * area), mean = static_cast<double>(sum) / count,
                         variance = static_cast<double>(squares) / count - mean * mean;
            n.mean.push_back(mean / 255);
            n.deviation.push_back(variance > 0 ? std::sqrt(variance) / 255 : 1);
        }
        return n;
    }

    /// The number that a byte of channel c means; of a weighted mean of bytes, the same of their numbers.
    float operator()(double byte, std::size_t c) const {
        return static_cast<float>((byte / 255 - mean[c]) / deviation[c]);
    }
};

}  // namespace xtn
