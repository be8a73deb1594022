// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "tailer/tailer.h"
#include "tests/support/temp_dir.h"

namespace tailer {

class TailerTest : public testing::Test {
protected:
    static inline const std::string kName = "boundary-2026-06-09_12-00-00-1.log";
    static inline const std::string kOther = "boundary-2026-06-09_12-00-00-2.log";

    Tailer follow() { return Tailer::follow({dir_.path()}, {}, {}); }
    /// A tailer that has looked at the folder once.
    Tailer following() {
        Tailer tailer = follow();
        tailer.look(true);
        return tailer;
    }

    test_support::TempDir dir_;
};

}  // namespace tailer
