// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/exporter/exporter_fixture.h"

namespace exporter {

/// An exporter with a spool.
class SpoolTest : public ExporterTest {
protected:
    void send_a_segment_without_a_checkpoint_after() {
        open_spool();
        start();
        add(kDenyStream, std::chrono::seconds(0), "a");
        exporter_->spool_all();
        exporter_->checkpoint_saved();
        checkpoints_ = false;
        run();
    }
    void take_loki_away() {
        loki_.set_rule([](const test_support::SeenPush&) { return test_support::not_sent(); });
        loki_.answer_queries(test_support::not_sent());
    }
    void bring_loki_back() {
        const auto rows = loki_.rows();
        loki_.clear();
        for (const auto& [stream, stored] : rows) {
            for (const auto& [row, times] : stored) {
                loki_.store(stream, {row.first, row.second, {}});
            }
        }
    }
    void add_numbered(std::uint64_t number, std::string_view session) {
        const std::string text = std::to_string(number);
        const std::vector<base::LabelView> metadata = {{"session", session}, {"seq", text}};
        add(kDenyStream, at(std::chrono::seconds(static_cast<std::int64_t>(number))), text,
            metadata);
    }
    /// What a checkpoint would name, all of it or what is new: a text each.
    [[nodiscard]] static std::vector<std::string> texts(
        const std::vector<Spool::Segment>& segments) {
        std::vector<std::string> texts;
        for (const auto& segment : segments) {
            for (const auto& holding : segment.holds) {
                texts.push_back(std::to_string(segment.sequence) + " " + holding.session + " " +
                                holding.numbers);
            }
        }
        std::ranges::sort(texts);
        return texts;
    }
    [[nodiscard]] std::vector<Spool::Segment> named_segments() const {
        std::vector<Spool::Segment> segments;
        exporter_->backlog().for_each_named(
            [&segments](const Spool::Segment& segment) { segments.push_back(segment); });
        return segments;
    }
    [[nodiscard]] std::string path_of(const Spool::Segment& segment) const {
        const std::string digits = std::to_string(segment.sequence);
        return spool_path() + "/" + std::string(20 - digits.size(), '0') + digits + ".push.zst";
    }
    [[nodiscard]] std::vector<std::string> named() const { return texts(named_segments()); }
    [[nodiscard]] std::vector<std::string> unsaved() const {
        std::vector<Spool::Segment> segments;
        exporter_->backlog().for_each_unsaved(
            [&segments](const Spool::Segment& segment) { segments.push_back(segment); });
        return texts(segments);
    }
    [[nodiscard]] std::size_t files_in_spool() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(spool_path()),
                          std::filesystem::directory_iterator()));
    }
};

}  // namespace exporter
