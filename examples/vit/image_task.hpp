// SPDX-License-Identifier: BSD-3-Clause
// Labelled images as a task: a transformer learns the classes of augmented images, epoch by epoch, each in an order of its
// own; order and augmentation depend on seed and step alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <xtn/io/augmentation.hpp>
#include <xtn/io/image_set.hpp>
#include <xtn/io/transformers.hpp>
#include <xtn/train/task.hpp>
#include <xtn/xtn.hpp>

namespace vit {

using model = xtn::nn::transformer<float>;

/// A model that learns from one set and is scored on another; both must outlive it. A micro-batch has up to 32 images.
class image_task {
public:
    using value_type = float;

    image_task(vit::model m, const xtn::image_set& train, const xtn::image_set& validation,
               xtn::augmentation changes = {})
        : model_(std::move(m)),
          train_(&train),
          validation_(&validation),
          changes_(changes),
          numbers_(xtn::normalisation::of(train)) {}

    const vit::model& model() const { return model_; }
    std::vector<xtn::any_operator<float>> operators() const { return model_.operators(); }
    std::vector<xtn::named_parameter<float>> parameters() const { return model_.parameters(); }
    std::size_t rows() const { return at_once_ * model_.context(); }

    std::size_t validation_batches() const { return (validation_->size() + most_at_once - 1) / most_at_once; }
    xtn::micro_score validate(xtn::tape<float>& t, std::size_t b) const {
        const std::size_t first = b * most_at_once, count = std::min(most_at_once, validation_->size() - first);
        std::vector<float> pixels(count * validation_->shape().size());
        for (std::size_t i = 0; i < count; ++i) xtn::write_image(*validation_, first + i, numbers_, part(pixels, i));
        const auto found = loss_of(t, pixels, validation_->labels().subspan(first, count));
        return {static_cast<double>(found.mean.item()), count, found.correct};
    }

    void begin(std::uint64_t seed, std::uint64_t step, std::size_t batch) {
        at_once_ = std::min(batch, most_at_once);
        while (batch % at_once_ != 0) --at_once_;
        transforms_ = xtn::draw_transforms(changes_, batch, seed, step);
        images_.clear();
        labels_.clear();
        for (std::uint64_t at = step * batch; at < (step + 1) * batch; ++at) {
            begin_epoch(seed, at / train_->size());
            images_.push_back(order_[at % train_->size()]);
            labels_.push_back(train_->labels()[images_.back()]);
        }
    }
    std::size_t micro_batches() const { return images_.size() / at_once_; }
    xtn::variable<float, 0> loss(xtn::tape<float>& t, std::size_t b) const {
        std::vector<float> pixels(at_once_ * train_->shape().size());
        for (std::size_t i = 0; i < at_once_; ++i) {
            const std::size_t k = b * at_once_ + i;
            xtn::write_image(*train_, images_[k], numbers_, part(pixels, i), transforms_[k]);
        }
        return loss_of(t, pixels, std::span(labels_).subspan(b * at_once_, at_once_)).mean;
    }

    /// Composition and operators.
    void describe(xtn::safetensors& file) const { xtn::add_description(file, model_); }

    static std::size_t units(std::size_t batch) { return batch; }
    static const char* unit() { return "images"; }

private:
    static constexpr std::size_t most_at_once = 32;

    /// The numbers of an image among those of several.
    std::span<float> part(std::vector<float>& pixels, std::size_t i) const {
        return std::span(pixels).subspan(i * train_->shape().size(), train_->shape().size());
    }
    xtn::nn::classification_loss<float> loss_of(xtn::tape<float>& t, const std::vector<float>& pixels,
                                                std::span<const std::uint8_t> labels) const {
        return xtn::nn::cross_entropy(model_.logits(t, std::span<const float>(pixels)), labels);
    }
    void begin_epoch(std::uint64_t seed, std::uint64_t epoch) {
        if (seed == seed_ && epoch == epoch_) return;
        seed_ = seed;
        epoch_ = epoch;
        order_.resize(train_->size());
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        xtn::random_stream random(seed, epoch + 1);  // stream 0 initialises the model
        random.shuffle(std::span(order_));
    }

    vit::model model_;
    const xtn::image_set* train_;
    const xtn::image_set* validation_;
    xtn::augmentation changes_;
    xtn::normalisation numbers_;
    std::size_t at_once_ = most_at_once;
    std::uint64_t seed_ = 0, epoch_ = std::numeric_limits<std::uint64_t>::max();
    std::vector<std::size_t> order_, images_;  // of an epoch, of a batch
    std::vector<std::uint8_t> labels_;
    std::vector<xtn::image_transform> transforms_;
};

/// The images of an experiment of the paper in patches of its size, and the transformer that its variants are of: post-norm,
/// 60 wide, sinusoids, and the mean of the tokens before the head (arXiv 2410.13732).
inline xtn::nn::transformer_spec spec_for(const xtn::image_set& images) {
    using namespace xtn::nn;
    const xtn::image_shape& s = images.shape();
    const attention_spec attention{.causal = false, .query_bias = true, .key_bias = true, .value_bias = true};
    const feed_forward_spec feed_forward{.hidden = 256, .activation = activation_kind::gelu};
    const patch_spec patches{
        .channels = s.channels, .height = s.height, .width = s.width, .patch = s.height / 4};  // 7 of 28, 8 of 32
    return {.input = {.of = patches},
            .body = {.width = 60,
                     .blocks = {6,
                                {{{.place = norm_place::after, .mixer = attention},
                                  {.place = norm_place::after, .mixer = feed_forward}}}}},
            .output = {.classes = images.classes(), .norm = {.kind = norm_kind::none}, .mean = true, .bias = true}};
}

}  // namespace vit
