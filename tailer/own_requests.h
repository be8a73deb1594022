// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tailer/lines/decision.h"

namespace tailer {

/// Knows the decisions about our own requests, which a daemon inside Boundary's jail finds in the
/// logs: each push of one would be one more, for ever.
class OwnRequests {
public:
    struct Request {
        std::string method;
        std::string url;  ///< without query
    };

    OwnRequests() = default;
    explicit OwnRequests(std::vector<Request> requests);

    [[nodiscard]] bool is_one(const Decision& decision) const;

private:
    std::vector<Request> requests_;  ///< urls as comparable() has them
};

}  // namespace tailer
