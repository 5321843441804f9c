// SPDX-License-Identifier: BSD-3-Clause
// A results table as Markdown, to be read in a terminal or pasted.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>

#include "format.hpp"

namespace examples {

/// A cell: text, or a number that is shown rounded.
struct cell {
    std::string shown;
    bool number = false;

    cell(std::string text) : shown(std::move(text)) {}
    cell(const char* text) : cell(std::string(text)) {}
    template <std::integral I>
    cell(I value) : shown(grouped(std::to_string(value))), number(true) {}
    /// With `decimals` digits after the point.
    cell(double value, int decimals = 4) : shown(grouped(fixed(value, decimals))), number(true) {}
};

class table {
public:
    explicit table(std::vector<std::string> columns) : columns_(std::move(columns)) {}

    /// One cell for each column, else xtn::shape_error.
    void add_row(std::vector<cell> cells) {
        if (cells.size() != columns_.size())
            throw xtn::shape_error("examples::table: expected " + std::to_string(columns_.size()) +
                                   " cells in a row, found " + std::to_string(cells.size()));
        rows_.push_back(std::move(cells));
    }

    std::size_t rows() const { return rows_.size(); }

    /// Columns aligned in the source too; columns of numbers to the right.
    std::string markdown() const {
        std::vector<std::string> header, rule;
        std::vector<bool> right(columns_.size());
        std::vector<std::size_t> widths;
        for (std::size_t c = 0; c < columns_.size(); ++c) {
            right[c] =
                !rows_.empty() && std::all_of(rows_.begin(), rows_.end(), [c](const auto& r) { return r[c].number; });
            header.push_back(markdown_field(columns_[c]));
            std::size_t width = std::max<std::size_t>(3, width_of(header[c]));
            for (const auto& row : rows_) width = std::max(width, width_of(markdown_field(row[c].shown)));
            widths.push_back(width);
            rule.push_back(std::string(width - (right[c] ? 1 : 0), '-') + (right[c] ? ":" : ""));
        }
        std::string text = markdown_line(header, widths, right) + markdown_line(rule, widths, right);
        for (const auto& row : rows_) {
            std::vector<std::string> fields;
            for (const cell& c : row) fields.push_back(markdown_field(c.shown));
            text += markdown_line(fields, widths, right);
        }
        return text;
    }

private:
    static std::string markdown_field(std::string_view text) {
        std::string field;
        for (const char c : text) {
            if (c == '|') field += '\\';
            field += c == '\n' || c == '\r' ? ' ' : c;
        }
        return field;
    }

    /// Code points of UTF-8: what a terminal takes for most of them.
    static std::size_t width_of(std::string_view text) {
        return static_cast<std::size_t>(std::count_if(
            text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    }

    static std::string markdown_line(const std::vector<std::string>& fields, const std::vector<std::size_t>& widths,
                                     const std::vector<bool>& right) {
        std::string line = "|";
        for (std::size_t c = 0; c < fields.size(); ++c) {
            const std::string padding(widths[c] - width_of(fields[c]), ' ');
            line += ' ' + (right[c] ? padding + fields[c] : fields[c] + padding) + " |";
        }
        return line + '\n';
    }

    std::vector<std::string> columns_;
    std::vector<std::vector<cell>> rows_;
};

}  // namespace examples
