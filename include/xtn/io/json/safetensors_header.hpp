// SPDX-License-Identifier: BSD-3-Clause
// The header of a safetensors file, read event by event, without a tree in between: time and memory stay proportional to
// the text whatever it holds, every key is seen (a tree would let the last of two equal ones win), and nothing can be
// nested deeper than the format is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <xtn/core/error.hpp>
#include <xtn/io/dtype.hpp>
#include <xtn/io/safetensors_file.hpp>
#include <xtn/io/safetensors_header.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn::detail {

class safetensors_header_events final : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit safetensors_header_events(const std::string& origin) : origin_(origin) {}

    safetensors_header header;

private:
    [[noreturn]] void fail(const std::string& what) const { throw io_error(origin_ + ": " + what); }
    [[noreturn]] void fail_tensor(const std::string& what) const { fail("tensor " + in_quotes(name_) + ": " + what); }

    // Depth 1 is the header, 2 a tensor or the metadata, 3 a list.
    bool in_metadata() const { return depth_ == 2 && name_ == "__metadata__"; }
    bool in_field(const char* name) const { return depth_ >= 2 && !in_metadata() && field_ == name; }
    bool in_known_field() const { return in_field("dtype") || in_field("shape") || in_field("data_offsets"); }

    /// A value of the wrong kind. A scalar in a field that is not of the format is none: such fields are skipped.
    [[noreturn]] void misplaced(const std::string& found) const {
        if (depth_ == 1 && name_ == "__metadata__")
            fail("\"__metadata__\" must be an object of strings, found " + found);
        if (depth_ == 1) fail_tensor("must be an object with dtype, shape and data_offsets, found " + found);
        if (in_metadata()) fail("metadata " + in_quotes(field_) + " must be a string, found " + found);
        if (in_field("dtype")) fail_tensor("dtype must be a string, found " + found);
        if (!in_known_field()) fail_tensor("the field " + in_quotes(field_) + " is nested too deep");
        if (depth_ == 2) fail_tensor(field_ + " must be a list, found " + found);
        fail_tensor(field_ + " must hold integers from 0 to 2^64 - 1, found " + found);
    }
    bool scalar(const std::string& found) const {
        if (depth_ < 2 || in_metadata() || in_known_field()) misplaced(found);
        return true;
    }

    bool null() override { return scalar("null"); }
    bool boolean(bool value) override { return scalar(value ? "true" : "false"); }
    bool number_integer(std::int64_t value) override { return scalar(std::to_string(value)); }
    bool number_float(double, const std::string& text) override { return scalar(printable(text)); }
    bool binary(nlohmann::json::binary_t&) override { return scalar("binary data"); }
    bool number_unsigned(std::uint64_t value) override {
        if (depth_ < 3 || !in_known_field()) return scalar(std::to_string(value));
        if (!std::in_range<std::size_t>(value))
            fail_tensor(field_ + " holds " + std::to_string(value) + ", too large here");
        (in_field("shape") ? shape_ : offsets_).push_back(static_cast<std::size_t>(value));
        return true;
    }
    bool string(std::string& value) override {
        if (in_metadata())
            header.metadata.emplace(field_, std::move(value));
        else if (depth_ == 2 && in_field("dtype"))
            dtype_ = std::move(value);
        else
            return scalar("the string " + in_quotes(value));
        return true;
    }

    bool start_object(std::size_t) override {
        if (depth_ > 1) misplaced("an object");
        if (depth_++ == 1) {
            fields_.clear();
            shape_.clear();
            offsets_.clear();
        }
        return true;
    }
    bool key(std::string& value) override {
        if (!(depth_ == 1 ? names_ : fields_).insert(value).second)
            fail("the header has the key " + in_quotes(value) + " twice in the same object");
        (depth_ == 1 ? name_ : field_) = std::move(value);
        return true;
    }
    bool end_object() override {
        if (depth_ == 2 && !in_metadata()) finish_tensor();
        --depth_;
        return true;
    }
    bool start_array(std::size_t) override {
        if (depth_ != 2 || in_metadata() || in_field("dtype")) misplaced("a list");
        ++depth_;
        return true;
    }
    bool end_array() override {
        --depth_;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& e) override {
        fail("the header is not valid JSON: " + printable(e.what(), 300));
    }

    void finish_tensor() {
        for (const char* field : {"dtype", "shape", "data_offsets"})
            if (!fields_.contains(field)) fail_tensor("the field \"" + std::string(field) + "\" is missing");
        if (is_sub_byte_dtype(dtype_))
            fail_tensor("dtype " + dtype_ +
                        " packs several elements into a byte and is not supported; convert the file");
        const auto type = dtype_from_name(dtype_);
        if (!type || !in_safetensors(*type)) fail_tensor("unknown dtype " + in_quotes(dtype_));
        if (offsets_.size() != 2)
            fail_tensor("data_offsets must be [begin, end], found a list of " + std::to_string(offsets_.size()));
        const std::size_t begin = offsets_[0], end = offsets_[1];
        if (begin > end) fail_tensor("data_offsets end before they begin: " + shape_text(offsets_));
        const auto needed = checked_product(shape_, dtype_bytes(*type));
        if (!needed) fail_tensor("the size of shape " + shape_text(shape_) + " overflows 64 bits");
        if (*needed != end - begin)
            fail_tensor("shape " + shape_text(shape_) + " in " + dtype_ + " takes " + std::to_string(*needed) +
                        " bytes, but data_offsets span " + std::to_string(end - begin));
        header.entries.push_back({name_, *type, shape_, begin, end});
    }

    const std::string& origin_;
    int depth_ = 0;
    std::string name_, field_, dtype_;
    tensor_shape shape_, offsets_;
    std::set<std::string> names_, fields_;  // the keys so far: of the header, of the current tensor or the metadata
};

XTN_INLINE safetensors_header parse_safetensors_header(std::string_view text, const std::string& origin) {
    safetensors_header_events events(origin);
    nlohmann::json::sax_parse(text, static_cast<nlohmann::json_sax<nlohmann::json>*>(&events));
    return std::move(events.header);
}

}  // namespace xtn::detail
