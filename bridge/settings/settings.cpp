// SPDX-License-Identifier: MIT
#include "bridge/settings/settings.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/host.h"
#include "base/text.h"
#include "bridge/settings/choices.h"
#include "bridge/settings/quantity.h"
#include "bridge/settings/readers.h"
#include "tailer/toolcalls/toolcall_record.h"

namespace bridge {
namespace {

using base::Result;

std::string home(const SettingSources& sources) { return sources.variable("HOME").value_or(""); }

Result<void> read_log_dirs(const SettingSources& sources, std::vector<std::string>& dirs) {
    const auto given = sources.find("log-dir");
    if (given) {
        dirs = given->parts(':');  // Boundary's own variable may name several, as PATH does
        if (dirs.empty() || std::ranges::count(dirs, "") > 0) {
            return given->bad(given->values.back(), "name a folder");
        }
    } else {
        dirs = {"/tmp/boundary_logs"};
        if (!home(sources).empty()) {
            dirs.push_back(home(sources) +
                           "/.coder-modules/coder/agent-firewall/logs/agent_firewall_logs");
        }
    }
    for (auto& dir : dirs) {
        while (dir.size() > 1 && dir.ends_with('/')) {
            dir.pop_back();
        }
        std::error_code code;
        if (std::filesystem::exists(dir, code) && !std::filesystem::is_directory(dir, code)) {
            return base::failure((given ? given->source + ": " : "") + dir +
                                 " is a file; name the folder it lies in");
        }
    }
    return {};
}

Result<void> read_trusted_owners(const SettingSources& sources,
                                 std::vector<std::uint32_t>& owners) {
    const auto given = sources.find("trust-owner");
    if (!given) {
        return {};
    }
    for (const auto& owner : given->parts(',')) {
        const auto uid = parse_user_id(owner);
        if (!uid) {
            return given->bad(owner, "want a user's number, such as 1000 (see `id -u`)");
        }
        owners.push_back(*uid);
    }
    return {};
}

Result<void> read_state_dir(const SettingSources& sources, const SettingsWish& wish,
                            std::string& state_dir) {
    state_dir = sources.text("state-dir");
    if (!state_dir.empty() || !wish.default_state) {
        return {};
    }
    if (const auto state = sources.variable("XDG_STATE_HOME")) {
        state_dir = *state + "/boundary-loki";
    } else if (!home(sources).empty()) {
        state_dir = home(sources) + "/.local/state/boundary-loki";
    } else {
        return base::failure("no place to keep state: set --state-dir, or HOME");
    }
    return {};
}

Result<void> read_folders(const SettingSources& sources, const SettingsWish& wish,
                          Settings& settings) {
    auto& dirs = settings.log_dirs;
    return read_log_dirs(sources, dirs)
        .map([&] {
            settings.journal_dir = sources.text("journal-dir");
            if (settings.journal_dir.empty() && wish.default_journal) {
                settings.journal_dir = dirs.front() + "/" + std::string(tailer::kJournalFolder);
            }
            std::ranges::sort(dirs);  // the first one is as it was given until here
            dirs.erase(std::unique(dirs.begin(), dirs.end()), dirs.end());
        })
        .and_then([&] { return read_trusted_owners(sources, settings.trusted_owners); })
        .and_then([&] { return read_state_dir(sources, wish, settings.state_dir); });
}

/// Reads one setting that is one of a few words: see choices.h.
template <typename Choices, typename Value>
Result<void> read_choice(const SettingSources& sources, std::string_view name,
                         const Choices& choices, Value& into) {
    const auto given = sources.find(name);
    if (!given) {
        return {};
    }
    const auto found =
        std::ranges::find(choices, given->values.back(), &Choices::value_type::first);
    if (found == choices.end()) {
        std::string wanted = "want one of";
        for (const auto& [word, value] : choices) {
            wanted.append(" ").append(word);
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

/// For a value that reads well and is out of range.
Result<void> bad_last(const SettingSources& sources, std::string_view name,
                      std::string_view wanted) {
    const auto given = sources.find(name);
    return given->bad(given->values.back(), wanted);
}

Result<void> read_delivery(const SettingSources& sources, Settings& settings) {
    constexpr std::string_view kBytes = "want a number of bytes such as 262144 or 256KiB";
    auto& delivery = settings.delivery;
    const auto bytes = [&](std::string_view name, auto& into) {
        return read_quantity(sources, name, parse_bytes, kBytes, into);
    };
    delivery.unstable_metadata.assign(tailer::kToolCallMetadata.begin(),
                                      tailer::kToolCallMetadata.end());
    return bytes("batch-bytes", delivery.batch_bytes)
        .and_then([&]() -> Result<void> {
            if (delivery.batch_bytes < 1024 || delivery.batch_bytes > (4U << 20U)) {
                return bad_last(sources, "batch-bytes",
                                "want 1KiB to 4MiB (Loki refuses larger pushes)");
            }
            return {};
        })
        .and_then([&] {
            return read_quantity(sources, "batch-wait", parse_duration,
                                 "want a duration such as 1s or 500ms", delivery.batch_wait);
        })
        .and_then([&] { return bytes("stream-rate", delivery.stream_rate); })
        .and_then([&] { return bytes("spool-max-bytes", settings.spool_max_bytes); })
        .and_then([&]() -> Result<void> {
            // The last entry of a batch may go beyond its size by a whole line.
            if (settings.spool_max_bytes < delivery.batch_bytes + 2 * delivery.longest_line) {
                return bad_last(sources, "spool-max-bytes",
                                "want --batch-bytes and 512KiB at least, so that any batch fits");
            }
            return {};
        });
}

Result<void> read_words(const SettingSources& sources, Settings& settings) {
    auto& enrich = settings.enrich;
    return read_choice(sources, "line-format", kLineFormats, enrich.line_format)
        .and_then(
            [&] { return read_choice(sources, "url-query", kQueryPolicies, enrich.url_query); })
        .and_then([&] { return read_choice(sources, "notices", kNoticePolicies, enrich.notices); })
        .and_then([&] { return read_choice(sources, "log-level", kLogLevels, settings.log_level); })
        .and_then(
            [&] { return read_choice(sources, "log-format", kLogFormats, settings.log_format); });
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
    return SettingSources::load(flags, environment, config_file)
        .and_then([&](const SettingSources& sources) { return resolve_settings(sources, wish); });
}

Result<Settings> resolve_settings(const SettingSources& sources, const SettingsWish& wish) {
    Settings settings;
    return read_words(sources, settings)
        .and_then([&] { return read_folders(sources, wish, settings); })
        .and_then([&] { return read_labels(sources, settings); })
        .and_then([&] { return read_delivery(sources, settings); })
        .and_then([&] { return read_metrics(sources, settings); })
        .and_then([&] { return read_heartbeat(sources, settings); })
        .and_then([&] { return read_loki(sources, wish, settings); })
        .map([&] { return std::move(settings); });
}

}  // namespace bridge
