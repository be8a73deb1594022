// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/loki_exporter.h"
#include "tests/exporter/recording_events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_loki.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace exporter {

inline const std::string kAllow = R"({decision="allow", job="boundary"})";
inline const std::string kDeny = R"({decision="deny", job="boundary"})";

/// A LokiExporter between a fake Loki and a clock that the test turns.
class ExporterTest : public testing::Test {
protected:
    static constexpr std::size_t kAllowStream = 0;
    static constexpr std::size_t kDenyStream = 1;
    using Milliseconds = std::chrono::milliseconds;
    using Predecessor = Resume::Predecessor;

    ExporterTest() {
        // Tests that mean the pace, the split or the landing say so.
        settings_.stream_rate = 0;
        settings_.least_landing = Milliseconds(0);
    }

    void open_spool(std::uint64_t max_bytes = 64U << 20U) {
        auto spool = Spool::open(spool_path(), max_bytes);
        ASSERT_TRUE(spool.has_value());
        spool_.emplace(std::move(*spool));
    }
    void open_dead_letters() {
        auto letters = DeadLetters::open(folder_.file("dead-letter"));
        ASSERT_TRUE(letters.has_value());
        dead_letters_.emplace(std::move(*letters));
    }
    [[nodiscard]] std::string spool_path() const { return folder_.file("spool"); }

    /// Call it once the settings are as wanted.
    void start(const Resume& resume = {}) {
        const std::vector<base::Labels> streams = {{{"decision", "allow"}, {"job", "boundary"}},
                                                   {{"decision", "deny"}, {"job", "boundary"}}};
        exporter_ = std::make_unique<LokiExporter>(
            settings_, streams, loki_, clock_, events_, spool_ ? &*spool_ : nullptr,
            dead_letters_ ? &*dead_letters_ : nullptr, 1, resume);
    }
    /// The same state folder under a new process.
    void restart(const Resume& resume = {}) {
        exporter_.reset();
        spool_.reset();
        open_spool();
        start(resume);
    }

    /// An instant relative to the clock's start.
    [[nodiscard]] std::int64_t at(std::chrono::nanoseconds offset) const {
        return begun_ns_ + offset.count();
    }
    /// Adds an entry; tickets count up from 1 in the order of adding.
    void add(std::size_t stream, std::int64_t timestamp_ns, std::string_view line,
             std::span<const base::LabelView> metadata = {}) {
        exporter_->add(stream, {timestamp_ns, line, metadata, {1, ++added_}});
    }
    void add(std::size_t stream, std::chrono::nanoseconds offset, std::string_view line) {
        add(stream, at(offset), line);
    }
    /// `count` entries of `size` bytes, a nanosecond apart, named by number.
    std::vector<std::string> add_many(std::size_t stream, std::size_t count, std::size_t size) {
        std::vector<std::string> lines;
        for (std::size_t i = 0; i < count; ++i) {
            std::string line = std::to_string(100'000 + i);
            line.resize(std::max(size, line.size()), '.');
            add(stream, at(std::chrono::nanoseconds(i)), line);
            lines.push_back(std::move(line));
        }
        return lines;
    }

    void expect_every_row_once() const {
        for (const auto& [stream, rows] : loki_.rows()) {
            for (const auto& [row, times] : rows) {
                EXPECT_EQ(times, 1) << stream << " " << row.second;
            }
        }
    }

    /// One call, and what the pipeline does after it.
    base::SteadyTime work_once() {
        const base::SteadyTime due = exporter_->work();
        const bool wanted =
            exporter_->wants_checkpoint() || !exporter_->backlog().unnamed().empty();
        if (checkpoints_ && wanted) {
            exporter_->checkpoint_saved();
            return clock_.steady();
        }
        return due;
    }
    /// Works until nothing is due now.
    void run() { run_for(Milliseconds(0)); }
    /// Works, and lets the time go by.
    void run_for(std::chrono::nanoseconds span) {
        const base::SteadyTime end = clock_.steady() + span;
        for (int i = 0; i < 100'000; ++i) {
            const base::SteadyTime due = work_once();
            collect();
            if (due > end) {
                clock_.advance(end - clock_.steady());
                return;
            }
            if (due > clock_.steady()) {
                clock_.advance(due - clock_.steady());
            }
        }
        FAIL() << "the exporter never rests";
    }
    void flush_and_run() {
        exporter_->flush();
        run();
    }

    /// All that was settled so far, sorted.
    [[nodiscard]] std::vector<std::uint64_t> settled() {
        collect();
        std::ranges::sort(settled_);
        return settled_;
    }
    /// Each ticket came back once, nothing is left in memory.
    void expect_all_settled() {
        std::vector<std::uint64_t> all(added_);
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i] = i + 1;
        }
        EXPECT_EQ(settled(), all);
        EXPECT_EQ(exporter_->in_flight_bytes(), 0U);
        EXPECT_EQ(exporter_->oldest_unsettled_ns(), std::nullopt);
    }
    [[nodiscard]] std::string dead_letters_text() const {
        return test_support::read_file(folder_.file("dead-letter/rejected.ndjson"));
    }
    [[nodiscard]] std::size_t dead_letters_count() const {
        const std::string text = dead_letters_text();
        return static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }
    /// Lines of all pushes in the order they were sent, to one stream.
    [[nodiscard]] std::vector<std::string> sent_lines(const std::string& stream) const {
        std::vector<std::string> lines;
        for (const auto& push : loki_.pushes()) {
            if (push.stream == stream) {
                const auto some = push.lines();
                lines.insert(lines.end(), some.begin(), some.end());
            }
        }
        return lines;
    }

    test_support::TempDir folder_;
    test_support::FakeClock clock_;
    const std::int64_t begun_ns_ = clock_.wall_ns();
    test_support::FakeLoki loki_;
    RecordingEvents events_;
    ExportSettings settings_;
    std::optional<Spool> spool_;
    std::optional<DeadLetters> dead_letters_;
    std::unique_ptr<LokiExporter> exporter_;
    std::uint64_t added_ = 0;
    bool checkpoints_ = true;  ///< whether checkpoints can be written

private:
    void collect() {
        for (const auto& ticket : exporter_->take_settled()) {
            if (ticket != Ticket{}) {  // what came from the spool was settled before
                settled_.push_back(ticket.position);
            }
        }
    }

    std::vector<std::uint64_t> settled_;
};

}  // namespace exporter
