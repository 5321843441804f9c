// SPDX-License-Identifier: BSD-3-Clause
#include "spectral_page.hpp"

#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "operators.hpp"
#include "ranks.hpp"
#include "recipe.hpp"
#include "spectral_experiment.hpp"

namespace picogpt {
namespace {

using examples::cell;
using examples::json;
using examples::plot;
using examples::series;
using examples::table;

/// Whether a full-length run under the recipe has come to its end.
bool complete(const json& r) {
    if (r["program"] != "picogpt_spectral" || !r["results"].contains("stable_rank")) return false;
    const recipe now = spectral_recipe();
    const json& o = r["options"];
    return o["steps"] == now.steps && o["batch"] == now.batch && o["learning_rate"] == now.learning_rate &&
           o["sigma"] == now.start.sigma && o["decayed"] == name_of(now.decay);
}

/// What a kind of support, or none, is called in figures.
std::string label_of(const std::string& support) {
    return support.empty()               ? "zigzag, u + v"
           : support == "-scaled_zigzag" ? "zigzag, u/m + v/n"
           : support == "-scattered"     ? "random support"
           : support == "-random_basis"  ? "random basis, zigzag"
                                         : support.substr(1);
}

class page_maker {
public:
    explicit page_maker(const std::vector<json>& records) : records_(records), models_(models_of(records, complete)) {}

    experiment_page make() {
        recipe_part();
        printed_part();
        models_part();
        ceilings_part();
        relations_part();
        time_part();
        figures();
        return std::move(page_);
    }

private:
    /// The mean loss of a model that was run.
    std::optional<double> loss(const std::string& name) const {
        const trained_model* m = find(models_, name);
        return m ? std::optional(m->loss().mean()) : std::nullopt;
    }

    void recipe_part() {
        page_.parts["search"] = dash;
        for (const json& r : records_)
            if (r["program"] == "picogpt_search" && r["results"].contains("winner"))
                page_.set_table("search", search_table(r));
    }

    void printed_part() {
        table t({"model", "loss, printed", "loss", "gap to dense, printed", "gap to dense"});
        for (const printed_loss& p : printed_losses) {
            const auto found = loss(p.model), dense = loss("dense");
            t.add_row({p.model,
                       {p.loss, 3},
                       found ? cell(*found, 3) : aligned(dash),
                       {p.loss - printed_losses[0].loss, 3},
                       found && dense ? cell(*found - *dense, 3) : aligned(dash)});
        }
        page_.set_table("printed", t);
    }

    void models_part() {
        table t({"model", "in blocks", "share", "parameters", "loss", "gap", "perplexity", "accuracy", "stable rank",
                 "numerical rank"});
        const trained_model* dense = find(models_, "dense");
        const auto row = [&](const std::string& name) {
            const trained_model* m = find(models_, name);
            if (m == nullptr) {
                t.add_row({name, aligned(dash), aligned(dash), aligned(dash), aligned(dash), aligned(dash),
                           aligned(dash), aligned(dash), aligned(dash), aligned(dash)});
                return;
            }
            const double blocks = m->of("block_parameters").mean();
            const sample losses = m->loss();
            sample perplexity, gap;
            for (const double l : losses.values) {
                perplexity.values.push_back(std::exp(l));
                if (dense != nullptr) gap.values.push_back(l - dense->loss().mean());
            }
            t.add_row({name, static_cast<std::size_t>(blocks), aligned(percent(share_of(*m))), m->parameters,
                       aligned(losses.text(3)), aligned(gap.text(3)), aligned(perplexity.text(2)),
                       aligned(m->accuracy().text(1)), aligned(m->of("stable_rank").text(1)),
                       aligned(m->of("numerical_rank").text(1))});
        };
        row("dense");
        for (const spectral_share& share : spectral_shares) {
            for (const char* support : spectral_supports) row(spectral_name(share, support));
            row(low_rank_name(share));
        }
        page_.set_table("models", t);
    }
    /// Of the numbers in the dense matrices of the blocks.
    static double share_of(const trained_model& m) {
        const auto d = static_cast<double>(spectral_shape.dim), h = static_cast<double>(spectral_shape.hidden);
        return m.of("block_parameters").mean() / (static_cast<double>(spectral_shape.layers) * (4 * d * d + 2 * d * h));
    }
    static std::string percent(double share) { return examples::fixed(100 * share, 1) + " %"; }

    void ceilings_part() {
        std::vector<std::string> columns{"matrix", "support"};
        for (const spectral_share& share : spectral_shares) columns.push_back(std::string("share ") + share.text);
        table t(columns);
        const std::size_t d = spectral_shape.dim;
        for (const auto& [layer, out] : {std::pair{"blocks.0.attn.W_o", d},
                                         {"blocks.0.attn.W_qkv", 3 * d},
                                         {"blocks.0.ffn.W1", spectral_shape.hidden}})
            for (const char* support : {"", "-scaled_zigzag", "-rectangle", "-scattered"}) {
                std::vector<cell> row{std::to_string(out) + " x " + std::to_string(d), label_of(support)};
                for (const spectral_share& share : spectral_shares) {
                    const representation r = in_blocks(spectral_name(share, support));
                    row.push_back(structural_rank(support_of(r.of(layer), layer).elements(out, d), out, d));
                }
                t.add_row(row);
            }
        page_.set_table("ceilings", t);
    }

