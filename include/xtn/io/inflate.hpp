// SPDX-License-Identifier: BSD-3-Clause
// The DEFLATE format, RFC 1951, decompression only: stored blocks, and blocks in fixed or transmitted Huffman codes over
// literals, lengths and distances. What numpy.savez_compressed and gzip write can so be read without another library to
// link.
//
// The input is hostile until checked: a code that is over-subscribed, incomplete or undefined, a distance before the
// start, and an output of another size than announced are errors.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <xtn/core/error.hpp>

namespace xtn::detail {

/// DEFLATE makes at most so many bytes of one: 258 of the two bits of a length and a distance.
inline constexpr std::size_t largest_inflation = 1032;

/// Bits of a byte string, least significant first.
class bit_reader {
public:
    bit_reader(std::span<const std::byte> bytes, const std::string& origin) : bytes_(bytes), origin_(origin) {}

    [[noreturn]] void fail(const std::string& what) const {
        throw io_error(origin_ + ": the compressed data are damaged: " + what);
    }

    /// The next n <= 16 bits without moving on; zeros beyond the end.
    std::uint32_t peek(unsigned n) {
        for (; count_ < n && next_ < bytes_.size(); count_ += 8)
            bits_ |= std::to_integer<std::uint64_t>(bytes_[next_++]) << count_;
        return static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << n) - 1));
    }
    void drop(unsigned n) {
        if (n > count_) fail("they end early");
        bits_ >>= n;
        count_ -= n;
    }
    std::uint32_t take(unsigned n) {
        const std::uint32_t value = peek(n);
        drop(n);
        return value;
    }

    /// Goes to the next byte boundary and takes n bytes from there.
    std::span<const std::byte> take_bytes(std::size_t n) {
        drop(count_ % 8);
        next_ -= count_ / 8;
        bits_ = count_ = 0;
        if (n > bytes_.size() - next_) fail("they end early");
        next_ += n;
        return bytes_.subspan(next_ - n, n);
    }
    /// Whole bytes that nobody has asked for.
    std::size_t left() const { return bytes_.size() - next_ + count_ / 8; }

private:
    std::span<const std::byte> bytes_;
    const std::string& origin_;
    std::size_t next_ = 0;
    std::uint64_t bits_ = 0;
    unsigned count_ = 0;
};

/// A canonical Huffman code given by the length of each symbol's code word, 0 for symbols that do not occur.
class huffman_code {
public:
    /// Fails unless the code words fill the tree. One word of one bit, or none, may stand alone where `may_be_short`.
    huffman_code(std::span<const std::uint8_t> lengths, bool may_be_short, const bit_reader& in) {
        for (const std::uint8_t length : lengths) ++count_[length];
        const std::size_t words = lengths.size() - count_[0];
        count_[0] = 0;
        int free = 1;
        for (unsigned length = 1; length <= longest; ++length) {
            free = 2 * free - count_[length];
            if (free < 0) in.fail("a Huffman code has too many words");
        }
        if (free > 0 && !(may_be_short && (words == 0 || (words == 1 && count_[1] == 1))))
            in.fail("a Huffman code is incomplete");

        std::array<std::uint16_t, longest + 2> first{}, word{};
        for (unsigned length = 1; length <= longest; ++length) {
            first[length + 1] = static_cast<std::uint16_t>(first[length] + count_[length]);
            word[length + 1] = static_cast<std::uint16_t>((word[length] + count_[length]) << 1);
        }
        for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
            const unsigned length = lengths[symbol];
            if (length == 0) continue;
            symbols_[first[length]++] = static_cast<std::uint16_t>(symbol);
            std::uint32_t reversed = 0;
            for (unsigned i = 0; i < length; ++i) reversed |= ((word[length] >> i) & 1u) << (length - 1 - i);
            ++word[length];
            if (length <= table_bits)
                for (std::size_t at = reversed; at < table_.size(); at += std::size_t{1} << length)
                    table_[at] = {static_cast<std::uint16_t>(symbol), static_cast<std::uint8_t>(length)};
        }
    }

    /// The next symbol.
    std::uint16_t decode(bit_reader& in) const {
        const entry& found = table_[in.peek(table_bits)];
        if (found.length != 0) {
            in.drop(found.length);
            return found.symbol;
        }
        // A longer word: the words of each length are consecutive numbers, most significant bit first.
        const std::uint32_t bits = in.peek(longest);
        int word = 0, first = 0, index = 0;
        for (unsigned length = 1; length <= longest; ++length) {
            word |= static_cast<int>((bits >> (length - 1)) & 1u);
            if (word - first < count_[length]) {
                in.drop(length);
                return symbols_[static_cast<std::size_t>(index + word - first)];
            }
            index += count_[length];
            first = (first + count_[length]) << 1;
            word <<= 1;
        }
        in.fail("a code word is not defined");
    }

