// SPDX-License-Identifier: BSD-3-Clause
// ZIP archives (PKWARE, APPNOTE.TXT 6.3.10), as far as .npz files need them: members stored or deflated, with or without
// ZIP64 fields; one disk, no encryption. From the end of the file backwards:
//
//     end record           where the central directory is; 0xFFFF... in a field: the ZIP64 end record before it says
//     central directory    for each member: name, method, CRC-32, packed and unpacked size, offset of the local header
//     members              local header (30 bytes, name, extra fields), packed bytes
//
// Written archives have ZIP64 fields throughout, so that there is one form for all sizes, and no time stamps, so that
// equal contents give equal bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/crc32.hpp>
#include <xtn/io/inflate.hpp>
#include <xtn/io/utf8.hpp>

namespace xtn::detail {

/// A member of an archive: where its local header begins, and its packed bytes.
struct zip_member {
    std::string name;
    std::uint64_t method, crc, packed, size, header, data = 0;
    std::string refusal{};  ///< why its content cannot be had, if it cannot
};

/// The members of an archive in its order, checked but for their content. Throws io_error, with `origin` before the
/// message.
class zip_reader {
public:
    zip_reader(std::span<const std::byte> file, const std::string& origin) : file_(file), origin_(origin) {
        const auto [begin, end, count] = find_directory();
        std::uint64_t at = begin;
        for (std::uint64_t i = 0; i < count; ++i) at = read_entry(at, end);
        if (at != end) fail("its directory has " + std::to_string(end - at) + " bytes too many");
        for (zip_member& m : members_) read_local_header(m, begin);
        check_overlap();
    }

    const std::vector<zip_member>& members() const { return members_; }

    /// The unpacked bytes of a member; their CRC-32 is right.
    std::vector<std::byte> content(const zip_member& m) const {
        if (!m.refusal.empty()) fail(m, m.refusal);
        const auto packed = file_.subspan(m.data, m.packed);
        std::vector<std::byte> bytes = m.method == 0 ? std::vector<std::byte>(packed.begin(), packed.end())
                                                     : inflate(packed, m.size, origin_ + ": " + in_quotes(m.name));
        if (crc32(bytes) != m.crc) fail(m, "its CRC-32 is not the one that the archive says; it is damaged");
        return bytes;
    }

private:
    [[noreturn]] void fail(const std::string& what) const { throw io_error(origin_ + ": zip archive: " + what); }
    [[noreturn]] void fail(const zip_member& m, const std::string& what) const {
        fail("member " + in_quotes(m.name) + ": " + what);
    }

    /// `bytes` bytes at `at` as a little-endian number.
    std::uint64_t number(std::uint64_t at, unsigned bytes) const {
        if (at > file_.size() || bytes > file_.size() - at) fail("it is truncated at byte " + std::to_string(at));
        std::uint64_t value = 0;
        for (unsigned i = bytes; i-- > 0;) value = (value << 8) | std::to_integer<std::uint64_t>(file_[at + i]);
        return value;
    }
    std::string text(std::uint64_t at, std::uint64_t bytes, std::uint64_t end) const {
        if (at > end || bytes > end - at) fail("a name exceeds its header at byte " + std::to_string(at));
        return std::string(reinterpret_cast<const char*>(file_.data()) + at, bytes);
    }

    struct directory {
        std::uint64_t begin, end, count;
    };
    directory find_directory() const {
        constexpr std::uint64_t record = 22, longest_comment = 0xFFFF;
        if (file_.size() < record) fail("a .npz file has at least 22 bytes, this one " + std::to_string(file_.size()));
        const std::uint64_t last = file_.size() - record;
        for (std::uint64_t comment = 0; comment <= std::min(last, longest_comment); ++comment) {
            const std::uint64_t at = last - comment;
            if (number(at, 4) != 0x06054b50 || number(at + 20, 2) != comment) continue;
            directory found{number(at + 16, 4), at, number(at + 10, 2)};
            std::uint64_t size = number(at + 12, 4);
            bool one_disk = number(at + 4, 4) == 0 && number(at + 8, 2) == found.count;
            if (at >= 20 && number(at - 20, 4) == 0x07064b50) {  // ZIP64: the record above is found by a locator
                const std::uint64_t wide = number(at - 12, 8);
                if (wide > at - 20 || number(wide, 4) != 0x06064b50) fail("its ZIP64 end record is missing");
                found = {number(wide + 48, 8), wide, number(wide + 32, 8)};
                size = number(wide + 40, 8);
                one_disk = number(wide + 16, 8) == 0 && number(wide + 24, 8) == found.count;
            }
            if (!one_disk) fail("it is spread over several disks");
            if (found.begin > found.end || found.end - found.begin != size)
                fail("its directory is said to have " + std::to_string(size) + " bytes from " +
                     std::to_string(found.begin) + " on, but its end record begins at " + std::to_string(found.end));
            return found;
        }
        fail("this is none, or it is truncated: there is no end record");
    }

