// SPDX-License-Identifier: MIT
#include "bridge/daemon/spool_recovery.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "exporter/loki/stream_labels.h"
#include "tailer/files/log_file_name.h"

namespace bridge {
namespace {

constexpr std::uint64_t kReadAgainBytes = 128U << 10U;
/// How long to wait for a log folder that is not there, or for logs in it: a volume may be mounted
/// late, or mounted again.
constexpr std::chrono::hours kForFolder{24};
constexpr std::chrono::seconds kForLogs{60};

constexpr std::string_view kLost =
    "entries were lost with a segment of the spool, and their log is gone";

std::string session_in(const tailer::FileProgress& file) {
    return file.session.empty() ? tailer::session_of(file.name.text()) : file.session;
}

/// Whether the stream is of the other verdict.
bool contradicts(const base::Labels& stream, tailer::RecordKind kind) {
    using tailer::RecordKind;
    const std::string_view other = kind == RecordKind::Allow  ? "deny"
                                   : kind == RecordKind::Deny ? "allow"
                                                              : "";
    return std::ranges::any_of(stream, [other](const base::Label& label) {
        return label.first == "decision" && label.second == other;
    });
}

}  // namespace

base::SteadyTime SpoolRecovery::due() const {
    if (can_account()) {
        return parts_.clock.steady();
    }
    const base::SteadyTime due = waits_since_ + kForLogs;
    const bool waits = !waiting_.empty() && sequences_.empty() && due > parts_.clock.steady();
    return waits ? due : base::SteadyTime::max();  // folders are looked at every so often anyway
}

/// Whether a log that is wanted is known, in a folder that is not there.
bool SpoolRecovery::lacks_folder() {
    std::set<std::string> sessions;
    for (const auto& segment : waiting_) {
        for (const exporter::Holding& holding : segment.holds) {
            sessions.insert(holding.session);
        }
    }
    const auto is_away = [](const std::string& folder) {
        std::error_code ignored;
        return !std::filesystem::is_directory(folder, ignored);
    };
    bool lacks = false;
    const tailer::KnownFiles& files = parts_.tailer.files();
    files.for_each([&](tailer::FileId, const tailer::KnownFile& file) {
        lacks = lacks || (!file.gone && sessions.contains(file.session()) &&
                          is_away(files.folder(file.folder)));
    });
    files.for_each_unseen([&](const std::string& folder, const tailer::FileProgress& file) {
        lacks = lacks || (sessions.contains(session_in(file)) && is_away(folder));
    });
    return lacks;
}

/// Lines that a killed predecessor may have sent come first: of some it is only known that they are
/// durable, and that may have been in the segment that is lost.
bool SpoolRecovery::may_begin() {
    const auto waited = parts_.clock.steady() - waits_since_;
    if (waited < kForFolder && lacks_folder()) {
        return false;
    }
    if (!parts_.exporter.doubtful() && !parts_.tailer.files().any_unseen()) {
        return true;
    }
    return !parts_.tailer.has_more() && waited >= kForLogs;
}

void SpoolRecovery::work(bool may_read) {
    auto lost = parts_.exporter.backlog().take_lost();
    if (!lost.empty() && waiting_.empty()) {
        waits_since_ = parts_.clock.steady();
    }
    std::ranges::move(lost, std::back_inserter(waiting_));
    account();
    if (sequences_.empty() && !waiting_.empty() && may_begin()) {
        begin();
    }
    if (again_ && may_read) {
        static_cast<void>(again_->read(kReadAgainBytes, *this));
        for (const auto& trouble : again_->take_errors()) {
            parts_.log.warn("cannot read a log file again", {{"cause", trouble}});
        }
        if (!again_->has_more()) {
            end_reading();
        }
    }
}

void SpoolRecovery::begin() {
    for (const auto& segment : std::exchange(waiting_, {})) {
        sequences_.push_back(segment.sequence);
        for (const exporter::Holding& holding : segment.holds) {
            if (auto numbers = exporter::Numbers::parse(holding.numbers)) {
                owed_[holding.session].push_back({exporter::parse_stream_labels(segment.labels),
                                                  holding.decisions, std::move(*numbers),
                                                  holding.first_ns});
            }
        }
    }
    const tailer::KnownFiles& files = parts_.tailer.files();
    std::vector<tailer::FileId> wanted;
    files.for_each([&](tailer::FileId id, const tailer::KnownFile& file) {
        if (!file.gone && owed_.contains(file.session())) {
            wanted.push_back(id);
            originals_[{file.folder, file.identity}] = id;
        }
    });
    again_.emplace(parts_.tailer.again(wanted));
}

void SpoolRecovery::on_record(const tailer::Record& record) {
    const auto owed = owed_.find(again_->files().file(record.source.file).session());
    if (owed == owed_.end()) {
        return;
    }
    for (Owed& some : owed->second) {
        if (!takes(some, record)) {
            continue;
        }
        ++some.found;
        if (record.shipped && !is_pending(record)) {
            ++found_;
            ++unsettled_;
            parts_.exporter.add_again(some.stream, {record.timestamp_ns,
                                                    record.line,
                                                    record.metadata,
                                                    {kTickets, ++given_},
                                                    record.tool_call_may_change});
        }
        return;
    }
}

bool SpoolRecovery::takes(Owed& owed, const tailer::Record& record) {
    const bool decision =
        record.kind == tailer::RecordKind::Allow || record.kind == tailer::RecordKind::Deny;
    const tailer::LineCounts& counts = record.source.counts;  // this line included
    const std::uint64_t number = (decision ? counts.decisions : counts.lines) - 1;
    if (owed.decisions != decision || !owed.numbers.contains(number)) {
        return false;
    }
    if (number == owed.numbers.lowest() && record.shipped) {
        owed.rewritten = record.timestamp_ns != owed.first_ns;
    }
    owed.rewritten = owed.rewritten || contradicts(owed.stream, record.kind);
    return !owed.rewritten;
}

/// Whether the pipeline itself has yet to see to this line.
bool SpoolRecovery::is_pending(const tailer::Record& record) {
    tailer::KnownFiles& files = parts_.tailer.files();
    const tailer::KnownFile& again = again_->files().file(record.source.file);
    const auto original = originals_.find({again.folder, again.identity});
    const std::uint64_t end = record.source.end_offset;
    return original != originals_.end() && files.knows(original->second) &&
           (end > files.file(original->second).offset || ledger_.waits_for(original->second, end));
}

void SpoolRecovery::end_reading() {
    std::uint64_t lost = 0;
    for (const auto& [session, owed] : owed_) {
        for (const Owed& some : owed) {
            const std::uint64_t found = some.rewritten ? 0 : some.found;
            const std::uint64_t missing =
                some.numbers.count() - std::min(found, some.numbers.count());
            lost += missing;
            if (missing > 0) {
                losses_[session] += missing;
            }
        }
    }
    parts_.log.info(
        "what lost segments of the spool held was read from the logs again",
        {{"entries", std::to_string(std::exchange(found_, 0))}, {"lost", std::to_string(lost)}});
    again_.reset();
    owed_.clear();
    originals_.clear();
}

void SpoolRecovery::report_losses() {
    for (const auto& [session, lost] : std::exchange(losses_, {})) {
        const std::string entries = std::to_string(lost);
        const std::array<base::LabelView, 1> fields = {base::LabelView{"lost_entries", entries}};
        parts_.telemetry.count_lost(session, lost);
        const tailer::Record notice =
            parts_.tailer.own_notice({parts_.clock.wall_ns(), "ERROR", kLost, fields, {}}, session);
        ++unsettled_;
        parts_.exporter.add(
            notice.stream,
            {notice.timestamp_ns, notice.line, notice.metadata, {kTickets, ++given_}});
    }
    account();
}

bool SpoolRecovery::can_account() const {
    return !sequences_.empty() && !again_ && unsettled_ == 0 && losses_.empty();
}

void SpoolRecovery::account() {
    if (!can_account()) {
        return;
    }
    for (const std::uint64_t sequence : std::exchange(sequences_, {})) {
        parts_.exporter.backlog().account_for(sequence);
    }
}

}  // namespace bridge
