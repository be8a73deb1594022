// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tailer/lines/time_merge.h"
#include "tests/support/temp_dir.h"

namespace tailer {

inline std::string name_of(int number) {
    return "boundary-2026-06-09_12-00-00-" + std::to_string(number) + ".log";
}

inline bool any_name(std::string_view) { return true; }

class TimeMergeTest : public testing::Test {
protected:
    explicit TimeMergeTest(LineReader::Tail tail = LineReader::Tail::IsLine)
        : merge_(files_, tail) {}

    /// Puts the files that have grown in line, in the order given by `order`.
    void enqueue(const std::function<void(std::vector<FileId>&)>& order = [](auto&) {}) {
        files_.scan(0, any_name);
        auto grown = files_.take_grown();
        std::ranges::sort(grown);
        order(grown);
        merge_.enqueue(grown);
    }

    /// The times that come out, oldest first or not.
    std::vector<std::int64_t> read(std::uint64_t budget = 1U << 20U) {
        std::vector<std::int64_t> times;
        const auto visit = [&](const LocatedLine& line) {
            most_open_ = std::max(most_open_, merge_.open_files());
            if (const auto* decision = std::get_if<Decision>(&line.parsed)) {
                times.push_back(decision->time_ns);
            } else {
                ++others_;
            }
        };
        while (merge_.read(budget, visit)) {
        }
        return times;
    }

    test_support::TempDir dir_;
    KnownFiles files_{{dir_.path()}, {}};
    TimeMerge merge_;
    std::size_t most_open_ = 0;
    int others_ = 0;
};

}  // namespace tailer
