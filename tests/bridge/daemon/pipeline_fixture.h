// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/daemon/daemon.h"
#include "tests/support/boundary_lines.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_loki.h"
#include "tests/support/temp_dir.h"

namespace bridge {

/// Log and state folders on disk, a fake Loki, and a clock that the test turns.
class PipelineTest : public testing::Test {
protected:
    using Seconds = std::chrono::seconds;

    PipelineTest() { std::filesystem::create_directory(logs()); }

    [[nodiscard]] std::string logs() const { return folder_.file("logs"); }
    [[nodiscard]] std::string journal() const { return folder_.file("toolcalls"); }
    [[nodiscard]] std::string log_file(int pid) const {
        return logs() + "/boundary-2026-05-28_20-26-40-" + std::to_string(pid) + ".log";
    }
    /// One ALLOW line at an instant after the clock's start; its URL ends in `name`.
    [[nodiscard]] std::string allow(std::chrono::milliseconds offset, std::string_view name) const {
        const std::int64_t time_ns = begun_ns_ + std::chrono::nanoseconds(offset).count();
        return test_support::allow_line(test_support::stamp(time_ns),
                                        "https://h.example/" + std::string(name));
    }
    void write(int pid, std::string_view text) const {
        folder_.append("logs/" + std::filesystem::path(log_file(pid)).filename().string(), text);
    }

    /// What `run` works with, from the state folder up.
    struct Daemon {
        Daemon(const PipelineTest& test, exporter::LokiApi& loki, const base::Clock& clock,
               std::uint64_t spool_bytes)
            : daemon(
                  bridge::Daemon::open(
                      test.settings(),
                      {.log = log,
                       .clock = clock,
                       .loki = loki,
                       .state = StateFolder::open(test.folder_.file("state"), spool_bytes).value(),
                       .jitter_seed = 1})
                      .value()) {}
        Log log{LogLevel::Error, LogFormat::Text};
        std::unique_ptr<bridge::Daemon> daemon;
        StateFolder& state = *daemon->state();
        Telemetry& telemetry = daemon->telemetry();
        tailer::Tailer& tailer = daemon->tailer();
        exporter::LokiExporter& exporter = daemon->exporter();
        Pipeline& pipeline = daemon->pipeline();
    };
    [[nodiscard]] Settings settings() const {
        Settings settings;
        settings.log_dirs = {logs()};
        settings.journal_dir = journal();
        settings.delivery = settings_;
        settings.heartbeat = Seconds(0);
        return settings;
    }

    void start() {
        daemon_.reset();
        daemon_ = std::make_unique<Daemon>(*this, loki_, clock_, spool_bytes_);
        daemon_->pipeline.begin();
    }
    /// An orderly end.
    void stop() {
        EXPECT_TRUE(daemon_->pipeline.drain(std::chrono::milliseconds(0)));
        daemon_.reset();
    }
    /// No end at all, as by kill -9.
    void crash() { daemon_.reset(); }

    /// Steps, and lets the time go by, until `done`; false when it never is.
    template <typename Condition>
    [[nodiscard]] bool step_until(Condition done) {
        for (int i = 0; i < 20'000; ++i) {
            const base::SteadyTime due = daemon_->pipeline.step();
            if (done()) {
                return true;
            }
            if (due > clock_.steady()) {
                clock_.advance(
                    std::min<base::SteadyTime::duration>(due - clock_.steady(), Seconds(1)));
            }
        }
        return false;
    }
    void step_for(std::chrono::nanoseconds span) {
        const base::SteadyTime end = clock_.steady() + span;
        EXPECT_TRUE(step_until([&] { return clock_.steady() >= end; }));
    }
    [[nodiscard]] bool deliver(std::size_t lines) {
        return step_until([&] { return loki_.all_lines().size() >= lines; });
    }
    /// The checkpoint on disk.
    [[nodiscard]] Checkpoint saved() const {
        const auto loaded = daemon_->state.load_checkpoint();
        EXPECT_TRUE(loaded && *loaded);
        return loaded.value_or(Checkpoint{}).value_or(Checkpoint{});
    }
    /// The offset that the checkpoint on disk has for the only file in it; 0 = none.
    [[nodiscard]] std::uint64_t saved_offset() const {
        const Checkpoint checkpoint = saved();
        std::uint64_t offset = 0;
        int files = 0;
        for (const auto& [folder, known] : checkpoint.files) {
            for (const auto& file : known) {
                offset = file.offset;
                ++files;
            }
        }
        EXPECT_LE(files, 1);
        return offset;
    }
    void expect_every_row_once() const {
        for (const auto& [stream, rows] : loki_.rows()) {
            for (const auto& [row, times] : rows) {
                EXPECT_EQ(times, 1) << stream << " " << row.second;
            }
        }
    }

    test_support::TempDir folder_;
    test_support::FakeClock clock_;
    const std::int64_t begun_ns_ = clock_.wall_ns();
    test_support::FakeLoki loki_;
    exporter::ExportSettings settings_;
    std::uint64_t spool_bytes_ = 64U << 20U;
    std::unique_ptr<Daemon> daemon_;
};

}  // namespace bridge
