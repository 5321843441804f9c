// SPDX-License-Identifier: BSD-3-Clause
// Operators in safetensors files: what an operator is, in the metadata "<layer>.operator", and its parameters
// "<layer>.<name>" (io/parameters.hpp).
//
//     xtn::save_operator("layer.safetensors", op);
//     const xtn::any_operator<float> again = xtn::load_operator<float>("layer.safetensors");
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <xtn/io/mapped_safetensors.hpp>
#include <xtn/io/operator_description.hpp>
#include <xtn/io/parameters.hpp>
#include <xtn/io/safetensors.hpp>
#include <xtn/op/families.hpp>

namespace xtn {

namespace detail {

inline std::string name_in(const std::string& layer, const std::string& name) {
    return layer.empty() ? name : layer + "." + name;
}

/// Whether a description and those in it name families.
inline bool is_known(const operator_description& d) {
    return !d.family.empty() && std::all_of(d.operands.begin(), d.operands.end(), is_known);
}

}  // namespace detail

/// Adds what an operator is to a file's metadata. Throws error where nobody has said what it is, or it could not be read.
template <scalar T>
void add_description(safetensors& file, const std::string& layer, const any_operator<T>& op) {
    const operator_description d = op.description();
    if (!detail::is_known(d))
        throw error(file.origin() + ": the operator \"" + layer +
                    "\" is, or is made of, one without a description; its class gives it one by describe_as()");
    const std::string text = to_text(d);
    operator_description_from(text, file.origin());
    file.metadata()[detail::name_in(layer, "operator")] = text;
}

/// Makes the operators in a file, with their values. File is safetensors or mapped_safetensors; what is made of a tensor is
/// one parameter, for all operators that share it.
template <scalar T, class File = safetensors>
class operator_reader {
public:
    /// The file must live as long as the reader.
    explicit operator_reader(const File& file, operator_families<T> families = library_families<T>())
        : file_(file), families_(std::move(families)) {}

    /// The operator of a layer. In a file that does not say what it is, older ones and those of PyTorch, the names of tensors
    /// tell, and of a spectral one `out` x `in`. Throws io_error where there is no operator of that name, shape_error where it
    /// is not out x in (if they are not 0) or tensors have other shapes, numeric_error for a value that is not finite.
    any_operator<T> operator()(const std::string& layer, std::size_t out = 0, std::size_t in = 0) {
        const std::string origin = file_.origin() + ": \"" + layer + "\"";
        const auto text = file_.metadata().find(detail::name_in(layer, "operator"));
        const operator_description d = text != file_.metadata().end() ? operator_description_from(text->second, origin)
                                                                      : described_by_tensors(layer, out, in);
        if (d.family.empty())
            throw io_error(origin + " is no operator: the metadata do not say what it is, nor is there \"" +
                           detail::name_in(layer, "weight") + "\" or what older files have instead");
        const any_operator<T> op = [&] {
            try {
                return families_.make(d, [&](const std::string& name, const std::vector<std::size_t>& shape) {
                    return parameter_of(detail::kept_name(file_, detail::name_in(layer, name)), shape);
                });
            } catch (const shape_error& e) {
                throw shape_error(origin + ": " + e.what());
            } catch (const io_error&) {
                throw;
            } catch (const numeric_error&) {
                throw;
            } catch (const error& e) {
                throw io_error(origin + ": " + e.what());
            }
        }();
        if ((out != 0 && op.out() != out) || (in != 0 && op.in() != in))
            throw shape_error(origin + " is " + std::to_string(op.out()) + " x " + std::to_string(op.in()) + ", but " +
                              std::to_string(out) + " x " + std::to_string(in) + " is needed");
        return op;
    }

private:
    /// What files without descriptions hold, by the names of their tensors; nothing where these are of no family.
    operator_description described_by_tensors(const std::string& layer, std::size_t out, std::size_t in) const {
        const auto shape = [&](const std::string& name, std::size_t rank) {
            const std::string kept = detail::kept_name(file_, detail::name_in(layer, name));
            const bool fits = file_.contains(kept) && file_.shape(kept).size() == rank;
            return fits ? file_.shape(kept) : tensor_shape();
        };
        /// One axis of the tensors "<name>.0", "<name>.1", ...
        const auto axis = [&](const std::string& name, std::size_t rank, std::size_t which) {
            std::vector<std::size_t> extents;
            for (tensor_shape s; !(s = shape(name + "." + std::to_string(extents.size()), rank)).empty();)
                extents.push_back(s[which]);
            return extents;
        };
        if (const auto w = shape("weight", 2); !w.empty())
            return operator_description{"dense"}.set("out", w[0]).set("in", w[1]);
        const auto left = shape("left", 2), right = shape("right", 2);
        if (!left.empty() && !right.empty())
            return operator_description{"low_rank"}.set("out", left[0]).set("in", right[1]).set("rank", left[1]);
        if (std::vector bonds = axis("cores", 4, 0); !bonds.empty()) {
            bonds.erase(bonds.begin());
            return operator_description{"mpo"}
                .set("out", axis("cores", 4, 1))
                .set("in", axis("cores", 4, 2))
                .set("bonds", bonds);
        }
        const auto extents = axis("factors", 2, 0);
        if (const auto core = shape("core", extents.size()); !core.empty() && core.size() % 2 == 0) {
            const auto middle = extents.begin() + static_cast<std::ptrdiff_t>(extents.size() / 2);
            return operator_description{"tucker"}
                .set("out", std::vector(extents.begin(), middle))
                .set("in", std::vector(middle, extents.end()))
                .set("ranks", core);
        }
        const auto settings = file_.metadata().find(detail::name_in(layer, "settings"));  // "dct2, zigzag 8192"
        if (!shape("coefficients", 1).empty() && settings != file_.metadata().end()) {
            const std::string& words = settings->second;
            const std::size_t comma = std::min(words.find(", "), words.size());
            return operator_description{"spectral"}
                .set("out", out)
                .set("in", in)
                .set("basis", words.substr(0, comma))
                .set("support", words.substr(std::min(comma + 2, words.size())));
        }
        if (!shape("terms.0.cores.0", 4).empty()) {
            const std::string terms = detail::name_in(layer, "terms.");
            return {
                "sum", {}, {described_by_tensors(terms + "0", out, in), described_by_tensors(terms + "1", out, in)}};
        }
        return {};
    }

    parameter<T> parameter_of(const std::string& tensor, const std::vector<std::size_t>& shape) {
        if (const auto made = made_.find(tensor); made != made_.end()) return made->second;
        const std::vector<T> values = detail::parameter_values<T>(file_, tensor, shape);
        const parameter<T> p(shape);
        std::copy(values.begin(), values.end(), p.data());
        return made_.emplace(tensor, p).first->second;
    }

    const File& file_;
    operator_families<T> families_;
    std::map<std::string, parameter<T>> made_;
};

/// Writes an operator to a file of its own. Throws as add_description and save_safetensors do.
template <scalar T>
void save_operator(const std::filesystem::path& path, const any_operator<T>& op) {
    safetensors file(path.string());
    add_description(file, "", op);
    add_parameters(file, op.parameters());
    save_safetensors(path, file);
}

/// Reads it. Throws as operator_reader and load_safetensors do.
template <scalar T>
any_operator<T> load_operator(const std::filesystem::path& path,
                              const operator_families<T>& families = library_families<T>()) {
    const safetensors file = load_safetensors(path);
    return operator_reader<T>(file, families)("");
}

}  // namespace xtn
