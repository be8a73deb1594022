// SPDX-License-Identifier: MIT
#pragma once

#include "bridge/daemon/pipeline_parts.h"

namespace bridge {

/// Reports what the tailer came across: in the daemon's own log, and for a hole in the trail, in
/// the trail itself.
class TailerReports {
public:
    /// `parts` must outlive this object.
    explicit TailerReports(const PipelineParts& parts) : parts_(parts) {}

    /// Logs what is new, once.
    void tell_news();
    /// Adds a notice to the trail for each loss.
    void report_losses();

private:
    void tell_of_own_requests();
    void tell_of_watch();

    const PipelineParts& parts_;
    bool said_own_requests_ = false;
    bool said_starved_ = false;
};

}  // namespace bridge
