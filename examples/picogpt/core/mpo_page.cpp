// SPDX-License-Identifier: BSD-3-Clause
#include "mpo_page.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "recipe.hpp"

namespace picogpt {
namespace {

using examples::cell;
using examples::json;
using examples::plot;
using examples::series;
using examples::table;

/// Whether a full-length run has come to its end.
bool complete(const json& r) {
    const std::string program = r["program"];
    return (program == "picogpt_mpo" || program == "picogpt_grow") && r["results"].contains("val_acc") &&
           r["options"]["steps"] == 2000 && r["options"]["batch"] == 32;
}

/// Whether a run of the tuned recipe has the tuned recipe of today.
bool current(const json& options) {
    const recipe now = tuned_recipe(representation(options["model"].get<std::string>()));
    return options["learning_rate"] == now.learning_rate && options["sigma"] == now.start.sigma &&
           options["decayed"] == name_of(now.decay);
}

/// The complete runs of a recipe, largest model first.
std::vector<trained_model> models_under(const std::vector<json>& records, const std::string& recipe) {
    return models_of(records, [&](const json& r) {
        return complete(r) && r["options"]["recipe"] == recipe && (recipe != "tuned" || current(r["options"]));
    });
}

/// The share of the dense accuracy that a model keeps, in percent: seed by seed where both have the seed, else against
/// the mean.
sample kept(const trained_model& m, const trained_model& dense) {
    sample s;
    for (const auto& [seed, run] : m.runs) {
        const auto same = dense.runs.find(seed);
        const double yardstick =
            same == dense.runs.end() ? dense.accuracy().mean() / 100 : same->second["results"]["val_acc"].get<double>();
        s.values.push_back(100 * run["results"]["val_acc"].get<double>() / yardstick);
    }
    return s;
}

class page_maker {
public:
    explicit page_maker(const std::vector<json>& records)
        : records_(records), published_(models_under(records, "published")), tuned_(models_under(records, "tuned")) {}

    experiment_page make() {
        for (const char* name : {"search-dense-300", "search-mpo-300", "search-dense-800", "search-mpo-800",
                                 "spectrum-random", "spectrum-tuned", "spectrum-published", "claim.kept", "claim.dense",
                                 "claim.loss.mpo", "claim.verdict.kept", "claim.verdict.dense"})
            page_.parts[name] = dash;
        published_part();
        search_part();
        claim_part();
        models_part();
        compression_part();
        spectrum_part();
        generation_part();
        curves();
        return std::move(page_);
    }

private:
    void published_part() {
        table t({"model", "parameters, printed", "parameters", "loss, printed", "loss", "accuracy, printed", "accuracy",
                 "kept, printed", "kept"});
        const trained_model* dense = find(published_, "dense");
        for (const printed_row& row : printed) {
            const trained_model* m = find(published_, row.model);
            t.add_row({row.model,
                       row.parameters,
                       m ? cell(m->parameters) : aligned(dash),
                       {row.loss, 3},
                       aligned(m ? m->loss().text(3) : dash),
                       {row.accuracy, 1},
                       aligned(m ? m->accuracy().text(1) : dash),
                       {100 * row.accuracy / printed[0].accuracy, 1},
                       aligned(m && dense ? kept(*m, *dense).text(1) : dash)});
        }
        page_.set_table("published", t);
        for (const char* name : {"dense", "mpo-16"}) {
            const trained_model* m = find(published_, name);
            page_.parts["published." + std::string(name) + ".accuracy"] = m ? m->accuracy().text(1) + " %" : dash;
        }
    }

    void search_part() {
        for (const json& r : records_) {
            if (r["program"] != "picogpt_search" || !r["results"].contains("winner")) continue;
            const std::string steps = std::to_string(r["options"]["steps"].get<std::uint64_t>());
            page_.set_table("search-" + r["options"]["family"].get<std::string>() + "-" + steps, search_table(r));
        }
        table t({"model", "seed", "learning rate", "sigma", "decay on", "loss", "accuracy"});
        for (const json& r : records_) {
            if (!complete(r)) continue;
            const json& o = r["options"];
            if (o["recipe"] == "tuned" && !current(o))
                t.add_row({o["model"].get<std::string>(), r["seed"].get<std::uint64_t>(),
                           cell(o["learning_rate"].get<double>(), 4), cell(o["sigma"].get<double>(), 2),
                           o["decayed"].get<std::string>(), cell(r["results"]["val_loss"].get<double>(), 3),
                           cell(100 * r["results"]["val_acc"].get<double>(), 1)});
        }
        page_.set_table("first-search", t);
    }

