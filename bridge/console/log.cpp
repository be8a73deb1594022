// SPDX-License-Identifier: MIT
#include "bridge/console/log.h"

#include <algorithm>

#include <unistd.h>

#include "base/clock.h"
#include "base/nanoseconds.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace bridge {
namespace {

void append_pair(std::string& line, LogFormat format, std::string_view name,
                 std::string_view value) {
    if (format == LogFormat::Json) {
        line += line.empty() ? '{' : ',';
        base::append_json_string(line, name);
        line += ':';
        base::append_json_string(line, value);
        return;
    }
    line.append(line.empty() ? "" : " ").append(name).append("=");
    // Control bytes as well: a name that another user chose must not command the reader's terminal.
    const auto is_plain = [](char c) {
        return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\\';
    };
    if (!value.empty() && std::ranges::all_of(value, is_plain)) {
        base::append_valid_utf8(line, value);
    } else {
        base::append_json_string(line, value);
    }
}

}  // namespace

Log::Log(LogLevel level, LogFormat format, const base::Clock* clock)
    : level_(level),
      format_(format),
      clock_(clock),
      limiter_(std::make_unique<LogLimiter>()),
      output_(std::make_unique<LineOutput>(STDERR_FILENO)) {}

Log::~Log() {
    if (clock_ != nullptr) {
        tell_suppressed(true);
    }
    tell_dropped();
}

void Log::write(LogLevel level, std::string_view name, std::string_view message,
                Fields fields) const {
    if (level < level_) {
        return;
    }
    if (clock_ != nullptr) {
        tell_suppressed(false);
        if (!limiter_->admits(message, clock_->steady())) {
            return;
        }
    }
    put(name, message, fields);
}

void Log::tell_suppressed(bool all) const {
    for (const auto& [message, count] : limiter_->take_suppressed(clock_->steady(), all)) {
        put("warn", "suppressed repeats of a message",
            {{"message", message}, {"count", std::to_string(count)}});
    }
}

/// One line, with its newline.
std::string Log::record(std::string_view name, std::string_view message, Fields fields) const {
    std::string stamp;
    const std::int64_t now_ns = base::SystemClock().wall_ns();
    base::append_rfc3339_nano(stamp, now_ns - now_ns % base::kNanosPerMillisecond);
    std::string line;
    append_pair(line, format_, "ts", stamp);
    append_pair(line, format_, "level", name);
    append_pair(line, format_, "msg", message);
    for (const auto& [key, value] : fields) {
        append_pair(line, format_, key, value);
    }
    return line + (format_ == LogFormat::Json ? "}\n" : "\n");
}

void Log::put(std::string_view name, std::string_view message, Fields fields) const {
    tell_dropped();
    if (!output_->write(record(name, message, fields))) {
        ++dropped_;
    }
}

void Log::tell_dropped() const {
    const std::uint64_t dropped = dropped_;
    if (const std::uint64_t told = told_dropped_;
        dropped > told &&
        output_->write(record("warn", "lines of this log were dropped, as stderr took no more",
                              {{"count", std::to_string(dropped - told)}}))) {
        told_dropped_ = dropped;
    }
}

void Log::debug(std::string_view message, Fields fields) const {
    write(LogLevel::Debug, "debug", message, fields);
}
void Log::info(std::string_view message, Fields fields) const {
    write(LogLevel::Info, "info", message, fields);
}
void Log::warn(std::string_view message, Fields fields) const {
    write(LogLevel::Warn, "warn", message, fields);
}
void Log::error(std::string_view message, Fields fields) const {
    write(LogLevel::Error, "error", message, fields);
}

}  // namespace bridge
