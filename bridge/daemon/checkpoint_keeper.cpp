// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint_keeper.h"

#include <chrono>

#include "bridge/daemon/checkpoint_writing.h"

namespace bridge {

bool CheckpointKeeper::lacks_files() const {
    return parts_.state != nullptr && !failed_ && parts_.tailer.files().learned() != known_files_;
}

base::SteadyTime CheckpointKeeper::due() const {
    constexpr std::chrono::seconds kEvery{1};
    const bool wanted = parts_.state != nullptr && (changed_ || failed_ || lacks_files() ||
                                                    !parts_.exporter.backlog().unnamed().empty());
    return wanted ? tried_at_ + kEvery : base::SteadyTime::max();
}

void CheckpointKeeper::save_if_due() {
    const bool urgent = parts_.exporter.wants_checkpoint() && !failed_;
    if (urgent || parts_.clock.steady() >= due()) {
        save();
    }
}

void CheckpointKeeper::write(bool clean) {
    if (parts_.state == nullptr) {
        return;
    }
    tried_at_ = parts_.clock.steady();
    const auto synced = letters_ != nullptr ? letters_->sync() : base::Result<void>();
    const auto saved = synced.and_then([&] {
        return write_checkpoint(parts_.state->checkpoint(), parts_.tailer.files(), parts_.exporter,
                                parts_.state->spool_id(), clean);
    });
    failed_ = !saved;
    if (!saved) {
        parts_.telemetry.on_disk_trouble(saved.error().message);
        parts_.exporter.backlog().checkpoint_failed();
        return;
    }
    changed_ = false;
    known_files_ = parts_.tailer.files().learned();
    parts_.exporter.checkpoint_saved();
    parts_.telemetry.set_checkpoint_written();
}

}  // namespace bridge
