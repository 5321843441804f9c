// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <xtn/io/atomic_file.hpp>

#include "../../examples/common/progress.hpp"
#include "../../examples/common/run_record.hpp"
#include "../../examples/common/table.hpp"

BOOST_AUTO_TEST_SUITE(report)

/// A directory that goes with the test.
struct scratch {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("xtn_report_" + std::to_string(::getpid()));
    scratch() { std::filesystem::create_directories(path); }
    ~scratch() { std::filesystem::remove_all(path); }
};

BOOST_AUTO_TEST_CASE(numbers) {
    BOOST_TEST(examples::fixed(3.14159, 2) == "3.14");
    BOOST_TEST(examples::fixed(-2.0, 0) == "-2");
    BOOST_TEST(examples::grouped("-1234567.25") == "-1,234,567.25");
    BOOST_TEST(examples::grouped("123") == "123");
    BOOST_TEST(examples::grouped("1234") == "1,234");
    BOOST_TEST(examples::grouped("nan") == "nan");
    BOOST_TEST(examples::duration(59.6) == "1:00");
    BOOST_TEST(examples::duration(3725) == "1:02:05");
}

BOOST_AUTO_TEST_CASE(markdown_is_aligned) {
    examples::table t({"model", "χ", "parameters", "loss"});
    t.add_row({"dense", "–", 808448, 2.18478});
    t.add_row({"MPO a|b", 16, 9000, {-1.5, 2}});
    BOOST_TEST(t.markdown() ==
               "| model    | χ   | parameters |   loss |\n"
               "| -------- | --- | ---------: | -----: |\n"
               "| dense    | –   |    808,448 | 2.1848 |\n"
               "| MPO a\\|b | 16  |      9,000 |  -1.50 |\n");
    BOOST_CHECK_THROW(t.add_row({"too short"}), xtn::shape_error);
    BOOST_TEST(t.rows() == 2U);
}

BOOST_AUTO_TEST_CASE(record_holds_everything_and_resumes) {
    const scratch dir;
    const auto path = dir.path / "run.json";
    {
        examples::run_record record("trainer", {{"steps", 5}, {"out", "here"}}, 42);
        for (std::uint64_t step = 0; step < 4; ++step) record.measure("loss", step, 0.1 + static_cast<double>(step));
        record.measure("loss", 4, std::numeric_limits<double>::quiet_NaN());
        record.set("test_loss", 1.25);
        record.save(path);
    }
    const auto saved = nlohmann::json::parse(xtn::read_file<std::string>(path));
    for (const char* key :
         {"program", "git_revision", "started", "wall_seconds", "seed", "options", "compiler", "flags", "target",
          "blas", "blas_core", "float_products", "processor", "hardware_threads", "results", "series"})
        BOOST_TEST(saved.contains(key), key);
    BOOST_TEST(saved["seed"] == 42);
    BOOST_TEST(saved["options"]["out"] == "here");
    BOOST_TEST(saved["results"]["test_loss"] == 1.25);
    BOOST_TEST(saved["series"]["loss"]["value"][2] == 2.1);
    BOOST_TEST(saved["series"]["loss"]["value"][4].is_null());

    examples::run_record next("trainer", {}, 42);
    next.resume(path, 2);  // steps 2 to 4 are made again
    next.measure("loss", 2, 7.0);
    const auto resumed = next.to_json();
    BOOST_TEST(resumed["series"]["loss"]["step"] == (nlohmann::ordered_json{0, 1, 2}));
    BOOST_TEST(resumed["series"]["loss"]["value"] == (nlohmann::ordered_json{0.1, 1.1, 7.0}));
    BOOST_TEST(resumed["started"].get<std::string>() == saved["started"].get<std::string>());
    BOOST_TEST(resumed["wall_seconds"].get<double>() >= saved["wall_seconds"].get<double>());

    BOOST_TEST(next.result("test_loss", 0) == 1.25);
    BOOST_TEST(next.result("accuracy", 0.5) == 0.5);

    const auto refused = [&](nlohmann::ordered_json options, std::uint64_t seed) -> std::string {
        examples::run_record other("trainer", std::move(options), seed);
        try {
            other.resume(path, 2);
        } catch (const xtn::io_error& e) {
            return e.what();
        }
        return "";
    };
    BOOST_TEST(refused({{"steps", 5}, {"out", "here"}, {"threads", 7}}, 42) == "");
    BOOST_TEST(refused({{"steps", 6}, {"out", "here"}}, 42) ==
               path.string() +
                   ": the run to go on with had steps = 5, but 6 is asked for; give it the same options, or "
                   "another --out");
    BOOST_TEST(refused({{"steps", 5}}, 43).find("seed = 42, but 43") != std::string::npos);

    for (const auto& [where, faulty] : {std::pair{"/series/loss/step/0", "-1"},
                                        {"/series/loss/step/0", "0.5"},
                                        {"/series/loss/step/0", "18446744073709551616"},
                                        {"/wall_seconds", "-1"},
                                        {"/results", "3"}}) {
        auto record = saved;
        record[nlohmann::json::json_pointer(where)] = nlohmann::json::parse(faulty);
        xtn::write_file(path, record.dump());
        BOOST_CHECK_THROW(next.resume(path, 2), xtn::io_error);
        BOOST_TEST(next.to_json()["series"] == resumed["series"], faulty);
    }
    xtn::write_file(path, "{\"series\": 3}");
    BOOST_CHECK_THROW(next.resume(path, 2), xtn::io_error);
    BOOST_TEST(next.to_json()["series"] == resumed["series"]);
}

BOOST_AUTO_TEST_CASE(progress_line) {
    std::ostringstream file, terminal;
    examples::progress p(2000, 8192, "tokens", 1000, file, false);
    p.update(1200, 1.84218);
    BOOST_TEST(p.line(100) == "step 1,200 / 2,000   loss 1.8422   16,384 tokens/s   6:40 left");
    p.update(1201, 1.8);  // too soon for another line
    p.update(2000, 1.5);  // but the last one comes at once
    BOOST_TEST(p.line(500) == "step 2,000 / 2,000   loss 1.5000   16,384 tokens/s   8:20");
    const std::string text = file.str();
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 2);
    BOOST_TEST(text.find('\r') == std::string::npos);

    {
        examples::progress live(10, 1, "images", 0, terminal, true);
        live.update(1, 1.0);
        live.update(10, 1.0);
    }
    const std::string shown = terminal.str();
    BOOST_TEST(std::count(shown.begin(), shown.end(), '\r') == 2);
    BOOST_TEST(std::count(shown.begin(), shown.end(), '\n') == 1);
}

BOOST_AUTO_TEST_SUITE_END()
