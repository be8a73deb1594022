// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "bridge/console/line_output.h"
#include "bridge/console/log_limiter.h"

namespace bridge {

enum class LogFormat : std::uint8_t { Text, Json };
enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };

/// The program's own log on stderr: one record a line, logfmt or JSON. Any thread may use it, and
/// none ever waits: what stderr does not take is dropped, counted, and told once it takes lines
/// again. Callers never pass a secret, nor a URL with its query.
class Log {
public:
    using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;

    /// With a clock, which must outlive it, a message that repeats is held back, and how often is
    /// told: for a process that runs on and on.
    Log(LogLevel level, LogFormat format, const base::Clock* clock = nullptr);
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    ~Log();

    void debug(std::string_view message, Fields fields = {}) const;
    void info(std::string_view message, Fields fields = {}) const;
    void warn(std::string_view message, Fields fields = {}) const;
    void error(std::string_view message, Fields fields = {}) const;

    /// Lines that stderr did not take.
    [[nodiscard]] std::uint64_t dropped_lines() const { return dropped_; }

private:
    void write(LogLevel level, std::string_view name, std::string_view message,
               Fields fields) const;
    [[nodiscard]] std::string record(std::string_view name, std::string_view message,
                                     Fields fields) const;
    void put(std::string_view name, std::string_view message, Fields fields) const;
    void tell_dropped() const;
    void tell_suppressed(bool all) const;

    LogLevel level_;
    LogFormat format_;
    const base::Clock* clock_;
    std::unique_ptr<LogLimiter> limiter_;
    std::unique_ptr<LineOutput> output_;
    mutable std::atomic<std::uint64_t> dropped_ = 0;
    mutable std::atomic<std::uint64_t> told_dropped_ = 0;
};

}  // namespace bridge
