// SPDX-License-Identifier: BSD-3-Clause
#include "data.hpp"

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <system_error>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xtn/io/atomic_file.hpp>
#include <xtn/io/markov_corpus.hpp>

#include "team.hpp"
#include "xtn_paths.hpp"

namespace examples {

namespace {

/// The text file that `path` means, if it is there.
std::optional<std::filesystem::path> find_text(const std::filesystem::path& path) {
    std::error_code none;
    for (const char* inside : {"", "input.txt", "tinyshakespeare/input.txt"}) {
        const auto candidate = *inside ? path / inside : path;
        const auto status = std::filesystem::status(candidate, none);
        if (std::filesystem::exists(status) && !std::filesystem::is_directory(status)) return candidate;
    }
    return std::nullopt;
}

/// Runs a program found in PATH, without a shell; true if it ended with 0.
bool run_program(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    ::pid_t child = 0;
    if (::posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return false;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// True if sha256sum finds that the file is the Tiny Shakespeare of the published experiments.
bool is_tiny_shakespeare(const std::filesystem::path& file) {
    const auto list = file.string() + ".sha256";
    xtn::write_file(list, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed  " + file.string() + "\n");
    return run_program({"sha256sum", "--check", "--status", list});
}

/// Tiny Shakespeare in the user's cache, fetched if need be and always verified; nothing if that does not work within
/// about half a minute.
std::optional<std::filesystem::path> download_tiny_shakespeare(std::ostream& log) {
    const std::string url = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt";
    auto cache = std::filesystem::temp_directory_path();
    if (const auto home = environment_path("HOME")) cache = *home / ".cache";
    if (const auto xdg = environment_path("XDG_CACHE_HOME")) cache = *xdg;
    const auto file = cache / "xtn" / "tinyshakespeare" / "input.txt";
    try {
        std::filesystem::create_directories(file.parent_path());
        if (std::filesystem::exists(file) && is_tiny_shakespeare(file)) return file;

        log << "data: fetching " << url << std::endl;
        const std::filesystem::path part = file.string() + "." + std::to_string(::getpid()) + ".part";
        const bool fetched =
            run_program({"curl", "-fsSL", "--connect-timeout", "5", "--max-time", "30", "-o", part.string(), url}) ||
            run_program({"wget", "-q", "--tries=1", "--timeout=10", "-O", part.string(), url});
        const bool verified = fetched && is_tiny_shakespeare(part);
        if (verified) std::filesystem::rename(part, file);
        std::error_code none;
        std::filesystem::remove(part, none);
        std::filesystem::remove(part.string() + ".sha256", none);
        if (verified) return file;
        log << (fetched ? "data: what came is not the expected file (or there is no sha256sum), so it is not used\n"
                        : "data: the network did not give it\n");
    } catch (const std::exception& e) {
        log << "data: no download: " << e.what() << "\n";
    }
    return std::nullopt;
}

}  // namespace

std::vector<std::filesystem::path> data_directories() {
    std::vector<std::filesystem::path> all{"data", "../shared/data"};
    all.push_back(std::filesystem::path(XTN_SOURCE_DIR) / "data");
    all.push_back(std::filesystem::path(XTN_SOURCE_DIR) / "../shared/data");
    return all;
}

std::optional<std::filesystem::path> environment_path(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::filesystem::path(value);
}

corpus_source find_corpus(const corpus_options& options, std::ostream& log) {
    const auto same = [](const xtn::text_corpus& corpus) {
        require_same_bytes("text: ", std::as_bytes(corpus.tokens()));
    };
    const auto use = [&](const std::filesystem::path& file, const std::string& why) {
        xtn::text_corpus corpus = xtn::load_text_corpus(file);
        same(corpus);
        std::string description = file.string() + " (" + why + "), " + std::to_string(corpus.tokens().size()) +
                                  " characters, " + std::to_string(corpus.characters().size()) + " distinct";
        log << "data: " << description << std::endl;
        return corpus_source{std::move(corpus), std::move(description), std::nullopt};
    };

    if (const auto found =
            find_data(options.data, options.directories,
                      "no text file and no directory with input.txt or tinyshakespeare/input.txt", find_text))
        return use(found->first, found->second);
    if (options.download)
        if (const auto file = download_tiny_shakespeare(log)) return use(*file, "downloaded, SHA-256 verified");

    const xtn::markov_source source(options.generated_seed);
    xtn::text_corpus corpus(source.generate(options.generated_length, options.generated_seed), "generated text");
    same(corpus);
    std::string description = "GENERATED text, not Shakespeare: Markov source of order 2, seed " +
                              std::to_string(options.generated_seed) + ", " + std::to_string(corpus.tokens().size()) +
                              " characters, " + std::to_string(corpus.characters().size()) +
                              " distinct; entropy rate " + std::to_string(source.entropy_rate()) +
                              " nats per character, the floor of the expected loss";
    log << "data: " << description << "\ndata: for Tiny Shakespeare give --data or XTN_DATA" << std::endl;
    return {std::move(corpus), std::move(description), source.entropy_rate()};
}

}  // namespace examples
