// SPDX-License-Identifier: BSD-3-Clause
#include "matrices.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include <xtn/core/number.hpp>
#include <xtn/io/operators.hpp>

#include "../../common/bounded_tasks.hpp"

namespace picogpt {
namespace {

namespace fs = std::filesystem;
using xtn::dtype;

/// Why a tensor is no matrix to compress; empty for one that is.
std::string kept_because(dtype type, const xtn::tensor_shape& shape) {
    const std::string name(xtn::dtype_name(type));
    if (type == dtype::c64) return "complex (" + name + ")";
    if (name.starts_with("F8")) return "8-bit floats (" + name + ")";
    if (type != dtype::f16 && type != dtype::bf16 && type != dtype::f32 && type != dtype::f64)
        return "no floating-point numbers (" + name + ")";
    if (std::ranges::count(shape, std::size_t{0}) > 0) return "empty";
    if (shape.size() < 2) return shape.empty() ? "a scalar" : "a vector";
    if (shape.size() > 2) return std::to_string(shape.size()) + " axes, as of a convolution";
    return "";
}

/// Rows of a mapped matrix, converted in blocks of a few megabytes.
matrix_rows rows_of(const xtn::mapped_safetensors& file, const std::string& name) {
    const std::size_t out = file.shape(name)[0], in = file.shape(name)[1];
    const std::size_t height = std::clamp<std::size_t>((std::size_t{1} << 20) / in, 1, out);
    struct block {
        std::size_t first = 0;
        std::vector<float> values{};
    };
    return {
        out, in,
        [&file, name, out, in, height, last = std::make_shared<block>()](std::size_t row, std::span<float> to) {
            if (row < last->first || row - last->first >= last->values.size() / in) {
                last->first = row - row % height;
                last->values = file.rows(name, last->first, std::min(height, out - last->first)).template read<float>();
            }
            std::copy_n(last->values.begin() + static_cast<std::ptrdiff_t>((row - last->first) * in), in, to.begin());
        }};
}

/// What the compression of a matrix takes at most, roughly: one copy and what the sketches of chains need, several copies
/// for other decompositions, and the bases of spectral operators.
std::size_t memory_of(const form& f, const xtn::tensor_shape& shape) {
    const std::size_t numbers = shape[0] * shape[1];
    if (f.family == "spectral") return sizeof(float) * (5 * numbers + shape[0] * shape[0] + shape[1] * shape[1]);
    const bool chain = f.added_rank == 0 && f.family != "tucker";
    return sizeof(float) * (chain ? 2 : 5) * numbers;
}

/// A finished matrix on disk: its parameters, and in the metadata what is to be known of it.
class part_file {
public:
    part_file(fs::path path, std::string identity) : path_(std::move(path)), identity_(std::move(identity)) {}

    const fs::path& path() const { return path_; }

    void write(const compressed_tensor& t, const std::optional<xtn::any_operator<float>>& op, dtype type) const {
        xtn::safetensors file(path_.string());
        if (op)
            for (const auto& p : op->parameters()) {
                const std::span<const float> values(p.value.values());
                file.add(t.layer + "." + p.name, xtn::stored_tensor::of<float>(p.value.shape(), values).as(type));
            }
        file.metadata() = {{"identity", identity_},          {"parameters", std::to_string(t.parameters)},
                           {"size", std::to_string(t.size)}, {"error", exact(t.error.error)},
                           {"norm", exact(t.error.norm)},    {"kept", t.kept}};
        if (op) xtn::add_description(file, t.layer, *op);
        xtn::save_safetensors(path_, file);
    }

    /// Whether there is a part of the same matrix, compressed in the same way, which then completes `t`.
    bool read(compressed_tensor& t) const {
        if (!fs::exists(path_)) return false;
        const auto metadata = xtn::mapped_safetensors(path_).metadata();
        const auto text = [&](const char* key) {
            const auto found = metadata.find(key);
            return found == metadata.end() ? std::string() : found->second;
        };
        const auto parameters = xtn::parse_number<std::size_t>(text("parameters")),
                   size = xtn::parse_number<std::size_t>(text("size"));
        const auto error = xtn::parse_number<double>(text("error")), norm = xtn::parse_number<double>(text("norm"));
        const bool whole = !text("kept").empty() || metadata.contains(t.layer + ".operator");
        if (text("identity") != identity_ || !whole || !parameters || !size || !error || !norm) return false;
        t.parameters = *parameters;
        t.size = *size;
        t.error = {*error, *norm};
        t.kept = text("kept");
        return true;
    }

private:
    /// In so many digits that the number comes back.
    static std::string exact(double x) { return nlohmann::json(x).dump(); }