private:
    static constexpr unsigned longest = 15, table_bits = 9;
    struct entry {
        std::uint16_t symbol;
        std::uint8_t length;
    };

    std::array<std::uint16_t, longest + 1> count_{};
    std::array<std::uint16_t, 288> symbols_{};
    std::array<entry, 1u << table_bits> table_{};
};

/// The literal/length code and the distance code of a block.
struct deflate_codes {
    huffman_code literals, distances;

    /// RFC 1951, 3.2.6.
    static const deflate_codes& fixed() {
        static const deflate_codes codes = [] {
            std::array<std::uint8_t, 288> lengths;
            std::fill(lengths.begin(), lengths.begin() + 144, std::uint8_t{8});
            std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
            std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
            std::fill(lengths.begin() + 280, lengths.end(), std::uint8_t{8});
            std::array<std::uint8_t, 32> fives;
            fives.fill(5);
            const std::string nobody;
            const bit_reader none({}, nobody);
            return deflate_codes{huffman_code(lengths, false, none), huffman_code(fives, false, none)};
        }();
        return codes;
    }

    /// RFC 1951, 3.2.7: run lengths of code lengths, themselves in a Huffman code.
    static deflate_codes transmitted(bit_reader& in) {
        constexpr std::array<std::uint8_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
        const std::size_t literal_count = in.take(5) + 257, distance_count = in.take(5) + 1, words = in.take(4) + 4;
        const std::size_t count = literal_count + distance_count;
        if (literal_count > 286 || distance_count > 30) in.fail("a block has more symbols than there are");
        std::array<std::uint8_t, 19> lengths_of_lengths{};
        for (std::size_t i = 0; i < words; ++i) lengths_of_lengths[order[i]] = static_cast<std::uint8_t>(in.take(3));
        const huffman_code code(lengths_of_lengths, false, in);

        std::array<std::uint8_t, 286 + 30> lengths{};
        for (std::size_t i = 0; i < count;) {
            const std::uint16_t symbol = code.decode(in);
            if (symbol < 16) {
                lengths[i++] = static_cast<std::uint8_t>(symbol);
                continue;
            }
            if (symbol == 16 && i == 0) in.fail("the first code length repeats the one before");
            const std::size_t times = symbol == 16 ? 3 + in.take(2) : symbol == 17 ? 3 + in.take(3) : 11 + in.take(7);
            if (times > count - i) in.fail("there are more code lengths than symbols");
            std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(i), times,
                        symbol == 16 ? lengths[i - 1] : std::uint8_t{0});
            i += times;
        }
        if (lengths[256] == 0) in.fail("a block has no end");
        const std::span all(lengths);
        return {huffman_code(all.first(literal_count), true, in),
                huffman_code(all.subspan(literal_count, distance_count), true, in)};
    }
};

