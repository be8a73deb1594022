// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/fault_server.h"

namespace bridge {

/// Takes every push and has nothing to show.
inline test_support::Fault like_an_empty_loki(const test_support::SeenRequest& request) {
    return request.method == "POST" ? test_support::Fault::answer(204)
                                    : test_support::Fault::answer(200, R"({"data":{"result":[]}})");
}

}  // namespace bridge
