// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "exporter/loki/push_outcome.h"

namespace bridge {

/// Text of a server's, or of somebody on the way to it, without secrets: an error echoes what it
/// was sent. See tailer::TextRedactor.
[[nodiscard]] std::string without_secrets(std::string_view text);

/// Its status, or `error` when there was no answer: for the log and as a label.
[[nodiscard]] std::string code_of(const exporter::Reply& reply);

/// What a reply says, for logs and people.
[[nodiscard]] std::string answer_text(const exporter::Reply& reply);

}  // namespace bridge