/// Bytes that grow up to a limit: memory follows what has come out, not what is announced.
class inflated_bytes {
public:
    /// With memory for the first `expected` of them.
    inflated_bytes(std::size_t limit, std::size_t expected) : bytes_(std::min(limit, expected)), limit_(limit) {}

    std::size_t size() const { return size_; }
    /// Memory for n more behind the size() that there are.
    std::byte* room(std::size_t n, const bit_reader& in) {
        if (n > limit_ - size_) in.fail("they unpack to more than the announced size");
        if (n > bytes_.size() - size_) bytes_.resize(std::min(limit_, std::max(2 * bytes_.size(), size_ + n)));
        return bytes_.data() + size_;
    }
    /// So many have been written there.
    void grow(std::size_t n) { size_ += n; }
    std::vector<std::byte> take() && {
        bytes_.resize(size_);
        return std::move(bytes_);
    }

private:
    std::vector<std::byte> bytes_;
    std::size_t limit_, size_ = 0;
};

/// The literals and copies of one block, up to its end.
inline void inflate_block(const deflate_codes& codes, bit_reader& in, inflated_bytes& out) {
    constexpr std::array<std::uint16_t, 29> length_base{3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                                        31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    constexpr std::array<std::uint16_t, 30> distance_base{
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    for (;;) {
        const std::size_t symbol = codes.literals.decode(in);
        if (symbol == 256) return;
        if (symbol < 256) {
            *out.room(1, in) = static_cast<std::byte>(symbol);
            out.grow(1);
            continue;
        }
        const std::size_t l = symbol - 257;
        if (l >= length_base.size()) in.fail("a length is not defined");
        const std::size_t length = length_base[l] + in.take(l < 8 || l == 28 ? 0 : static_cast<unsigned>(l - 4) / 4);
        const std::size_t d = codes.distances.decode(in);
        if (d >= distance_base.size()) in.fail("a distance is not defined");
        const std::size_t distance = distance_base[d] + in.take(d < 4 ? 0 : static_cast<unsigned>(d - 2) / 2);
        if (distance > out.size()) in.fail("a distance goes back before the start");
        std::byte* const to = out.room(length, in);
        for (std::size_t i = 0; i < length; ++i) to[i] = *(to + i - distance);  // what was just written may be meant
        out.grow(length);
    }
}

/// The blocks of a stream, up to the end of the last.
inline void inflate_blocks(bit_reader& in, inflated_bytes& out) {
    for (bool last = false; !last;) {
        last = in.take(1) != 0;
        const std::uint32_t kind = in.take(2);
        if (kind == 0) {
            const auto lengths = in.take_bytes(4);
            const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(lengths[i]); };
            const std::size_t length = byte(0) | byte(1) << 8;
            if ((length ^ 0xFFFF) != (byte(2) | byte(3) << 8)) in.fail("a stored block's two lengths disagree");
            std::byte* const to = out.room(length, in);
            const auto block = in.take_bytes(length);
            std::copy(block.begin(), block.end(), to);
            out.grow(length);
        } else if (kind == 3) {
            in.fail("a block is of no known kind");
        } else {
            inflate_block(kind == 1 ? deflate_codes::fixed() : deflate_codes::transmitted(in), in, out);
        }
    }
}

/// `packed` -> exactly `size` bytes. Throws io_error, with `origin` before the message.
inline std::vector<std::byte> inflate(std::span<const std::byte> packed, std::size_t size, const std::string& origin) {
    bit_reader in(packed, origin);
    if (size / largest_inflation > packed.size())
        in.fail("they are said to unpack from " + std::to_string(packed.size()) + " to " + std::to_string(size) +
                " bytes, more than the format can");
    inflated_bytes out(size, size);
    inflate_blocks(in, out);
    if (out.size() != size)
        in.fail("they unpack to " + std::to_string(out.size()) + " bytes, announced were " + std::to_string(size));
    if (in.left() != 0) in.fail("something follows them");
    return std::move(out).take();
}

}  // namespace xtn::detail
