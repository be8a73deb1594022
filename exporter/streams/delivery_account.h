// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "exporter/streams/exporter_events.h"

namespace exporter {

/// Counts what came of a delivery, and forwards every event.
class DeliveryAccount final : public ExporterEvents {
public:
    /// `next` must outlive this object.
    explicit DeliveryAccount(ExporterEvents& next) : next_(next) {}

    /// Entries that Loki has, including those that it already had.
    [[nodiscard]] std::uint64_t stored() const { return stored_; }
    /// Entries that went to the dead letters.
    [[nodiscard]] std::uint64_t rejected() const { return rejected_; }
    /// The last reply that asks for an operator (401, 404 ...), unless something was stored since.
    [[nodiscard]] const std::optional<Reply>& held() const { return held_; }

    void on_answer(const Reply& reply, std::chrono::nanoseconds took) override {
        next_.on_answer(reply, took);
    }
    void on_stored(std::size_t entries, std::size_t bytes) override {
        stored_ += entries;
        held_.reset();
        next_.on_stored(entries, bytes);
    }
    void on_retry(const Reply& reply, Outcome outcome) override {
        if (outcome == Outcome::Hold) {
            held_ = reply;
        }
        next_.on_retry(reply, outcome);
    }
    void on_limited(const Reply& reply) override { next_.on_limited(reply); }
    void on_rejected(std::string_view reason, std::string_view detail) override {
        ++rejected_;
        next_.on_rejected(reason, detail);
    }
    void on_label_folded(std::string_view label) override { next_.on_label_folded(label); }
    void on_metadata_refused() override { next_.on_metadata_refused(); }
    void on_read_back_unavailable(const Reply& reply) override {
        next_.on_read_back_unavailable(reply);
    }
    void on_doubt_waits(const Reply& reply) override { next_.on_doubt_waits(reply); }
    void on_stored_gone(std::string_view stream) override { next_.on_stored_gone(stream); }
    void on_disk_trouble(std::string_view what) override { next_.on_disk_trouble(what); }
    void on_segment_unread(std::string_view cause) override { next_.on_segment_unread(cause); }
    void on_segment_lost(std::string_view cause, std::uint64_t entries) override {
        next_.on_segment_lost(cause, entries);
    }

private:
    ExporterEvents& next_;
    std::uint64_t stored_ = 0;
    std::uint64_t rejected_ = 0;
    std::optional<Reply> held_;
};

}  // namespace exporter
