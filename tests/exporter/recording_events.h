// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "exporter/streams/exporter_events.h"

namespace exporter {

/// Keeps what the exporter told.
class RecordingEvents final : public ExporterEvents {
public:
    void on_answer(const Reply& reply, std::chrono::nanoseconds /*took*/) override {
        answers.push_back(reply);
    }
    void on_stored(std::size_t entries, std::size_t /*bytes*/) override { stored += entries; }
    void on_retry(const Reply& /*reply*/, Outcome outcome) override { retries.push_back(outcome); }
    void on_limited(const Reply& /*reply*/) override { ++limited; }
    void on_rejected(std::string_view reason, std::string_view /*detail*/) override {
        rejected.emplace_back(reason);
    }
    void on_label_folded(std::string_view /*label*/) override { ++folded; }
    void on_metadata_refused() override { ++metadata_refused; }
    void on_read_back_unavailable(const Reply& /*reply*/) override { ++read_back_unavailable; }
    void on_doubt_waits(const Reply& /*reply*/) override { ++doubt_waits; }
    void on_stored_gone(std::string_view stream) override { stored_gone.emplace_back(stream); }
    void on_disk_trouble(std::string_view what) override { disk_troubles.emplace_back(what); }
    void on_segment_unread(std::string_view cause) override { segments_unread.emplace_back(cause); }
    void on_segment_lost(std::string_view cause, std::uint64_t entries) override {
        segments_lost.emplace_back(std::to_string(entries) + " " + std::string(cause));
    }

    std::vector<Reply> answers;
    std::size_t stored = 0;
    std::vector<Outcome> retries;
    std::vector<std::string> rejected;
    int limited = 0;
    int folded = 0;
    int metadata_refused = 0;
    int read_back_unavailable = 0;
    int doubt_waits = 0;
    std::vector<std::string> disk_troubles;
    std::vector<std::string> stored_gone;
    std::vector<std::string> segments_unread;
    std::vector<std::string> segments_lost;
};

}  // namespace exporter
