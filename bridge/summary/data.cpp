// SPDX-License-Identifier: MIT
#include "bridge/summary/data.h"

#include <algorithm>

namespace bridge {
namespace {

std::string_view value_of(const tailer::Record& record, std::string_view name) {
    const auto found = std::ranges::find(record.metadata, name, &base::LabelView::name);
    return found == record.metadata.end() ? std::string_view() : found->value;
}

/// slog writes a level between its own as the one below and a distance: "WARN+1", "ERROR-2".
NoticeLevel level_of(std::string_view text) {
    for (const NoticeLevel level : kNoticeLevels) {
        const std::string_view name = name_of(level);
        if (text.starts_with(name) &&
            (text.size() == name.size() || text[name.size()] == '+' || text[name.size()] == '-')) {
            return level;
        }
    }
    return NoticeLevel::Other;
}

}  // namespace

std::string_view name_of(NoticeLevel level) {
    switch (level) {
        case NoticeLevel::Error:
            return "ERROR";
        case NoticeLevel::Warn:
            return "WARN";
        case NoticeLevel::Info:
            return "INFO";
        case NoticeLevel::Debug:
            return "DEBUG";
        case NoticeLevel::Other:
            break;
    }
    return "OTHER";
}

void SummaryGatherer::on_record(const tailer::Record& record) {
    data_.first_ns = std::min(data_.first_ns.value_or(record.event_time_ns), record.event_time_ns);
    data_.last_ns = std::max(data_.last_ns.value_or(record.event_time_ns), record.event_time_ns);
    if (record.kind == tailer::RecordKind::Notice || record.kind == tailer::RecordKind::Lifecycle) {
        ++(record.kind == tailer::RecordKind::Notice ? data_.notices : data_.lifecycle);
        data_.notice_messages.at(static_cast<std::size_t>(level_of(record.level)))
            .add(record.notice);
        return;
    }
    const bool allow = record.kind == tailer::RecordKind::Allow;
    VerdictCounts& counts = allow ? data_.allow : data_.deny;
    ++counts.total;
    counts.domains.add(value_of(record, "domain"));
    counts.methods.add(value_of(record, "http_method"));
    data_.timeline.add(record.event_time_ns, allow);
    if (const auto call = value_of(record, "tool_call_id"); !allow && !call.empty()) {
        count_tool_call(call, value_of(record, "tool_name"));
    }
    if (allow) {
        data_.rules.add(value_of(record, "matched_rule"));
    }
    count_session(value_of(record, "session"));
}

void SummaryGatherer::on_unparsed(const tailer::UnparsedLine& line) {
    ++data_.unparsed;
    const auto found = data_.unparsed_reasons.find(line.reason);
    if (found != data_.unparsed_reasons.end()) {
        ++found->second;
    } else {
        data_.unparsed_reasons.emplace(line.reason, 1);
    }
}

void SummaryGatherer::count_tool_call(std::string_view id, std::string_view tool) {
    data_.denied_tool_calls.add(id);
    if (tool.empty()) {
        return;
    }
    if (data_.tool_names.size() >= 2 * data_.denied_tool_calls.keep()) {
        data_.tool_names.clear();
    }
    data_.tool_names.try_emplace(std::string(id.substr(0, BoundedCounts::kKeyBytes)),
                                 tool.substr(0, BoundedCounts::kKeyBytes));
}

void SummaryGatherer::count_session(std::string_view session) {
    // Lines come in runs of one file.
    if (!sessions_.empty() && session == last_session_) {
        return;
    }
    last_session_ = session;
    sessions_.insert(last_session_);
    data_.sessions = sessions_.size();
}

}  // namespace bridge
