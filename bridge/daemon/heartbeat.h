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
/// structured metadata: panels that select by it show decisions). Its counts are increments since
/// the previous entry, so a sum over any range is right, restarts included. `up=0` says that the
/// daemon shut down in order.
///
/// A heartbeat is about now: if Loki does not take it, it is not kept, and its counts go into the
/// next one. Not thread-safe; it uses the LokiApi on the calling thread.
class Heartbeat {
public:
    /// `every` 0 = never. All arguments must outlive this object.
    Heartbeat(const tailer::EnrichSettings& settings, std::string_view version,
              std::chrono::milliseconds every, exporter::LokiApi& loki, const base::Clock& clock,
              const Log& log);

    /// When the next one is due. The first comes soon after the start, but not so soon that a
    /// daemon that ends at once sends one. The second comes early by up to a half, by the name of
    /// the workspace, so that a fleet that was started at once does not beat as one.
    [[nodiscard]] base::SteadyTime due() const { return due_; }
    /// Sends one. Blocks for 2 s at most.
    void beat(const Health& health);
    /// Says within `limit` that the daemon ends, unless nobody was told that it ran or Loki did not
    /// take the last one.
    void end(const Health& health, std::chrono::milliseconds limit);

private:
    enum class State { Up, Ending };
    [[nodiscard]] std::string line(const Health& health, State state) const;
    [[nodiscard]] exporter::Reply push(const std::string& text, std::chrono::milliseconds limit);
    void send(const Health& health, State state, std::chrono::milliseconds limit);

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
    std::chrono::milliseconds next_wait_{};
    Health::Totals told_;
    bool taken_ = false;   ///< the last one was
    bool warned_ = false;  ///< since the last one that was taken
};

}  // namespace bridge
