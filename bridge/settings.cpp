// SPDX-License-Identifier: MIT
#include "bridge/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "bridge/base/durable_file.h"
#include "bridge/config_file.h"
#include "bridge/quantity.h"
#include "exporter/stream_labels.h"
#include "tailer/toolcall_record.h"

namespace bridge {
namespace {

using base::Result;

// Loki's own defaults (pkg/validation/limits.go): max_label_names_per_series,
// max_label_name_length, max_label_value_length.
constexpr std::size_t kMaxLabels = 15;
constexpr std::size_t kMaxLabelName = 1024;
constexpr std::size_t kMaxLabelValue = 2048;
/// Each may have a stream for allowed and one for denied requests, and one for each late hour.
constexpr std::size_t kMostTools = 64;

constexpr std::string_view kNamespaceFile =
    "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    return first == std::string_view::npos
               ? std::string_view{}
               : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (const auto part = trim(text.substr(0, end)); !part.empty()) {
            parts.emplace_back(part);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// A value with where it came from, for error messages.
struct Given {
    std::vector<std::string> values;
    std::string source;

    [[nodiscard]] tl::unexpected<base::Error> bad(const std::string& value,
                                                  std::string_view wanted) const {
        return base::failure(source + ": `" + value + "`: " + std::string(wanted));
    }
};

/// Finds each setting's value by precedence.
class Sources {
public:
    Sources(const FlagValues& flags, const Environment& environment,
            std::map<std::string, Given> config)
        : flags_(flags), environment_(environment), config_(std::move(config)) {}

    [[nodiscard]] std::optional<Given> find(std::string_view name) const {
        if (const auto flag = flags_.find(name); flag != flags_.end() && !flag->second.empty()) {
            return Given{flag->second, "--" + std::string(name)};
        }
        const auto& specs = option_specs();
        const auto spec = std::ranges::find(specs, name, &OptionSpec::name);
        if (spec != specs.end() && !spec->environment.empty()) {
            if (auto value = environment_(spec->environment)) {
                return Given{{std::move(*value)}, std::string(spec->environment)};
            }
        }
        const auto line = config_.find(std::string(name));
        return line == config_.end() ? std::nullopt : std::optional(line->second);
    }
    [[nodiscard]] std::string text(std::string_view name) const {
        const auto given = find(name);
        return given ? given->values.back() : std::string();
    }
    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const {
        return environment_(name);
    }

private:
    const FlagValues& flags_;
    const Environment& environment_;
    std::map<std::string, Given> config_;
};

Result<std::map<std::string, Given>> load_config(const std::string& path) {
    std::map<std::string, Given> config;
    if (path.empty()) {
        return config;
    }
    const auto lines = read_config_file(path);
    if (!lines) {
        return tl::unexpected(lines.error());
    }
    for (const auto& line : *lines) {
        const std::string source = path + " line " + std::to_string(line.line_number);
        const auto spec = std::ranges::find(option_specs(), line.name, &OptionSpec::name);
        if (spec == option_specs().end()) {
            return base::failure(source + ": unknown setting `" + line.name + "`");
        }
        Given& given = config[line.name];
        if (!given.values.empty() && !spec->repeatable) {
            return base::failure(source + ": `" + line.name + "` stands twice");
        }
        given.values.push_back(line.value);
        given.source = source;
    }
    return config;
}

std::string home(const Sources& sources) { return sources.variable("HOME").value_or(""); }

Result<void> read_folders(const Sources& sources, const SettingsWish& wish, Settings& settings) {
    if (const auto given = sources.find("log-dir")) {
        for (const auto& value : given->values) {
            // Boundary's own variable may name several, as PATH does; a flag names one.
            const auto dirs = given->source.starts_with("--") ? std::vector<std::string>{value}
                                                              : split(value, ':');
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

Result<void> check_readable(const Sources& sources, std::string_view name) {
    const auto given = sources.find(name);
    if (given && ::access(given->values.back().c_str(), R_OK) != 0) {
        return base::system_failure(given->source + ": cannot read", given->values.back());
    }
    return {};
}

Result<void> read_loki(const Sources& sources, const SettingsWish& wish, Settings& settings) {
    auto& loki = settings.loki;
    loki.url = sources.text("loki-url");
    loki.tenant = sources.text("tenant");
    loki.username = sources.text("username");
    loki.bearer_token_file = sources.text("bearer-token-file");
    loki.ca_cert = sources.text("ca-cert");
    loki.client_cert = sources.text("client-cert");
    loki.client_key = sources.text("client-key");
    if (!wish.push) {
        return {};
    }
    if (loki.url.empty()) {
        return base::failure(
            "no Loki address: set --loki-url or LOKI_ADDR, for instance http://loki.example:3100");
    }
    if (const auto checked = exporter::check_loki_url(loki.url); !checked) {
        return base::failure(sources.find("loki-url")->source + ": " + checked.error().message);
    }
    for (const auto name :
         {"password-file", "bearer-token-file", "ca-cert", "client-cert", "client-key"}) {
        if (auto readable = check_readable(sources, name); !readable) {
            return readable;
        }
    }
    if (const auto path = sources.text("password-file"); !path.empty()) {
        loki.password = trim(base::read_whole(path).value_or(""));
    } else {
        loki.password = sources.variable("LOKI_PASSWORD").value_or("");
    }
    if (loki.bearer_token_file.empty()) {
        loki.bearer_token = sources.variable("LOKI_BEARER_TOKEN").value_or("");
    }
    const bool bearer = !loki.bearer_token.empty() || !loki.bearer_token_file.empty();
    if (bearer && !loki.username.empty()) {
        return base::failure("both a user name and a bearer token are set; Loki takes one of them");
    }
    if (loki.client_cert.empty() != loki.client_key.empty()) {
        return base::failure("--client-cert and --client-key go together; one is missing");
    }
    return {};
}

Result<void> read_labels(const Sources& sources, Settings& settings) {
    auto& enrich = settings.enrich;
    auto& who = enrich.identity;
    who.owner = sources.text("owner");
    who.workspace_name = sources.text("workspace");
    who.workspace_id = sources.text("workspace-id");
    who.agent_name = sources.text("agent");
    who.template_name = sources.text("template");
    who.template_id = sources.text("template-id");
    who.template_version_id = sources.text("template-version-id");
    who.kubernetes_namespace = sources.text("namespace");
    if (who.kubernetes_namespace.empty()) {
        const auto file = base::read_whole(std::string(kNamespaceFile));
        who.kubernetes_namespace = trim(file.value_or(""));
    }

    if (const auto given = sources.find("label")) {
        for (const auto& value : given->values) {
            const auto pairs = given->source.starts_with("--") ? std::vector<std::string>{value}
                                                               : split(value, ',');
            for (const auto& pair : pairs) {
                const std::size_t equals = pair.find('=');
                const std::string name = pair.substr(0, equals);
                if (equals == std::string::npos || equals + 1 == pair.size()) {
                    return given->bad(pair, "want name=value");
                }
                if (!exporter::is_label_name(name) || name.starts_with("__")) {
                    return given->bad(pair,
                                      "a label's name is [a-zA-Z_][a-zA-Z0-9_]*, and names "
                                      "that begin with __ are Loki's own");
                }
                if (std::ranges::find(tailer::kStreamLabelNames, name) !=
                        tailer::kStreamLabelNames.end() ||
                    name == "late") {
                    return given->bad(pair, "this label is set by boundary-loki itself");
                }
                if (std::ranges::find(enrich.extra_labels, name, &base::Label::first) !=
                    enrich.extra_labels.end()) {
                    return given->bad(pair, "this label is given twice");
                }
                enrich.extra_labels.emplace_back(name, pair.substr(equals + 1));
            }
        }
    }
    if (const auto given = sources.find("stream-labels")) {
        constexpr std::string_view kWanted =
            "no stream label of ours; choose from job, decision, owner, workspace_name, "
            "agent_name, template_name, namespace, tool";
        enrich.stream_labels = split(given->values.back(), ',');
        for (const auto& name : enrich.stream_labels) {
            if (std::ranges::find(tailer::kStreamLabelNames, name) ==
                tailer::kStreamLabelNames.end()) {
                return given->bad(name, kWanted);
            }
        }
        if (enrich.stream_labels.empty()) {  // Loki takes no stream without a label
            return given->bad(given->values.back(), kWanted);
        }
    }
    if (const auto given = sources.find("tools")) {
        enrich.tools = split(given->values.back(), ',');
        if (enrich.tools.size() > kMostTools) {
            return given->bad(given->values.back(),
                              "name " + std::to_string(kMostTools) +
                                  " at most, since each makes streams of its own");
        }
    }
    base::Labels all = enrich.extra_labels;
    for (const auto& [name, value] : base::Labels{{"owner", who.owner},
                                                  {"workspace", who.workspace_name},
                                                  {"agent", who.agent_name},
                                                  {"template", who.template_name},
                                                  {"namespace", who.kubernetes_namespace}}) {
        all.emplace_back(name, value);
    }
    for (const auto& [name, value] : all) {
        if (name.size() > kMaxLabelName || value.size() > kMaxLabelValue) {
            return base::failure("label " + name.substr(0, 60) + ": Loki takes names up to " +
                                 std::to_string(kMaxLabelName) + " and values up to " +
                                 std::to_string(kMaxLabelValue) + " bytes");
        }
    }
    // `late` is added when it is needed.
    if (enrich.extra_labels.size() + enrich.stream_labels.size() + 1 > kMaxLabels) {
        return base::failure("too many labels: Loki takes " + std::to_string(kMaxLabels) +
                             " a stream; leave some out of --label or --stream-labels");
    }
    return {};
}

/// Reads one setting that is one of a few words.
template <typename Value>
Result<void> read_choice(const Sources& sources, std::string_view name,
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
Result<void> read_quantity(const Sources& sources, std::string_view name, Parse parse,
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
Result<void> bad_last(const Sources& sources, std::string_view name, std::string_view wanted) {
    const auto given = sources.find(name);
    return given->bad(given->values.back(), wanted);
}

Result<void> read_delivery(const Sources& sources, Settings& settings) {
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

Result<void> read_words(const Sources& sources, Settings& settings) {
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

bool is_host_and_port(const std::string& value) {
    const std::size_t colon = value.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == value.size()) {
        return false;
    }
    const char* end = value.data() + value.size();
    std::uint16_t port = 0;
    const auto [stop, code] = std::from_chars(value.data() + colon + 1, end, port);
    return code == std::errc{} && stop == end;
}

Result<void> read_metrics(const Sources& sources, Settings& settings) {
    const auto given = sources.find("metrics-address");
    if (!given) {
        return {};
    }
    const std::string& value = given->values.back();
    settings.metrics_address_given = true;
    settings.metrics_address = value == "off" ? "" : value;
    if (value != "off" && !is_host_and_port(value)) {
        return given->bad(value, "want host:port such as 127.0.0.1:9765, or off");
    }
    return {};
}

}  // namespace

Environment process_environment() {
    return [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string(name).c_str());
        if (value == nullptr || *value == '\0') {
            return std::nullopt;
        }
        return value;
    };
}

Result<Settings> resolve_settings(const FlagValues& flags, const Environment& environment,
                                  const std::string& config_file, const SettingsWish& wish) {
    auto config = load_config(config_file);
    if (!config) {
        return tl::unexpected(config.error());
    }
    const Sources sources(flags, environment, std::move(*config));
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
        read = read_loki(sources, wish, settings);
    }
    if (!read) {
        return tl::unexpected(read.error());
    }
    return settings;
}

}  // namespace bridge
