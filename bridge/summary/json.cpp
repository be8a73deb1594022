// SPDX-License-Identifier: MIT
#include "bridge/summary/json.h"

#include <optional>
#include <string_view>

#include "base/nanoseconds.h"
#include "bridge/console/json_text.h"

namespace bridge {
namespace {

void write_counts(JsonText& json, const BoundedCounts& counts, std::string_view name) {
    json.open('[');
    for (const auto& [key, count] : counts.sorted()) {
        json.open('{').key(name).string(key).key("count").number(count).close('}');
    }
    json.close(']');
}

using Table = BoundedCounts VerdictCounts::*;

/// "other" counts the decisions whose key was dropped to bound the memory.
void write_by_verdict(JsonText& json, const SummaryData& data, Table table, std::string_view name) {
    json.open('{').key("allow");
    write_counts(json, data.allow.*table, name);
    json.key("deny");
    write_counts(json, data.deny.*table, name);
    json.key("other").open('{');
    json.key("allow").number((data.allow.*table).other());
    json.key("deny").number((data.deny.*table).other()).close('}').close('}');
}

/// A call of no known tool has none.
void write_tool_calls(JsonText& json, const SummaryData& data) {
    json.open('[');
    for (const auto& [id, count] : data.denied_tool_calls.sorted()) {
        json.open('{').key("tool_call_id").string(id);
        if (const auto tool = data.tool_names.find(id); tool != data.tool_names.end()) {
            json.key("tool").string(tool->second);
        }
        json.key("count").number(count).close('}');
    }
    json.close(']');
}

void write_timeline(JsonText& json, const Timeline& timeline) {
    json.key("timeline").open('[');
    for (const auto& [start, counts] : timeline.buckets()) {
        std::int64_t start_ns = 0;
        // The bucket of the very first instants that 64 bits can tell may begin before them.
        const bool fits = !__builtin_mul_overflow(start, base::kNanosPerSecond, &start_ns);
        json.open('{').key("start").time(fits ? std::optional(start_ns) : std::nullopt);
        json.key("allow").number(counts.allow).key("deny").number(counts.deny).close('}');
    }
    json.close(']').key("timeline_step_seconds");
    json.number(static_cast<std::uint64_t>(timeline.step_seconds()));
}

void write_notices(JsonText& json, const SummaryData& data) {
    std::uint64_t other = 0;
    json.key("notices").open('[');
    for (const NoticeLevel level : kNoticeLevels) {
        for (const auto& [message, count] : data.messages(level).sorted()) {
            json.open('{').key("level").string(name_of(level));
            json.key("message").string(message).key("count").number(count).close('}');
        }
        other += data.messages(level).other();
    }
    json.close(']').key("notices_other").number(other);
}

}  // namespace

std::string summary_json(const SummaryData& data) {
    JsonText json;
    json.open('{').key("decisions").open('{');
    json.key("allow").number(data.allow.total).key("deny").number(data.deny.total).close('}');
    json.key("lines").open('{').key("decision").number(data.decisions());
    json.key("notice").number(data.notices).key("lifecycle").number(data.lifecycle);
    json.key("unparsed").number(data.unparsed).close('}');
    json.key("sessions").number(data.sessions).key("files").number(data.files);
    json.key("unreadable").number(data.unreadable);
    json.key("first").time(data.first_ns).key("last").time(data.last_ns);
    json.key("domains");
    write_by_verdict(json, data, &VerdictCounts::domains, "domain");
    json.key("methods");
    write_by_verdict(json, data, &VerdictCounts::methods, "method");
    json.key("tool_calls").open('{').key("deny");
    write_tool_calls(json, data);
    json.key("other").open('{').key("deny").number(data.denied_tool_calls.other());
    json.close('}').close('}');
    json.key("rules").open('{').key("allow");
    write_counts(json, data.rules, "rule");
    json.key("other").open('{').key("allow").number(data.rules.other());
    json.close('}').close('}');
    write_timeline(json, data.timeline);
    write_notices(json, data);
    json.key("unparsed_reasons").open('{');
    for (const auto& [reason, count] : data.unparsed_reasons) {
        json.key(reason).number(count);
    }
    json.close('}').close('}');
    return json.take();
}

}  // namespace bridge
