// SPDX-License-Identifier: MIT
#include "bridge/daemon/heartbeat.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "bridge/console/answer_text.h"
#include "exporter/loki/stream_labels.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirst{10'000};
constexpr milliseconds kLongestPush{2'000};

void add(std::string& line, std::string_view name, std::string_view value) {
    line.append(" ").append(name).append("=").append(value);
}

void add(std::string& line, std::string_view name, std::uint64_t value) {
    add(line, name, std::to_string(value));
}

}  // namespace

Heartbeat::Heartbeat(const tailer::EnrichSettings& settings, std::string_view version,
                     milliseconds every, exporter::LokiApi& loki, const base::Clock& clock,
                     const Log& log)
    : version_(version),
      every_(every),
      loki_(loki),
      clock_(clock),
      log_(log),
      started_(clock.steady()),
      due_(every.count() == 0 ? base::SteadyTime::max() : started_ + std::min(kFirst, every)) {
    const tailer::WorkspaceIdentity& who = settings.identity;
    base::Labels labels = settings.extra_labels;
    labels.emplace_back("job", "boundary-loki");
    const auto& wanted = settings.stream_labels;
    const base::Labels known = {{"owner", who.owner},
                                {"workspace_name", who.workspace_name},
                                {"agent_name", who.agent_name},
                                {"template_name", who.template_name},
                                {"namespace", who.kubernetes_namespace},
                                {"workspace_id", who.workspace_id},
                                {"template_id", who.template_id},
                                {"template_version_id", who.template_version_id}};
    for (const auto& label : known) {
        const bool in_stream =
            label.first != "namespace" && std::ranges::find(wanted, label.first) != wanted.end();
        if (!label.second.empty()) {
            (in_stream ? labels : metadata_).push_back(label);
        }
    }
    std::ranges::sort(labels);
    stream_ = exporter::stream_labels_text(labels);
    const auto half = every_ / 2;
    const auto name = std::hash<std::string>{}(stream_) % 1'024;
    next_wait_ = half + half * static_cast<milliseconds::rep>(name) / 1'024;
}

std::string Heartbeat::line(const Health& health, State state) const {
    const auto uptime = std::chrono::floor<std::chrono::seconds>(clock_.steady() - started_);
    std::string text = "msg=heartbeat";
    add(text, "up", state == State::Up ? "1" : "0");
    add(text, "version", version_);
    add(text, "uptime_seconds", static_cast<std::uint64_t>(uptime.count()));
    add(text, "lag_seconds", static_cast<std::uint64_t>(std::floor(health.lag_seconds)));
    add(text, "spool_bytes", health.spool_bytes);
    add(text, "in_doubt", health.in_doubt);
    add(text, "tracked_files", health.tracked_files);
    const auto& now = health.totals;
    add(text, "allowed", now.allowed - told_.allowed);
    add(text, "denied", now.denied - told_.denied);
    add(text, "pushed", now.pushed - told_.pushed);
    add(text, "unparsed", now.unparsed - told_.unparsed);
    add(text, "rejected", now.rejected - told_.rejected);
    add(text, "skipped", now.skipped - told_.skipped);
    add(text, "tampered", now.tampered - told_.tampered);
    add(text, "suspect", now.suspect - told_.suspect);
    add(text, "lost", now.lost - told_.lost);
    add(text, "audit_dropped", now.audit_dropped - told_.audit_dropped);
    return text;
}

exporter::Reply Heartbeat::push(const std::string& text, milliseconds limit) {
    std::vector<base::LabelView> metadata;
    if (takes_metadata_) {
        for (const auto& [name, value] : metadata_) {
            metadata.push_back({name, value});
        }
    }
    std::string entry;
    exporter::append_entry(entry, {clock_.wall_ns(), text, metadata, {}});
    return loki_.push(body_.of(stream_, entry), limit);
}

void Heartbeat::send(const Health& health, State state, milliseconds limit) {
    const std::string text = line(health, state);
    auto reply = push(text, limit);
    if (takes_metadata_ && exporter::refuses_metadata(reply)) {
        takes_metadata_ = false;
        reply = push(text, limit);
    }
    taken_ = exporter::classify(reply) == exporter::Outcome::Stored;
    if (taken_) {
        told_ = health.totals;
        warned_ = false;
    } else if (!warned_) {
        warned_ = true;
        log_.warn("Loki does not take the heartbeat; to its dashboard this daemon is silent",
                  {{"code", std::to_string(reply.status)}, {"answer", answer_text(reply)}});
    }
}

void Heartbeat::beat(const Health& health) {
    send(health, State::Up, kLongestPush);
    due_ = clock_.steady() + std::exchange(next_wait_, every_);
}

void Heartbeat::end(const Health& health, milliseconds limit) {
    if (taken_ && limit.count() > 0) {
        send(health, State::Ending, std::min(limit, kLongestPush));
    }
}

}  // namespace bridge
