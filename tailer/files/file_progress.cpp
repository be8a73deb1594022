// SPDX-License-Identifier: MIT
#include "tailer/files/file_progress.h"

#include <limits>

namespace tailer {

FileProgress progress_so_far(const KnownFile& file) {
    FileProgress progress{file.name,
                          file.identity,
                          file.settled,
                          file.first_session ? *file.first_session : std::string(),
                          0,
                          file.settled_counts};
    const std::uint64_t ahead = file.offset - file.settled;
    if (file.fingerprint != 0 && ahead <= std::numeric_limits<std::uint32_t>::max()) {
        progress.fingerprint = file.fingerprint;
        progress.ahead = static_cast<std::uint32_t>(ahead);
    }
    return progress;
}

}  // namespace tailer
