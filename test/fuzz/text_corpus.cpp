// SPDX-License-Identifier: BSD-3-Clause
// libFuzzer target: bytes are either refused with xtn::io_error or a corpus whose tokens give the same bytes back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <xtn/io/text_corpus.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const xtn::text_corpus corpus(text);
        const xtn::vocabulary& characters = corpus.characters();
        if (characters.decode(corpus.tokens()) != text) std::abort();
        if (xtn::vocabulary::from_utf8(characters.to_utf8()) != characters) std::abort();
    } catch (const xtn::io_error&) {
        if (!text.empty() && xtn::valid_utf8_prefix(text) == text.size()) std::abort();
    }
    return 0;
}
