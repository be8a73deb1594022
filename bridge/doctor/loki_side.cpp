// SPDX-License-Identifier: MIT
#include "bridge/doctor/loki_side.h"

#include <array>
#include <thread>

#include <unistd.h>

#include "base/clock.h"
#include "base/nanoseconds.h"
#include "exporter/loki/push_outcome.h"
#include "exporter/loki/push_request.h"
#include "exporter/loki/stream_labels.h"

namespace bridge::doctor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kAnswerWithin{10};
/// A busy cluster shows what it took a moment later.
constexpr int kReadBackTries = 25;
constexpr milliseconds kReadBackPause{200};

struct Probe {
    std::string labels;
    std::string line;
    std::int64_t timestamp_ns = 0;
};

Probe make_probe(const Settings& settings, std::int64_t now_ns) {
    base::Labels labels = settings.enrich.extra_labels;  // some gateways ask for certain ones
    std::erase_if(labels, [](const base::Label& label) { return label.first == "namespace"; });
    labels.emplace_back("job", kProbeJob);
    return {exporter::stream_labels_text(labels),
            "probe of boundary-loki doctor, pid " + std::to_string(::getpid()), now_ns};
}

exporter::Reply push(exporter::LokiClient& loki, const Probe& probe, bool metadata) {
    const std::array<base::LabelView, 1> fields = {base::LabelView{"probe", "1"}};
    exporter::Entry entry;
    entry.timestamp_ns = probe.timestamp_ns;
    entry.line = probe.line;
    if (metadata) {
        entry.metadata = fields;
    }
    std::string entries;
    exporter::append_entry(entries, entry);
    exporter::PushBody body;
    return loki.push(body.of(probe.labels, entries), kAnswerWithin);
}

void push_and_read_back(exporter::LokiClient& loki, const Probe& probe, LokiSide& side) {
    side.probed = true;
    side.push = push(loki, probe, true);
    if (exporter::refuses_metadata(side.push)) {
        side.metadata_refused = true;
        side.push = push(loki, probe, false);
    }
    if (exporter::classify(side.push) != exporter::Outcome::Stored) {
        return;
    }
    for (int tries = 0; tries < kReadBackTries && !side.found; ++tries) {
        if (tries > 0) {
            std::this_thread::sleep_for(kReadBackPause);
        }
        side.read_back = loki.query_range(probe.labels, probe.timestamp_ns, probe.timestamp_ns + 1,
                                          1000, kAnswerWithin);
        if (side.read_back.transport == exporter::Reply::Transport::Answered &&
            side.read_back.status != 200) {
            return;  // waiting does not mend that
        }
        side.found = side.read_back.body.find(probe.line) != std::string::npos;
    }
}

}  // namespace

LokiSide look_at_loki(const Settings& settings, exporter::LokiClient& loki, bool probe) {
    LokiSide side;
    side.url = settings.loki.url;
    const base::SystemClock clock;
    side.victoria_logs = loki.is_victoria_logs();
    side.ready = loki.get("/ready", {}, kAnswerWithin);
    const std::string probes = "{job=\"" + std::string(kProbeJob) + "\"}";
    const std::int64_t now_ns = clock.wall_ns();
    side.query =
        side.victoria_logs
            ? loki.query_range(probes, now_ns, now_ns + 1, 1, kAnswerWithin)
            : loki.get("/loki/api/v1/query",
                       {{"query", "sum(count_over_time(" + probes + "[1m]))"}}, kAnswerWithin);
    if (side.query.server_time) {
        side.ahead_seconds = now_ns / base::kNanosPerSecond - *side.query.server_time;
    }
    if (probe && side.reached()) {
        push_and_read_back(loki, make_probe(settings, now_ns), side);
    }
    return side;
}

}  // namespace bridge::doctor
