// SPDX-License-Identifier: BSD-3-Clause
// A tensor network of any size as a value: which labels each tensor carries, which the result keeps, and how long each
// label is. Labels are numbers or words; a label repeated in one tensor takes its diagonal, a label in three tensors or more
// is a hyperedge, one that the output does not keep is summed, one that it keeps is carried along.
//
// einsum<"..."> (core/network.hpp) is for networks that the compiler sees; this is for those that a program reads or makes.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <xtn/core/code_point.hpp>
#include <xtn/core/error.hpp>

namespace xtn::graph {

using label_id = std::uint32_t;  ///< the number of a label in its network, by first use

/// The labels of every tensor and of the output, and the extent of each label. Immutable.
class network {
public:
    /// From lists of labels (integers or strings) and the extents by label. Throws shape_error, naming tensor and label,
    /// where an extent is missing or negative, or the output repeats a label or has one that no tensor carries.
    template <class Label>
    static network make(const std::vector<std::vector<Label>>& inputs, const std::vector<Label>& output,
                        const std::map<Label, std::int64_t>& sizes) {
        numbering<Label> number;
        network net = read<Label>(inputs, output, number);
        net.extent_.resize(net.name_.size());
        for (std::size_t i = 0; i < inputs.size(); ++i)
            for (std::size_t axis = 0; axis < inputs[i].size(); ++axis) {
                const auto found = sizes.find(inputs[i][axis]);
                if (found == sizes.end())
                    throw shape_error(net.where(i) + ": label '" + text(inputs[i][axis]) + "' has no extent");
                net.extent_[net.inputs_[i][axis]] = found->second;
            }
        net.check_extents();
        return net;
    }

    /// From lists of labels and the shape of each tensor. Throws shape_error, naming tensors and label, where shapes
    /// disagree with each other or with the labels.
    template <class Label>
    static network of_shapes(const std::vector<std::vector<Label>>& inputs, const std::vector<Label>& output,
                             const std::vector<std::vector<std::int64_t>>& shapes) {
        numbering<Label> number;
        network net = read<Label>(inputs, output, number);
        net.take_shapes(shapes);
        return net;
    }

    /// From a label string in the notation of einsum, each label one character: "ab,bc->ac"; beyond a-z and A-Z any letter
    /// of Unicode in UTF-8, as opt_einsum writes them. Blanks do not count. Without "->" the output is the labels that occur
    /// once, in the order of their code points. Throws shape_error where the string is malformed or does not fit the shapes.
    static network parse(std::string_view labels, const std::vector<std::vector<std::int64_t>>& shapes) {
        const label_lists lists = split(labels);
        return of_shapes<std::string>(lists.inputs, lists.output, shapes);
    }
    /// The same with the extents by label.
    static network parse(std::string_view labels, const std::map<std::string, std::int64_t>& sizes) {
        const label_lists lists = split(labels);
        return make<std::string>(lists.inputs, lists.output, sizes);
    }

    std::size_t tensors() const { return inputs_.size(); }
    std::size_t labels() const { return extent_.size(); }
    /// The labels of a tensor's axes, first axis first.
    std::span<const label_id> input(std::size_t tensor) const { return inputs_[tensor]; }
    std::span<const label_id> output() const { return output_; }
    std::int64_t extent(label_id label) const { return extent_[label]; }
    const std::string& name(label_id label) const { return name_[label]; }

    /// The number of a label by its name. Throws shape_error where no tensor carries it.
    label_id label(std::string_view name) const {
        for (std::size_t l = 0; l < name_.size(); ++l)
            if (name_[l] == name) return static_cast<label_id>(l);
        throw shape_error("network of " + std::to_string(tensors()) + " tensors: no tensor carries the label '" +
                          std::string(name) + "'");
    }
    std::vector<std::int64_t> shape(std::span<const label_id> axes) const {
        std::vector<std::int64_t> s;
        for (const label_id l : axes) s.push_back(extent_[l]);
        return s;
    }
    std::vector<std::int64_t> output_shape() const { return shape(output_); }

    /// "tensor 3 (a, b, k) of 50", for messages.
    std::string where(std::size_t tensor) const {
        std::string s = "tensor " + std::to_string(tensor) + " (";
        const std::size_t shown = std::min<std::size_t>(inputs_[tensor].size(), 12);
        for (std::size_t i = 0; i < shown; ++i) s += (i == 0 ? "" : ", ") + name_[inputs_[tensor][i]];
        return s + (shown < inputs_[tensor].size() ? ", ...) of " : ") of ") + std::to_string(tensors());
    }

    friend bool operator==(const network&, const network&) = default;

private:
    struct label_lists {
        std::vector<std::vector<std::string>> inputs;
        std::vector<std::string> output;
    };
    template <class Label>
    struct numbering {
        std::unordered_map<Label, label_id> of;
    };

