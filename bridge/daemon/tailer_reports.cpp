// SPDX-License-Identifier: MIT
#include "bridge/daemon/tailer_reports.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/console/skip_advice.h"

namespace bridge {
namespace {

std::string_view sentence_of(tailer::Loss::Kind kind) {
    switch (kind) {
        case tailer::Loss::Kind::Unread:
            return "log file was truncated or removed before it was read";
        case tailer::Loss::Kind::Rewritten:
            return "log file was rewritten after it was read";
        case tailer::Loss::Kind::CutUnwatched:
            return "log file was truncated while no daemon ran";
    }
    return "";
}

}  // namespace

void TailerReports::tell_news() {
    for (const auto& [folder, same] : parts_.tailer.files().take_same_folders()) {
        parts_.log.warn("a log folder is another one's under another name; it is read once",
                        {{"folder", folder}, {"same_as", same}});
    }
    for (const auto& file : parts_.tailer.files().take_first_skipped()) {
        parts_.log.warn(
            "a file in a log folder is not read; more like it are only counted",
            {{"file", parts_.tailer.files().folder(static_cast<std::uint32_t>(file.folder)) + "/" +
                          file.name},
             {"cause", skip_cause(file)},
             {"try", skip_advice(file)}});
    }
    tell_of_own_requests();
    tell_of_watch();
}

void TailerReports::tell_of_own_requests() {
    if (parts_.tailer.own_requests() > 0 && !std::exchange(said_own_requests_, true)) {
        parts_.log.warn(
            "this daemon runs inside Boundary's jail and finds its own pushes in the logs; "
            "ignoring them",
            {{"try", "start it outside the jail; until then verify shows a gap for each"}});
    }
}

void TailerReports::tell_of_watch() {
    if (parts_.tailer.starved() == said_starved_) {
        return;
    }
    said_starved_ = parts_.tailer.starved();
    if (said_starved_) {
        parts_.log.warn(
            "the kernel gives no inotify watch; listing the log folders every 2 s instead",
            {{"try",
              "raise fs.inotify.max_user_watches and "
              "fs.inotify.max_user_instances"}});
    } else {
        parts_.log.info("the log folders are watched by inotify again");
    }
}

void TailerReports::report_losses() {
    for (const auto& loss : parts_.tailer.files().take_losses()) {
        const std::string bytes = std::to_string(loss.bytes);
        // An audit trail says where it has holes.
        const std::array<base::LabelView, 1> fields = {base::LabelView{"lost_bytes", bytes}};
        const bool counted = loss.kind == tailer::Loss::Kind::Unread;
        const std::span<const base::LabelView> known(fields.data(), counted ? 1 : 0);
        const std::string_view what = sentence_of(loss.kind);
        parts_.telemetry.count_loss(what, loss.session, counted ? bytes : "unknown");
        const tailer::Record notice = parts_.tailer.own_notice(
            {parts_.clock.wall_ns(), "ERROR", what, known, {}}, loss.session);
        parts_.exporter.add(notice.stream, {notice.timestamp_ns, notice.line, notice.metadata, {}});
    }
}

}  // namespace bridge
