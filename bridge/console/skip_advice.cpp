// SPDX-License-Identifier: MIT
#include "bridge/console/skip_advice.h"

#include <unistd.h>

namespace bridge {

using tailer::SkipReason;

std::string skip_cause(const tailer::SkippedFile& file) {
    switch (file.reason) {
        case SkipReason::Name:
            return "it is not named as Boundary names its logs";
        case SkipReason::Symlink:
            return "it is a symbolic link, and no link in a log folder is followed";
        case SkipReason::NotRegular:
            return "it is a FIFO, socket, device or folder, and only regular files are read";
        case SkipReason::ForeignOwner:
            return "user " + std::to_string(file.owner) +
                   " owns it, who is neither the folder's owner nor root nor this process' user " +
                   std::to_string(::geteuid());
        case SkipReason::Linked:
            return "it has another name elsewhere, and may be a file that was linked here to be "
                   "read";
        case SkipReason::Swapped:
            return "another file took its place while it was opened";
        case SkipReason::Unreadable:
            break;
    }
    return "this process may not open it";
}

std::string skip_advice(const tailer::SkippedFile& file) {
    switch (file.reason) {
        case SkipReason::Name:
            return "nothing";
        case SkipReason::Symlink:
            return "let Boundary write the file itself there, or follow the folder that the link "
                   "leads to (--log-dir)";
        case SkipReason::NotRegular:
            return "take it away, and see who may write to the folder";
        case SkipReason::ForeignOwner:
            return "--trust-owner " + std::to_string(file.owner) +
                   " if Boundary runs as that user; else see who may write to the folder";
        case SkipReason::Linked:
            return "put a copy there instead of a link";
        case SkipReason::Swapped:
            return "see who may write to the folder";
        case SkipReason::Unreadable:
            break;
    }
    return "run the daemon as the user that Boundary runs as, or let its group read the file";
}

}  // namespace bridge
