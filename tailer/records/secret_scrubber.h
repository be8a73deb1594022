// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "tailer/records/query_redaction.h"

namespace tailer {

/// Appends free text, such as an error message or a line that could not be parsed, without the
/// secrets of the URLs in it: userinfo goes, and what stands behind a `?` or `#` is treated as
/// `policy` says for a query, until the URL ends.
void append_scrubbed(std::string& out, std::string_view text, QueryPolicy policy);

}  // namespace tailer
