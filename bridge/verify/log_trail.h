// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/labels.h"
#include "bridge/verify/keyed_hash.h"
#include "bridge/verify/stored_entries.h"
#include "bridge/verify/stored_line.h"
#include "bridge/verify/verdict.h"
#include "tailer/tailer.h"

namespace bridge::verify {

/// What is to be judged; nothing = no limit.
struct Span {
    std::optional<std::int64_t> since_ns;  ///< inclusive
    std::optional<std::int64_t> until_ns;  ///< exclusive

    [[nodiscard]] bool holds(std::int64_t unix_ns) const {
        return (!since_ns || unix_ns >= *since_ns) && (!until_ns || unix_ns < *until_ns);
    }
};

/// What logs hold, 16 bytes a decision, to be held against what a server has. First the logs are
/// read into it, then the server's entries are given to take().
class LogTrail final : public tailer::LineSink {
public:
    LogTrail(const KeyedHash& hash, const Span& span) : reader_(hash), span_(span) {}

    void on_record(const tailer::Record& record) override;
    void on_unparsed(const tailer::UnparsedLine&) override { ++unparsed_; }

    /// UTC days (since the Unix epoch) in which the logs have something to be judged.
    [[nodiscard]] const std::set<std::int64_t>& days() const { return days_; }
    [[nodiscard]] std::vector<std::string> session_names() const;

    /// Labels of the streams that the daemon would feed, as Tailer::streams() has them.
    void set_streams(const std::vector<base::Labels>& streams) { streams_ = streams; }
    void take(const StoredEntry& entry, const StoredEntries& source);
    /// From here on take() looks only for what is missing so far: a busy server was seen to leave
    /// out rows that it had.
    void look_again() { again_ = true; }
    [[nodiscard]] bool misses_any() const;

    /// Adds sessions and notes.
    void conclude(Verdict& verdict, const StoredEntries& source);

private:
    struct Expected {
        std::uint64_t whole = 0;
        std::uint32_t core = 0;
        std::uint16_t stream = 0;
        std::uint8_t found = 0;
        std::uint8_t flags = 0;
    };
    /// What was stored as another workspace's under a session name of ours.
    struct Namesake {
        std::uint64_t same = 0;  ///< that are decisions of our log all the same
        Findings decisions;      ///< the others: altered and unexpected
        Findings notices;
    };
    struct Session {
        std::deque<Expected> decisions;  ///< by number
        std::map<std::uint64_t, Expected> notices;
        /// Where two logs of one name have another line under the same number.
        std::multimap<std::uint64_t, Expected> more_decisions;
        std::multimap<std::uint64_t, Expected> more_notices;
        std::string identity;
        SessionVerdict verdict;
        std::map<std::string, Namesake, std::less<>> namesakes;
    };
    [[nodiscard]] Session& session_of(std::string_view name);
    static void enter(Session& session, const StoredLine& line, const Expected& expected);
    [[nodiscard]] static std::vector<Expected*> under(Session& session, StoredLine::Kind kind,
                                                      std::uint64_t seq);
    void settle(Session& session, const StoredLine& line, Expected& expected,
                const StoredEntry& entry, const StoredEntries& source);
    void mismatch(Session& session, const StoredLine& line, bool known_number);
    [[nodiscard]] bool is_own(const StoredEntry& entry, std::uint16_t stream,
                              const StoredEntries& source);
    static void judge(Session& session);
    void add_notes(Verdict& verdict, const StoredEntries& source) const;

    StoredLineReader reader_;
    Span span_;
    std::unordered_map<std::string, Session> sessions_;
    Session* last_ = nullptr;
    std::string last_name_;
    std::set<std::int64_t> days_;
    std::vector<base::Labels> streams_;
    std::vector<int> stream_of_set_;               ///< by LabelSet: which of streams_, or -1
    std::map<LabelSet, std::uint64_t> elsewhere_;  ///< entries that are not in their own stream
    std::uint64_t unparsed_ = 0;
    std::uint64_t other_tool_call_ = 0;
    std::uint64_t other_identity_ = 0;
    std::uint64_t other_version_ = 0;
    bool again_ = false;
};

}  // namespace bridge::verify
