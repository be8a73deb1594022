// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

#include "base/labels.h"
#include "tailer/tailer.h"
#include "tests/support/boundary_lines.h"

namespace test_support {

inline constexpr std::int64_t kMillisecond = 1'000'000;
inline constexpr std::int64_t kSecond = 1'000 * kMillisecond;
inline constexpr std::int64_t kMinute = 60 * kSecond;
/// 2026-06-09T12:00:00Z
inline constexpr std::int64_t kNoon = 1'781'006'400 * kSecond;

/// Lines as Boundary writes them, at an instant.
inline std::string deny_line(std::int64_t time_ns, std::string_view url = "https://h.example/",
                             std::string_view host = "h.example") {
    return deny_line(stamp(time_ns), url, host);
}

inline std::string notice_line(std::int64_t time_ns, std::string_view message) {
    return notice_line(stamp(time_ns), message);
}

/// A record that owns its text.
struct KeptRecord {
    tailer::RecordKind kind = tailer::RecordKind::Notice;
    std::int64_t event_time_ns = 0;
    std::int64_t timestamp_ns = 0;
    tailer::StreamIndex stream = 0;
    std::string line;
    std::string notice;
    base::Labels metadata;
    std::uint64_t file = 0;
    std::uint64_t end_offset = 0;
    tailer::LineCounts counts;
    bool tool_call_may_change = false;
    bool shipped = true;
};

inline KeptRecord keep(const tailer::Record& record) {
    KeptRecord kept{record.kind,
                    record.event_time_ns,
                    record.timestamp_ns,
                    record.stream,
                    std::string(record.line),
                    std::string(record.notice),
                    {},
                    record.source.file,
                    record.source.end_offset,
                    record.source.counts,
                    record.tool_call_may_change,
                    record.shipped};
    for (const auto& pair : record.metadata) {
        kept.metadata.emplace_back(pair.name, pair.value);
    }
    return kept;
}

struct KeptUnparsed {
    std::string reason;
    std::string text;
    std::string session;
    std::uint64_t end_offset = 0;
};

/// What a Tailer gave, in its order.
struct Collected {
    std::vector<KeptRecord> records;
    std::vector<KeptUnparsed> unparsed;

    [[nodiscard]] std::vector<std::int64_t> event_times() const {
        std::vector<std::int64_t> times;
        for (const auto& record : records) {
            times.push_back(record.event_time_ns);
        }
        return times;
    }
};

/// Keeps all that a Tailer gives.
class Collector final : public tailer::LineSink {
public:
    explicit Collector(Collected& into) : into_(into) {}
    void on_record(const tailer::Record& record) override { into_.records.push_back(keep(record)); }
    void on_unparsed(const tailer::UnparsedLine& line) override {
        into_.unparsed.push_back({std::string(line.reason), std::string(line.text),
                                  std::string(line.session), line.source.end_offset});
    }

private:
    Collected& into_;
};

/// Looks, and reads until there is no more.
inline Collected read_all(tailer::Tailer& tailer, bool rescan = false,
                          std::uint64_t budget_bytes = 1U << 20U) {
    Collected collected;
    Collector collector(collected);
    tailer.look(rescan);
    while (tailer.read(budget_bytes, collector)) {
    }
    return collected;
}

/// Whether its wait_fd() is.
inline bool readable(const tailer::Tailer& tailer) {
    pollfd poll{tailer.wait_fd(), POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
}

}  // namespace test_support
