// SPDX-License-Identifier: MIT
#include "bridge/summary/filter.h"

#include <algorithm>

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
        return wish_.decision.empty() && wish_.domain.empty();
    }
    if (!wish_.decision.empty() &&
        (wish_.decision == "allow") != (record.kind == RecordKind::Allow)) {
        return false;
    }
    if (wish_.domain.empty()) {
        return true;
    }
    const auto found = std::ranges::find(record.metadata, "domain", &base::LabelView::name);
    return found != record.metadata.end() && is_domain(found->value, wish_.domain);
}

void SummaryFilter::on_record(const tailer::Record& record) {
    if (wants(record)) {
        next_.on_record(record);
    }
}

void SummaryFilter::on_unparsed(const tailer::UnparsedLine& line) {
    if (wish_.decision.empty() && wish_.domain.empty()) {
        next_.on_unparsed(line);
    }
}

}  // namespace bridge
