// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/end_to_end/daemon.h"
#include "tests/support/loki_server.h"
#include "tests/support/patience.h"

// Decisions with a number of their own in the URL, so that each can be looked for in Loki.

namespace end_to_end {

inline constexpr std::int64_t kSecondNs = 1'000'000'000;
inline constexpr std::int64_t kMinuteNs = 60 * kSecondNs;
inline constexpr std::int64_t kHourNs = 60 * kMinuteNs;
/// The selector of all decisions, whatever their stream.
inline constexpr const char* kAllDecisions = "{job=\"boundary\", decision=~\"allow|deny\"}";

[[nodiscard]] std::int64_t now_ns();

/// Whether decision_line() makes this one an allow: two of three are.
[[nodiscard]] bool is_allow(std::size_t id);
/// One line of Boundary's log, its newline included; the time is cut to milliseconds, as there.
[[nodiscard]] std::string decision_line(std::int64_t time_ns, std::size_t id);
/// The same, with more behind the id in the URL.
[[nodiscard]] std::string decision_line(std::int64_t time_ns, std::size_t id,
                                        const std::string& more_path);
[[nodiscard]] std::string allow_line(std::int64_t time_ns, std::size_t id);
[[nodiscard]] std::string deny_line(std::int64_t time_ns, std::size_t id);

/// A name as Boundary gives its log files; one for each number.
[[nodiscard]] std::string log_name(std::size_t number);
/// Appends to a file, making it and its folder when there are none; gives its path.
std::string append_to(const std::string& folder, const std::string& name,
                      const std::string& content);

/// The rows that Loki holds of each decision by its id; of `selector`, of the last 30 hours.
[[nodiscard]] std::map<std::size_t, std::vector<test_support::LokiServer::Row>> rows_by_id(
    const test_support::LokiServer& loki, const std::string& selector = kAllDecisions);
/// What count_over_time() counts, of the last 30 hours.
[[nodiscard]] std::int64_t metric_count(const test_support::LokiServer& loki,
                                        const std::string& selector = kAllDecisions);

struct Verdict {
    std::size_t lost = 0;
    std::size_t doubled = 0;
    friend bool operator==(const Verdict&, const Verdict&) = default;
};
inline constexpr Verdict kAllThereOnce{};
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

/// Of the decisions [first, end).
[[nodiscard]] Verdict judge(
    const std::map<std::size_t, std::vector<test_support::LokiServer::Row>>& rows,
    std::size_t first, std::size_t end);
/// Waits until Loki shows all ids of [0, count), for at most `limit`, and judges what it showed
/// then. One look is not enough to call a row lost: on a busy machine Loki was seen to leave out
/// four rows of 100,000 that it had shown a look before.
[[nodiscard]] Verdict judge_when_there(const test_support::LokiServer& loki, std::size_t count,
                                       std::chrono::seconds limit = test_support::kPatience);

/// What `boundary-loki verify` says of what Loki alone holds, by the numbers of its decisions;
/// empty when every session is there once and whole. Asked again for a while, as `judge_when_there`
/// is.
[[nodiscard]] std::string verify_alone(const test_support::LokiServer& loki);
/// Whether Loki shows the decision of that id.
[[nodiscard]] bool is_stored(const test_support::LokiServer& loki, std::size_t id);
/// Waits until Loki shows it.
[[nodiscard]] bool arrives(const test_support::LokiServer& loki, std::size_t id);
[[nodiscard]] double lag_seconds(const Daemon& daemon);

[[nodiscard]] std::size_t occurrences(const std::string& text, const std::string& part);
/// Waits until the daemon's log has it so often.
[[nodiscard]] bool says(const Daemon& daemon, const std::string& text, std::size_t times = 1);
/// rejected_entries_total, of all reasons.
[[nodiscard]] double rejected_entries(const Daemon& daemon);

/// A letter of <state>/dead-letter/rejected.ndjson.
struct Letter {
    std::string reason;
    std::string detail;
    std::string line;  ///< as it would have been pushed; empty when it was not understood
    std::string text;  ///< as it was read, when it was not understood
};
/// The letters of such a file; a line that is no JSON is left out.
[[nodiscard]] std::vector<Letter> letters_in(const std::string& path);

}  // namespace end_to_end