    fs::path path_;
    std::string identity_;
};

struct matrix_job {
    std::size_t index;  // of the tensor in the file
    std::string name;
    part_file part;
};

/// The finished parts and the tensors that stay, as one file.
void join(const xtn::mapped_safetensors& file, const std::vector<matrix_job>& jobs,
          const std::vector<compressed_tensor>& tensors, const fs::path& target) {
    const std::vector<std::string> names = file.names();
    std::map<std::string, std::string> metadata = file.metadata();
    std::map<std::size_t, xtn::mapped_safetensors> parts;  // by the place of the matrix
    for (const matrix_job& job : jobs)
        if (tensors[job.index].kept.empty()) parts.emplace(job.index, job.part.path());

    std::vector<xtn::tensor_description> all;
    const auto for_each = [&](const auto& action) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto part = parts.find(i);
            if (part == parts.end())
                action(file, names[i]);
            else
                for (const std::string& name : part->second.names()) action(part->second, name);
        }
    };
    for_each([&](const xtn::mapped_safetensors& from, const std::string& name) {
        all.push_back({name, from.type(name), from.shape(name)});
    });
    for (const auto& [index, part] : parts) metadata.insert(*part.metadata().find(tensors[index].layer + ".operator"));
    xtn::safetensors_stream out(target, std::move(all), metadata);
    for_each(
        [&](const xtn::mapped_safetensors& from, const std::string& name) { out.write(name, from[name].bytes()); });
    out.finish();
}

}  // namespace

std::vector<compressed_tensor> compress_file(const xtn::mapped_safetensors& file, const file_compression& how,
                                             const fs::path& target, xtn::thread_pool& pool,
                                             const std::function<void(const compressed_tensor&)>& report) {
    const fs::path directory = target.string() + ".parts";
    if (!how.resume) fs::remove_all(directory);
    fs::create_directories(directory);

    // A part is of this file if the files have the same sizes and times.
    std::string identity = how.form.name + (how.tolerance ? " within " + nlohmann::json(*how.tolerance).dump() : "");
    for (const fs::path& f : file.files())
        identity += " " + f.filename().string() + " " + std::to_string(fs::file_size(f)) + " " +
                    std::to_string(fs::last_write_time(f).time_since_epoch().count());

    const std::vector<std::string> names = file.names();
    std::vector<compressed_tensor> tensors(names.size());
    std::vector<matrix_job> jobs;
    std::set<std::string> layers;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const xtn::tensor_shape& shape = file.shape(names[i]);
        compressed_tensor& t = tensors[i];
        t.layer = names[i];
        t.elements = t.parameters = file.size_in_bytes(names[i]) / xtn::dtype_bytes(file.type(names[i]));
        t.kept = kept_because(file.type(names[i]), shape);
        if (!t.kept.empty()) continue;
        const std::string_view suffix = ".weight";
        const std::string layer =
            names[i].substr(0, names[i].size() - (names[i].ends_with(suffix) ? suffix.size() : 0));
        if (!layers.contains(layer) && (layer == names[i] || !file.contains(layer))) t.layer = layer;
        layers.insert(t.layer);
        jobs.push_back(
            {i, names[i], part_file(directory / (std::to_string(i) + ".safetensors"), identity + " " + names[i])});
    }

    std::mutex reporting;
    const auto tell = [&](const compressed_tensor& t) {
        const std::lock_guard lock(reporting);
        report(t);
    };
    std::vector<examples::bounded_task> tasks;
    std::size_t largest = 0;
    for (const matrix_job& job : jobs) {
        compressed_tensor& t = tensors[job.index];
        largest = std::max(largest, 2 * sizeof(float) * t.elements);
        if (how.resume && job.part.read(t)) {
            tell(t);
            continue;
        }
        const form& f = how.form.of(t.layer);
        tasks.push_back({memory_of(f, file.shape(job.name)), [&] {
                             const dtype type = file.type(job.name);
                             const auto found = compress(f, t.layer, rows_of(file, job.name),
                                                         {how.tolerance, type, xtn::tt::sketch{}});
                             t.kept = found.kept;
                             if (found.op) {
                                 t.error = found.error;
                                 t.size = found.size;
                                 t.parameters = xtn::parameter_count(found.op->parameters());
                             }
                             job.part.write(t, found.op, type);
                             tell(t);
                         }});
    }
    // The large ones first, so that small ones fill the gaps.
    std::ranges::stable_sort(tasks, std::greater{}, &examples::bounded_task::bytes);
    examples::run_bounded(std::move(tasks), largest, pool);
    join(file, jobs, tensors, target);
    fs::remove_all(directory);
    return tensors;
}

}  // namespace picogpt
