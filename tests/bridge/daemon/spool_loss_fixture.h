// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <zlib.h>

#include "tests/bridge/daemon/pipeline_fixture.h"
#include "tests/support/process.h"

namespace bridge {

/// A daemon whose Loki can be taken away, and whose segments of the spool can be harmed.
class PipelineSpoolLossTest : public PipelineTest {
protected:
    /// What it says on stderr is looked at by its words alone.
    void SetUp() override { testing::internal::CaptureStderr(); }
    void TearDown() override { testing::internal::GetCapturedStderr(); }

    void take_loki_away() {
        loki_.set_rule([](const test_support::SeenPush&) { return test_support::not_sent(); });
        loki_.answer_queries(test_support::not_sent());
    }
    void bring_loki_back() { loki_.clear(); }
    [[nodiscard]] std::string decisions(int first, int count) const {
        std::string text;
        for (int i = first; i < first + count; ++i) {
            text += allow(std::chrono::milliseconds(i), "n" + std::to_string(i));
        }
        return text;
    }
    /// With Loki away, all that is in the logs ends in the spool.
    void spool_what_is_there() {
        ASSERT_TRUE(step_until([&] {
            return daemon_->state.spool().segments() > 0 && !daemon_->tailer.has_more() &&
                   daemon_->exporter.in_flight_bytes() == 0;
        }));
        step_for(Seconds(3));
    }
    /// With Loki away, so many decisions of one log lie in the spool.
    void start_and_spool(int count) {
        take_loki_away();
        start();
        write(1, decisions(0, count));
        spool_what_is_there();
    }
    [[nodiscard]] std::vector<std::string> segments() const {
        std::vector<std::string> paths;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.file("state/spool"))) {
            if (entry.path().extension() == ".zst") {
                paths.push_back(entry.path().string());
            }
        }
        std::ranges::sort(paths);
        return paths;
    }
    static void flip_a_bit(const std::string& path) {
        std::string content = test_support::read_file(path);
        content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 0x10);
        std::ofstream(path, std::ios::binary) << content;
    }
    static void remove(const std::string& path) { std::filesystem::remove(path); }
    /// One that says nothing of what segments hold.
    void make_checkpoint_of_version_three() const {
        Checkpoint checkpoint = StateFolder::open(folder_.file("state"), spool_bytes_)
                                    .value()
                                    .load_checkpoint()
                                    .value()
                                    .value();
        checkpoint.segments.clear();
        std::string text = encode_checkpoint(checkpoint);
        text.replace(text.find(":4,"), 3, ":3,");
        text.resize(text.find(R"({"spool_id")"));
        const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
        text += R"({"crc32":)" + std::to_string(sum) + "}\n";
        std::ofstream(folder_.file("state/checkpoint"), std::ios::binary) << text;
    }
    [[nodiscard]] bool settles() {
        return step_until([&] {
            return daemon_->exporter.idle() && !daemon_->tailer.has_more() &&
                   daemon_->exporter.backlog().lost() == 0;
        });
    }
    [[nodiscard]] std::size_t notices() const {
        const auto lines = loki_.all_lines();
        return static_cast<std::size_t>(std::ranges::count_if(lines, [](const auto& line) {
            return line.find("lost_entries") != std::string::npos;
        }));
    }
    [[nodiscard]] std::uint64_t lost() const { return daemon_->telemetry.health().totals.lost; }
    void expect_all_there_once(int count) const {
        EXPECT_THAT(loki_.all_lines(), testing::SizeIs(count));
        expect_every_row_once();
        EXPECT_EQ(lost(), 0U);
    }
};

}  // namespace bridge
