// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "bridge/summary/data.h"

namespace test_support {

inline constexpr std::int64_t kSecondNs = 1'000'000'000;
/// 2026-06-09T12:00:00Z
inline constexpr std::int64_t kNoonNs = 1'781'006'400 * kSecondNs;

struct Request {
    bool allow = false;
    std::string_view domain = "a.example";
    std::string_view method = "GET";
    std::string_view session = "boundary-2026-06-09_12-00-00-1";
    std::string_view tool_call_id{};
    std::string_view tool_name{};
    std::string_view rule{};
    std::int64_t time_ns = kNoonNs;
};

/// Hands a decision over as the Enricher does: empty values are absent.
inline void decide(bridge::SummaryGatherer& gatherer, const Request& request) {
    std::vector<base::LabelView> metadata;
    const auto put = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) {
            metadata.push_back({name, value});
        }
    };
    put("domain", request.domain);
    put("http_method", request.method);
    put("session", request.session);
    put("tool_call_id", request.tool_call_id);
    put("tool_name", request.tool_name);
    put("matched_rule", request.rule);
    tailer::Record record;
    record.kind = request.allow ? tailer::RecordKind::Allow : tailer::RecordKind::Deny;
    record.event_time_ns = request.time_ns;
    record.metadata = metadata;
    gatherer.on_record(record);
}

inline void notice(bridge::SummaryGatherer& gatherer, std::string_view level,
                   std::string_view message, std::int64_t time_ns = kNoonNs) {
    tailer::Record record;
    record.kind = tailer::RecordKind::Notice;
    record.event_time_ns = time_ns;
    record.level = level;
    record.notice = message;
    gatherer.on_record(record);
}

}  // namespace test_support
