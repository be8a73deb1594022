// SPDX-License-Identifier: MIT
#include "bridge/settings/effective_settings.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "bridge/console/terminal.h"

namespace bridge {
namespace {

constexpr const char* kMasked = "(set, not shown)";

/// What takes effect where nothing is said. Empty = nothing does.
std::vector<std::string> default_of(const std::string& name, const Settings& settings) {
    const auto& delivery = settings.delivery;
    if (name == "log-dir") {
        return settings.log_dirs;
    }
    std::string value;
    if (name == "state-dir") {
        value = settings.state_dir;
    } else if (name == "journal-dir") {
        value = settings.journal_dir;
    } else if (name == "namespace") {
        value = settings.enrich.identity.kubernetes_namespace;
    } else if (name == "stream-labels") {
        value = base::joined(settings.enrich.stream_labels, ',');
    } else if (name == "tools") {
        value = base::joined(settings.enrich.tools, ',');
    } else if (name == "line-format") {
        value = "json";
    } else if (name == "url-query") {
        value = "redact";
    } else if (name == "notices") {
        value = "trail";
    } else if (name == "metrics-address") {
        value = settings.metrics_address;
    } else if (name == "heartbeat") {
        value = "5m";
    } else if (name == "batch-bytes") {
        value = std::to_string(delivery.batch_bytes);
    } else if (name == "batch-wait") {
        value = std::to_string(delivery.batch_wait.count()) + "ms";
    } else if (name == "stream-rate") {
        value = std::to_string(delivery.stream_rate);
    } else if (name == "spool-max-bytes") {
        value = std::to_string(settings.spool_max_bytes);
    } else if (name == "log-level") {
        value = "info";
    } else if (name == "log-format") {
        value = "text";
    }
    return value.empty() ? std::vector<std::string>{} : std::vector<std::string>{value};
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