    static std::string text(const std::string& label) { return label; }
    template <std::integral Label>
    static std::string text(Label label) {
        return std::to_string(label);
    }

    template <class Label>
    static network read(const std::vector<std::vector<Label>>& inputs, const std::vector<Label>& output,
                        numbering<Label>& number) {
        static_assert(std::integral<Label> || std::is_same_v<Label, std::string>, "labels are integers or std::string");
        if (inputs.empty()) throw shape_error("a network needs at least one tensor, found none");
        network net;
        for (const auto& tensor : inputs) {
            auto& axes = net.inputs_.emplace_back();
            for (const Label& l : tensor) {
                const auto [entry, is_new] = number.of.try_emplace(l, static_cast<label_id>(net.name_.size()));
                if (is_new) net.name_.push_back(text(l));
                axes.push_back(entry->second);
            }
        }
        std::vector<bool> seen(net.name_.size());
        for (const Label& l : output) {
            const auto found = number.of.find(l);
            if (found == number.of.end())
                throw shape_error("the label '" + text(l) + "' of the output is in none of the " +
                                  std::to_string(inputs.size()) + " tensors");
            if (seen[found->second]) throw shape_error("the label '" + text(l) + "' occurs twice in the output");
            seen[found->second] = true;
            net.output_.push_back(found->second);
        }
        return net;
    }

    void take_shapes(const std::vector<std::vector<std::int64_t>>& shapes) {
        if (shapes.size() != tensors())
            throw shape_error("the labels name " + std::to_string(tensors()) + " tensors, but " +
                              std::to_string(shapes.size()) + " were given");
        extent_.resize(name_.size());
        std::vector<std::size_t> seen_in(name_.size());  // counted from 1
        for (std::size_t i = 0; i < tensors(); ++i) {
            if (shapes[i].size() != inputs_[i].size())
                throw shape_error(where(i) + ": " + std::to_string(inputs_[i].size()) +
                                  " labels need as many axes, but " + "the tensor has " +
                                  std::to_string(shapes[i].size()));
            for (std::size_t axis = 0; axis < shapes[i].size(); ++axis) {
                const label_id l = inputs_[i][axis];
                if (seen_in[l] != 0 && extent_[l] != shapes[i][axis])
                    throw shape_error(where(i) + " has extent " + std::to_string(shapes[i][axis]) + " for label '" +
                                      name_[l] + "', but tensor " + std::to_string(seen_in[l] - 1) + " has " +
                                      std::to_string(extent_[l]));
                extent_[l] = shapes[i][axis];
                if (seen_in[l] == 0) seen_in[l] = i + 1;
            }
        }
        check_extents();
    }
    void check_extents() const {
        for (std::size_t l = 0; l < extent_.size(); ++l)
            if (extent_[l] < 0)
                throw shape_error("label '" + name_[l] + "' has the extent " + std::to_string(extent_[l]) +
                                  "; extents are 0 or more");
    }

    /// The letter that begins at byte `at`, which moves past it. Throws shape_error where there is none.
    static std::string letter(std::string_view text, std::size_t& at) {
        const std::size_t first = at;
        const auto point = xtn::detail::next_code_point(text, at);
        if (!point || (*point < 0x80 && (*point < 'a' || *point > 'z') && (*point < 'A' || *point > 'Z')))
            throw shape_error("labels of a network: byte " + std::to_string(first + 1) +
                              " begins no letter of UTF-8; labels are letters, commas part the tensors");
        return std::string(text.substr(first, at - first));
    }
    static label_lists split(std::string_view labels) {
        label_lists lists{.inputs = {{}}, .output = {}};
        std::map<std::string, std::size_t> uses;
        bool has_arrow = false;
        for (std::size_t i = 0; i < labels.size();) {
            const char c = labels[i];
            if (c == ' ') {
                ++i;
            } else if (c == '-' || (c == ',' && has_arrow)) {
                if (has_arrow || labels.substr(i, 2) != "->")
                    throw shape_error("labels of a network: the output is introduced by one arrow '->' (byte " +
                                      std::to_string(i + 1) + ")");
                has_arrow = true;
                i += 2;
            } else if (c == ',') {
                lists.inputs.emplace_back();
                ++i;
            } else {
                std::string l = letter(labels, i);
                if (!has_arrow) ++uses[l];
                (has_arrow ? lists.output : lists.inputs.back()).push_back(std::move(l));
            }
        }
        if (!has_arrow)
            for (const auto& [l, count] : uses)
                if (count == 1) lists.output.push_back(l);
        return lists;
    }

    std::vector<std::vector<label_id>> inputs_;
    std::vector<label_id> output_;
    std::vector<std::int64_t> extent_;
    std::vector<std::string> name_;
};

}  // namespace xtn::graph
