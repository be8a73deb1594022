// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/verify/keyed_hash.h"
#include "bridge/verify/numbers.h"
#include "bridge/verify/stored_entries.h"
#include "bridge/verify/stored_line.h"
#include "bridge/verify/verdict.h"

namespace bridge::verify {

/// What a server holds, judged by the numbers alone: they begin with 0 in each session and have no
/// gaps. Takes entries in time order and keeps runs of numbers, and the latest entries to tell a
/// doubled one from an altered one, so its memory grows with sessions and gaps alone.
class StoredTrail {
public:
    explicit StoredTrail(const KeyedHash& hash) : reader_(hash) {}

    void take(const StoredEntry& entry);
    /// From here on take() looks only for numbers that are missing so far.
    void look_again() { again_ = true; }
    [[nodiscard]] bool misses_any() const;

    /// Those whose first number is not there.
    [[nodiscard]] std::vector<std::string> headless() const;
    /// Whether an entry proves that its session began before the span; then that is noted.
    void take_earlier(const StoredEntry& entry);
    /// Brings together what is one session under several owners or workspaces; when all is taken.
    void join();
    /// Of the sessions that begin in the first `edge_ns` behind `from_ns`, it cannot be told
    /// whether the server has forgotten their beginning.
    void forgive_beginnings(std::int64_t from_ns, std::int64_t edge_ns);

    /// Adds sessions and notes.
    void conclude(Verdict& verdict, const StoredEntries& source) const;

private:
    /// A session of one workspace.
    struct Trail {
        std::string identity;
        std::string owner;
        std::string workspace;
        NumberSet decisions;
        NumberSet notices;
        Findings of_decisions;
        Findings of_notices;
        std::uint64_t unnumbered = 0;
        std::int64_t first_ns = 0;
        std::optional<std::uint32_t> copy_of;  ///< which trail has the same decisions
        bool begins_before = false;
        bool forgiven = false;
    };
    struct Session {
        std::uint32_t index = 0;
        std::vector<Trail> trails;
    };
    struct Key {
        std::uint64_t seq = 0;
        std::uint32_t session = 0;
        StoredLine::Kind kind = StoredLine::Kind::Decision;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    struct Seen {
        std::uint64_t whole = 0;
        std::uint64_t core = 0;
        std::uint32_t trail = 0;
        LabelSet labels = 0;
    };
    [[nodiscard]] Trail& trail_of(Session& session, const StoredLine& line, std::uint32_t& index);
    static void absorb(Trail& into, const Trail& other);
    [[nodiscard]] const Seen* recent(const Key& key) const;
    void remember(const Key& key, const Seen& seen);
    [[nodiscard]] SessionVerdict verdict_of(const std::string& name, const Trail& trail) const;

    StoredLineReader reader_;
    std::unordered_map<std::string, Session> sessions_;
    std::unordered_map<Key, Seen, KeyHash> latest_;
    std::unordered_map<Key, Seen, KeyHash> before_;
    std::map<std::pair<LabelSet, LabelSet>, std::uint64_t> doubled_under_;
    std::uint64_t joined_ = 0;
    std::uint64_t strange_ = 0;
    bool again_ = false;
};

}  // namespace bridge::verify
