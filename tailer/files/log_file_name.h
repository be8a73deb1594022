// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailer {

/// Whether `name` is `boundary-<YYYY-MM-DD_HH-MM-SS>-<pid>.log`, the name that Boundary gives to
/// its log files (coder/boundary log/log.go).
[[nodiscard]] bool is_boundary_log_name(std::string_view name) noexcept;

/// `name` without `.gz` or `.zst`; the name itself when it has neither.
[[nodiscard]] std::string_view without_compression_suffix(std::string_view name) noexcept;

/// The session that a log file stands for: its name without folder, compression suffix and `.log`,
/// as valid UTF-8.
[[nodiscard]] std::string session_of(std::string_view path);

/// The PID in the session of a log file that Boundary named; nothing for any other.
[[nodiscard]] std::optional<std::int64_t> pid_of_session(std::string_view session) noexcept;

}  // namespace tailer