    /// Reads the entry of the directory at `at` and returns where the next one begins.
    std::uint64_t read_entry(std::uint64_t at, std::uint64_t end) {
        if (at > end || end - at < 46 || number(at, 4) != 0x02014b50)
            fail("its directory is damaged at byte " + std::to_string(at));
        zip_member m{
            {}, number(at + 10, 2), number(at + 16, 4), number(at + 20, 4), number(at + 24, 4), number(at + 42, 4)};
        const std::uint64_t name = number(at + 28, 2), extra = number(at + 30, 2), comment = number(at + 32, 2);
        m.name = text(at + 46, name, end);
        if (extra + comment > end - at - 46 - name) fail(m, "its extra fields exceed the directory");
        // ZIP64: the fields that are all ones are in an extra field, in this order.
        const std::uint64_t extra_end = at + 46 + name + extra;
        for (std::uint64_t field = at + 46 + name; extra_end - field >= 4;) {
            const std::uint64_t id = number(field, 2), next = field + 4 + number(field + 2, 2);
            if (next > extra_end) fail(m, "its extra fields exceed their size");
            for (std::uint64_t* value : {&m.size, &m.packed, &m.header})
                if (id == 1 && *value == 0xFFFFFFFF) {
                    if (next - field < 12) fail(m, "its ZIP64 field is too short");
                    *value = number(field + 4, 8);
                    field += 8;
                }
            field = next;
        }
        if (number(at + 34, 2) != 0) fail(m, "it is on another disk");
        if ((number(at + 8, 2) & 1) != 0)
            m.refusal = "it is encrypted";
        else if (m.method != 0 && m.method != 8)
            m.refusal =
                "its compression method is " + std::to_string(m.method) + "; stored (0) and deflated (8) are read";
        if (m.method == 0 && m.refusal.empty() && m.packed != m.size)
            fail(m, "it is stored, yet has " + std::to_string(m.packed) + " bytes in the file and " +
                        std::to_string(m.size) + " outside");
        members_.push_back(std::move(m));
        return extra_end + comment;
    }

    /// Finds a member's bytes and checks that they lie before the directory.
    void read_local_header(zip_member& m, std::uint64_t end) const {
        if (m.header > end || end - m.header < 30 || number(m.header, 4) != 0x04034b50)
            fail(m, "there is no local header at byte " + std::to_string(m.header));
        const std::uint64_t name = number(m.header + 26, 2), extra = number(m.header + 28, 2);
        if (text(m.header + 30, name, end) != m.name) fail(m, "its local header has another name");
        m.data = m.header + 30 + name + extra;
        if (m.data > end || m.packed > end - m.data)
            fail(m, "its " + std::to_string(m.packed) + " bytes exceed the file; it is truncated");
    }

    void check_overlap() const {
        std::vector<const zip_member*> sorted;
        for (const zip_member& m : members_) sorted.push_back(&m);
        std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->header < b->header; });
        for (std::size_t i = 1; i < sorted.size(); ++i)
            if (sorted[i]->header < sorted[i - 1]->data + sorted[i - 1]->packed)
                fail(*sorted[i], "its bytes overlap those of " + in_quotes(sorted[i - 1]->name));
    }

    std::span<const std::byte> file_;
    const std::string& origin_;
    std::vector<zip_member> members_;
};

/// An archive that grows member by member.
class zip_writer {
public:
    /// Appends a member, stored. `name` is UTF-8 of at most 65535 bytes.
    void add(std::string_view name, std::span<const std::byte> content) {
        const std::uint32_t crc = crc32(content);
        const std::uint64_t header = bytes_.size(), size = content.size();
        put(bytes_, {{0x04034b50, 4}});
        describe(bytes_, crc, name.size(), 20);
        append(bytes_, name);
        put(bytes_, {{1, 2}, {16, 2}, {size, 8}, {size, 8}});
        bytes_.insert(bytes_.end(), content.begin(), content.end());

        put(directory_, {{0x02014b50, 4}, {45, 2}});
        describe(directory_, crc, name.size(), 28);
        put(directory_, {{0, 2}, {0, 2}, {0, 2}, {0, 4}, {0xFFFFFFFF, 4}});  // comment, disk, attributes, offset
        append(directory_, name);
        put(directory_, {{1, 2}, {24, 2}, {size, 8}, {size, 8}, {header, 8}});
        ++count_;
    }

    /// The archive.
    std::vector<std::byte> finish() && {
        const std::uint64_t begin = bytes_.size(), size = directory_.size(), end = begin + size;
        bytes_.insert(bytes_.end(), directory_.begin(), directory_.end());
        put(bytes_, {{0x06064b50, 4}, {44, 8}, {45, 2}, {45, 2}, {0, 4}, {0, 4}, {count_, 8}, {count_, 8}, {size, 8}});
        put(bytes_, {{begin, 8}});
        put(bytes_, {{0x07064b50, 4}, {0, 4}, {end, 8}, {1, 4}});
        put(bytes_, {{0x06054b50, 4}, {0, 2}, {0, 2}, {0xFFFF, 2}, {0xFFFF, 2}, {0xFFFFFFFF, 4}, {0xFFFFFFFF, 4}});
        put(bytes_, {{0, 2}});
        return std::move(bytes_);
    }

private:
    struct field {
        std::uint64_t value;
        unsigned bytes;
    };
    static void put(std::vector<std::byte>& to, std::initializer_list<field> fields) {
        for (const field& f : fields)
            for (unsigned i = 0; i < f.bytes; ++i) to.push_back(static_cast<std::byte>(f.value >> (8 * i)));
    }
    /// What local header and directory say alike: version 4.5, a name in UTF-8, stored, 1 January 1980, sizes in ZIP64.
    static void describe(std::vector<std::byte>& to, std::uint32_t crc, std::size_t name, std::uint64_t extra) {
        put(to, {{45, 2}, {0x800, 2}, {0, 2}, {0, 2}, {0x21, 2}, {crc, 4}, {0xFFFFFFFF, 4}, {0xFFFFFFFF, 4}});
        put(to, {{name, 2}, {extra, 2}});
    }
    static void append(std::vector<std::byte>& to, std::string_view text) {
        const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
        to.insert(to.end(), bytes.begin(), bytes.end());
    }

    std::vector<std::byte> bytes_, directory_;
    std::uint64_t count_ = 0;
};

}  // namespace xtn::detail
