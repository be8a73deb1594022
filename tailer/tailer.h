// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tailer/files/folder_watch.h"
#include "tailer/files/known_files.h"
#include "tailer/lines/time_merge.h"
#include "tailer/own_requests.h"
#include "tailer/records/enricher.h"
#include "tailer/records/record.h"
#include "tailer/toolcalls/toolcall_journal.h"

namespace tailer {

/// A line that is no record. The views live until the next line.
struct UnparsedLine {
    std::string_view reason;
    std::string_view text;  ///< without the secrets of URLs
    std::string_view session;
    SourcePosition source;
};

/// Takes what a Tailer reads, in the order of reading. Every complete line arrives exactly once, as
/// one of the two.
class LineSink {
public:
    LineSink() = default;
    LineSink(const LineSink&) = delete;
    LineSink& operator=(const LineSink&) = delete;
    virtual ~LineSink() = default;

    /// Asked before each line. Where it may not come yet, its file waits for a later read(), and
    /// the other files go on.
    [[nodiscard]] virtual bool may_take(const Record& /*record*/) { return true; }
    [[nodiscard]] virtual bool may_take(const UnparsedLine& /*line*/) { return true; }

    virtual void on_record(const Record& record) = 0;
    virtual void on_unparsed(const UnparsedLine& line) = 0;
};

/// From log folders to enriched records. Passive: it has no thread, is told to look and to read,
/// and may be used by one thread at a time.
class Tailer {
public:
    /// Follows folders: files of Boundary's own naming, those to come included. `resume` says how
    /// far files had been worked off before; `journal` is the folder of the tool calls.
    static Tailer follow(std::vector<std::string> folders, Progress resume,
                         const EnrichSettings& settings, const std::string& journal = "");

    /// Reads what is there, once. A folder in `paths` gives its files of Boundary's own naming,
    /// packed ones included; a file counts whatever its name. The tool calls are those of
    /// `journal`; when that is empty, of kJournalFolder beside the logs. An Error names a path that
    /// cannot be used.
    static base::Result<Tailer> once(const std::vector<std::string>& paths, Progress resume,
                                     const EnrichSettings& settings,
                                     const std::string& journal = "");

    /// Reads what is there as once() does, and follows it: files that grow, and in folders the new
    /// ones of Boundary's own naming. One packed later is not read, for its lines were.
    static base::Result<Tailer> follow_paths(const std::vector<std::string>& paths,
                                             const EnrichSettings& settings,
                                             const std::string& journal = "");

    /// Reads files that this one knows a second time, once and from their beginning: the same lines
    /// with the same sessions and numbers. Their ids are others.
    [[nodiscard]] Tailer again(const std::vector<FileId>& of_these) const;

    /// Readable when look() has something to do; -1 = call it on a timer.
    [[nodiscard]] int wait_fd() const { return watch_ ? watch_->fd() : -1; }

    /// How often look() is to list folders anew: with a watch seldom, which heals what the watch
    /// lost; without one that is all there is.
    [[nodiscard]] std::chrono::seconds rescan_every() const {
        return std::chrono::seconds(polls() ? 2 : 60);
    }
    /// Whether a listing is all that tells of what is new.
    [[nodiscard]] bool polls() const { return wait_fd() < 0 || watch_->starved(); }
    /// Whether it is so for want of what the kernel gives to watch folders by.
    [[nodiscard]] bool starved() const { return watch_ && polls(); }

    /// Learns what changed on disk; lists folders anew when `rescan`, or when events were lost.
    void look(bool rescan);

    /// Reads about `budget_bytes` into `sink`: what is read once, and what was there at the start,
    /// oldest first; what is followed by turns. False when all was read.
    bool read(std::uint64_t budget_bytes, LineSink& sink);
    [[nodiscard]] bool has_more() const { return !merge_.empty(); }
    /// Whether there is more than lines that the sink would not take.
    [[nodiscard]] bool can_go_on() const {
        return merge_.can_go_on() || (has_more() && waits_for_tool_calls());
    }

    /// A notice of our own about a session; the record borrows like any other.
    [[nodiscard]] Record own_notice(const Notice& notice, std::string_view session) {
        return enricher_.enrich_own(notice, session);
    }

    /// Files of these users are read, too, in the log folders and in the journal's.
    void trust_owners(const std::vector<std::uint32_t>& owners) {
        trusted_ = owners;
        files_->trust_owners(owners);
        tool_calls_.trust_owners(owners);
    }

    /// Decisions about these are counted as lines of no meaning: see OwnRequests.
    void leave_out(OwnRequests own) { own_ = std::move(own); }
    /// How many there were.
    [[nodiscard]] std::uint64_t own_requests() const { return own_seen_; }

    /// Closes the files kept open for the next growth.
    void rest() { merge_.close_all(); }

    [[nodiscard]] const std::vector<base::Labels>& streams() const { return enricher_.streams(); }
    [[nodiscard]] std::uint64_t folded_tools() const { return enricher_.folded_tools(); }
    [[nodiscard]] const KnownFiles& files() const { return *files_; }
    [[nodiscard]] KnownFiles& files() { return *files_; }
    [[nodiscard]] const ToolCallJournal& tool_calls() const { return tool_calls_; }
    [[nodiscard]] std::uint64_t bytes_read() const { return merge_.bytes_read(); }
    [[nodiscard]] std::size_t open_files() const { return merge_.open_files(); }
    /// Bytes seen in files and not read yet.
    [[nodiscard]] std::uint64_t unread_bytes() const;
    /// Sentences about files that could not be read, since the last call.
    [[nodiscard]] std::vector<std::string> take_errors() { return merge_.take_errors(); }

private:
    /// What counts in a folder that is followed.
    struct Wanted {
        bool whole = false;           ///< all files of Boundary's own naming
        std::set<std::string> names;  ///< and these
        [[nodiscard]] bool operator()(std::string_view name) const;
    };
    static base::Result<Tailer> of_paths(const std::vector<std::string>& paths, Progress resume,
                                         const EnrichSettings& settings, const std::string& journal,
                                         LineReader::Tail tail);

    Tailer(std::vector<std::string> folders, Progress resume, const EnrichSettings& settings,
           LineReader::Tail tail, std::vector<std::string> journals);
    [[nodiscard]] Record enriched(const Decision& decision, const LocatedLine& located);
    /// Who floods the journal makes decisions wait for it, but not for long.
    static constexpr int kMostToolCallWaits = 32;
    [[nodiscard]] bool waits_for_tool_calls() const {
        return tool_calls_behind_ && tool_call_waits_ < kMostToolCallWaits;
    }
    void read_tool_calls();
    [[nodiscard]] std::variant<Record, UnparsedLine> told(const LocatedLine& located);

    EnrichSettings settings_;
    std::vector<std::string> journals_;
    std::vector<std::uint32_t> trusted_;
    bool all_owners_ = false;
    std::unique_ptr<KnownFiles> files_;  ///< on the heap: merge_ refers to it
    TimeMerge merge_;
    OwnRequests own_;
    std::uint64_t own_seen_ = 0;
    Enricher enricher_;
    ToolCallJournal tool_calls_;
    std::uint64_t tool_calls_read_at_ = 0;  ///< in bytes_read()
    bool tool_calls_behind_ = true;         ///< more of the journal is to be read
    int tool_call_waits_ = 0;               ///< turns that logs have waited for it
    std::vector<Wanted> wanted_;            ///< by folder
    std::optional<FolderWatch> watch_;
};

}  // namespace tailer