    void claim_part() {
        const trained_model *dense = find(tuned_, "dense"), *mpo = find(tuned_, "mpo-16");
        table t({"seed", "dense loss", "dense accuracy", "χ = 16 loss", "χ = 16 accuracy", "kept"});
        if (dense && mpo) {
            const auto percent = [](double v) { return cell(100 * v, 2); };
            for (const auto& [seed, run] : dense->runs) {
                const auto other = mpo->runs.find(seed);
                if (other == mpo->runs.end()) continue;
                const json &a = run["results"], &b = other->second["results"];
                t.add_row({seed, cell(a["val_loss"].get<double>()), percent(a["val_acc"]),
                           cell(b["val_loss"].get<double>()), percent(b["val_acc"]),
                           percent(b["val_acc"].get<double>() / a["val_acc"].get<double>())});
            }
            const sample share = kept(*mpo, *dense), base = dense->accuracy();
            page_.parts["claim.kept"] = share.text(1) + " %";
            page_.parts["claim.dense"] = base.text(1) + " %";
            page_.parts["claim.loss.mpo"] = mpo->loss().text(3);
            page_.parts["claim.verdict.kept"] = verdict(share.mean() >= claimed_kept);
            page_.parts["claim.verdict.dense"] = verdict(base.mean() >= claimed_dense);
        }
        page_.set_table("claim", t);
    }

    void models_part() {
        const trained_model* dense = find(tuned_, "dense");
        table t(
            {"model", "parameters", "ratio", "seeds", "loss", "accuracy", "kept", "accuracy / √parameters", "Pareto"});
        plot figure{.title = "Validation accuracy after 2,000 steps",
                    .x = {.label = "parameters", .logarithmic = true},
                    .y = {.label = "accuracy, %"}};
        const trained_model* smallest = nullptr;
        for (const trained_model& m : tuned_) {
            const double accuracy = m.accuracy().mean();
            const bool beaten = std::any_of(tuned_.begin(), tuned_.end(), [&](const trained_model& o) {
                return o.parameters <= m.parameters && o.accuracy().mean() > accuracy;
            });
            t.add_row(
                {m.name, m.parameters,
                 dense ? cell(static_cast<double>(dense->parameters) / static_cast<double>(m.parameters), 1) : dash,
                 m.runs.size(), aligned(m.loss().text(3)), aligned(m.accuracy().text(1)),
                 aligned(dense ? kept(m, *dense).text(1) : dash),
                 cell(accuracy / std::sqrt(static_cast<double>(m.parameters)), 3), beaten ? "" : "yes"});
            if (dense && kept(m, *dense).mean() >= claimed_kept &&
                (smallest == nullptr || m.parameters < smallest->parameters))
                smallest = &m;
            series& s = family_in(figure, m.name);
            s.x.push_back(static_cast<double>(m.parameters));
            s.y.push_back(accuracy);
        }
        page_.set_table("models", t);
        page_.set_figure("accuracy", figure);
        page_.parts["smallest.name"] = smallest ? smallest->name : dash;
        page_.parts["smallest.parameters"] = smallest ? examples::grouped(std::to_string(smallest->parameters)) : dash;
        page_.parts["smallest.ratio"] =
            smallest
                ? examples::fixed(static_cast<double>(dense->parameters) / static_cast<double>(smallest->parameters), 1)
                : dash;
        page_.parts["smallest.kept"] = smallest ? kept(*smallest, *dense).text(1) + " %" : dash;
    }

    /// The curve of a model's family: MPOs in the paper's sites and others apart.
    static series& family_in(plot& figure, const std::string& name) {
        const std::string family = name.substr(0, name.find('-'));
        const bool plain = std::count(name.begin(), name.end(), '-') <= 1;
        const std::string label = family == "mpo"         ? (plain ? "MPO" : "MPO, other forms")
                                  : family == "dense"     ? "dense, by width"
                                  : family == "low_rank"  ? "low rank"
                                  : family == "kronecker" ? "Kronecker sums"
                                                          : family;
        for (series& s : figure.data)
            if (s.label == label) return s;
        figure.data.push_back(
            {.label = label, .style = plain ? examples::mark::line_and_points : examples::mark::points});
        return figure.data.back();
    }

