// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/toolcall_journal.h"

#include <algorithm>
#include <iterator>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/nanoseconds.h"
#include "base/rfc3339.h"
#include "base/unique_fd.h"

namespace tailer {
namespace {

/// The timeline of calls that name no PID.
constexpr std::int64_t kNoPid = -1;

std::vector<std::int64_t> pids_of(const ToolCallStart& start) {
    if (start.pids.empty()) {
        return {kNoPid};
    }
    std::vector<std::int64_t> pids = start.pids;
    std::ranges::sort(pids);
    pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
    return pids;
}

/// The file of the day that is `days` behind today.
std::string file_of_day(int days) {
    constexpr std::int64_t kDaySeconds = 86'400;
    const std::int64_t now_ns = base::SystemClock().wall_ns();
    std::string day;
    base::append_rfc3339_nano(
        day, base::add_saturated(now_ns, days * kDaySeconds * base::kNanosPerSecond));
    day.resize(std::string_view("2026-06-09").size());
    return "toolcalls-" + day + ".jsonl";
}

struct FolderState {
    FileIdentity identity;
    std::int64_t changed_ns = 0;
};

FolderState state_of(int folder_fd) {
    struct stat info {};
    if (::fstat(folder_fd, &info) != 0) {
        return {};
    }
    return {{info.st_ino, static_cast<std::int64_t>(info.st_dev)},
            info.st_mtim.tv_sec * base::kNanosPerSecond + info.st_mtim.tv_nsec};
}

}  // namespace

std::string_view name_of(ToolMatch match) noexcept {
    switch (match) {
        case ToolMatch::Exact:
            return "exact";
        case ToolMatch::Window:
            return "window";
        case ToolMatch::Overlap:
            break;
    }
    return "overlap";
}

ToolCallJournal::ToolCallJournal(std::vector<std::string> folders) {
    for (auto& path : folders) {
        folders_.push_back({.path = std::move(path)});
    }
}

bool ToolCallJournal::refresh(std::uint64_t budget_bytes) {
    bool all = true;
    for (auto& folder : folders_) {
        all = refresh(folder, budget_bytes) && all;
    }
    return all;
}

bool ToolCallJournal::refresh(Folder& folder, std::uint64_t& budget) {
    const base::UniqueFd fd = open_folder(folder.path);
    if (!fd.valid()) {
        return true;
    }
    const FolderState state = state_of(fd.get());
    const bool anew = folder.listed_change_ns == 0 || state.identity != folder.listed ||
                      state.changed_ns != folder.listed_change_ns;
    if (anew) {
        list(folder, fd.get());
        // A folder's stamp is coarse: what comes within the same tick does not show in it.
        constexpr std::int64_t kTickNs = 2 * base::kNanosPerSecond;
        const bool settled = base::SystemClock().wall_ns() - state.changed_ns > kTickNs;
        folder.listed = state.identity;
        folder.listed_change_ns = settled ? state.changed_ns : 0;
    }
    const bool every_one = anew || !folder.all_read;
    const std::size_t size = folder.files.size();
    auto file = folder.files.begin();
    if (!every_one && size > kMostWatched) {
        std::advance(file, size - kMostWatched);
    }
    bool all = true;
    for (; file != folder.files.end(); ++file) {
        all = read(folder, fd.get(), file->first, file->second, budget) && all;
    }
    folder.all_read = all;
    return all;
}

void ToolCallJournal::list(Folder& folder, int folder_fd) {
    const auto visit = [this, &folder](const char* name, std::uint64_t) {
        ++counts_.looks;
        if (is_toolcall_journal_name(name)) {
            folder.files.try_emplace(name);
        }
    };
    list_folder(folder_fd, visit, kMostListed);
    for (const int days : {-1, 0, 1}) {
        if (const std::string name = file_of_day(days); examine(folder_fd, name.c_str())) {
            folder.files.try_emplace(name);
        }
    }
    keep_nearest(folder);
}

/// What lies before tomorrow comes first; who makes files of days to come pushes out none of these.
void ToolCallJournal::keep_nearest(Folder& folder) const {
    auto& files = folder.files;
    const auto to_come = [&files] { return files.upper_bound(file_of_day(1)); };
    while (files.size() > kMostFiles && to_come() != files.end()) {
        files.erase(std::prev(files.end()));
    }
    while (files.size() > kMostFiles) {
        files.erase(files.begin());
    }
}

/// Whether the file was read to its end.
bool ToolCallJournal::read(const Folder& folder, int folder_fd, const std::string& name, File& file,
                           std::uint64_t& budget) {
    ++counts_.looks;
    const auto seen = examine(folder_fd, name.c_str());
    if (!seen || Owners::of_folder(folder_fd, trusted_owners_).refuse(*seen)) {
        return true;
    }
    if (seen->identity != file.identity || seen->size < file.offset) {
        file = {seen->identity, 0, false};  // another one of that name; what was read stays known
    }
    if (seen->size == file.offset) {
        return true;
    }
    if (budget == 0) {
        return false;
    }
    const auto fd = open_seen(folder_fd, folder.path, name, file.identity);
    if (!fd) {
        return true;
    }
    if (!reader_) {
        reader_.emplace();
    }
    reader_->start(fd->get(), file.offset, file.inside_long_line, LineReader::Tail::HoldBack);
    bool all = false;
    while (budget > 0) {
        const auto line = reader_->next();
        if (!line || !*line) {
            all = !line || !reader_->more();
            break;
        }
        auto record = (*line)->too_long ? std::nullopt : parser_.parse((*line)->text);
        if (!record) {
            ++counts_.invalid;
        } else {
            std::visit([this](auto& kind) { take(std::move(kind)); }, *record);
        }
        budget -= std::min(budget, reader_->offset() - file.offset);
        file.offset = reader_->offset();
    }
    budget -= std::min(budget, reader_->offset() - file.offset);
    file.offset = reader_->offset();
    file.inside_long_line = reader_->inside_long_line();
    return all;
}

void ToolCallJournal::take(ToolCallStart start) {
    ++counts_.starts;
    start.command_sha256 = {};  // for those who read the journal; not kept here
    start.command_preview = {};
    const auto [at, is_new] = calls_.try_emplace(start.id);
    auto& [id, call] = *at;
    if (call.start) {
        call.disputed = call.disputed || *call.start != start;
        return;
    }
    call.start = std::move(start);
    auto changed = sessions_.started(*call.start, id);
    if (call.end_ns) {
        const auto more = sessions_.ended(*call.start, *call.end_ns);
        changed.insert(changed.end(), more.begin(), more.end());
    }
    enter(id, call);
    enter_anew(changed);
    forget_when_full();
}

void ToolCallJournal::take(const ToolCallEnd& end) {
    ++counts_.ends;
    const auto [at, is_new] = calls_.try_emplace(end.id);
    auto& [id, call] = *at;
    if (call.end_ns) {
        return;  // the first one counts, as it may have been acted on
    }
    if (call.start) {
        leave(id, call);
    }
    call.end_ns = end.time_ns;
    if (call.start) {
        enter(id, call);
        enter_anew(sessions_.ended(*call.start, end.time_ns));
    }
    forget_when_full();
}

void ToolCallJournal::take(const ToolCallStop& stop) {
    ++counts_.ends;
    enter_anew(sessions_.stopped(stop));
    forget_when_full();
}

void ToolCallJournal::enter_anew(const ToolCallSessions::Changed& ids) {
    for (const auto id : ids) {
        const auto found = calls_.find(id);
        if (found != calls_.end() && !found->second.end_ns &&
            end_of(found->second) != found->second.entered_end_ns) {
            leave(found->first, found->second);
            enter(found->first, found->second);
        }
    }
}

std::optional<std::int64_t> ToolCallJournal::end_of(const Call& call) const {
    const std::int64_t start_ns = call.start->time_ns;
    if (call.end_ns) {
        return std::max(*call.end_ns, start_ns);
    }
    const auto over = sessions_.end_of(*call.start);
    return over && *over < base::add_saturated(start_ns, kLongestCallNs) ? over : std::nullopt;
}

void ToolCallJournal::enter(const std::string& id, Call& call) {
    const std::int64_t slack = call.names_its_boundary() ? kClockSlackNs : 0;
    const std::int64_t start_ns = call.start->time_ns;
    call.entered_end_ns = end_of(call);
    const std::int64_t end_ns =
        call.entered_end_ns.value_or(base::add_saturated(start_ns, kLongestCallNs));
    for (const std::int64_t pid : pids_of(*call.start)) {
        timelines_[pid].insert(
            {base::add_saturated(start_ns, -slack), base::add_saturated(end_ns, slack), id},
            random_());
    }
}

void ToolCallJournal::leave(const std::string& id, const Call& call) {
    const std::int64_t slack = call.names_its_boundary() ? kClockSlackNs : 0;
    for (const std::int64_t pid : pids_of(*call.start)) {
        timelines_[pid].erase(base::add_saturated(call.start->time_ns, -slack), id);
    }
}

void ToolCallJournal::forget_when_full() {
    if (calls_.size() + sessions_.stops() > kMostCalls) {
        forget_oldest();
    }
}

void ToolCallJournal::forget_oldest() {
    std::vector<std::int64_t> times;
    for (const auto& [id, call] : calls_) {
        times.push_back(call.start ? call.start->time_ns : *call.end_ns);
    }
    sessions_.add_stop_times(times);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    timelines_.clear();
    sessions_.forget(*middle);
    std::erase_if(calls_, [limit = *middle](const auto& entry) {
        const Call& call = entry.second;
        return (call.start ? call.start->time_ns : *call.end_ns) <= limit;
    });
    for (const auto& [id, call] : calls_) {
        if (call.start) {
            sessions_.started(*call.start, id);
            if (call.end_ns) {
                sessions_.ended(*call.start, *call.end_ns);
            }
        }
    }
    for (auto& [id, call] : calls_) {
        if (call.start) {
            enter(id, call);
        }
    }
}

const CallTimeline* ToolCallJournal::timeline_of(std::int64_t pid) const {
    const auto found = timelines_.find(pid);
    return found == timelines_.end() ? nullptr : &found->second;
}

std::optional<ToolCallMatch> ToolCallJournal::match(std::int64_t pid, std::int64_t time_ns) const {
    // Boundary cuts its time to whole milliseconds, a start may lie within that one.
    const std::int64_t begun_by_ns = base::add_saturated(time_ns, base::kNanosPerMillisecond - 1);
    for (const std::int64_t key : {pid, kNoPid}) {
        const CallTimeline* timeline = timeline_of(key);
        const CallTimeline::Open open =
            timeline != nullptr ? timeline->open_at(begun_by_ns, time_ns) : CallTimeline::Open{};
        if (open.latest == nullptr) {
            continue;
        }
        const auto& [id, call] = *calls_.find(open.latest->id);
        ToolCallMatch match;
        match.match = open.several || call.disputed ? ToolMatch::Overlap
                      : call.names_its_boundary()   ? ToolMatch::Exact
                                                    : ToolMatch::Window;
        match.id = id;
        match.tool = call.start->tool;
        match.chat_id = call.start->chat_id.empty() ? call.start->session_id : call.start->chat_id;
        match.process = call.start->process;
        return match;
    }
    return std::nullopt;
}

bool ToolCallJournal::may_change(std::int64_t pid,
                                 const std::optional<ToolCallMatch>& match) const {
    if (match) {
        return match->match != ToolMatch::Exact;
    }
    return timeline_of(pid) != nullptr || timeline_of(kNoPid) != nullptr;
}

}  // namespace tailer
