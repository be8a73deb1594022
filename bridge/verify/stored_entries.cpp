// SPDX-License-Identifier: MIT
#include "bridge/verify/stored_entries.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <thread>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"
#include "bridge/console/answer_text.h"
#include "exporter/loki/push_outcome.h"

namespace bridge::verify {
namespace {

using std::chrono::milliseconds;

/// Loki gives up after a minute by default.
constexpr milliseconds kAnswerWithin{70'000};
/// A page of more than 4 MiB hangs in Loki (its gRPC limit) and never comes.
constexpr std::size_t kPageBytes = 2U << 20U;
constexpr std::size_t kFewest = 10;
constexpr int kMostTries = 5;
constexpr std::int64_t kShortestWindowNs = 60 * base::kNanosPerSecond;
/// Nobody has so many; a server that is not what it seems might.
constexpr std::size_t kMostSets = 10'000;

/// Structured metadata of ours and of Loki's, and labels that Loki adds. Query answers have them
/// among the labels.
constexpr std::array<std::string_view, 19> kNoStreamLabels = {"domain",
                                                              "http_method",
                                                              "matched_rule",
                                                              "session",
                                                              "seq",
                                                              "tool_name",
                                                              "tool_call_id",
                                                              "tool_match",
                                                              "chat_id",
                                                              "workspace_id",
                                                              "template_id",
                                                              "template_version_id",
                                                              "suspect",
                                                              "url_truncated",
                                                              "service_name",
                                                              "boundary_session_id",
                                                              "confined_process",
                                                              "detected_level",
                                                              "__stream_shard__"};

bool row_of(simdjson::dom::element value, StoredEntry& entry) {
    std::string_view stamp;
    return value.at(0).get(stamp) == simdjson::SUCCESS &&
           value.at(1).get(entry.line) == simdjson::SUCCESS &&
           std::from_chars(stamp.data(), stamp.data() + stamp.size(), entry.timestamp_ns).ec ==
               std::errc{};
}

std::string instant(std::int64_t unix_ns) {
    std::string text;
    base::append_rfc3339_nano(text, unix_ns);
    return text;
}

bool holds_text(const exporter::Reply& reply, std::string_view part) {
    return reply.body.find(part) != std::string::npos;
}

bool for_a_moment(const exporter::Reply& reply) {
    return reply.transport != exporter::Reply::Transport::Answered || reply.status >= 500 ||
           reply.status == 408 || reply.status == 429;
}

}  // namespace

StoredEntries::StoredEntries(exporter::LokiApi& loki, std::vector<std::string> metadata)
    : StoredEntries(loki, std::move(metadata),
                    [](milliseconds pause) { std::this_thread::sleep_for(pause); }) {}

bool StoredEntries::measure(const std::string& body, Page& page) {
    if (parser_.parse(body)["data"]["result"].get(results_) != simdjson::SUCCESS) {
        return false;
    }
    for (const auto result : results_) {
        simdjson::dom::array values;
        if (result["values"].get(values) != simdjson::SUCCESS) {
            return false;
        }
        for (const auto value : values) {
            StoredEntry entry;
            if (!row_of(value, entry)) {
                return false;
            }
            const std::int64_t at = entry.timestamp_ns;
            page.first_ns = page.entries == 0 ? at : std::min(page.first_ns, at);
            page.last_ns = page.entries == 0 ? at : std::max(page.last_ns, at);
            ++page.entries;
        }
    }
    return true;
}

LabelSet StoredEntries::set_of(simdjson::dom::element result) {
    base::Labels labels;
    simdjson::dom::object object;
    if (result["stream"].get(object) == simdjson::SUCCESS) {
        for (const auto& [name, value] : object) {
            std::string_view text;
            const bool added = std::ranges::find(kNoStreamLabels, name) != kNoStreamLabels.end() ||
                               std::ranges::find(metadata_, name) != metadata_.end();
            if (!added && value.get(text) == simdjson::SUCCESS) {
                labels.emplace_back(name, text);
            }
        }
    }
    std::ranges::sort(labels);
    if (const auto known = known_sets_.find(labels); known != known_sets_.end()) {
        return known->second;
    }
    if (known_sets_.size() == kMostSets) {
        return static_cast<LabelSet>(kMostSets - 1);
    }
    const auto set = static_cast<LabelSet>(sets_.size());
    sets_.push_back(&known_sets_.emplace(std::move(labels), set).first->first);
    return set;
}

void StoredEntries::give(std::int64_t before_ns, const Take& take) {
    for (const auto result : results_) {
        simdjson::dom::array values;
        if (result["values"].get(values) != simdjson::SUCCESS) {
            continue;  // measure() has seen that it is there
        }
        const LabelSet set = set_of(result);
        for (const auto value : values) {
            StoredEntry entry;
            static_cast<void>(row_of(value, entry));
            entry.labels = set;
            if (entry.timestamp_ns < before_ns) {
                take(entry);
            }
        }
    }
}

/// Whether there is sense in asking again.
bool StoredEntries::ask_for_less(const exporter::Reply& reply) {
    if (for_a_moment(reply)) {
        if (++tries_ >= kMostTries) {
            return false;
        }
        if (tries_ > 1) {  // perhaps it is too much for it
            most_ = limit_ = std::max(kFewest, limit_ / 4);
        }
        sleep_(milliseconds(250 << tries_));
        return true;
    }
    if (reply.status == 400 && holds_text(reply, "max entries limit") && limit_ > kFewest) {
        most_ = limit_ = std::max(kFewest, limit_ / 2);
        return true;
    }
    if (reply.status == 400 && holds_text(reply, "time range exceeds the limit") &&
        window_ns_ > kShortestWindowNs) {
        window_ns_ /= 2;
        return true;
    }
    return false;
}

void StoredEntries::fit_limit(std::size_t entries, std::size_t bytes) {
    if (entries > 0) {
        limit_ = std::clamp(kPageBytes / std::max<std::size_t>(bytes / entries, 1), kFewest, most_);
    }
}

base::Result<void> StoredEntries::read(const std::string& query, std::int64_t from_ns,
                                       std::int64_t until_ns, const Take& take) {
    std::optional<std::int64_t> crowded_ns;
    tries_ = 0;
    while (from_ns < until_ns) {
        const std::int64_t end_ns = std::min(until_ns, base::add_saturated(from_ns, window_ns_));
        const std::size_t limit = limit_;
        const auto reply = loki_.query_range(query, from_ns, end_ns, limit, kAnswerWithin);
        const bool good =
            reply.transport == exporter::Reply::Transport::Answered && reply.status == 200;
        Page page;
        if (!good || !measure(reply.body, page)) {
            if (good) {  // cut off at the most that our client takes, or no answer of a Loki
                if (limit_ > kFewest) {
                    limit_ = std::max(kFewest, limit_ / 4);
                    continue;
                }
                return base::failure("the answer to a query is no log rows: check --loki-url");
            }
            if (ask_for_less(reply)) {
                continue;
            }
            const std::string_view advised = exporter::advice(reply);
            return base::failure("asked for " + instant(from_ns) +
                                 " on, the server answers: " + answer_text(reply) +
                                 (advised.empty() ? "" : "; " + std::string(advised)));
        }
        tries_ = 0;
        if (page.entries < limit) {
            give(INT64_MAX, take);
            from_ns = end_ns;
            fit_limit(page.entries, reply.body.size());
        } else if (page.first_ns < page.last_ns) {
            // The last instant may go on on the next page.
            give(page.last_ns, take);
            from_ns = page.last_ns;
            fit_limit(page.entries, reply.body.size());
        } else if (limit_ < most_) {
            limit_ = std::min(most_, 2 * limit_);
        } else {
            give(INT64_MAX, take);
            crowded_ns = page.last_ns;
            from_ns = base::add_saturated(page.last_ns, 1);
        }
    }
    if (crowded_ns) {
        return base::failure("more entries have the one timestamp " + instant(*crowded_ns) +
                             " than the server gives in one answer");
    }
    return {};
}

}  // namespace bridge::verify
