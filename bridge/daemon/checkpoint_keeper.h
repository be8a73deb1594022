// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "bridge/daemon/letter_queue.h"
#include "bridge/daemon/pipeline_parts.h"

namespace bridge {

/// Decides when a checkpoint is written, and writes it. Without a state folder it does nothing.
class CheckpointKeeper {
public:
    /// Both must outlive this object; `letters` may be null.
    CheckpointKeeper(const PipelineParts& parts, LetterQueue* letters)
        : parts_(parts), letters_(letters) {}

    /// Something has changed that the checkpoint does not say yet.
    void note_change() { changed_ = true; }
    /// Whether there are new files that the checkpoint does not know. Nothing from them may be sent
    /// or spooled before it does: a record's identity includes its session, which is the file's
    /// name when first seen, and a rename followed by a crash must not change it.
    [[nodiscard]] bool lacks_files() const;

    /// When to call save_if_due() again, as far as time alone decides.
    [[nodiscard]] base::SteadyTime due() const;
    void save_if_due();
    /// For a run that goes on, or ends with something in doubt.
    void save() { write(false); }
    /// For an orderly shutdown: nothing that was sent is in doubt.
    void save_clean() { write(true); }

private:
    void write(bool clean);

    const PipelineParts& parts_;
    LetterQueue* letters_;
    bool changed_ = false;
    bool failed_ = false;  ///< the last attempt
    std::uint64_t known_files_ = 0;
    base::SteadyTime tried_at_{};
};

}  // namespace bridge
