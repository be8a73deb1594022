// SPDX-License-Identifier: MIT
#include "bridge/summary/reader.h"

#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "base/result.h"

namespace bridge {
namespace {

constexpr std::uint64_t kLookBytes = 1U << 20U;

/// The tailer takes a folder that it may not list for an empty one, which is right for a daemon
/// that waits for it, and wrong here.
std::vector<std::string> closed_folders(const std::vector<std::string>& paths) {
    std::vector<std::string> troubles;
    for (const auto& path : paths) {
        std::error_code ignored;
        if (std::filesystem::is_directory(path, ignored) &&
            ::faccessat(AT_FDCWD, path.c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
            troubles.push_back(base::system_failure("cannot list", path).value().message);
        }
    }
    return troubles;
}

}  // namespace

SummaryReader::SummaryReader(tailer::Tailer tailer, const std::vector<std::string>& paths,
                             SummaryWish wish)
    : tailer_(std::move(tailer)), filter_(std::move(wish), gatherer_) {
    note(closed_folders(paths));
}

void SummaryReader::look(bool rescan) {
    tailer_.look(rescan);
    note(tailer_.take_errors());
    if (rescan) {
        forget_gone();
    }
    // What a log lost is no line of it; taken so that it does not pile up.
    static_cast<void>(tailer_.files().take_losses());
    static_cast<void>(tailer_.files().take_changed());
    gatherer_.data().files = tailer_.files().learned();
}

bool SummaryReader::read() {
    const bool more = tailer_.read(kLookBytes, filter_);
    note(tailer_.take_errors());
    return more;
}

void SummaryReader::note(const std::vector<std::string>& troubles) {
    for (const auto& trouble : troubles) {
        // A file that is followed is tried again, and fails again.
        if (troubles_.insert(trouble).second) {
            news_.push_back(trouble);
        }
    }
    gatherer_.data().unreadable = troubles_.size();
}

void SummaryReader::forget_gone() {
    std::vector<tailer::FileId> gone;
    tailer_.files().for_each([&gone](tailer::FileId id, const tailer::KnownFile& file) {
        if (file.gone && !file.queued) {
            gone.push_back(id);
        }
    });
    for (const auto id : gone) {
        tailer_.files().forget(id);
    }
}

}  // namespace bridge
