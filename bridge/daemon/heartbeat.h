// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/labels.h"
#include "bridge/console/log.h"
#include "bridge/daemon/health.h"
#include "exporter/loki/loki_client.h"
#include "exporter/loki/push_request.h"
#include "tailer/records/enricher.h"

namespace bridge {

/// Tells Loki every few minutes that the daemon is well: one entry, in logfmt, in a stream of its
/// own (`job="boundary-loki"` and the workspace's labels, but for the namespace, which is
/// structured metadata: panels that select by it show decisions). What is counted in it is what
/// came since the entry before, so a sum over any range is right, restarts included. `up=0` says
/// that the daemon ended in order.
///
/// A heartbeat is about now: one that Loki does not take is not kept, and its counts go with the
/// next. Not thread-safe; it uses the LokiApi of the thread that it is called on.
class Heartbeat {
public:
    /// `every` 0 = never. All that is given must outlive this object.
    Heartbeat(const tailer::EnrichSettings& settings, std::string_view version,
              std::chrono::milliseconds every, exporter::LokiApi& loki, const base::Clock& clock,
              const Log& log);

    /// When the next is due; the first soon after the start, but not for a daemon that ends at
    /// once.
    [[nodiscard]] base::SteadyTime due() const { return due_; }
    /// Sends one. Blocks for 2 s at most.
    void beat(const Health& health);
    /// Says that the daemon ends, within `limit`; not when nobody was told that it ran, or Loki did
    /// not take the last one.
    void end(const Health& health, std::chrono::milliseconds limit);

private:
    [[nodiscard]] std::string line(const Health& health, bool up) const;
    [[nodiscard]] exporter::Reply push(const std::string& text, std::chrono::milliseconds limit);
    [[nodiscard]] bool send(const Health& health, bool up, std::chrono::milliseconds limit);

    std::string version_;
    std::chrono::milliseconds every_;
    exporter::LokiApi& loki_;
    const base::Clock& clock_;
    const Log& log_;
    std::string stream_;
    base::Labels metadata_;
    bool takes_metadata_ = true;
    exporter::PushBody body_;
    base::SteadyTime started_;
    base::SteadyTime due_;
    Health::Totals told_;
    bool taken_ = false;   ///< the last one
    bool warned_ = false;  ///< since one was taken
};

}  // namespace bridge
