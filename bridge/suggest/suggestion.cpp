// SPDX-License-Identifier: MIT
#include "bridge/suggest/suggestion.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/rfc3339.h"
#include "base/text.h"
#include "bridge/console/json_text.h"
#include "bridge/console/terminal.h"

namespace bridge::suggest {
namespace {

/// A pattern of one domain, with the methods that ask for it.
struct Asked {
    std::set<std::string> methods;
    Wanted wanted;
};

std::string path_text(const std::vector<std::string>& segments) {
    std::string text;
    for (const auto& segment : segments) {
        text.append("/").append(segment);
    }
    return text;
}

/// The rules of one domain: patterns that the same methods ask for make one, but for those that
/// match more than was asked for. These stand alone, to be judged alone.
void rules_of(const std::string& domain, const Denied::Host& host, std::uint64_t min_count,
              Suggestion& suggestion) {
    std::map<std::string, Asked> by_path;
    for (const auto& [method, tree] : host.by_method) {
        for (const auto& pattern : tree.patterns()) {
            if (pattern.wanted.requests < min_count) {
                suggestion.below_min_count += pattern.wanted.requests;
                continue;
            }
            Asked& asked = by_path[path_text(pattern.segments)];
            asked.methods.insert(method);
            asked.wanted.add(pattern.wanted);
        }
    }
    std::map<std::pair<std::set<std::string>, WiderFlags>, SuggestedRule> by_methods;
    for (auto& [path, asked] : by_path) {
        SuggestedRule& rule = by_methods[{asked.methods, asked.wanted.wider}];
        if (!path.empty()) {
            rule.paths.push_back(path);
        }
        rule.wanted.add(asked.wanted);
    }
    for (auto& [key, rule] : by_methods) {
        rule.domain = domain;
        rule.methods.assign(key.first.begin(), key.first.end());
        rule.text = "method=" + base::joined(rule.methods, ',') + " domain=" + domain;
        if (!rule.paths.empty()) {
            rule.text += " path=" + base::joined(rule.paths, ',');
        }
        rule.wanted.wider |= host.wider;
        suggestion.covered += rule.wanted.requests;
        suggestion.rules.push_back(std::move(rule));
    }
}

std::string number_of_requests(std::uint64_t count) {
    return std::to_string(count) + (count == 1 ? " request" : " requests");
}

std::string calls_text(const SuggestedRule& rule, const Suggestion& suggestion) {
    std::string text;
    std::uint64_t unnamed = rule.wanted.other_calls;
    for (const auto& [call, count] : rule.wanted.calls) {
        if (call >= suggestion.calls.size()) {
            unnamed += call == UINT32_MAX ? 0 : count;  // else of no tool call
            continue;
        }
        const auto& [id, tool] = suggestion.calls[call];
        text.append(text.empty() ? "; by " : ", ").append(printable(tool));
        text.append(tool.empty() ? "" : " ").append(printable(id));
        text.append(" (").append(std::to_string(count)).append(")");
    }
    if (unnamed > 0) {
        text.append(text.empty() ? "; by others (" : ", others (");
        text.append(std::to_string(unnamed)).append(")");
    }
    return text;
}

void write_calls(JsonText& json, const SuggestedRule& rule, const Suggestion& suggestion) {
    json.key("tool_calls").open('[');
    for (const auto& [call, count] : rule.wanted.calls) {
        if (call < suggestion.calls.size()) {
            json.open('{').key("tool_call_id").string(suggestion.calls[call].id);
            json.key("tool").string(suggestion.calls[call].tool);
            json.key("requests").number(count).close('}');
        }
    }
    json.close(']');
}

void write_list(JsonText& json, std::string_view name, const std::vector<std::string>& list) {
    json.key(name).open('[');
    for (const auto& text : list) {
        json.string(text);
    }
    json.close(']');
}

std::string unused_yaml(const Suggestion& suggestion) {
    if (suggestion.config.empty()) {
        return {};
    }
    std::string out;
    if (suggestion.allowed == 0) {
        return "#\n# Which rules of " + printable(suggestion.config) +
               " are in use cannot be told: the logs hold no ALLOW. Boundary\n"
               "# writes it at log_level info.\n";
    }
    out += suggestion.unused.empty()
               ? "#\n# Every rule of " + printable(suggestion.config) + " was used.\n"
               : "#\n# Rules of " + printable(suggestion.config) + " that nothing used:\n";
    for (const auto& rule : suggestion.unused) {
        out += "#   - " + printable(rule) + "\n";
    }
    return out;
}

}  // namespace

std::vector<std::string> reasons(WiderFlags wider) {
    std::vector<std::string> all;
    const auto put = [&](Wider flag, const char* sentence) {
        if ((wider & static_cast<WiderFlags>(flag)) != 0) {
            all.emplace_back(sentence);
        }
    };
    put(Wider::Many, "a * stands for many that differ in this place alone");
    put(Wider::Secret, "a * stands where a secret stood");
    put(Wider::NoPattern, "a * stands for what Boundary's rules cannot name");
    put(Wider::AnyPath, "Boundary has no pattern for / alone, so every path is let through");
    return all;
}

void write_rules(const Denied& denied, std::uint64_t min_count, Suggestion& suggestion) {
    for (const auto& [domain, host] : denied.hosts()) {
        rules_of(domain, host, min_count, suggestion);
    }
    std::ranges::sort(suggestion.rules, {}, [](const SuggestedRule& rule) {
        return std::tuple(rule.wanted.wider != 0, UINT64_MAX - rule.wanted.requests, rule.text);
    });
    suggestion.calls = denied.calls();
    suggestion.dropped = denied.dropped();
    suggestion.impossible.assign(denied.impossible().begin(), denied.impossible().end());
}

std::string suggestion_yaml(const Suggestion& suggestion) {
    std::string out = "# " + number_of_requests(suggestion.denied) + " denied";
    if (suggestion.first_ns) {
        out += ", ";
        base::append_rfc3339_nano(out, *suggestion.first_ns);
        out += " to ";
        base::append_rfc3339_nano(out, *suggestion.last_ns);
    }
    out += ".\n# These rules would have let through " + std::to_string(suggestion.covered) +
           " of them. Read each before you allow it:\n"
           "# what was denied may be what an agent must not do.\n";
    out += suggestion.rules.empty() ? "allowlist: []\n" : "allowlist:\n";
    for (const auto& rule : suggestion.rules) {
        out +=
            "  # " + number_of_requests(rule.wanted.requests) + calls_text(rule, suggestion) + "\n";
        for (const auto& reason : reasons(rule.wanted.wider)) {
            out += "  # WIDER than what was asked for: " + reason + "\n";
        }
        out += "  - \"" + rule.text + "\"\n";
    }
    const auto left_out = [&out](std::uint64_t count, const std::string& why) {
        if (count > 0) {
            out += "# Left out: " + number_of_requests(count) + ": " + why + "\n";
        }
    };
    left_out(suggestion.below_min_count, "asked for too seldom (--min-count)");
    left_out(suggestion.dropped, "too many different ones; look at a shorter span (--since)");
    left_out(suggestion.allowed_already, "allowed by " + printable(suggestion.config) + " already");
    for (const auto& [why, count] : suggestion.impossible) {
        left_out(count, printable(why));
    }
    return out + unused_yaml(suggestion);
}

std::string suggestion_json(const Suggestion& suggestion) {
    JsonText json;
    json.open('{').key("denied").number(suggestion.denied);
    json.key("covered").number(suggestion.covered);
    json.key("first").time(suggestion.first_ns).key("last").time(suggestion.last_ns);
    json.key("rules").open('[');
    for (const auto& rule : suggestion.rules) {
        json.open('{').key("rule").string(rule.text).key("domain").string(rule.domain);
        write_list(json, "methods", rule.methods);
        write_list(json, "paths", rule.paths);
        json.key("requests").number(rule.wanted.requests);
        write_list(json, "wider", reasons(rule.wanted.wider));
        write_calls(json, rule, suggestion);
        json.close('}');
    }
    json.close(']').key("below_min_count").number(suggestion.below_min_count);
    json.key("dropped").number(suggestion.dropped);
    json.key("allowed_already").number(suggestion.allowed_already);
    json.key("impossible").open('[');
    for (const auto& [why, count] : suggestion.impossible) {
        json.open('{').key("why").string(why).key("requests").number(count).close('}');
    }
    json.close(']').key("config").string(suggestion.config);
    json.key("allowed").number(suggestion.allowed);
    write_list(json, "unused", suggestion.unused);
    json.close('}');
    return json.take();
}

}  // namespace bridge::suggest
