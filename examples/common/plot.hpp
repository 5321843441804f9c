// SPDX-License-Identifier: BSD-3-Clause
// A line or scatter chart as an SVG file, fit to publish: axes with ticks at round numbers, a light grid, a legend beside
// the data, and series that differ in colour, dash pattern and marker, so that they survive a black and white printer.
//
//     plot chart{.title = "Loss", .x = {.label = "step"}, .y = {.label = "loss", .logarithmic = true}};
//     chart.data.push_back({"dense", steps, losses});
//     save(chart, "loss.svg");
//
// The colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/atomic_file.hpp>

#include "axis.hpp"
#include "format.hpp"

namespace examples {

enum class mark { line, points, line_and_points };

/// Points that belong together. A point that is not finite, or not positive on a logarithmic axis, interrupts the line.
struct series {
    std::string label{};
    std::vector<double> x{};
    std::vector<double> y{};
    mark style = mark::line_and_points;
};

struct plot {
    std::string title{};
    axis x{};
    axis y{};
    std::vector<series> data{};
    double width = 720;  // of the whole figure, in CSS pixels
    double height = 430;
};

namespace detail {

struct point {
    double x, y;
};

/// Text that is safe as the content of an XML element or as an attribute.
inline std::string xml(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (c == '&')
            safe += "&amp;";
        else if (c == '<')
            safe += "&lt;";
        else if (c == '>')
            safe += "&gt;";
        else if (c == '"')
            safe += "&quot;";
        else
            safe += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;  // XML 1.0 has no control characters
    }
    return safe;
}

/// A coordinate: a hundredth of a pixel is enough.
inline std::string at(double v) { return plain(std::round(v * 100) / 100 + 0.0); }

/// Roughly how wide a text of this size runs; SVG has no way to ask.
inline double text_width(std::string_view text, double size) {
    const auto letters = std::count_if(text.begin(), text.end(),
                                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    return 0.56 * size * static_cast<double>(letters);
}

/// How the k-th series looks. Six dash patterns and seven markers and colours: 42 different looks.
struct look {
    std::string_view colour, dash, marker;

    explicit look(std::size_t k)
        : colour(colours[k % colours.size()]), dash(dashes[k % dashes.size()]), marker(markers[k % markers.size()]) {}

    static constexpr std::array<std::string_view, 7> colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                             "#000000", "#e69f00", "#56b4e9"};
    static constexpr std::array<std::string_view, 6> dashes{"", "7 3", "2 2.4", "9 3 2 3", "14 4", "9 2.5 2 2.5 2 2.5"};
    static constexpr std::array<std::string_view, 7> markers{
        "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",     // circle
        "M-3.6 -3.6h7.2v7.2h-7.2z",                // square
        "M0 -4.9L4.5 3.2H-4.5z",                   // triangle
        "M0 -5L4.6 0L0 5L-4.6 0z",                 // diamond
        "M0 4.9L4.5 -3.2H-4.5z",                   // triangle, upside down
        "M-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",  // plus
        "M0 -2.1l2.6 -2.6l2.1 2.1l-2.6 2.6l2.6 2.6l-2.1 2.1l-2.6 -2.6l-2.6 2.6l-2.1 -2.1l2.6 -2.6l-2.6 -2.6l2.1 -2.1z",
    };
};

/// Draws one chart.
class svg_writer {
public:
    explicit svg_writer(const plot& p) : plot_(p), x_(fit(p, p.x, &series::x)), y_(fit(p, p.y, &series::y)) {
        double labels = 0;
        for (const tick& t : y_.ticks()) labels = std::max(labels, text_width(t.label, tick_size));
        left_ = labels + 14 + (p.y.label.empty() ? 8 : 26);
        top_ = p.title.empty() ? 16 : 46;
        bottom_ = p.height - (p.x.label.empty() ? 34 : 56);
        double legend = 0;
        for (const series& s : p.data) legend = std::max(legend, s.label.empty() ? 0 : text_width(s.label, label_size));
        right_ = p.width - (legend > 0 ? legend + sample + 36 : 24);
    }

    std::string text() {
        out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + at(plot_.width) + " " + at(plot_.height) +
               "\" width=\"" + at(plot_.width) + "\" height=\"" + at(plot_.height) +
               "\" role=\"img\" font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n<title>" +
               xml(plot_.title) + "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
        grid();
        labels();
        out_ += "<clipPath id=\"area\"><path d=\"M" + at(left_ - 6) + " " + at(top_ - 6) + "H" + at(right_ + 6) + "V" +
                at(bottom_ + 6) + "H" + at(left_ - 6) + "z\"/></clipPath>\n<g clip-path=\"url(#area)\">\n";
        for (std::size_t k = 0; k < plot_.data.size(); ++k) curve(plot_.data[k], k);
        out_ += "</g>\n";
        legend();
        return out_ + "</svg>\n";
    }

private:
    static constexpr double tick_size = 12, label_size = 13, title_size = 15, sample = 34;

    static scale fit(const plot& p, const axis& a, std::vector<double> series::*values) {
        const scale any(a, 1, 1);
        double low = std::numeric_limits<double>::quiet_NaN(), high = low;
        for (const series& s : p.data)
            for (const double v : s.*values)
                if (any.drawable(v)) low = std::fmin(low, v), high = std::fmax(high, v);  // fmin passes NaN over
        return {a, low, high};
    }

    double px(double v) const { return left_ + x_.position(v) * (right_ - left_); }
    double py(double v) const { return bottom_ - y_.position(v) * (bottom_ - top_); }

