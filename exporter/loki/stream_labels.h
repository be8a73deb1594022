// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/labels.h"

namespace exporter {

/// The labels as Loki's push API wants them: `{name="value", ...}`, with `\`, `"` and newline
/// escaped and invalid UTF-8 replaced (grafana/loki pkg/logql/syntax/parser.go, ParseLabels).
/// The same text is a valid LogQL stream selector.
[[nodiscard]] std::string stream_labels_text(const base::Labels& labels);

/// The labels of such a text again; only for what stream_labels_text() made.
[[nodiscard]] base::Labels parse_stream_labels(std::string_view text);

/// The same labels as a JSON object.
[[nodiscard]] std::string stream_labels_json(const base::Labels& labels);

/// Whether Loki takes `name` as a label: [a-zA-Z_][a-zA-Z0-9_]*.
[[nodiscard]] bool is_label_name(std::string_view name) noexcept;

/// Whether a label's value differs from entry to entry of one workspace.
[[nodiscard]] bool is_of_the_entry(std::string_view name) noexcept;

}  // namespace exporter
