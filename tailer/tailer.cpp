// SPDX-License-Identifier: MIT
#include "tailer/tailer.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include <fcntl.h>

#include "base/unique_fd.h"
#include "tailer/files/archive_kind.h"
#include "tailer/files/log_file_name.h"

namespace tailer {
namespace {

/// What is kept of an over-long line that is no decision.
constexpr std::size_t kLongestLetter = 16U << 10U;

/// A file that the user names, and that is no log, is an Error: its lines would all be unparsed.
base::Result<void> check_file(const std::string& given, const std::string& path) {
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    const std::string kind(fd.valid() ? archive_kind(fd.get()) : "");  // a later open says why
    const std::string_view own = kind == "gzip" ? ".gz" : kind == "zstd" ? ".zst" : "";
    if (kind.empty() || (!own.empty() && path.ends_with(own))) {
        return {};
    }
    return base::failure(
        "cannot read " + given + ": it is packed with " + kind +
            (own.empty() ? "; unpack it first" : ", so its name must end in " + std::string(own)),
        EINVAL);
}

bool is_packed_or_plain_log(std::string_view name) {
    return is_boundary_log_name(without_compression_suffix(name));
}

}  // namespace

bool Tailer::Wanted::operator()(std::string_view name) const {
    return (whole && is_boundary_log_name(name)) || names.contains(std::string(name));
}

Tailer::Tailer(std::vector<std::string> folders, Progress resume, const EnrichSettings& settings,
               LineReader::Tail tail, std::vector<std::string> journals)
    : settings_(settings),
      journals_(std::move(journals)),
      files_(std::make_unique<KnownFiles>(std::move(folders), std::move(resume))),
      merge_(*files_, tail),
      enricher_(settings),
      tool_calls_(journals_) {}

Tailer Tailer::follow(std::vector<std::string> folders, Progress resume,
                      const EnrichSettings& settings, const std::string& journal) {
    FolderWatch watch(folders);
    Tailer tailer(std::move(folders), std::move(resume), settings, LineReader::Tail::HoldBack,
                  {journal});
    tailer.wanted_.assign(watch.folders().size(), {.whole = true, .names = {}});
    tailer.watch_.emplace(std::move(watch));
    tailer.merge_.take_turns();
    return tailer;
}

base::Result<Tailer> Tailer::once(const std::vector<std::string>& paths, Progress resume,
                                  const EnrichSettings& settings, const std::string& journal) {
    return of_paths(paths, std::move(resume), settings, journal, LineReader::Tail::IsLine);
}

base::Result<Tailer> Tailer::follow_paths(const std::vector<std::string>& paths,
                                          const EnrichSettings& settings,
                                          const std::string& journal) {
    return of_paths(paths, {}, settings, journal, LineReader::Tail::HoldBack);
}

base::Result<Tailer> Tailer::of_paths(const std::vector<std::string>& paths, Progress resume,
                                      const EnrichSettings& settings, const std::string& journal,
                                      LineReader::Tail tail) {
    struct Input {
        std::uint32_t folder = 0;
        std::string name;  ///< empty = the whole folder
    };
    std::vector<std::string> folders;
    std::vector<Input> inputs;
    for (const auto& given : paths) {
        if (given == "-") {
            return base::failure(
                "cannot read -: give a file, for its name is the session of its lines", EINVAL);
        }
        std::error_code code;
        // What the user names may well be a link; what lies inside a folder may not.
        const auto path = std::filesystem::canonical(given, code);
        if (code) {
            return base::failure("cannot read " + given + ": " + code.message(), code.value());
        }
        const bool is_folder = std::filesystem::is_directory(path, code);
        if (!is_folder && !std::filesystem::is_regular_file(path, code)) {
            return base::failure("cannot read " + given + ": neither a folder nor a file", EINVAL);
        }
        if (const auto checked = is_folder ? base::Result<void>{} : check_file(given, path);
            !checked) {
            return tl::unexpected(checked.error());
        }
        const std::string folder = is_folder ? path.string() : path.parent_path().string();
        const auto found = std::ranges::find(folders, folder);
        Input input{static_cast<std::uint32_t>(found - folders.begin()),
                    is_folder ? "" : path.filename().string()};
        if (found == folders.end()) {
            folders.push_back(folder);
        }
        inputs.push_back(std::move(input));
    }
    std::vector<std::string> journals = {journal};
    if (journal.empty()) {
        journals.clear();
        for (const auto& folder : folders) {
            journals.push_back(folder + "/" + std::string(kJournalFolder));
        }
    }
    // Before the folders are listed, so that nothing falls between.
    std::optional<FolderWatch> watch;
    if (tail == LineReader::Tail::HoldBack) {
        watch.emplace(folders);
    }
    std::vector<Wanted> wanted(folders.size());
    for (const auto& input : inputs) {
        if (input.name.empty()) {
            wanted[input.folder].whole = true;
        } else {
            wanted[input.folder].names.insert(input.name);
        }
    }
    Tailer tailer(std::move(folders), std::move(resume), settings, tail, std::move(journals));
    tailer.watch_ = std::move(watch);
    tailer.wanted_ = std::move(wanted);
    // What the user names is read whoever it belongs to.
    tailer.all_owners_ = true;
    tailer.files_->trust_all_owners();
    for (const auto& input : inputs) {
        if (input.name.empty()) {
            tailer.files_->scan(input.folder, is_packed_or_plain_log);
        } else {
            tailer.files_->look(input.folder, input.name);
        }
    }
    return tailer;
}

Tailer Tailer::again(const std::vector<FileId>& of_these) const {
    Progress from_the_start;
    for (const FileId id : of_these) {
        const KnownFile& file = files_->file(id);
        from_the_start[files_->folder(file.folder)].push_back(
            {file.name, file.identity, 0, file.session(), 0, {}});
    }
    Tailer tailer(files_->folders(), std::move(from_the_start), settings_, LineReader::Tail::IsLine,
                  journals_);
    tailer.trust_owners(trusted_);
    if (all_owners_) {
        tailer.files_->trust_all_owners();
    }
    std::set<FileIdentity> wanted;
    for (const FileId id : of_these) {
        const KnownFile& file = files_->file(id);
        wanted.insert(file.identity);
        tailer.files_->look(file.folder, file.name.text());
    }
    std::vector<FileId> found = tailer.files_->take_grown();
    std::erase_if(found, [&](FileId id) {  // another log may stand under the name by now
        return !wanted.contains(tailer.files_->file(id).identity);
    });
    tailer.merge_.enqueue(found);
    return tailer;
}

void Tailer::look(bool rescan) {
    const std::size_t unseen = files_->unseen_folders();
    if (watch_) {
        const bool wanted = watch_->drain([this](FolderIndex folder, std::string_view name) {
            if (wanted_[folder](name)) {
                files_->look(folder, std::string(name));
            }
        });
        if (rescan || wanted) {
            watch_->attach();
            for (FolderIndex i = 0; i < watch_->folders().size(); ++i) {
                files_->scan(i, wanted_[i]);
            }
        }
    }
    if (files_->unseen_folders() < unseen) {
        merge_.start_again();
    }
    merge_.enqueue(files_->take_grown());
}

bool Tailer::read(std::uint64_t budget_bytes, LineSink& sink) {
    if (merge_.empty()) {
        return false;
    }
    if (tool_calls_behind_) {
        read_tool_calls();
        if (waits_for_tool_calls()) {
            return true;
        }
    }
    std::variant<Record, UnparsedLine> line;
    const auto may_visit = [&](const LocatedLine& located) {
        // A call's start is in the journal before its first decision is in the log, so what is
        // looked up after a read of the log is there.
        if (!tool_calls_behind_ && tool_calls_read_at_ != bytes_read()) {
            read_tool_calls();
            if (waits_for_tool_calls()) {
                return false;
            }
        }
        line = told(located);
        return std::visit([&sink](const auto& kind) { return sink.may_take(kind); }, line);
    };
    const auto visit = [&](const LocatedLine&) {
        if (const auto* record = std::get_if<Record>(&line)) {
            sink.on_record(*record);
        } else {
            sink.on_unparsed(std::get<UnparsedLine>(line));
        }
    };
    return merge_.read(budget_bytes, visit, may_visit);
}

void Tailer::read_tool_calls() {
    tool_calls_read_at_ = bytes_read();
    tool_calls_behind_ = !tool_calls_.refresh(ToolCallJournal::kTurnBytes);
    tool_call_waits_ = tool_calls_behind_ ? tool_call_waits_ + 1 : 0;
}

std::variant<Record, UnparsedLine> Tailer::told(const LocatedLine& located) {
    SourcePosition source{located.file_id, located.line.end, located.before};
    const auto* decision = std::get_if<Decision>(&located.parsed);
    source.counts.pass(decision != nullptr);
    if (const auto* unparsed = std::get_if<Unparsed>(&located.parsed)) {
        std::string_view text = located.line.text;
        if (located.line.too_long) {
            // It may be cut within a secret that is told by its end.
            text = text.substr(0, kLongestLetter);
            text = text.substr(0, text.rfind(' ') + 1);
        }
        return UnparsedLine{unparsed->reason, enricher_.scrubbed(text), located.session, source};
    }
    if (decision != nullptr && own_.is_one(*decision)) {
        ++own_seen_;
        Record left_out;
        left_out.kind = RecordKind::Lifecycle;
        left_out.shipped = false;
        left_out.source = source;
        return left_out;
    }
    Record record = decision != nullptr ? enriched(*decision, located)
                                        : enricher_.enrich(std::get<Notice>(located.parsed),
                                                           located.session, located.before.lines);
    record.source = source;
    return record;
}

Record Tailer::enriched(const Decision& decision, const LocatedLine& located) {
    const auto pid = tool_calls_.empty() ? std::nullopt : pid_of_session(located.session);
    const auto call = pid ? tool_calls_.match(*pid, decision.time_ns) : std::nullopt;
    Record record = enricher_.enrich(decision, located.session, located.before.decisions,
                                     call ? &*call : nullptr, located.boundary_session);
    record.tool_call_may_change = pid && tool_calls_.may_change(*pid, call);
    return record;
}

std::uint64_t Tailer::unread_bytes() const {
    std::uint64_t bytes = 0;
    files_->for_each([&bytes](FileId, const KnownFile& file) {
        bytes += file.size > file.offset ? file.size - file.offset : 0;
    });
    return bytes;
}

}  // namespace tailer
