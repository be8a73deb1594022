// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tests/model/log_world.h"
#include "tests/model/model_loki.h"

namespace model {

/// What could happen in a story, and what its daemons told.
struct Course {
    bool accidents = false;  ///< segments of the spool may have been damaged or removed
    bool harms = false;      ///< logs may have been removed, cut or replaced
    bool read_once = true;   ///< no line had to be read a second time
    std::uint64_t lines_read = 0;
    std::uint64_t entries_lost = 0;
};

/// Holds what Loki, the dead letters and the checkpoint have once all is settled against what was
/// written. Trouble is reported as test failures.
void reckon(const LogWorld& world, const ModelLoki& loki, const std::string& state_dir,
            const Course& course);

}  // namespace model
