// SPDX-License-Identifier: BSD-3-Clause
// .npy and .npz from a liar: every claim of a header that is not true has an error of its own.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xtn/io/npz.hpp>

#include "scratch.hpp"
#include "xtn_paths.hpp"

BOOST_AUTO_TEST_SUITE(npy_hostile)

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string little(std::uint64_t value, unsigned bytes) {
    std::string text;
    for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    return text;
}

/// A file of version 1.0 with this dictionary and `data` zeros.
std::string npy_of(const std::string& dictionary, std::size_t data = 0) {
    return "\x93NUMPY" + std::string("\1\0", 2) + little(dictionary.size(), 2) + dictionary + std::string(data, '\0');
}

std::string dictionary(const std::string& descr, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }\n";
}

void refused(const std::string& file, std::initializer_list<std::string_view> parts) {
    check_error<xtn::io_error>([&] { xtn::parse_npy(bytes_of(file), "hostile"); }, parts);
    check_error<xtn::io_error>([&] { xtn::parse_npy(bytes_of(file), "hostile"); }, {"hostile"});
}

void refused_dictionary(const std::string& text, std::initializer_list<std::string_view> parts) {
    refused(npy_of(text, 8), parts);
}

/// An archive with two small arrays, and the same with some bytes replaced.
std::string archive() {
    xtn::npz file;
    file.add<float>("a", {2}, std::vector<float>{1, 2});
    file.add<std::int64_t>("bc", {}, std::vector<std::int64_t>{3});
    const auto bytes = xtn::serialise_npz(file);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string patched(std::size_t at, const std::string& with) { return archive().replace(at, with.size(), with); }

void refused_archive(const std::string& file, std::initializer_list<std::string_view> parts) {
    check_error<xtn::io_error>([&] { xtn::parse_npz(bytes_of(file), "hostile"); }, parts);
    check_error<xtn::io_error>([&] { xtn::parse_npz(bytes_of(file), "hostile"); }, {"hostile"});
}

void refused_deflate(std::string_view packed, std::size_t size, std::initializer_list<std::string_view> parts) {
    check_error<xtn::io_error>([&] { xtn::detail::inflate(bytes_of(packed), size, "hostile"); }, parts);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_builders_of_this_file_make_valid_files) {
    BOOST_TEST(xtn::parse_npy(bytes_of(npy_of(dictionary("'<f4'", "(2,)"), 8))).size() == 2u);
    BOOST_TEST(xtn::parse_npy(bytes_of(npy_of("{\"shape\":(),'fortran_order':True,'descr':'|u1'}", 1))).size() == 1u);
    BOOST_TEST(xtn::parse_npy(bytes_of(npy_of(dictionary("'<f4'", "(0, 9223372036854775807, 9,)")))).size() == 0u);
    BOOST_TEST(xtn::parse_npz(bytes_of(archive())).size() == 2u);
}

BOOST_AUTO_TEST_CASE(truncated_or_extended_anywhere) {
    const std::string file = npy_of(dictionary("'<f4'", "(2,)"), 8);
    for (std::size_t n = 0; n < file.size(); ++n)
        BOOST_CHECK_THROW(xtn::parse_npy(bytes_of(file.substr(0, n))), xtn::io_error);
    refused(file + "x", {"[2]", "F32", "takes 8", "holds 9", "more than one array"});
    refused(file.substr(0, file.size() - 1), {"takes 8", "holds 7", "truncated"});
    const std::string zip = archive();
    for (std::size_t n = 0; n < zip.size(); ++n)
        BOOST_CHECK_THROW(xtn::parse_npz(bytes_of(zip.substr(0, n))), xtn::io_error);
    refused_archive(zip + "x", {"no end record"});
}

BOOST_AUTO_TEST_CASE(any_changed_byte_is_refused_or_harmless) {
    const std::string zip = archive();
    const xtn::npz whole = xtn::parse_npz(bytes_of(zip));
    std::size_t refusals = 0;
    for (std::size_t i = 0; i < zip.size(); ++i)
        for (unsigned value = 0; value < 256; value += 5) {
            std::string changed = zip;
            changed[i] = static_cast<char>(value);
            try {
                const auto read = xtn::parse_npz(bytes_of(changed));
                BOOST_REQUIRE((xtn::parse_npz(xtn::serialise_npz(read)) == read));
                for (const std::string& name : read.names())  // no content passes that is not what was written
                    BOOST_REQUIRE((read[name] == whole[name.size() == 1 ? "a" : "bc"]));
            } catch (const xtn::io_error&) {
                ++refusals;
            }
        }
    BOOST_TEST(refusals > zip.size() * 25);
}

BOOST_AUTO_TEST_CASE(npy_magic_and_version) {
    refused("", {"no .npy file"});
    refused("\x93NUMPX" + std::string(20, '\0'), {"no .npy file"});
    refused("\x93NUMPY\1", {"10 bytes", "truncated"});
    refused("\x93NUMPY\2" + std::string(3, '\0'), {"12 bytes", "truncated"});
    refused("\x93NUMPY\4" + std::string(20, '\0'), {"this is 4.0"});
    refused("\x93NUMPY\1\1" + std::string(20, '\0'), {"this is 1.1"});
    refused("\x93NUMPY\1" + std::string(1, '\0') + "\xff\xff{}", {"65535", "only 2 follow"});
    refused("\x93NUMPY\2" + std::string(1, '\0') + "\xff\xff\xff\xff{}", {"4294967295", "only 2 follow"});
}

BOOST_AUTO_TEST_CASE(npy_dictionaries) {
    refused_dictionary("", {"expected '{'", "the end"});
    refused_dictionary("[]", {"expected '{'"});
    refused_dictionary("{", {"expected a string", "the end"});
    refused_dictionary("{}", {"\"descr\" is missing"});
    refused_dictionary("{'descr': '<f4', 'shape': (2,)}", {"\"fortran_order\" is missing"});
    refused_dictionary("{'descr': '<f4', 'fortran_order': False}", {"\"shape\" is missing"});
    refused_dictionary("{'descr': '<f4', 'descr': '<f4'}", {"\"descr\"", "twice"});
    refused_dictionary("{'color': 1}", {"unknown key \"color\""});
    refused_dictionary("{'descr' '<f4'}", {"expected ':'"});
    refused_dictionary("{'descr': '<f4' 'shape': ()}", {"expected '}'"});
    refused_dictionary("{'descr: 1}", {"expected a string"});
    refused_dictionary(dictionary("'<f4'", "(2,)") + "import os", {"follows", "import os"});
    refused_dictionary("{'fortran_order': 1}", {"True or False"});
    refused_dictionary(std::string(60000, '{'), {"expected a string"});
}

BOOST_AUTO_TEST_CASE(npy_shapes) {
    const auto shape = [](const std::string& s, std::initializer_list<std::string_view> parts) {
        refused_dictionary(dictionary("'<f4'", s), parts);
    };
    shape("2", {"expected '('"});
    shape("[2]", {"expected '('"});
    shape("(2)", {"tuple", "(3,)"});
    shape("(-2,)", {"integers from 0", "-2"});
    shape("(2.0,)", {"found \".0"});
    shape("(2LL,)", {"found \"L,"});
    shape("(L,)", {"integers"});
    shape("(,)", {"integers"});
    shape("(2,,)", {"integers"});
    shape("(18446744073709551616,)", {"64 bits"});
    shape("(4611686018427387904, 4)", {"overflows"});
    shape("(4611686018427387904, 4, 0)", {"overflows"});
    shape("(3,)", {"[3]", "takes 12", "holds 8", "truncated"});
    std::string ones = "(";
    for (int i = 0; i < 65; ++i) ones += "1, ";
    shape(ones + ")", {"64 axes"});
}

BOOST_AUTO_TEST_CASE(npy_dtypes) {
    const auto descr = [](const std::string& d, std::initializer_list<std::string_view> parts) {
        refused_dictionary(dictionary(d, "(2,)"), parts);
    };
    descr("'=='", {"not a bool"});
    descr("'<<f8'", {"not a bool"});
    descr("uu'<f8'", {"expected a string"});
    descr("b'<f8'", {"expected a string"});
    descr("'float63'", {"not a bool"});
    descr("'<f5'", {"\"<f5\"", "not a bool"});
    descr("''", {"not a bool"});
    descr("'<'", {"not a bool"});
    descr("4", {"expected a string"});
    const auto file = [](const char* name, std::initializer_list<std::string_view> parts) {
        check_error<xtn::io_error>([&] { xtn::load_npy(std::string(XTN_TEST_DATA "/npy/refused_") + name); }, parts);
    };
    file("object.npy", {"refused_object", "pickled", "runs code"});
    file("record.npy", {"structured"});
    file("text.npy", {"\"<U4\"", "not a bool"});
    file("date.npy", {"M8[s]", "not a bool"});
    file("long_double.npy", {"\"<f16\"", "up to 8 bytes"});
}

BOOST_AUTO_TEST_CASE(archives) {
    // Member a: local header at 0 (30 bytes, 5 of name, 20 extra), content at 55; then bc; then the directory, whose
    // entries have 46 bytes, a name and 28 extra.
    const std::string zip = archive();
    const std::size_t entry = zip.find("PK\1\2"), other = zip.find("PK\1\2", entry + 4), wide_end = zip.find("PK\6\6"),
                      end = zip.find("PK\5\6");
    refused_archive(std::string(22, '\0'), {"no end record"});
    refused_archive("short", {"at least 22 bytes"});
    refused_archive(patched(55 + 70, "X"), {"\"a.npy\"", "CRC-32"});
    refused_archive(patched(30, "b"), {"another name"});
    refused_archive(patched(0, "PK\3\5"), {"\"a.npy\"", "no local header at byte 0"});
    refused_archive(patched(entry, "PK\1\3"), {"directory is damaged"});
    const auto other_member = [](const std::string& file, std::initializer_list<std::string_view> parts) {
        const xtn::npz read = xtn::parse_npz(bytes_of(file), "hostile");
        BOOST_TEST(read.names().size() == 1U);
        check_error<xtn::io_error>([&] { read["a"]; }, parts);
    };
    other_member(patched(entry + 8, "\1"), {"hostile", "\"a.npy\"", "encrypted"});
    other_member(patched(entry + 10, "\x0c"), {"\"a.npy\"", "method is 12"});
    refused_archive(patched(entry + 10, "\x08"), {"damaged"});
    refused_archive(patched(entry + 34, "\1"), {"another disk"});
    refused_archive(patched(entry + 46, "a.npX"), {"another name"});
    refused_archive(patched(other + 46 + 6 + 4 + 16, little(0, 8)), {"another name"});
    refused_archive(patched(other + 46 + 6 + 4 + 16, little(~std::uint64_t{0}, 8)), {"no local header"});
    refused_archive(patched(entry + 46 + 5 + 4, little(9, 8)), {"stored", "9 outside"});
    refused_archive(patched(entry + 46 + 5 + 4, little(~std::uint64_t{0}, 8) + little(~std::uint64_t{0}, 8)),
                    {"\"a.npy\"", "exceed the file"});
    refused_archive(patched(entry + 46 + 5 + 2, little(4, 2)), {"ZIP64 field is too short"});
    refused_archive(patched(entry + 46 + 5 + 2, little(0xFFFF, 2)), {"extra fields exceed"});
    refused_archive(patched(wide_end + 32, little(3, 8)), {"several disks"});
    refused_archive(patched(wide_end + 24, little(3, 8) + little(3, 8)), {"directory is damaged"});
    refused_archive(patched(wide_end + 24, little(1, 8) + little(1, 8)), {"bytes too many"});
    refused_archive(patched(wide_end + 48, little(~std::uint64_t{0}, 8)), {"its directory is said"});
    refused_archive(patched(wide_end + 40, little(1, 8)), {"its directory is said"});
    refused_archive(patched(end - 12, little(~std::uint64_t{0}, 8)), {"ZIP64 end record is missing"});

    // Two entries for the same bytes.
    std::string twin = zip.substr(0, other) + zip.substr(entry, other - entry) + zip.substr(wide_end);
    twin.replace(twin.find("PK\6\6") + 40, 8, little(2 * (other - entry), 8));
    twin.replace(twin.find("PK\5\6") - 12, 8, little(twin.find("PK\6\6"), 8));
    refused_archive(twin, {"overlap"});
}

BOOST_AUTO_TEST_CASE(names_in_archives) {
    xtn::detail::zip_writer twice;
    const auto content = xtn::serialise_npy(xtn::stored_tensor::of<float>({1}, std::vector<float>{1}));
    twice.add("w.npy", content);
    twice.add("w.npy", content);
    check_error<xtn::io_error>([&] { xtn::parse_npz(std::move(twice).finish()); }, {"\"w\"", "already"});
    xtn::detail::zip_writer alien;
    alien.add("notes.txt", content);
    alien.add("notes.txt.npy", content);
    check_error<xtn::io_error>([&] { xtn::parse_npz(std::move(alien).finish()); }, {"\"notes.txt\"", "already"});
    xtn::detail::zip_writer inner;
    inner.add("w.npy", bytes_of("no array"));
    check_error<xtn::io_error>([&] { xtn::parse_npz(std::move(inner).finish()); }, {"tensor \"w\"", "no .npy file"});
    xtn::detail::zip_writer bad;
    bad.add("\xff.npy", content);
    check_error<xtn::io_error>([&] { xtn::parse_npz(std::move(bad).finish()); }, {"UTF-8"});
}

BOOST_AUTO_TEST_CASE(deflated_data) {
    using namespace std::string_view_literals;
    BOOST_TEST(xtn::detail::inflate(bytes_of("\x03\0"sv), 0, "empty").empty());  // one block, its end
    refused_deflate("", 0, {"hostile", "end early"});
    refused_deflate("\x07", 0, {"no known kind"});
    refused_deflate("\x03\0x"sv, 0, {"something follows"});
    refused_deflate("\x03\0"sv, 1, {"unpack to 0", "announced were 1"});
    refused_deflate("\x03\0"sv, 5000, {"more than the format can"});
    refused_deflate("\x01\1\0\0\0x"sv, 1, {"two lengths disagree"});
    refused_deflate("\x01\2\0\xfd\xff"sv, 2, {"end early"});
    refused_deflate("\x01\2\0\xfd\xffxy"sv, 1, {"more than the announced size"});
    refused_deflate("\x03\2\0"sv, 9, {"before the start"});
    refused_deflate("\x4b\4\0"sv, 0, {"more than the announced size"});  // the letter a
    refused_deflate("\x1b\3"sv, 9, {"a length is not defined"});         // symbol 286, 11000110
    refused_deflate("\x05\xe0\x93\x24\x49\x92\x24\x49\x92\x00"sv, 9, {"too many words"});
    refused_deflate("\x05\0\0\0\0\0\0\0\0\0"sv, 9, {"incomplete"});
    refused_deflate("\xfd\0\0"sv, 9, {"more symbols than there are"});
}

BOOST_AUTO_TEST_CASE(any_change_of_deflated_data_is_an_error_or_data) {
    // Without the CRC-32 of an archive around them.
    const auto file = xtn::read_file(XTN_TEST_DATA "/npy/deflated.npz");
    const xtn::detail::zip_reader zip(file, "reference");
    const auto& ramp = zip.members().front();
    std::vector<std::byte> packed(file.begin() + static_cast<std::ptrdiff_t>(ramp.data),
                                  file.begin() + static_cast<std::ptrdiff_t>(ramp.data + ramp.packed));
    std::size_t errors = 0;
    for (std::size_t i = 0; i < packed.size(); ++i) {
        const std::byte before = packed[i];
        packed[i] ^= static_cast<std::byte>(1u << (i % 8));
        try {
            BOOST_REQUIRE(xtn::detail::inflate(packed, ramp.size, "changed").size() == ramp.size);
        } catch (const xtn::io_error&) {
            ++errors;
        }
        packed[i] = before;
    }
    BOOST_TEST(errors > packed.size() / 4);
}

BOOST_AUTO_TEST_SUITE_END()
