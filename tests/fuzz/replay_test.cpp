// SPDX-License-Identifier: MIT
// What the fuzzers found once, and the samples that they start from, go through the same functions
// in every test run, whatever the compiler.
#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/fuzz/targets.h"
#include "tests/support/process.h"

namespace fuzz {

/// How GoogleTest shows a parameter: by its bytes it would have another name in each run.
void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_below(const std::string& folder) {
    std::vector<std::string> paths;
    if (fs::exists(folder)) {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            if (entry.is_regular_file()) {
                paths.push_back(entry.path().string());
            }
        }
    }
    std::ranges::sort(paths);
    return paths;
}

class ReplayTest : public testing::TestWithParam<Target> {
protected:
    static inline const std::string kFolder = std::string(BOUNDARY_LOKI_SOURCE_DIR) + "/tests/";
};

TEST_P(ReplayTest, SamplesAndFindingsDoNoHarm) {
    const auto found = files_below(kFolder + "fuzz/regressions/" + std::string(GetParam().name));
    EXPECT_FALSE(found.empty());
    for (const auto& path : found) {
        SCOPED_TRACE(path);
        GetParam().run(test_support::read_file(path));
    }
    for (const auto& path : files_below(kFolder + "samples")) {
        const std::string text = test_support::read_file(path);
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            GetParam().run(std::string_view(text).substr(begin, end - begin));
            begin = end + 1;
        }
    }
}

TEST_P(ReplayTest, EveryCutOfWhatWasFoundDoesNoHarm) {
    for (const auto& path :
         files_below(kFolder + "fuzz/regressions/" + std::string(GetParam().name))) {
        const std::string text = test_support::read_file(path);
        const std::size_t step = text.size() / 200 + 1;
        for (std::size_t size = 0; size < text.size(); size += step) {
            GetParam().run(std::string_view(text).substr(0, size));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, ReplayTest, testing::ValuesIn(kTargets),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace fuzz
