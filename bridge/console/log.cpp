// SPDX-License-Identifier: MIT
#include "bridge/console/log.h"

#include <algorithm>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

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
      logger_(std::make_shared<spdlog::logger>("boundary-loki",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
    logger_->set_pattern("%v");
    logger_->set_level(spdlog::level::trace);
}

Log::~Log() {
    if (clock_ != nullptr) {
        tell_suppressed(true);
    }
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

void Log::put(std::string_view name, std::string_view message, Fields fields) const {
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
    if (format_ == LogFormat::Json) {
        line += '}';
    }
    logger_->info("{}", line);
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
