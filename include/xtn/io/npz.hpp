// SPDX-License-Identifier: BSD-3-Clause
// NumPy's .npz files: a ZIP archive with one .npy file for each array, as numpy.savez and numpy.savez_compressed write
// and numpy.load reads.
//
//     const xtn::npz file = xtn::load_npz("data.npz");
//     const auto x = xtn::read_xtensor<float, 2>(file["x"]);
//     xtn::npz out;
//     xtn::add_xtensor(out, "y", y);
//     xtn::save_npz("out.npz", out);
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/io/atomic_file.hpp>
#include <xtn/io/npy.hpp>
#include <xtn/io/stored_tensors.hpp>
#include <xtn/io/zip.hpp>

namespace xtn {

/// Named arrays, as an .npz file holds them. Members that are no arrays of numbers (strings, pickled objects, folders) are
/// listed apart, refused when they are asked for, and kept when the file is written again.
class npz : public stored_tensors {
public:
    explicit npz(std::string origin = "npz in memory") : stored_tensors(std::move(origin)) {}

    /// Appends an array. Throws shape_error if `values` does not have as many elements as `shape` says, io_error if the
    /// name is taken or cannot name a member of an archive.
    template <stored_type T>
    void add(std::string name, tensor_shape shape, std::span<const T> values) {
        add(name, stored_tensor::of<T>(std::move(shape), values, called(name)));
    }

    /// The same for a tensor that is stored already.
    void add(std::string name, stored_tensor tensor) {
        if (name.size() > 65535 - extension.size() || name.find('\0') != std::string::npos)
            throw io_error(called(name) + " cannot be stored: a name has at most 65531 bytes, none of them zero");
        insert(std::move(name), std::move(tensor));
    }

    /// A member that is no array of numbers: its name in the archive, and its bytes where they could be unpacked.
    struct other_member {
        std::string member;
        std::optional<std::vector<std::byte>> content;
        friend bool operator==(const other_member&, const other_member&) = default;
    };
    /// Appends such a member; whoever asks for an array of its name (without ".npy") is told `why`.
    void add_other(other_member other, std::string why) {
        insert_refused(array_name(other.member), std::move(why));
        others_.push_back(std::move(other));
    }
    const std::vector<other_member>& others() const { return others_; }

    /// Same arrays, whatever their order, and the same other members; the origin does not count.
    friend bool operator==(const npz& a, const npz& b) {
        return a.others_ == b.others_ && static_cast<const stored_tensors&>(a) == static_cast<const stored_tensors&>(b);
    }

    static constexpr std::string_view extension = ".npy";
    /// The name of the array in a member, which is the member's without ".npy".
    static std::string array_name(const std::string& member) {
        return member.substr(0, member.size() - (member.ends_with(extension) ? extension.size() : 0));
    }

private:
    std::vector<other_member> others_;
};

/// The content of an .npz file given as bytes, stored or compressed, all of it checked. `origin` is what messages call
/// it. Throws io_error naming origin, array, what was expected and what was found.
inline npz parse_npz(std::span<const std::byte> file, std::string origin = "npz in memory") {
    const detail::zip_reader archive(file, origin);
    npz result(origin);
    for (const detail::zip_member& member : archive.members()) {
        const std::string called = origin + ": the member " + detail::in_quotes(member.name);
        if (!member.refusal.empty()) {
            result.add_other({member.name, std::nullopt}, called + " cannot be unpacked: " + member.refusal);
            continue;
        }
        std::vector<std::byte> content = archive.content(member);
        if (!member.name.ends_with(npz::extension)) {
            result.add_other({member.name, std::move(content)}, called + " is no .npy file");
            continue;
        }
        std::string name = npz::array_name(member.name);
        try {
            stored_tensor tensor = parse_npy(content, origin + ": tensor " + detail::in_quotes(name));
            result.add(std::move(name), std::move(tensor));
        } catch (const detail::no_numbers& refused) {
            result.add_other({member.name, std::move(content)}, refused.what());
        }
    }
    return result;
}

/// The bytes of an uncompressed .npz file with this content; equal contents give equal bytes. Throws io_error if NumPy
/// has no such dtype, or for a member whose bytes could not be unpacked.
inline std::vector<std::byte> serialise_npz(const npz& file) {
    detail::zip_writer archive;
    for (const std::string& name : file.names())
        archive.add(name + std::string(npz::extension), serialise_npy(file[name]));
    for (const npz::other_member& other : file.others()) {
        if (!other.content)
            throw io_error(file.origin() + ": the member " + detail::in_quotes(other.member) +
                           " could not be unpacked and cannot be stored again");
        archive.add(other.member, *other.content);
    }
    return std::move(archive).finish();
}

/// Reads and checks the file at `path`. Throws io_error naming the path and what is wrong.
inline npz load_npz(const std::filesystem::path& path) { return parse_npz(read_file(path), path.string()); }

/// Writes `file` to `path` as write_file does: after a crash the path holds the old content or the new one. Throws
/// io_error if it cannot be written or NumPy cannot hold it.
inline void save_npz(const std::filesystem::path& path, const npz& file) { write_file(path, serialise_npz(file)); }

}  // namespace xtn
