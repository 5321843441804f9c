// SPDX-License-Identifier: BSD-3-Clause
#include "experiment_page.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace picogpt {

using examples::cell;
using examples::json;

void experiment_page::set_table(const std::string& name, const examples::table& t) {
    parts[name] = "\n\n" + (t.rows() == 0 ? dash + "\n" : t.markdown()) + "\n";
    files[name + ".csv"] = t.csv();
}

void experiment_page::set_figure(const std::string& name, const examples::plot& p) { files[name + ".svg"] = svg(p); }

cell aligned(const std::string& text) {
    cell c(text);
    c.number = true;
    return c;
}

std::string verdict(bool holds) { return holds ? "holds" : "does not hold"; }

double sample::mean() const {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(values.size());
}

double sample::deviation() const {
    double sum = 0;
    for (const double v : values) sum += (v - mean()) * (v - mean());
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

std::string sample::text(int decimals) const {
    if (values.empty()) return dash;
    const std::string spread = values.size() > 1 ? " ± " + examples::fixed(deviation(), decimals) : "";
    return examples::fixed(mean(), decimals) + spread;
}

sample trained_model::of(const std::string& result, double factor) const {
    sample s;
    for (const auto& [seed, run] : runs) s.values.push_back(factor * run["results"][result].get<double>());
    return s;
}

std::vector<trained_model> models_of(const std::vector<json>& records, const std::function<bool(const json&)>& wanted) {
    std::map<std::string, trained_model> by_name;
    for (const json& r : records) {
        if (!wanted(r)) continue;
        const json& o = r["options"];
        const std::string name = o.contains("grown") ? o["grown"] : o["model"];
        trained_model& m = by_name[name];
        m.name = name;
        m.parameters = r["results"]["parameters"];
        m.runs[r["seed"]] = r;
    }
    std::vector<trained_model> all;
    for (auto& [name, m] : by_name) all.push_back(std::move(m));
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.parameters > b.parameters; });
    return all;
}

const trained_model* find(const std::vector<trained_model>& models, const std::string& name) {
    const auto found = std::find_if(models.begin(), models.end(), [&](const auto& m) { return m.name == name; });
    return found == models.end() ? nullptr : &*found;
}

examples::table search_table(const json& record) {
    const json& winner = record["results"]["winner"];
    examples::table t({"trial", "learning rate", "sigma", "decay on", "loss", "accuracy", ""});
    std::size_t number = 0;
    for (const json& trial : record["results"]["trials"]) {
        const bool diverged = trial["loss"].is_null();
        t.add_row({++number, cell(trial["learning_rate"].get<double>(), 4), cell(trial["sigma"].get<double>(), 2),
                   trial["decayed"].get<std::string>(), diverged ? cell("diverged") : cell(trial["loss"].get<double>()),
                   diverged ? aligned(dash) : cell(100 * trial["accuracy"].get<double>(), 1),
                   trial == winner ? "chosen" : ""});
    }
    return t;
}

}  // namespace picogpt
