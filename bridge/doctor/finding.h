// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bridge::doctor {

enum class State : std::uint8_t {
    Ok,
    Warn,  ///< worth mending; the dashboard shows decisions all the same
    Fail,  ///< the dashboard reads zero, or soon will
};

/// What one check found. Texts never hold a secret.
struct Finding {
    std::string hop;    ///< one of kHops
    std::string check;  ///< a stable name, unique among all checks
    State state = State::Ok;
    std::string seen;
    std::string remedy;  ///< what to do; empty when all is well
    /// While it is so, no decision at all gets any further. With Fail alone.
    bool stops_all = false;
};

using Findings = std::vector<Finding>;

/// The path of a decision, in the order in which it is walked.
inline constexpr const char* kBoundary = "boundary";
inline constexpr const char* kFiles = "files";
inline constexpr const char* kDaemon = "daemon";
inline constexpr const char* kIdentity = "identity";
inline constexpr const char* kLoki = "loki";
inline constexpr const char* kDashboard = "dashboard";

}  // namespace bridge::doctor
