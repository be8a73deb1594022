// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "tests/model/daemon.h"
#include "tests/model/dice.h"
#include "tests/model/fuse.h"
#include "tests/model/log_world.h"
#include "tests/model/model_loki.h"
#include "tests/model/reckoning.h"
#include "tests/support/temp_dir.h"

namespace model {

/// What happens to one daemon, its logs and its Loki, as a seed has it; then the reckoning. Trouble
/// is reported as test failures.
class Story final : private Witness {
public:
    /// With `accidents`, segments of the spool may be damaged or removed, the logs may come back
    /// from a backup, and their folder may have two names.
    Story(std::uint64_t seed, bool tell, bool accidents);
    ~Story() override;

    void run();

private:
    void act();
    void act_on_files(std::int64_t dice);
    void harm_a_segment();
    void start();
    void step(std::int64_t times);
    void kill_soon();
    void stop();
    void die();
    void settle();
    void tell_rows() const;
    void count_account();
    void expect_all_read();
    void tell(const std::string& what) const;

    [[nodiscard]] bool alive() const override { return daemon_ != nullptr; }
    [[nodiscard]] Known known(const tailer::FileIdentity& identity) const override;
    [[nodiscard]] std::map<std::uint64_t, int> durable() const override;

    bool tell_;
    Dice dice_;
    Dice fate_;  ///< of the spool; on its own, so that it changes nothing else in a story
    Dice odds_;  ///< of what volumes and names do; the same
    test_support::TempDir temp_;
    Fuse fuse_;
    MortalClock clock_{fuse_};
    ModelLoki loki_{dice_, fuse_, clock_.hands()};
    LogWorld world_{temp_.file("logs"), dice_, clock_.hands(), *this};
    bridge::Settings settings_;
    std::unique_ptr<Daemon> daemon_;
    // What a story may hold is drawn once, so that some are gentle and lines can be counted
    // exactly.
    bool kills_;
    bool floods_;
    Course course_;
    bool restores_;
    bool rescan_due_ = false;  ///< the folder itself was taken away: seen at the next rescan only
};

}  // namespace model
