// SPDX-License-Identifier: MIT
#include "bridge/summary/filter.h"

#include <algorithm>
#include <functional>

namespace bridge {
namespace {

bool is_domain(std::string_view domain, std::string_view wanted) {
    if (wanted.starts_with("*.")) {
        return domain.size() > wanted.size() - 1 && domain.ends_with(wanted.substr(1));
    }
    return domain == wanted;
}

}  // namespace

bool SummaryFilter::wants(const tailer::Record& record) const {
    using tailer::RecordKind;
    if ((wish_.since_ns && record.event_time_ns < *wish_.since_ns) ||
        (wish_.until_ns && record.event_time_ns >= *wish_.until_ns)) {
        return false;
    }
    if (record.kind == RecordKind::Notice || record.kind == RecordKind::Lifecycle) {
        return !wish_.of_decisions();
    }
    if (!wish_.decision.empty() &&
        (wish_.decision == "allow") != (record.kind == RecordKind::Allow)) {
        return false;
    }
    const auto has = [&record](std::string_view name, const std::string& wanted, auto matches) {
        const auto found = std::ranges::find(record.metadata, name, &base::LabelView::name);
        return wanted.empty() || (found != record.metadata.end() && matches(found->value, wanted));
    };
    constexpr std::equal_to<std::string_view> kSame;
    return has("domain", wish_.domain, is_domain) && has("tool_call_id", wish_.tool_call, kSame) &&
           has("chat_id", wish_.chat, kSame) && has("tool_name", wish_.tool, kSame);
}

void SummaryFilter::on_record(const tailer::Record& record) {
    if (wants(record)) {
        next_.on_record(record);
    }
}

void SummaryFilter::on_unparsed(const tailer::UnparsedLine& line) {
    if (!wish_.of_decisions()) {
        next_.on_unparsed(line);
    }
}

}  // namespace bridge
