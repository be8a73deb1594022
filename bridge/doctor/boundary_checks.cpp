// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "bridge/doctor/checks.h"

namespace bridge::doctor {
namespace {

std::string version_text(const std::array<int, 3>& version) {
    return "v" + std::to_string(version[0]) + "." + std::to_string(version[1]) + "." +
           std::to_string(version[2]);
}

constexpr const char* kRunUnderBoundary =
    "run the agent under it (`boundary -- CMD`, or `boundary-loki toolcall exec -- CMD` for each "
    "tool call); the registry's claude-code module does not any more since 5.0: add its "
    "agent-firewall module";

std::optional<Finding> program(const Gathered& seen) {
    const auto& boundary = seen.boundary;
    if (!boundary.program.empty()) {
        const std::string version =
            boundary.knows_version() ? version_text(boundary.version) : "of unknown version";
        return finding("boundary-program", State::Ok,
                       "Boundary " + version + " at " + boundary.program);
    }
    if (seen.logs.any_log()) {
        return finding("boundary-program", State::Ok,
                       "not on this shell's PATH; it runs all the same, since its logs are there");
    }
    return stop(
        "boundary-program",
        "no `boundary` (nor `coder agent-firewall`) on PATH and no log of one: nothing runs "
        "under Boundary",
        "install Coder Boundary, and " + std::string(kRunUnderBoundary));
}

std::optional<Finding> config(const Gathered& seen) {
    const auto& boundary = seen.boundary;
    if (!boundary.config_trouble.empty()) {
        const bool matters = boundary.config_asked_for || !seen.logs.any_log();
        return finding(
            "boundary-config", matters ? State::Fail : State::Warn,
            boundary.config_trouble + "; Boundary does not start then, and leaves no log",
            "mend that file, or name the right one with BOUNDARY_CONFIG");
    }
    return finding("boundary-config", State::Ok,
                   boundary.config_file.empty() ? "no configuration file; its defaults apply"
                                                : boundary.config_file);
}

std::filesystem::path resolved(const std::string& path) {
    std::error_code code;
    auto result = std::filesystem::weakly_canonical(path, code);
    if (code) {
        return path;
    }
    return result.has_filename() ? result : result.parent_path();
}

std::optional<Finding> log_dir(const Gathered& seen) {
    const auto& dir = seen.boundary.log_dir;
    if (!dir) {
        if (seen.logs.any_log() || seen.boundary.config_file.empty() ||
            !seen.boundary.config_trouble.empty()) {
            return std::nullopt;
        }
        return stop("boundary-log-dir",
                    "Boundary has no log_dir, so it logs to stderr alone and writes no file",
                    "set `log_dir: " + seen.settings.log_dirs.front() + "` in " +
                        seen.boundary.config_file);
    }
    const auto same = [&](const std::string& ours) {
        return resolved(ours) == resolved(dir->value);
    };
    if (std::ranges::any_of(seen.settings.log_dirs, same)) {
        return finding("boundary-log-dir", State::Ok, dir->value + ", which we follow");
    }
    std::string ours;
    for (const auto& each : seen.settings.log_dirs) {
        ours += (ours.empty() ? "" : ", ") + each;
    }
    return stop(
        "boundary-log-dir",
        "Boundary logs to " + dir->value + " (" + dir->source + "), but we follow " + ours,
        "start the daemon with --log-dir " + dir->value + ", or set BOUNDARY_LOG_DIR for both");
}

std::string set_info(const Gathered& seen) {
    const auto& level = seen.boundary.log_level;
    std::string where = "Boundary's configuration";
    if (level && level->source == "BOUNDARY_LOG_LEVEL") {
        return "set BOUNDARY_LOG_LEVEL=info, and start the agent anew";
    }
    if (!seen.boundary.config_file.empty()) {
        where = seen.boundary.config_file;
    }
    return "set `log_level: info` in " + where + ", and start the agent anew";
}

std::optional<Finding> log_level(const Gathered& seen) {
    const auto& logs = seen.logs;
    const auto& level = seen.boundary.log_level;
    const std::string name = level ? base::lower(level->value) : "warn";
    const std::string source = level ? " (" + level->source + ")" : " (its default)";
    if (name == "info" || name == "debug") {
        if (logs.decisions() > 0 && logs.info_lines == 0) {
            return finding("boundary-log-level", State::Warn,
                           name + source +
                               ", but the logs hold no line of that level: Boundary "
                               "runs with another configuration, or since before the change",
                           "start the agent anew; see that its BOUNDARY_CONFIG names that file");
        }
        return finding("boundary-log-level", State::Ok, name + source);
    }
    if (logs.info_lines > 0) {
        return finding("boundary-log-level", level ? State::Warn : State::Ok,
                       name + source +
                           ", yet the logs hold INFO lines: a flag says otherwise, or "
                           "did so earlier",
                       level ? set_info(seen) : "");
    }
    if (!level && logs.decisions() == 0) {
        return finding("boundary-log-level", State::Warn,
                       "not set here; the default, warn, writes no ALLOW", set_info(seen));
    }
    const std::string loss = name == "error" ? "neither ALLOW nor DENY is ever written"
                                             : "ALLOW is never written, and every allowed panel "
                                               "reads zero";
    return finding("boundary-log-level", State::Fail, name + source + ": " + loss, set_info(seen));
}

std::optional<Finding> urls(const Gathered& seen) {
    const bool old =
        seen.boundary.knows_version() && seen.boundary.version < std::array<int, 3>{0, 5, 2};
    if (seen.logs.without_scheme == 0 && !old) {
        return std::nullopt;
    }
    return finding("boundary-urls", State::Warn,
                   count_text(seen.logs.without_scheme, "decision") +
                       " without scheme and host in the URL (Boundary before v0.5.2): we complete "
                       "ours, but coderd's own lines give no domain, so tables of domains are "
                       "empty while totals count",
                   "upgrade Boundary to v0.5.2 or later");
}

std::optional<Finding> listener(const Gathered& seen) {
    if (seen.logs.no_listener == 0) {
        return std::nullopt;
    }
    return finding("boundary-listener", seen.logs.decisions() == 0 ? State::Fail : State::Warn,
                   "Boundary could not listen " + count_text(seen.logs.no_listener, "time") +
                       ": its proxy port was taken, so what ran then was not seen",
                   "give each Boundary that runs at the same time a proxy_port of its own, as "
                   "`boundary-loki toolcall exec` does");
}

std::optional<Finding> way_to_coderd(const Gathered& seen) {
    const auto& logs = seen.logs;
    if (logs.no_socket > 0) {
        return finding("boundary-audit-socket", State::Warn,
                       "Boundary found no audit socket " + count_text(logs.no_socket, "time") +
                           ": what it decided then never reached coderd (ours does not "
                           "depend on it)",
                       "upgrade the workspace agent (Coder v2.30 or later), set the same "
                       "CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH on both sides, and start "
                       "Boundary after the agent");
    }
    if (logs.audit_off > 0) {
        return finding("boundary-audit-socket", State::Warn,
                       "Boundary's audit logs to coderd are switched off (ours does not depend on "
                       "them)",
                       "unset DISABLE_AUDIT_LOGS where Boundary starts");
    }
    if (logs.audit_dropped > 0) {
        return finding("boundary-audit-socket", State::Warn,
                       "Boundary dropped records on its way to coderd " +
                           count_text(logs.audit_dropped, "time") + "; the log files have them",
                       "count from this bridge's entries rather than coderd's");
    }
    return std::nullopt;
}

std::optional<Finding> sessions(const Gathered& seen) {
    if (!seen.for_coderd() || (seen.logs.files == 0 && !seen.boundary.knows_version())) {
        return std::nullopt;
    }
    if (seen.logs.sessions_started > 0) {
        return finding("boundary-sessions", State::Ok,
                       "Boundary sends a session id, which the Firewall Sessions panels count");
    }
    const bool by_version =
        seen.boundary.knows_version() && seen.boundary.version > std::array<int, 3>{0, 9, 0};
    if (by_version) {
        return std::nullopt;  // it says so at level info alone
    }
    return finding("boundary-sessions", State::Warn,
                   "no session id (Boundary up to v0.9.0): the Firewall Sessions panels, which "
                   "read coderd's database, stay zero",
                   "upgrade Boundary beyond v0.9.0, or count sessions by this bridge's `session`");
}

std::optional<Finding> inside_jail(const Gathered& seen) {
    if (!seen.boundary.inside_jail) {
        return std::nullopt;
    }
    return finding("boundary-jail", State::Warn,
                   "this runs inside the jail: what it asks Loki passes Boundary's proxy, and a "
                   "daemon started here finds its own pushes in the logs",
                   "run daemon and doctor outside of it");
}

std::optional<Finding> journal(const Gathered& seen) {
    if (seen.boundary.journal_trouble.empty()) {
        return std::nullopt;
    }
    return finding(
        "toolcall-journal", State::Warn,
        seen.boundary.journal_trouble + ": no decision can be attributed to its tool call",
        "mend that folder, or name another with --journal-dir for tool calls and daemon");
}

}  // namespace

const std::vector<Check>& boundary_checks() {
    static const std::vector<Check> checks = {program,     config,   log_dir,       log_level,
                                              urls,        listener, way_to_coderd, sessions,
                                              inside_jail, journal};
    return checks;
}

}  // namespace bridge::doctor
