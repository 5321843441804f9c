// SPDX-License-Identifier: BSD-3-Clause
// gzip (RFC 1952): one or more members after another, perhaps padded with zeros,
//
//     10 bytes   1f 8b, method 8, flags, time, two more
//     optional   extra field, name, comment, CRC-16 of the header
//     deflated data (RFC 1951)
//     8 bytes    CRC-32 and size modulo 2^32 of what they unpack to
//
// Hostile until checked: nothing unpacks to more than a limit of the caller's, and memory follows what has come out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>
#include <xtn/io/crc32.hpp>
#include <xtn/io/inflate.hpp>

namespace xtn {

/// Whether bytes begin as gzip data do.
inline bool is_gzip(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

namespace detail {

/// The members of gzip data, one after another. Throws io_error, with `origin` before the message.
class gzip_reader {
public:
    gzip_reader(std::span<const std::byte> packed, const std::string& origin) : packed_(packed), origin_(origin) {}

    std::vector<std::byte> unpack(std::size_t limit) {
        // The last four bytes are mostly the whole size; memory for more than is common comes as it is needed.
        const std::size_t told = packed_.size() < 4 ? 0 : number(packed_.size() - 4, 4);
        std::vector<std::byte> all;
        do {
            skip_header();
            bit_reader in(packed_.subspan(at_), origin_);
            inflated_bytes out(limit - all.size(), std::min(told, 16 * in.left()));
            inflate_blocks(in, out);
            std::vector<std::byte> member = std::move(out).take();
            at_ = packed_.size() - in.left();
            if (number(at_, 4) != crc32(member)) fail("their CRC-32 is not the one that they say; they are damaged");
            if (number(at_ + 4, 4) != (member.size() & 0xFFFFFFFF))
                fail("they unpack to " + std::to_string(member.size()) + " bytes, but say " +
                     std::to_string(number(at_ + 4, 4)) + " (modulo 2^32)");
            at_ += 8;
            if (all.empty())
                all = std::move(member);
            else
                all.insert(all.end(), member.begin(), member.end());
        } while (is_gzip(packed_.subspan(at_)));
        if (std::any_of(packed_.begin() + static_cast<std::ptrdiff_t>(at_), packed_.end(),
                        [](std::byte b) { return b != std::byte{0}; }))
            fail("something follows them at byte " + std::to_string(at_));
        return all;
    }

private:
    [[noreturn]] void fail(const std::string& what) const { throw io_error(origin_ + ": gzip data: " + what); }

    /// `bytes` bytes at `at` as a little-endian number.
    std::size_t number(std::size_t at, unsigned bytes) const {
        if (at > packed_.size() || bytes > packed_.size() - at) fail("they end early");
        std::size_t value = 0;
        for (unsigned i = bytes; i-- > 0;) value = (value << 8) | std::to_integer<std::size_t>(packed_[at + i]);
        return value;
    }

    void skip_header() {
        const std::size_t begin = at_;
        if (!is_gzip(packed_.subspan(at_))) fail("they do not begin with 1f 8b");
        const std::size_t method = number(at_ + 2, 1), flags = number(at_ + 3, 1);
        if (method != 8) fail("their method is " + std::to_string(method) + "; 8, deflated, is read");
        if ((flags & 0xE0) != 0) fail("flags are set that have no meaning");
        at_ += 10;
        if ((flags & 4) != 0) at_ += 2 + number(at_, 2);
        for (const std::size_t text : {flags & 8, flags & 16})  // a name, a comment
            if (text != 0)
                while (number(at_++, 1) != 0) {
                }
        if ((flags & 2) != 0) {
            if (at_ > packed_.size()) fail("they end early");
            if (number(at_, 2) != (crc32(packed_.subspan(begin, at_ - begin)) & 0xFFFF))
                fail("the CRC-16 of their header is wrong");
            at_ += 2;
        }
        if (at_ > packed_.size()) fail("they end early");
    }

    std::span<const std::byte> packed_;
    const std::string& origin_;
    std::size_t at_ = 0;
};

}  // namespace detail

/// What gzip data unpack to, at most `limit` bytes. `origin` is what messages call them. Throws io_error naming origin and
/// what is wrong.
inline std::vector<std::byte> gunzip(std::span<const std::byte> packed, std::size_t limit,
                                     const std::string& origin = "gzip in memory") {
    return detail::gzip_reader(packed, origin).unpack(limit);
}

namespace detail {

/// What is in a file that may be packed, once; `room` holds what was unpacked.
inline std::span<const std::byte> unpacked(std::span<const std::byte> file, std::size_t limit,
                                           const std::string& origin, std::vector<std::byte>& room) {
    if (!is_gzip(file)) return file;
    room = gunzip(file, limit, origin);
    return room;
}

}  // namespace detail
}  // namespace xtn