    void relations_part() {
        table t({"relation", "asked", "measured", "verdict"});
        const auto row = [&](const std::string& what, const std::string& asked, std::optional<double> measured,
                             const std::function<bool(double)>& holds) {
            t.add_row({what, asked, aligned(measured ? examples::fixed(*measured, 4) : dash),
                       measured ? verdict(holds(*measured)) : dash});
        };
        const auto difference = [&](const std::string& a, const std::string& b) -> std::optional<double> {
            const auto x = loss(a), y = loss(b);
            return x && y ? std::optional(*x - *y) : std::nullopt;
        };
        const auto text = [](double bound) { return examples::fixed(bound, 2); };
        row("half of the coefficients, zigzag: gap to dense", "at most " + text(noise),
            difference("spectral-0.5", "dense"), [](double v) { return v <= noise; });
        row("rank 48, as many parameters: gap to dense", text(low_rank_gap_min) + " to " + text(low_rank_gap_max),
            difference("low_rank-48", "dense"),
            [](double v) { return v >= low_rank_gap_min && v <= low_rank_gap_max; });
        row("half, random basis: loss less that of the cosine basis", "within " + text(noise),
            difference("spectral-0.5-random_basis", "spectral-0.5"), [](double v) { return std::abs(v) <= noise; });
        const auto line = difference("low_rank-48", "dense");
        for (const spectral_share& share : {spectral_shares[2], spectral_shares[3]}) {
            const std::string zigzag = spectral_name(share, ""), scattered = spectral_name(share, "-scattered");
            auto way = difference(zigzag, "dense");
            if (way && line) *way /= *line;
            row(std::string("share ") + share.text + ", zigzag: part of the way from dense to rank 48",
                "at least " + text(way_min), line ? way : std::nullopt, [](double v) { return v >= way_min; });
            row(std::string("share ") + share.text + ", random support: loss less that of rank 48", "below 0",
                difference(scattered, "low_rank-48"), [](double v) { return v < 0; });
            row(std::string("share ") + share.text + ", random support: loss less that of the zigzag", "below 0",
                difference(scattered, zigzag), [](double v) { return v < 0; });
        }
        row("half, zigzag: time of a step against dense", "at most " + text(slow_down_max), slow_down(),
            [](double v) { return v <= slow_down_max; });
        page_.set_table("relations", t);
    }

    /// Seconds per step by model, the yardstick first.
    std::vector<std::pair<std::string, double>> step_times() const {
        std::vector<std::pair<std::string, double>> all;
        for (const json& r : records_)
            if (r["program"] == "picogpt_step_time")
                for (const json& m : r["results"]["models"])
                    all.emplace_back(m["model"].get<std::string>(), m["seconds"].get<double>());
        return all;
    }
    std::optional<double> slow_down() const {
        const auto times = step_times();
        for (const auto& [name, seconds] : times)
            if (name == "spectral-0.5") return seconds / times.front().second;
        return std::nullopt;
    }
    void time_part() {
        table t({"model", "ms per step", "against dense"});
        const auto times = step_times();
        for (const auto& [name, seconds] : times)
            t.add_row({name, {1000 * seconds, 0}, {seconds / times.front().second, 3}});
        page_.set_table("time", t);
    }

    void figures() {
        plot curves{.title = "Validation loss", .x = {.label = "step"}, .y = {.label = "nats per character"}};
        for (const char* name : {"dense", "spectral-0.5", "spectral-0.5-random_basis", "low_rank-48", "spectral-0.05",
                                 "spectral-0.05-scattered", "low_rank-5"})
            if (const trained_model* m = find(models_, name)) {
                curves.data.push_back(examples::curve_of(m->runs.begin()->second, "val_loss", name));
                curves.data.back().style = examples::mark::line_and_points;
            }
        page_.set_figure("loss", curves);

        plot by_share{.title = "Validation loss after 2,000 steps",
                      .x = {.label = "share of the numbers in dense matrices",
                            .logarithmic = true,
                            .ticks = {0.05, 0.1, 0.25, 0.5, 1}},
                      .y = {.label = "nats per character"}};
        plot by_rank{.title = "Validation loss and stable rank",
                     .x = {.label = "stable rank, mean of the block matrices"},
                     .y = {.label = "nats per character"}};
        const auto add = [&](const std::string& label, const std::vector<std::string>& names) {
            series share{.label = label}, rank{.label = label, .style = examples::mark::points};
            for (const std::string& name : names)
                if (const trained_model* m = find(models_, name)) {
                    share.x.push_back(share_of(*m));
                    rank.x.push_back(m->of("stable_rank").mean());
                    for (series* s : {&share, &rank}) s->y.push_back(m->loss().mean());
                }
            if (share.x.empty()) return;
            by_share.data.push_back(std::move(share));
            by_rank.data.push_back(std::move(rank));
        };
        add("dense", {"dense"});
        for (const char* support : spectral_supports) {
            std::vector<std::string> names;
            for (const spectral_share& share : spectral_shares) names.push_back(spectral_name(share, support));
            add(label_of(support), names);
        }
        std::vector<std::string> low_rank;
        for (const spectral_share& share : spectral_shares) low_rank.push_back(low_rank_name(share));
        add("low rank", low_rank);
        page_.set_figure("share", by_share);
        page_.set_figure("rank", by_rank);
    }

    const std::vector<json>& records_;
    std::vector<trained_model> models_;
    experiment_page page_;
};

}  // namespace

experiment_page make_spectral_page(const std::vector<json>& records) { return page_maker(records).make(); }

}  // namespace picogpt
