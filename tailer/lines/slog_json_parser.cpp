// SPDX-License-Identifier: MIT
#include "tailer/lines/slog_json_parser.h"

#include <algorithm>
#include <array>

#include "base/rfc3339.h"
#include "tailer/lines/suspicion.h"

namespace tailer {
namespace {

const base::LabelView* find(const std::vector<base::LabelView>& pairs, std::string_view name) {
    const auto found =
        std::ranges::find_if(pairs, [name](const auto& pair) { return pair.name == name; });
    return found == pairs.end() ? nullptr : &*found;
}

std::string_view value_of(const std::vector<base::LabelView>& pairs, std::string_view name) {
    const auto* pair = find(pairs, name);
    return pair == nullptr ? std::string_view{} : pair->value;
}

void drop(std::vector<base::LabelView>& pairs, std::string_view name) {
    const auto found =
        std::ranges::find_if(pairs, [name](const auto& pair) { return pair.name == name; });
    if (found != pairs.end()) {
        pairs.erase(found);
    }
}

/// What coderd's line may claim about the workspace; every other field is dropped.
constexpr std::array<std::string_view, 6> kClaims = {
    "owner", "workspace_name", "agent_name", "workspace_id", "template_id", "template_version_id"};

std::string_view trimmed(std::string_view json) {
    const std::size_t end = json.find_last_not_of(" \t\r\n");
    return json.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

}  // namespace

bool SlogJsonParser::read_object(simdjson::ondemand::object object,
                                 std::vector<base::LabelView>& pairs, bool descend) {
    for (auto member : object) {
        std::string_view key;
        simdjson::ondemand::value value;
        simdjson::ondemand::json_type type{};
        if (member.unescaped_key().get(key) != simdjson::SUCCESS ||
            member.value().get(value) != simdjson::SUCCESS ||
            value.type().get(type) != simdjson::SUCCESS) {
            return false;
        }
        std::string_view text;
        if (type == simdjson::ondemand::json_type::string) {
            if (value.get_string().get(text) != simdjson::SUCCESS) {
                return false;
            }
        } else if (type == simdjson::ondemand::json_type::object && descend && key == "fields") {
            simdjson::ondemand::object inner;
            if (value.get_object().get(inner) != simdjson::SUCCESS ||
                !read_object(inner, fields_, false)) {
                return false;
            }
            continue;
        } else if (simdjson::to_json_string(value).get(text) == simdjson::SUCCESS) {
            text = trimmed(text);
        } else {
            return false;
        }
        pairs.push_back({key, text});
    }
    return true;
}

ParsedLine SlogJsonParser::parse(std::string_view line, bool cut) {
    pairs_.clear();
    fields_.clear();
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    const simdjson::padded_string_view padded(line.data(), line.size(), line.size() + kJsonPadding);
    if (parser_.iterate(padded).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS ||
        !read_object(object, pairs_, true) ||
        document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
        return Unparsed{"malformed"};
    }
    return value_of(pairs_, "msg") == "boundary_request" ? coderd_request(cut) : slog_record();
}

ParsedLine SlogJsonParser::coderd_request(bool cut) {
    const auto time_ns =
        base::parse_rfc3339(cut ? value_of(pairs_, "ts") : value_of(fields_, "event_time"));
    if (!time_ns) {
        return Unparsed{"bad_time"};
    }
    const std::string_view verdict = value_of(fields_, "decision");
    if ((verdict != "allow" && verdict != "deny") || find(fields_, "http_method") == nullptr ||
        find(fields_, "http_url") == nullptr) {
        return Unparsed{"malformed"};
    }
    Decision decision;
    decision.time_ns = *time_ns;
    decision.verdict = verdict == "allow" ? Verdict::Allow : Verdict::Deny;
    decision.method = value_of(fields_, "http_method");
    decision.url = value_of(fields_, "http_url");
    decision.rule = value_of(fields_, "matched_rule");
    std::erase_if(fields_, [](const auto& field) {
        return std::ranges::find(kClaims, field.name) == kClaims.end();
    });
    decision.claims = fields_;
    return decision;
}

ParsedLine SlogJsonParser::slog_record() {
    const auto* time = find(pairs_, "time");
    const auto* level = find(pairs_, "level");
    const auto* message = find(pairs_, "msg");
    if (time == nullptr || level == nullptr || message == nullptr) {
        return Unparsed{"not_slog"};
    }
    const auto time_ns = base::parse_rfc3339(time->value);
    if (!time_ns) {
        return Unparsed{"bad_time"};
    }
    const bool allow = level->value == "INFO" && message->value == "ALLOW";
    const bool deny = level->value == "WARN" && message->value == "DENY";
    const auto* method = find(pairs_, "method");
    const auto* url = find(pairs_, "url");
    const auto* host = find(pairs_, "host");
    if ((allow || deny) && method != nullptr && url != nullptr && host != nullptr) {
        Decision decision;
        decision.time_ns = *time_ns;
        decision.verdict = allow ? Verdict::Allow : Verdict::Deny;
        decision.method = method->value;
        decision.url = url->value;
        decision.host = host->value;
        decision.rule = value_of(pairs_, "rule");
        decision.suspect = suspicion_of(pairs_, level->value, message->value);
        return decision;
    }
    Notice notice{*time_ns, level->value, message->value, {}, {}};
    notice.suspect = suspicion_of(pairs_, notice.level, notice.message);
    drop(pairs_, "time");
    drop(pairs_, "level");
    drop(pairs_, "msg");
    notice.fields = pairs_;
    return notice;
}

}  // namespace tailer
