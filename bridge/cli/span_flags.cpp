// SPDX-License-Identifier: MIT
#include "bridge/cli/span_flags.h"

#include "base/clock.h"
#include "bridge/settings/quantity.h"

namespace bridge {

void SpanFlags::attach(CLI::App& app, const std::string& since_help,
                       const std::string& until_help) {
    const auto instant = [](const std::string& text) {
        return parse_instant(text, 0) ? ""
                                      : "want 2026-06-09T12:00:00Z, or an age such as 6h or 7d";
    };
    app.add_option("--since", since_, since_help)->check(instant);
    app.add_option("--until", until_, until_help)->check(instant);
}

void SpanFlags::read(std::optional<std::int64_t>& since_ns,
                     std::optional<std::int64_t>& until_ns) const {
    const std::int64_t now_ns = base::SystemClock().wall_ns();
    since_ns = parse_instant(since_, now_ns);
    until_ns = parse_instant(until_, now_ns);
}

}  // namespace bridge
