// SPDX-License-Identifier: MIT
#include "tailer/toolcalls/toolcall_journal.h"

#include <algorithm>
#include <limits>

#include "base/nanoseconds.h"
#include "base/unique_fd.h"

namespace tailer {
namespace {

/// The timeline of calls that name no PID.
constexpr std::int64_t kNoPid = -1;
/// How far to look back for calls that were open; more is taken for doubt.
constexpr int kMostLooks = 256;

std::vector<std::int64_t> pids_of(const ToolCallStart& start) {
    if (start.pids.empty()) {
        return {kNoPid};
    }
    std::vector<std::int64_t> pids = start.pids;
    std::ranges::sort(pids);
    pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
    return pids;
}

template <typename Interval>
auto first_after(std::vector<Interval>& intervals, std::int64_t start_ns) {
    return std::ranges::upper_bound(intervals, start_ns, {}, &Interval::start_ns);
}

template <typename Interval>
void renew_latest_ends(std::vector<Interval>& intervals, std::size_t from) {
    for (std::size_t i = from; i < intervals.size(); ++i) {
        const std::int64_t before =
            i == 0 ? std::numeric_limits<std::int64_t>::min() : intervals[i - 1].latest_end_ns;
        intervals[i].latest_end_ns = std::max(before, intervals[i].end_ns);
    }
}

template <typename Interval>
void insert(std::vector<Interval>& intervals, const Interval& interval) {
    const auto at = intervals.insert(first_after(intervals, interval.start_ns), interval);
    renew_latest_ends(intervals, static_cast<std::size_t>(at - intervals.begin()));
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
        folders_.push_back({std::move(path), {}});
    }
}

void ToolCallJournal::refresh() {
    for (auto& folder : folders_) {
        refresh(folder);
    }
}

void ToolCallJournal::refresh(Folder& folder) {
    const base::UniqueFd fd = open_folder(folder.path);
    list_folder(fd.get(), [&folder](const char* name, std::uint64_t) {
        if (is_toolcall_journal_name(name)) {
            folder.files.try_emplace(name);
        }
    });
    for (auto& [name, file] : folder.files) {
        read(folder, fd.get(), name, file);
    }
}

void ToolCallJournal::read(const Folder& folder, int folder_fd, const std::string& name,
                           File& file) {
    const auto seen = examine(folder_fd, name.c_str());
    if (!seen || Owners::of_folder(folder_fd, trusted_owners_).refuse(*seen)) {
        return;
    }
    if (seen->identity != file.identity || seen->size < file.offset) {
        file = {seen->identity, 0, false};  // another one of that name; what was read stays known
    }
    if (seen->size == file.offset) {
        return;
    }
    const auto fd = open_seen(folder_fd, folder.path, name, file.identity);
    if (!fd) {
        return;
    }
    if (!reader_) {
        reader_.emplace();
    }
    reader_->start(fd->get(), file.offset, file.inside_long_line, LineReader::Tail::HoldBack);
    while (true) {
        const auto line = reader_->next();
        if (!line || !*line) {
            break;
        }
        auto record = (*line)->too_long ? std::nullopt : parser_.parse((*line)->text);
        if (!record) {
            ++counts_.invalid;
        } else {
            std::visit([this](auto& kind) { take(std::move(kind)); }, *record);
        }
    }
    file.offset = reader_->offset();
    file.inside_long_line = reader_->inside_long_line();
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
        leave(call);
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
        const auto found = calls_.find(std::string(id));
        if (found != calls_.end() && !found->second.end_ns &&
            end_of(found->second) != found->second.entered_end_ns) {
            leave(found->second);
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
    const Interval interval{base::add_saturated(start_ns, -slack),
                            base::add_saturated(end_ns, slack), 0, &call, id};
    for (const std::int64_t pid : pids_of(*call.start)) {
        Timeline& timeline = timelines_[pid];
        insert(call.entered_end_ns ? timeline.ended : timeline.open_ended, interval);
    }
}

void ToolCallJournal::leave(const Call& call) {
    const std::int64_t slack = call.names_its_boundary() ? kClockSlackNs : 0;
    const std::int64_t from_ns = base::add_saturated(call.start->time_ns, -slack);
    for (const std::int64_t pid : pids_of(*call.start)) {
        Timeline& timeline = timelines_[pid];
        auto& intervals = call.entered_end_ns ? timeline.ended : timeline.open_ended;
        auto at = std::ranges::lower_bound(intervals, from_ns, {}, &Interval::start_ns);
        while (at != intervals.end() && at->call != &call && at->start_ns == from_ns) {
            ++at;
        }
        if (at != intervals.end() && at->call == &call) {
            const auto index = static_cast<std::size_t>(at - intervals.begin());
            intervals.erase(at);
            renew_latest_ends(intervals, index);
        }
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

ToolCallJournal::Open ToolCallJournal::Timeline::open_at(std::int64_t time_ns) const {
    // Boundary cuts its time to whole milliseconds, a start may lie within that one.
    const std::int64_t begun_by = base::add_saturated(time_ns, base::kNanosPerMillisecond - 1);
    Open open;
    const auto add = [&](const Interval& interval) {
        open.several = open.latest != nullptr;
        if (open.latest == nullptr || interval.start_ns > open.latest->start_ns) {
            open.latest = &interval;
        }
    };
    for (const auto* intervals : {&open_ended, &ended}) {
        int looks = 0;
        auto at = std::ranges::upper_bound(*intervals, begun_by, {}, &Interval::start_ns);
        while (at != intervals->begin() && !open.several) {
            --at;
            if (at->latest_end_ns < time_ns) {
                break;
            }
            if (at->end_ns >= time_ns) {
                add(*at);
            }
            if (++looks == kMostLooks) {
                open.several = open.latest != nullptr;
                break;
            }
        }
    }
    return open;
}

const ToolCallJournal::Timeline* ToolCallJournal::timeline_of(std::int64_t pid) const {
    const auto found = timelines_.find(pid);
    return found == timelines_.end() ? nullptr : &found->second;
}

std::optional<ToolCallMatch> ToolCallJournal::match(std::int64_t pid, std::int64_t time_ns) const {
    for (const std::int64_t key : {pid, kNoPid}) {
        const Timeline* timeline = timeline_of(key);
        const Open open = timeline != nullptr ? timeline->open_at(time_ns) : Open{};
        if (open.latest == nullptr) {
            continue;
        }
        const Call& call = *open.latest->call;
        ToolCallMatch match;
        match.match = open.several || call.disputed ? ToolMatch::Overlap
                      : call.names_its_boundary()   ? ToolMatch::Exact
                                                    : ToolMatch::Window;
        match.id = open.latest->id;
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
