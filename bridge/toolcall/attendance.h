// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "bridge/toolcall/boundary_process.h"
#include "bridge/toolcall/first_start.h"
#include "bridge/toolcall/witness.h"

namespace bridge::toolcall {

/// How a call ended.
struct Outcome {
    enum class Kind : std::uint8_t {
        Exited,     ///< with the status `value`
        Signalled,  ///< by the signal `value`
        NotRun,     ///< Boundary ended, or was ended, before the command was there
        Lost,       ///< contact was lost; it has been killed
    };
    Kind kind = Kind::NotRun;
    int value = 0;
};

/// The caller's side while a call runs: hands the command over, passes signals on, stops when the
/// command stops, and waits for its end and then Boundary's. Signals are blocked.
class Attendance {
public:
    Attendance(BoundaryProcess& boundary, const Witness& witness, FirstStart& first_start,
               const Setup& setup, const std::vector<int>& inherited);

    [[nodiscard]] Outcome wait();
    /// Whether Boundary was gone before the command.
    [[nodiscard]] bool boundary_went_first() const { return boundary_went_first_; }

private:
    using Clock = std::chrono::steady_clock;

    void heed(const Message& message);
    void take_signals();
    void take_signal(int signal);
    void reap();
    void start();
    void stop_with_it(int signal) const;
    void hear_no_more();
    void check_deadline();

    BoundaryProcess& boundary_;
    const Witness& witness_;
    FirstStart& first_start_;
    const Setup& setup_;
    const std::vector<int>& inherited_;
    base::UniqueFd signals_;
    std::vector<int> early_signals_;  ///< that came before the command was there
    bool runs_ = false;
    bool in_group_ = false;
    bool linked_ = true;
    bool boundary_went_first_ = false;
    pid_t command_ = -1;
    std::optional<Outcome> outcome_;
    std::optional<Clock::time_point> deadline_;
};

}  // namespace bridge::toolcall
