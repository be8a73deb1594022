// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/nanoseconds.h"
#include "tailer/files/folder_access.h"
#include "tailer/lines/line_reader.h"
#include "tailer/toolcalls/call_timeline.h"
#include "tailer/toolcalls/toolcall_parser.h"
#include "tailer/toolcalls/toolcall_sessions.h"

namespace tailer {

/// How sure it is that a tool call caused a request.
enum class ToolMatch : std::uint8_t {
    Exact,    ///< the log file is that of the one Boundary that the call started
    Window,   ///< the one call that was open at that time
    Overlap,  ///< the latest started of several, or one that another record casts doubt on
};

[[nodiscard]] std::string_view name_of(ToolMatch match) noexcept;

/// The views live until the next refresh().
struct ToolCallMatch {
    ToolMatch match = ToolMatch::Exact;
    std::string_view id;
    std::string_view tool;
    std::string_view chat_id;
    std::string_view process;
};

/// Knows which tool calls were open when, from the records in some folders. Not thread-safe.
///
/// A call that names PIDs serves the log files of those PIDs; one that names none serves any file
/// by time alone, where no other call names the file's PID at that time. A call without an end is
/// over when its session says so (ToolCallSessions), and lasts kLongestCallNs at most. What is
/// matched is a pure function of the records, the PID and the time.
class ToolCallJournal {
public:
    /// The longest that the agent's execute tool lets a command run.
    static constexpr std::int64_t kLongestCallNs = 4 * 3600 * base::kNanosPerSecond;
    /// Added before and behind a call that named its own Boundary: its clock may be set meanwhile,
    /// and no PID comes round that soon.
    static constexpr std::int64_t kClockSlackNs = 5'000'000'000;
    /// Beyond this many calls and stops of sessions, the older half is forgotten.
    static constexpr std::size_t kMostCalls = 32'768;
    /// Files of a folder that are read: those nearest to today. Anybody may make more of them.
    static constexpr std::size_t kMostFiles = 400;
    /// Of those, how many are looked at on and on: records go to the file of their own day.
    static constexpr std::size_t kMostWatched = 32;
    /// Names that one listing of a folder goes through. The files of these days are looked for by
    /// their names in any case.
    static constexpr std::size_t kMostListed = 4'096;

    explicit ToolCallJournal(std::vector<std::string> folders);

    /// Files of these users count in any folder; see Owners::of_folder().
    void trust_owners(std::vector<std::uint32_t> owners) { trusted_owners_ = std::move(owners); }

    /// Reads what was added since the last time; cheap when that is nothing, however many files
    /// there are. To be called after a log was read and before what it holds is matched: a call's
    /// start is written before anything that it causes.
    void refresh() {
        while (!refresh(kTurnBytes)) {
        }
    }
    /// The same, but reads about `budget_bytes` only. False when there is more.
    bool refresh(std::uint64_t budget_bytes);
    /// A turn: some 15,000 records.
    static constexpr std::uint64_t kTurnBytes = 2U << 20U;

    /// The call that a request of this log file's PID at this time belongs to. A time stands for
    /// the whole of its millisecond.
    [[nodiscard]] std::optional<ToolCallMatch> match(std::int64_t pid, std::int64_t time_ns) const;

    /// Whether the answer for this PID could be another one once more has been written: all but
    /// exact matches, and only where calls are matched by time.
    [[nodiscard]] bool may_change(std::int64_t pid,
                                  const std::optional<ToolCallMatch>& match) const;

    [[nodiscard]] bool empty() const { return calls_.empty(); }
    [[nodiscard]] std::size_t size() const { return calls_.size(); }

    struct Counts {
        std::uint64_t starts = 0;
        std::uint64_t ends = 0;  ///< of calls, and of all that were open in a session
        std::uint64_t invalid = 0;
        std::uint64_t looks = 0;  ///< at names and files, in folders
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    struct Call {
        std::optional<ToolCallStart> start;
        std::optional<std::int64_t> end_ns;
        std::optional<std::int64_t> entered_end_ns;  ///< end_of() it when it was entered
        bool disputed = false;                       ///< another start claims the same id

        [[nodiscard]] bool names_its_boundary() const {
            return start->source == ToolCallSource::Exec && !start->pids.empty();
        }
    };

    struct File {
        FileIdentity identity;
        std::uint64_t offset = 0;
        bool inside_long_line = false;
    };
    struct Folder {
        std::string path;
        std::map<std::string, File> files = {};  ///< oldest first
        FileIdentity listed = {};                ///< which folder the listing is of, and
        std::int64_t listed_change_ns = 0;  ///< its last change by then; 0 = to be listed again
        bool all_read = false;              ///< as of the last look at all its files
    };

    [[nodiscard]] bool refresh(Folder& folder, std::uint64_t& budget);
    void list(Folder& folder, int folder_fd);
    void keep_nearest(Folder& folder) const;
    [[nodiscard]] bool read(const Folder& folder, int folder_fd, const std::string& name,
                            File& file, std::uint64_t& budget);
    void take(ToolCallStart start);
    void take(const ToolCallEnd& end);
    void take(const ToolCallStop& stop);
    [[nodiscard]] std::optional<std::int64_t> end_of(const Call& call) const;
    void enter(const std::string& id, Call& call);
    void leave(const std::string& id, const Call& call);
    void enter_anew(const ToolCallSessions::Changed& ids);

    std::vector<std::uint32_t> trusted_owners_;
    void forget_when_full();
    void forget_oldest();
    [[nodiscard]] const CallTimeline* timeline_of(std::int64_t pid) const;

    std::vector<Folder> folders_;
    std::optional<LineReader> reader_;  ///< made when there is a journal
    ToolCallParser parser_;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    std::unordered_map<std::string, Call, Hash, std::equal_to<>> calls_;
    ToolCallSessions sessions_;
    std::unordered_map<std::int64_t, CallTimeline> timelines_;
    std::mt19937_64 random_{std::random_device{}()};
    Counts counts_;
};

}  // namespace tailer
