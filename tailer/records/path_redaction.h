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

/// Appends a path, up to `?` or `#`, without its secrets. Segments stay unless looks_secret(), and
/// what follows a word of kSecretWords by that row's rule; matrix parameters are treated as a
/// query; userinfo of a URL within goes, and all behind an escaped `?` or `#`.
void redact_path(std::string& out, const PercentDecoded& path, const PathOrigin& origin);

}  // namespace tailer
