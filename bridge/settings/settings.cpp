// SPDX-License-Identifier: MIT
#include "bridge/settings/settings.h"

#include <algorithm>
#include <filesystem>

#include "base/host.h"
#include "base/text.h"
#include "bridge/settings/quantity.h"
#include "bridge/settings/readers.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace bridge {
namespace {

using base::Result;

std::string home(const SettingSources& sources) { return sources.variable("HOME").value_or(""); }

Result<void> read_folders(const SettingSources& sources, const SettingsWish& wish,
                          Settings& settings) {
    if (const auto given = sources.find("log-dir")) {
        for (const auto& value : given->values) {
            // Boundary's own variable may name several, as PATH does; a flag names one.
            const auto dirs =
                given->is_flag() ? std::vector<std::string>{value} : base::split(value, ':');
            settings.log_dirs.insert(settings.log_dirs.end(), dirs.begin(), dirs.end());
        }
        if (settings.log_dirs.empty() || std::ranges::count(settings.log_dirs, "") > 0) {
            return given->bad(given->values.back(), "name a folder");
        }
    } else {
        settings.log_dirs = {"/tmp/boundary_logs"};
        if (!home(sources).empty()) {
            settings.log_dirs.push_back(
                home(sources) + "/.coder-modules/coder/agent-firewall/logs/agent_firewall_logs");
        }
    }
    for (auto& dir : settings.log_dirs) {
        while (dir.size() > 1 && dir.ends_with('/')) {
            dir.pop_back();
        }
        std::error_code code;
        if (std::filesystem::exists(dir, code) && !std::filesystem::is_directory(dir, code)) {
            return base::failure(sources.find("log-dir")->source + ": " + dir +
                                 " is a file; name the folder it lies in");
        }
    }
    settings.journal_dir = sources.text("journal-dir");
    if (settings.journal_dir.empty() && wish.default_journal) {
        settings.journal_dir =
            settings.log_dirs.front() + "/" + std::string(tailer::kJournalFolder);
    }
    if (const auto given = sources.find("trust-owner")) {
        for (const auto& value : given->values) {
            const auto owners =
                given->is_flag() ? std::vector<std::string>{value} : base::split(value, ',');
            for (const auto& owner : owners) {
                const auto uid = parse_user_id(owner);
                if (!uid) {
                    return given->bad(owner, "want a user's number, such as 1000 (see `id -u`)");
                }
                settings.trusted_owners.push_back(*uid);
            }
        }
    }
    std::ranges::sort(settings.log_dirs);
    settings.log_dirs.erase(std::unique(settings.log_dirs.begin(), settings.log_dirs.end()),
                            settings.log_dirs.end());

    settings.state_dir = sources.text("state-dir");
    if (settings.state_dir.empty() && wish.default_state) {
        if (const auto state = sources.variable("XDG_STATE_HOME")) {
            settings.state_dir = *state + "/boundary-loki";
        } else if (!home(sources).empty()) {
            settings.state_dir = home(sources) + "/.local/state/boundary-loki";
        } else {
            return base::failure("no place to keep state: set --state-dir, or HOME");
        }
    }
    return {};
}

/// Reads one setting that is one of a few words.
template <typename Value>
Result<void> read_choice(const SettingSources& sources, std::string_view name,
                         const std::map<std::string, Value>& choices, Value& into) {
    const auto given = sources.find(name);
    if (!given) {
        return {};
    }
    const auto found = choices.find(given->values.back());
    if (found == choices.end()) {
        std::string wanted = "want one of";
        for (const auto& [word, value] : choices) {
            wanted += " " + word;
        }
        return given->bad(given->values.back(), wanted);
    }
    into = found->second;
    return {};
}

template <typename Parse, typename Value>
Result<void> read_quantity(const SettingSources& sources, std::string_view name, Parse parse,
                           std::string_view wanted, Value& into) {
    const auto given = sources.find(name);
    if (!given) {
        return {};
    }
    const auto value = parse(given->values.back());
    if (!value) {
        return given->bad(given->values.back(), wanted);
    }
    into = *value;
    return {};
}

/// For a value that reads well and lies out of range.
Result<void> bad_last(const SettingSources& sources, std::string_view name,
                      std::string_view wanted) {
    const auto given = sources.find(name);
    return given->bad(given->values.back(), wanted);
}

Result<void> read_delivery(const SettingSources& sources, Settings& settings) {
    constexpr std::string_view kBytes = "want a number of bytes such as 262144 or 256KiB";
    std::uint64_t batch_bytes = settings.delivery.batch_bytes;
    auto read = read_quantity(sources, "batch-bytes", parse_bytes, kBytes, batch_bytes);
    if (read && (batch_bytes < 1024 || batch_bytes > (4U << 20U))) {
        return bad_last(sources, "batch-bytes", "want 1KiB to 4MiB (Loki refuses larger pushes)");
    }
    settings.delivery.batch_bytes = batch_bytes;
    if (read) {
        read = read_quantity(sources, "batch-wait", parse_duration,
                             "want a duration such as 1s or 500ms", settings.delivery.batch_wait);
    }
    if (read) {
        read = read_quantity(sources, "stream-rate", parse_bytes, kBytes,
                             settings.delivery.stream_rate);
    }
    if (read) {
        read = read_quantity(sources, "spool-max-bytes", parse_bytes, kBytes,
                             settings.spool_max_bytes);
    }
    settings.delivery.unstable_metadata.assign(tailer::kToolCallMetadata.begin(),
                                               tailer::kToolCallMetadata.end());
    // The last entry of a batch may go beyond its size by a whole line.
    if (read && settings.spool_max_bytes < batch_bytes + 2 * settings.delivery.longest_line) {
        return bad_last(sources, "spool-max-bytes",
                        "want --batch-bytes and 512KiB at least, so that any batch fits");
    }
    return read;
}

Result<void> read_words(const SettingSources& sources, Settings& settings) {
    auto read = read_choice<tailer::LineFormat>(
        sources, "line-format",
        {{"json", tailer::LineFormat::Json}, {"logfmt", tailer::LineFormat::Logfmt}},
        settings.enrich.line_format);
    if (read) {
        read = read_choice<tailer::QueryPolicy>(sources, "url-query",
                                                {{"redact", tailer::QueryPolicy::Redact},
                                                 {"keep", tailer::QueryPolicy::Keep},
                                                 {"drop", tailer::QueryPolicy::Drop}},
                                                settings.enrich.url_query);
    }
    if (read) {
        read = read_choice<tailer::NoticePolicy>(sources, "notices",
                                                 {{"trail", tailer::NoticePolicy::Trail},
                                                  {"all", tailer::NoticePolicy::All},
                                                  {"none", tailer::NoticePolicy::None}},
                                                 settings.enrich.notices);
    }
    if (read) {
        read = read_choice<LogLevel>(sources, "log-level",
                                     {{"debug", LogLevel::Debug},
                                      {"info", LogLevel::Info},
                                      {"warn", LogLevel::Warn},
                                      {"error", LogLevel::Error}},
                                     settings.log_level);
    }
    if (read) {
        read = read_choice<LogFormat>(sources, "log-format",
                                      {{"text", LogFormat::Text}, {"json", LogFormat::Json}},
                                      settings.log_format);
    }
    return read;
}

Result<void> read_metrics(const SettingSources& sources, Settings& settings) {
    const auto given = sources.find("metrics-address");
    if (!given) {
        return {};
    }
    const std::string& value = given->values.back();
    settings.metrics_address = value == "off" ? "" : value;
    if (value == "off") {
        return {};
    }
    const auto parsed = base::parse_host_port(value);
    if (!parsed) {
        return given->bad(value, parsed.error().message + "; such as 127.0.0.1:9765, or off");
    }
    if (parsed->host != "localhost" && !base::is_ip_address(parsed->host)) {
        return given->bad(value,
                          "want an address of this machine, no name, such as "
                          "127.0.0.1:9765 or 0.0.0.0:9765, or off");
    }
    return {};
}

/// The alert on silence waits for three of them.
Result<void> read_heartbeat(const SettingSources& sources, Settings& settings) {
    const auto given = sources.find("heartbeat");
    if (!given) {
        return {};
    }
    const std::string& value = given->values.back();
    const auto every =
        value == "off" ? std::optional(std::chrono::milliseconds(0)) : parse_duration(value);
    const bool sane = every && (value == "off" || (*every >= std::chrono::seconds(1) &&
                                                   *every <= std::chrono::minutes(5)));
    if (!sane) {
        return given->bad(value, "want 1s to 5m, or off");
    }
    settings.heartbeat = *every;
    return {};
}

}  // namespace

Result<Settings> resolve_settings(const FlagValues& flags, const Environment& environment,
                                  const std::string& config_file, const SettingsWish& wish) {
    const auto loaded = SettingSources::load(flags, environment, config_file);
    if (!loaded) {
        return tl::unexpected(loaded.error());
    }
    return resolve_settings(*loaded, wish);
}

Result<Settings> resolve_settings(const SettingSources& sources, const SettingsWish& wish) {
    Settings settings;
    auto read = read_words(sources, settings);
    if (read) {
        read = read_folders(sources, wish, settings);
    }
    if (read) {
        read = read_labels(sources, settings);
    }
    if (read) {
        read = read_delivery(sources, settings);
    }
    if (read) {
        read = read_metrics(sources, settings);
    }
    if (read) {
        read = read_heartbeat(sources, settings);
    }
    if (read) {
        read = read_loki(sources, wish, settings);
    }
    if (!read) {
        return tl::unexpected(read.error());
    }
    return settings;
}

}  // namespace bridge
