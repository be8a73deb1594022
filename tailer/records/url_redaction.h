// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tailer/records/parameter_redaction.h"
#include "tailer/records/path_redaction.h"
#include "tailer/records/percent_decoding.h"

namespace tailer {

/// What becomes of the URLs of a log before anything of them is pushed or stored.
enum class QueryPolicy : std::uint8_t {
    Redact,  ///< values of parameters go unless they are harmless, and secrets in paths
    Keep,    ///< all but userinfo stays
    Drop,    ///< the whole query goes, and secrets in paths
};

/// Takes the secrets out of the parts of a URL, by structure: redaction_rules.h has the tables and
/// secret_shape.h what they mean. What stays, stays byte for byte; what goes becomes REDACTED.
///
/// Percent escapes are seen through, four layers deep. Each result is its own fixed point: redacted
/// again, it stays the same. Not thread-safe.
class UrlRedactor {
public:
    /// A query without its `?`. Names stay when they look like names; values go unless
    /// is_harmless_value() says otherwise, and whenever is_secret_name() says so of their name.
    void append_query(std::string& out, std::string_view query);

    /// What stands behind a `#`: a path when it begins as one, else as a query.
    void append_fragment(std::string& out, std::string_view fragment);

    /// A path: see redact_path().
    void append_path(std::string& out, std::string_view path, const PathOrigin& origin = {});

    /// The host and the port of an authority. `had_userinfo` tells whether more was there.
    void append_authority(std::string& out, std::string_view authority, bool& had_userinfo);

private:
    PercentDecoded decoded_;
    PercentDecoded part_;
};

}  // namespace tailer
