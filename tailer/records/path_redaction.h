// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tailer/records/percent_decoding.h"
#include "tailer/records/redaction_rules.h"

namespace tailer {

/// What stood in front of a path.
struct PathOrigin {
    /// What its host says of it: see follows_host().
    rules::Follows follows = rules::Follows::Nothing;
    /// There was a userinfo, so that what looks like a path up to an `@` may be the rest of a
    /// password.
    bool behind_userinfo = false;
};

/// Appends a path without its secrets: see UrlRedactor::append_path().
void redact_path(std::string& out, const PercentDecoded& path, const PathOrigin& origin);

}  // namespace tailer
