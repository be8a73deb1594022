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

    /// Something is so that the checkpoint does not say yet.
    void note_change() { changed_ = true; }
    /// Whether files were learned that the checkpoint does not know. Nothing of them may be sent or
    /// spooled before it does: a record's identity holds its session, which is the file's name at
    /// first sight, and a rename and a crash must not change it.
    [[nodiscard]] bool lacks_files() const;

    /// When save_if_due() has something to do, as far as time alone decides it.
    [[nodiscard]] base::SteadyTime due() const;
    void save_if_due();
    /// A run that goes on, or one that ends with something in doubt.
    void save() { write(false); }
    /// An orderly end: nothing that was sent is in doubt.
    void save_clean() { write(true); }

private:
    void write(bool clean);

    const PipelineParts& parts_;
    LetterQueue* letters_;
    bool changed_ = false;
    bool failed_ = false;  ///< the last one
    std::uint64_t known_files_ = 0;
    base::SteadyTime tried_at_{};
};

}  // namespace bridge
