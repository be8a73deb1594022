// SPDX-License-Identifier: MIT
#include "tests/model/reckoning.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "bridge/daemon/state_folder.h"

namespace model {
namespace {

/// Different rows, by their mark.
using Found = std::map<std::uint64_t, std::set<ModelLoki::Row>>;

constexpr std::string_view kLoss = "log file was truncated or removed before it was read";

/// The number behind `"lost_bytes":"` or `lost_bytes=`.
std::uint64_t lost_bytes(const std::string& line) {
    const std::size_t at = line.find_first_of("0123456789", line.find("lost_bytes"));
    return std::strtoull(line.c_str() + at, nullptr, 10);
}

/// Whether it is of a file that was truncated, as the daemon found it when it started: with as much
/// in it as before, or with less.
bool tells_of_harm(const std::string& line) {
    return line.find("log file was rewritten after it was read") != std::string::npos ||
           line.find("log file was truncated while no daemon ran") != std::string::npos;
}

/// How many lines of each mark are in the dead letters, as Loki may have them and may not be asked.
std::map<std::uint64_t, int> given_up_in_doubt(const std::string& state_dir) {
    std::map<std::uint64_t, int> counts;
    std::ifstream letters(state_dir + "/dead-letter/rejected.ndjson");
    for (std::string line; std::getline(letters, line);) {
        if (line.find(R"("reason":"in_doubt")") != std::string::npos) {
            ++counts[mark_in(line)];
        }
    }
    return counts;
}

void reckon_losses(const LogWorld& world, const Found& found, std::uint64_t reported) {
    std::uint64_t lost = 0;
    for (const auto& [mark, marked] : world.marks()) {
        const auto rows = found.find(mark);
        const int there = rows == found.end() ? 0 : static_cast<int>(rows->second.size());
        const int missing =
            std::clamp(marked.certain + marked.seen_lost - there, 0, marked.seen_lost);
        lost += static_cast<std::uint64_t>(missing) * world.line_bytes(mark);
    }
    EXPECT_GE(reported, lost) << "bytes that were seen and never read";
}

void reckon_lost_entries(const LogWorld& world, const std::map<std::uint64_t, int>& there,
                         std::uint64_t reported) {
    std::uint64_t lost = 0;
    for (const auto& [mark, marked] : world.marks()) {
        const auto rows = there.find(mark);
        const int missing = marked.certain - (rows == there.end() ? 0 : rows->second);
        lost += marked.harmed ? static_cast<std::uint64_t>(std::max(missing, 0)) : 0;
    }
    EXPECT_GE(reported, lost) << "entries that were spooled, and are nowhere";
}

void reckon_checkpoint(const LogWorld& world, const std::string& state_dir) {
    const auto state = bridge::StateFolder::open(state_dir, 0).value();
    const auto checkpoint = state.load_checkpoint().value().value();
    EXPECT_TRUE(checkpoint.clean || world.files().empty());
    std::vector<tailer::FileProgress> known;
    for (const auto& [folder, files] : checkpoint.files) {
        known.insert(known.end(), files.begin(), files.end());
    }
    for (const auto& file : world.files()) {
        const auto progress =
            std::ranges::find(known, file.identity, &tailer::FileProgress::identity);
        const std::uint64_t offset = progress == known.end() ? 0 : progress->offset;
        EXPECT_EQ(offset, file.complete()) << file.name;
    }
}

}  // namespace

void reckon(const LogWorld& world, const ModelLoki& loki, const std::string& state_dir,
            const Course& course) {
    std::map<std::uint64_t, int> rows_of;
    Found distinct;
    std::uint64_t reported = 0;
    for (const auto& [stream, rows] : loki.rows()) {
        for (const auto& row : rows) {
            const std::uint64_t mark = mark_in(row.second);
            if (mark != 0) {
                ++rows_of[mark];
                distinct[mark].insert(row);
                ASSERT_TRUE(world.marks().contains(mark)) << row.second;
                const Marked& marked = world.marks().at(mark);
                EXPECT_EQ(row.first / 1'000'000, marked.stamp_ms) << row.second;
                const bool allow = stream.find(R"(decision="allow")") != std::string::npos;
                const bool deny = stream.find(R"(decision="deny")") != std::string::npos;
                EXPECT_EQ(allow, marked.kind == Marked::Kind::Allow) << stream << row.second;
                EXPECT_EQ(deny, marked.kind == Marked::Kind::Deny) << stream << row.second;
            } else if (row.second.find("lost_entries") != std::string::npos) {
                EXPECT_TRUE(course.accidents) << row.second;
            } else if (row.second.find(kLoss) != std::string::npos) {
                reported += lost_bytes(row.second);
            } else if (!course.harms || !tells_of_harm(row.second)) {
                EXPECT_EQ(row.second, "foreign") << "nobody wrote this";
            }
        }
    }
    bool all_certain = true;
    auto in_doubt = given_up_in_doubt(state_dir);
    EXPECT_TRUE(in_doubt.empty() || loki.queries_forbidden());
    for (const auto& [mark, marked] : world.marks()) {
        // What is gone from the spool and from the logs has to be said: reckon_lost_entries().
        if (!course.accidents || !marked.harmed) {
            EXPECT_GE(rows_of[mark] + in_doubt[mark], marked.certain)
                << "lost: mark-" << mark << " of " << marked.session;
        }
        EXPECT_LE(rows_of[mark], marked.written)
            << "twice: mark-" << mark << " of " << marked.session;
        all_certain = all_certain && marked.certain == marked.written;
    }
    if (course.accidents) {
        for (const auto& [mark, count] : in_doubt) {
            rows_of[mark] += count;
        }
        reckon_lost_entries(world, rows_of, course.entries_lost);
    } else {
        reckon_losses(world, distinct, reported);
    }
    if (all_certain && course.read_once && !course.harms) {
        EXPECT_EQ(course.lines_read, world.lines_written());
    }
    EXPECT_EQ(loki.needless(), 0U);
    reckon_checkpoint(world, state_dir);
}

}  // namespace model
