// SPDX-License-Identifier: MIT
#include <algorithm>

#include "base/nanoseconds.h"
#include "base/rfc3339.h"
#include "bridge/console/skip_advice.h"
#include "bridge/doctor/checks.h"

namespace bridge::doctor {
namespace {

/// Loki's reject_old_samples_max_age by default.
constexpr std::chrono::hours kTooOld{168};

std::optional<Finding> folders(const Gathered& seen) {
    std::string there;
    std::string missing;
    for (const auto& folder : seen.logs.folders) {
        if (!folder.trouble.empty()) {
            return stop("log-folders", folder.trouble,
                        "run the daemon as the user that Boundary runs as, or let its group "
                        "read that folder");
        }
        std::string& list = folder.exists ? there : missing;
        list += (list.empty() ? "" : ", ") + folder.path;
    }
    if (there.empty()) {
        return stop("log-folders", "none of the log folders exists: " + missing,
                    "run something under Boundary with a log_dir; if it logs elsewhere, name "
                    "that folder with --log-dir");
    }
    return finding("log-folders", State::Ok, there);
}

std::optional<Finding> files(const Gathered& seen) {
    const auto& logs = seen.logs;
    if (logs.files == 0 && logs.any_log()) {
        return std::nullopt;  // see skipped()
    }
    if (logs.files == 0) {
        const bool any_folder = std::ranges::any_of(logs.folders, &FolderSeen::exists);
        return any_folder ? std::optional(stop(
                                "log-files", "no log file of Boundary's: nothing has run under it",
                                "run the agent's commands under Boundary; see that its log_dir is "
                                "one of these folders"))
                          : std::nullopt;
    }
    return finding("log-files", State::Ok,
                   count_text(logs.files, "log file") + ", " + std::to_string(logs.empty_files) +
                       " empty (as those of Boundary's child are)" +
                       (logs.partial ? "; only the newest part was read here" : ""));
}

/// By the daemon's own rule: what it passes over is not what stands in the folder.
std::optional<Finding> skipped(const Gathered& seen) {
    const auto& logs = seen.logs;
    if (logs.all_skipped() == 0) {
        return std::nullopt;
    }
    std::string text = "the daemon does not read " + count_text(logs.all_skipped(), "log file") +
                       (logs.files == 0 ? ", which is all there are" : "");
    std::string remedy;
    for (const auto& file : logs.first_skipped) {
        const auto count = logs.skipped[static_cast<std::size_t>(file.reason)];
        text += "; " + std::to_string(count) + " like " + file.name + ": " + skip_cause(file);
        remedy += (remedy.empty() ? "" : "; ") + skip_advice(file);
    }
    return logs.files == 0
               ? stop("log-skipped", std::move(text), std::move(remedy))
               : finding("log-skipped", State::Warn, std::move(text), std::move(remedy));
}

std::optional<Finding> unreadable(const Gathered& seen) {
    const auto& logs = seen.logs;
    if (logs.unreadable.empty()) {
        return std::nullopt;
    }
    const std::string text = count_text(logs.unreadable.size(), "log file") +
                             " cannot be read, the first: " + logs.unreadable.front();
    const char* remedy =
        "run the daemon as the user that Boundary runs as (nsjail as root writes files of root's)";
    return logs.decisions() == 0 ? stop("log-access", text, remedy)
                                 : finding("log-access", State::Warn, text, remedy);
}

std::optional<Finding> lines(const Gathered& seen) {
    const auto& logs = seen.logs;
    if (logs.unparsed == 0) {
        return std::nullopt;
    }
    return finding("log-lines", logs.decisions() == 0 ? State::Fail : State::Warn,
                   count_text(logs.unparsed, "line") +
                       " not understood: no Boundary wrote them, or one that we do not know",
                   "the daemon keeps them in dead-letter/rejected.ndjson of its state folder: "
                   "look there, and upgrade boundary-loki if Boundary is newer");
}

std::optional<Finding> decisions(const Gathered& seen) {
    const auto& logs = seen.logs;
    if (logs.files == 0) {
        return std::nullopt;
    }
    const std::string counts =
        std::to_string(logs.allowed) + " ALLOW, " + std::to_string(logs.denied) + " DENY";
    if (logs.decisions() == 0) {
        return finding("decisions", State::Fail,
                       "no decision in any log: nothing was requested under Boundary",
                       "let the agent request something, for instance `boundary -- curl -s "
                       "https://example.com`; see that the command really runs under it");
    }
    if (logs.allowed == 0) {
        return finding("decisions", State::Warn, counts + ": only DENY so far",
                       "if requests were allowed, Boundary does not log them: see "
                       "boundary-log-level");
    }
    return finding("decisions", State::Ok, counts);
}

std::optional<Finding> freshness(const Gathered& seen) {
    if (!seen.logs.last_decision_ns) {
        return std::nullopt;
    }
    const std::chrono::seconds age(
        std::max<std::int64_t>(seen.now_ns - *seen.logs.last_decision_ns, 0) /
        base::kNanosPerSecond);
    std::string text = "the newest decision is of ";
    base::append_rfc3339_nano(text, *seen.logs.last_decision_ns);
    text += ", " + duration_text(age) + " ago";
    if (age > kTooOld) {
        return finding("last-decision", State::Fail,
                       text +
                           ": Loki refuses entries older than 7 days by default, and may have "
                           "deleted what it had",
                       "raise reject_old_samples_max_age and the retention in Loki's "
                       "limits_config, then replay the logs; or let the agent request something "
                       "new");
    }
    const Totals* totals = seen.dashboard.chosen_totals();
    if (totals != nullptr && age > totals->range) {
        return finding(
            "last-decision", State::Fail,
            text + ", but the dashboard looks at the last " + duration_text(totals->range),
            "widen the dashboard's time range, or let the agent request something new");
    }
    return finding("last-decision", State::Ok, text);
}

}  // namespace

const std::vector<Check>& file_checks() {
    static const std::vector<Check> checks = {folders, files,     skipped,  unreadable,
                                              lines,   decisions, freshness};
    return checks;
}

}  // namespace bridge::doctor
