// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace bridge::toolcall {

/// Takes what Boundary writes to its stdout and stderr, so that it neither waits nor is heard by
/// the caller, and keeps the end of it. Lines of its log, which go there where it has no log
/// folder, are not kept: they may hold what the command was given.
class BoundaryWords {
public:
    /// A pipe; Boundary gets writing_end(), which is to be closed then.
    BoundaryWords();

    [[nodiscard]] int writing_end() const { return writing_.get(); }
    void close_writing_end() { writing_.reset(); }
    /// Readable when there are more; -1 once there can be none.
    [[nodiscard]] int descriptor() const { return reading_.get(); }
    /// Takes what is there, without waiting.
    void take();
    /// One line of at most kLongestToolCallText bytes (tailer/toolcall_record.h).
    [[nodiscard]] std::string said() const;

private:
    base::UniqueFd reading_;
    base::UniqueFd writing_;
    std::string line_;  ///< the one that is not complete
    std::string kept_;
};

}  // namespace bridge::toolcall
