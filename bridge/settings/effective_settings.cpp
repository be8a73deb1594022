// SPDX-License-Identifier: MIT
#include "bridge/settings/effective_settings.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

#include "base/text.h"
#include "base/utf8.h"
#include "bridge/console/terminal.h"
#include "bridge/settings/choices.h"

namespace bridge {
namespace {

constexpr const char* kMasked = "(set, not shown)";

/// "5m", "1000ms"
std::string duration_text(std::chrono::milliseconds duration) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(duration);
    return minutes == duration ? std::to_string(minutes.count()) + "m"
                               : std::to_string(duration.count()) + "ms";
}

/// What takes effect where nothing is said. Empty = nothing does.
std::vector<std::string> default_of(std::string_view name, const Settings& settings) {
    if (name == "log-dir") {
        return settings.log_dirs;
    }
    const auto& delivery = settings.delivery;
    const auto& enrich = settings.enrich;
    const std::map<std::string_view, std::string> defaults = {
        {"state-dir", settings.state_dir},
        {"journal-dir", settings.journal_dir},
        {"namespace", enrich.identity.kubernetes_namespace},
        {"stream-labels", base::joined(enrich.stream_labels, ',')},
        {"tools", base::joined(enrich.tools, ',')},
        {"line-format", std::string(word_of(kLineFormats, enrich.line_format))},
        {"url-query", std::string(word_of(kQueryPolicies, enrich.url_query))},
        {"notices", std::string(word_of(kNoticePolicies, enrich.notices))},
        {"metrics-address", settings.metrics_address},
        {"heartbeat", duration_text(settings.heartbeat)},
        {"batch-bytes", std::to_string(delivery.batch_bytes)},
        {"batch-wait", duration_text(delivery.batch_wait)},
        {"stream-rate", std::to_string(delivery.stream_rate)},
        {"spool-max-bytes", std::to_string(settings.spool_max_bytes)},
        {"log-level", std::string(word_of(kLogLevels, settings.log_level))},
        {"log-format", std::string(word_of(kLogFormats, settings.log_format))},
    };
    const auto found = defaults.find(name);
    return found == defaults.end() || found->second.empty()
               ? std::vector<std::string>{}
               : std::vector<std::string>{found->second};
}

EffectiveSetting secret(const char* name, bool set, const std::string& source) {
    return set ? EffectiveSetting{name, {kMasked}, source} : EffectiveSetting{name, {}, "not set"};
}

}  // namespace

std::vector<EffectiveSetting> effective_settings(const SettingSources& sources,
                                                 const Settings& settings) {
    std::vector<EffectiveSetting> all;
    for (const auto& spec : option_specs()) {
        const std::string name(spec.name);
        if (auto given = sources.find(spec.name)) {
            if (!spec.repeatable) {
                given->values = {given->values.back()};
            }
            all.push_back({name, std::move(given->values), std::move(given->source)});
            continue;
        }
        auto values = default_of(name, settings);
        const char* source = values.empty() ? "not set" : "default";
        all.push_back({name, std::move(values), source});
    }
    const auto& loki = settings.loki;
    const auto password_file = sources.find("password-file");
    all.push_back(secret("password", !loki.password.empty() || !loki.password_file.empty(),
                         password_file ? password_file->source : "LOKI_PASSWORD"));
    all.push_back(secret("bearer-token", !loki.bearer_token.empty(), "LOKI_BEARER_TOKEN"));
    return all;
}

std::string settings_text(const std::vector<EffectiveSetting>& settings) {
    std::size_t name_width = 0;
    for (const auto& setting : settings) {
        name_width = std::max(name_width, setting.name.size());
    }
    std::string text;
    for (const auto& setting : settings) {
        const std::string name = setting.name + std::string(name_width - setting.name.size(), ' ');
        if (setting.values.empty()) {
            text += name + "    # " + setting.source + "\n";
        }
        for (const auto& value : setting.values) {
            text += name + " = " + printable(value) + "    # " + printable(setting.source) + "\n";
        }
    }
    return text;
}

std::string settings_json(const std::vector<EffectiveSetting>& settings) {
    std::string text = "{";
    for (const auto& setting : settings) {
        text += text.size() > 1 ? "," : "";
        base::append_json_string(text, setting.name);
        text += R"(:{"values":[)";
        for (const auto& value : setting.values) {
            text += text.back() == '[' ? "" : ",";
            base::append_json_string(text, value);
        }
        text += R"(],"source":)";
        base::append_json_string(text, setting.source);
        text += '}';
    }
    return text + "}\n";
}

}  // namespace bridge
