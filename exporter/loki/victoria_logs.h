// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Another server than Loki: VictoriaLogs takes Loki's pushes below /insert, stores twice what it
/// is sent twice, and answers LogsQL below /select instead of LogQL. As of v1.52.1; see
/// docs.victoriametrics.com/victorialogs (data-ingestion, querying, logsql).
namespace exporter::victoria_logs {

/// What is taken becomes searchable a second later; by then an answer of "not there" means it.
inline constexpr std::chrono::milliseconds kShowsAfter{3'000};

/// Keeps the line whole as `_msg`, where its fields would be taken apart and the line forgotten.
inline constexpr const char* kKeepLine = "VL-Loki-Disable-Message-Parsing: 1";

/// Whether a base address is one of VictoriaLogs: it ends in /insert.
[[nodiscard]] bool is_address(std::string_view base_address);

/// Where it answers queries, given such an address.
[[nodiscard]] std::string query_address(std::string_view base_address);

/// The headers that name a tenant, "AccountID" or "AccountID:ProjectID"; nothing when it is none.
[[nodiscard]] std::optional<std::vector<std::string>> tenant_headers(std::string_view tenant);

/// LogsQL for the rows of a stream selector in [start, end), in ns, oldest first.
[[nodiscard]] std::string rows_query(std::string_view selector, std::int64_t start_ns,
                                     std::int64_t end_ns, std::size_t limit);

/// The rows of an answer to that, one JSON object a line, as Loki's query_range would give them;
/// nothing when it is none.
[[nodiscard]] std::optional<std::string> as_loki_answer(std::string_view body);

/// Whether an error's text is one of its own, or of a gateway of its makers, for a path that it
/// does not serve.
[[nodiscard]] bool is_wrong_path(std::string_view body);

/// Whether an error's text concerns the server's set-up or the tenant, not what was pushed.
[[nodiscard]] bool is_set_up_trouble(std::string_view body);

}  // namespace exporter::victoria_logs