    void compression_part() {
        std::map<std::string, std::map<std::uint64_t, json>> by_model;  // then by steps
        for (const json& r : records_)
            if (r["program"] == "picogpt_compress" && r["results"].contains("val_acc"))
                by_model[r["options"]["model"]][r["options"]["steps"]] = r["results"];
        std::vector<std::pair<std::size_t, std::string>> order;
        for (const auto& [name, runs] : by_model)
            order.push_back({runs.begin()->second["parameters"].get<std::size_t>(), name});
        std::sort(order.rbegin(), order.rend());
        table t({"model", "parameters", "accuracy, 0 steps", "100 steps", "500 steps", "loss, 0 steps", "100 steps",
                 "500 steps"});
        plot figure{.title = "Compressed, then fine-tuned for 500 steps",
                    .x = {.label = "parameters", .logarithmic = true},
                    .y = {.label = "accuracy, %"}};
        for (const auto& [parameters, name] : order) {
            const auto& runs = by_model[name];
            const auto result = [&runs = runs](std::uint64_t steps, const char* what, double factor, int decimals) {
                const auto found = runs.find(steps);
                return found == runs.end() ? aligned(dash) : cell(factor * found->second[what].get<double>(), decimals);
            };
            t.add_row({name, parameters, result(0, "val_acc", 100, 1), result(100, "val_acc", 100, 1),
                       result(500, "val_acc", 100, 1), result(0, "val_loss", 1, 3), result(100, "val_loss", 1, 3),
                       result(500, "val_loss", 1, 3)});
            if (!runs.contains(500)) continue;
            series& s = family_in(figure, name);
            s.x.push_back(static_cast<double>(parameters));
            s.y.push_back(100 * runs.at(500)["val_acc"].get<double>());
        }
        page_.set_table("compression", t);
        page_.set_figure("compression", figure);
    }

    void spectrum_part() {
        std::map<std::string, json> by_weights;
        for (const json& r : records_)
            if (r["program"] == "picogpt_spectrum") by_weights[r["options"]["weights"]] = r["series"];
        plot figure{.title = "Relative error of the TT-SVD, all layers",
                    .x = {.label = "bond", .logarithmic = true, .ticks = {1, 2, 4, 8, 16, 32, 64}},
                    .y = {.label = "relative Frobenius error", .min = 0}};
        table all({"weights", "χ = 4", "χ = 8", "χ = 16", "χ = 32"});
        const auto row = [&](const std::string& name, const auto& error_at) {
            all.add_row({name, error_at(4), error_at(8), error_at(16), error_at(32)});
        };
        row("printed", [](std::size_t bond) {
            for (const auto& [b, e] : printed_errors)
                if (b == bond) return cell(e, 3);
            return aligned(dash);
        });
        for (const auto& [weights, errors] : by_weights) {
            const auto at = [](const json& curve) {
                return [&curve](std::size_t bond) {
                    for (std::size_t k = 0; k < curve["step"].size(); ++k)
                        if (curve["step"][k] == bond) return cell(curve["value"][k].get<double>(), 3);
                    return aligned(dash);
                };
            };
            table kinds({"layer", "χ = 4", "χ = 8", "χ = 16", "χ = 32"});
            for (const auto& [kind, curve] : errors.items()) {
                const auto error = at(curve);
                kinds.add_row({kind == "all" ? "all layers" : kind, error(4), error(8), error(16), error(32)});
            }
            page_.set_table("spectrum-" + weights, kinds);
            row(weights, at(errors["attn.W_q"]));
            series curve{.label = weights, .x = errors["all"]["step"], .y = errors["all"]["value"]};
            figure.data.push_back(std::move(curve));
        }
        series paper{.label = "printed for W_q"};
        for (const auto& [bond, error] : printed_errors)
            paper.x.push_back(static_cast<double>(bond)), paper.y.push_back(error);
        figure.data.push_back(std::move(paper));
        page_.set_table("spectrum", all);
        page_.set_figure("error", figure);
    }

    void generation_part() {
        table t({"model", "weights, KiB", "characters/s, batch 1", "characters/s, batch 64"});
        page_.parts["generation.cache"] = dash;
        for (const json& r : records_) {
            if (r["program"] != "picogpt_generation") continue;
            for (const json& m : r["results"]["models"])
                t.add_row({m["model"].get<std::string>(), cell(m["weight_bytes"].get<double>() / 1024, 0),
                           cell(m["characters_per_second"]["1"].get<double>(), 0),
                           cell(m["characters_per_second"]["64"].get<double>(), 0)});
            page_.parts["generation.cache"] =
                examples::grouped(examples::fixed(r["results"]["cache_bytes"].get<double>() / 1024, 0)) + " KiB";
        }
        page_.set_table("generation", t);
    }

    /// Validation loss against the step, of the first seed.
    void curves() {
        plot figure{.title = "Validation loss", .x = {.label = "step"}, .y = {.label = "nats per character"}};
        for (const auto& [recipe, models] : {std::pair{"published", &published_}, std::pair{"tuned", &tuned_}})
            for (const char* name : {"dense", "mpo-16", "mpo-8", "mpo-4"})
                if (const trained_model* m = find(*models, name))
                    figure.data.push_back(
                        examples::curve_of(m->runs.begin()->second, "val_loss", std::string(name) + ", " + recipe));
        page_.set_figure("loss", figure);
    }

    const std::vector<json>& records_;
    std::vector<trained_model> published_, tuned_;
    experiment_page page_;
};

}  // namespace

experiment_page make_mpo_page(const std::vector<json>& records) { return page_maker(records).make(); }

}  // namespace picogpt