    void words(double x, double y, double size, std::string_view attributes, std::string_view content) {
        out_ += "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" font-size=\"" + at(size) + "\" " +
                std::string(attributes) + ">" + xml(content) + "</text>\n";
    }

    void stroke(std::string_view colour, double width, const std::string& path) {
        if (!path.empty())
            out_ += "<path fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"" + at(width) +
                    "\" d=\"" + path + "\"/>\n";
    }

    void grid() {
        std::string lines, marks;
        for (const tick& t : x_.ticks()) {
            const std::string start = "M" + at(px(t.value)) + " " + at(bottom_);
            if (!t.label.empty()) lines += start + "V" + at(top_);
            marks += start + "v" + (t.label.empty() ? "3" : "5");
        }
        for (const tick& t : y_.ticks()) {
            const std::string start = "M" + at(left_) + " " + at(py(t.value));
            if (!t.label.empty()) lines += start + "H" + at(right_);
            marks += start + "h" + (t.label.empty() ? "-3" : "-5");
        }
        stroke("#e4e4e4", 1, lines);
        stroke("#333", 1, marks + "M" + at(left_) + " " + at(top_) + "V" + at(bottom_) + "H" + at(right_));
    }

    void labels() {
        for (const tick& t : x_.ticks())
            words(px(t.value), bottom_ + 19, tick_size, "text-anchor=\"middle\" fill=\"#333\"", t.label);
        for (const tick& t : y_.ticks())
            words(left_ - 9, py(t.value) + 4, tick_size, "text-anchor=\"end\" fill=\"#333\"", t.label);
        words((left_ + right_) / 2, bottom_ + 43, label_size, "text-anchor=\"middle\" fill=\"#111\"", plot_.x.label);
        const std::string centre = at(18) + " " + at((top_ + bottom_) / 2);
        words(18, (top_ + bottom_) / 2, label_size,
              "text-anchor=\"middle\" fill=\"#111\" transform=\"rotate(-90 " + centre + ")\"", plot_.y.label);
        words(left_, 27, title_size, "font-weight=\"bold\" fill=\"#111\"", plot_.title);
    }

    void line(const look& l, const std::string& path) {
        out_ += "<path fill=\"none\" stroke=\"" + std::string(l.colour) +
                "\" stroke-width=\"1.8\" stroke-linejoin=\"round\"";
        if (!l.dash.empty()) out_ += " stroke-dasharray=\"" + std::string(l.dash) + "\"";
        out_ += " d=\"" + path + "\"/>\n";
    }

    void markers(const look& l, const std::vector<point>& points) {
        if (points.empty()) return;
        out_ += "<g fill=\"" + std::string(l.colour) + "\" stroke=\"#fff\" stroke-width=\"1\">\n";
        for (const point& p : points)
            out_ += "<path transform=\"translate(" + at(p.x) + " " + at(p.y) + ")\" d=\"" + std::string(l.marker) +
                    "\"/>\n";
        out_ += "</g>\n";
    }

    void curve(const series& s, std::size_t k) {
        std::string path;
        std::vector<point> points;
        bool pen_down = false;
        for (std::size_t i = 0; i < s.x.size(); ++i) {
            if (!x_.drawable(s.x[i]) || !y_.drawable(s.y[i])) {
                pen_down = false;
                continue;
            }
            points.push_back({px(s.x[i]), py(s.y[i])});
            path += (pen_down ? "L" : "M") + at(points.back().x) + " " + at(points.back().y);
            pen_down = true;
        }
        const look l(k);
        if (s.style != mark::points && !path.empty()) line(l, path);
        if (s.style == mark::points || (s.style == mark::line_and_points && points.size() <= 30))
            markers(l, points);
        else if (s.style == mark::line_and_points)
            markers(l, thinned(points, k));
    }

    /// A long line bears a marker now and then, each series at other places.
    std::vector<point> thinned(const std::vector<point>& points, std::size_t k) const {
        const double gap = (right_ - left_) / 7;
        double next = left_ + gap * (static_cast<double>(k) + 0.5) / static_cast<double>(plot_.data.size());
        std::vector<point> chosen;
        for (const point& p : points)
            if (p.x >= next) {
                chosen.push_back(p);
                while (next <= p.x) next += gap;
            }
        return chosen;
    }

    void legend() {
        double y = top_ + 10;
        for (std::size_t k = 0; k < plot_.data.size(); ++k) {
            const series& s = plot_.data[k];
            if (s.label.empty()) continue;
            const look l(k);
            const double x = right_ + 20;
            if (s.style != mark::points) line(l, "M" + at(x) + " " + at(y) + "h" + at(sample));
            if (s.style != mark::line) markers(l, {{x + sample / 2, y}});
            words(x + sample + 7, y + 4.5, label_size, "fill=\"#111\"", s.label);
            y += 22;
        }
    }

    const plot& plot_;
    scale x_;
    scale y_;
    double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
    std::string out_;
};

}  // namespace detail

/// The chart as an SVG document. A series with more x than y, or fewer, is an xtn::shape_error.
inline std::string svg(const plot& p) {
    for (const series& s : p.data)
        if (s.x.size() != s.y.size())
            throw xtn::shape_error("examples::svg: expected as many x as y in series \"" + s.label + "\", found " +
                                   std::to_string(s.x.size()) + " and " + std::to_string(s.y.size()));
    return detail::svg_writer(p).text();
}

/// Writes the chart to `path`.
inline void save(const plot& p, const std::filesystem::path& path) { xtn::write_file(path, svg(p)); }

}  // namespace examples
