// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bridge/base/result.h"
#include "tailer/known_files.h"

namespace bridge {

/// What a daemon knows of its work when it starts again.
struct Checkpoint {
    std::vector<tailer::FileProgress> files;
    /// Newest settled timestamp of each stream, by its label text.
    std::map<std::string, std::int64_t> high_water;
    /// Written at an orderly end: nothing was on its way to Loki.
    bool clean = false;
};

// The file: JSON lines, replaced as a whole.
//
//     {"boundary_loki_checkpoint":1,"clean":false,"files":2,"streams":1}
//     {"folder":"/tmp/boundary_logs","name":"boundary-....log","inode":7,"birth_ns":1,"offset":42}
//     {"folder":...,"session":"boundary-..."}   of a file that was renamed since it was first seen
//     {"stream":"{job=\"boundary\"}","newest_ns":1}
//     {"crc32":123}   over all bytes before this line

[[nodiscard]] std::string encode_checkpoint(const Checkpoint& checkpoint);

/// An Error for anything but a whole checkpoint of a known version. The caller then starts without
/// one: lines are read again, and what Loki has already is not stored twice.
[[nodiscard]] base::Result<Checkpoint> decode_checkpoint(const std::string& text);

}  // namespace bridge
