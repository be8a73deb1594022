// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tailer/lines/line_parser.h"

namespace tailer {

/// The UUID that Boundary gave this run of itself: `session_id` of "boundary session started", the
/// first line of a log of any Boundary after v0.9.0. It goes with each of Boundary's audit records
/// to coderd, and to Coder's AI Gateway as X-Coder-Agent-Firewall-Session-Id. Empty where the first
/// line of `fd` is another one; what stands there never changes, so one look is enough.
[[nodiscard]] std::string boundary_session_of(int fd, LineParser& parser);

}  // namespace tailer
