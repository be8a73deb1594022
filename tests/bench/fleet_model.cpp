// SPDX-License-Identifier: MIT
// Many workspaces in one process: each a daemon of the product with folders, connection and thread
// of its own. What fleet.py starts for more workspaces than a machine runs processes.
//     fleet_model SPEED <WORKSPACES   a line each: the flags of `boundary-loki run`; until SIGTERM
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <poll.h>

#include "base/clock.h"
#include "bridge/cli/setting_flags.h"
#include "bridge/daemon/daemon.h"
#include "bridge/process/signals.h"
#include "exporter/loki/loki_client.h"

namespace {

using std::chrono::milliseconds;

/// Waits, pauses and paces pass `speed` times as fast. Time stamps do not: Loki judges them by its
/// own clock.
class FastClock final : public base::Clock {
public:
    explicit FastClock(double speed) : speed_(speed) {}
    [[nodiscard]] base::SteadyTime steady() const override {
        const auto passed = std::chrono::steady_clock::now() - begun_;
        return begun_ + std::chrono::duration_cast<std::chrono::nanoseconds>(passed * speed_);
    }
    [[nodiscard]] std::int64_t wall_ns() const override { return base::SystemClock().wall_ns(); }
    [[nodiscard]] int real_ms_until(base::SteadyTime due) const {
        constexpr milliseconds kLongest{60'000};
        const auto left = std::min<std::chrono::nanoseconds>(due - steady(), kLongest) / speed_;
        return std::max(0, static_cast<int>(std::chrono::ceil<milliseconds>(left).count()));
    }

private:
    double speed_;
    base::SteadyTime begun_ = std::chrono::steady_clock::now();
};

class Workspace {
public:
    Workspace(const bridge::Settings& settings, const bridge::Log& log, const FastClock& clock)
        : clock_(clock),
          loki_(exporter::LokiClient::create(settings.loki).value()),
          daemon_(bridge::Daemon::open(settings,
                                       {.log = log,
                                        .clock = clock,
                                        .loki = *loki_,
                                        .state = bridge::StateFolder::open(
                                                     settings.state_dir, settings.spool_max_bytes,
                                                     bridge::spool_target(settings.loki))
                                                     .value(),
                                        .jitter_seed = std::random_device{}()})
                      .value()) {}

    /// Until `stop` is readable; then in order to the end.
    void follow(int stop) {
        constexpr milliseconds kDrain{5'000};
        bridge::Pipeline& pipeline = daemon_->pipeline();
        pipeline.begin();
        while (!wait_until(pipeline.step(), stop)) {
        }
        pipeline.drain(kDrain);
    }

private:
    /// As Pipeline::follow() waits, at the clock's speed. True if it is time to stop.
    [[nodiscard]] bool wait_until(base::SteadyTime due, int stop) {
        constexpr milliseconds kGather{20};
        std::array<pollfd, 2> fds = {pollfd{stop, POLLIN, 0},
                                     pollfd{daemon_->tailer().wait_fd(), POLLIN, 0}};
        ::poll(fds.data(), 1, clock_.real_ms_until(std::min(due, woken_at_ + kGather)));
        if (fds[0].revents == 0) {
            ::poll(fds.data(), fds.size(), clock_.real_ms_until(due));
        }
        if (fds[1].revents != 0) {
            woken_at_ = clock_.steady();
        }
        return fds[0].revents != 0;
    }

    const FastClock& clock_;
    std::unique_ptr<exporter::LokiClient> loki_;
    std::unique_ptr<bridge::Daemon> daemon_;
    base::SteadyTime woken_at_{};
};

bridge::Settings settings_of(const std::string& flags) {
    CLI::App app;
    bridge::SettingFlags settings;
    settings.attach(app);
    app.parse(flags, false);
    auto resolved = settings.resolve({});
    if (!resolved) {
        throw std::runtime_error(resolved.error().message);
    }
    return std::move(*resolved);
}

void run(double speed) {
    const bridge::BlockedSignals signals({SIGTERM, SIGINT});
    const base::UniqueFd stop = signals.descriptor();
    const bridge::Log log(bridge::LogLevel::Warn, bridge::LogFormat::Text);
    const FastClock clock(speed);
    std::vector<std::unique_ptr<Workspace>> workspaces;
    for (std::string flags; std::getline(std::cin, flags);) {
        workspaces.push_back(std::make_unique<Workspace>(settings_of(flags), log, clock));
    }
    std::vector<std::jthread> threads;
    threads.reserve(workspaces.size());
    for (const auto& workspace : workspaces) {
        threads.emplace_back([&] { workspace->follow(stop.get()); });
    }
}

}  // namespace

int main(int argc, char** argv) {
    const double speed = argc == 2 ? std::strtod(argv[1], nullptr) : 0;
    if (!(speed > 0)) {
        std::cerr << "fleet_model: usage: fleet_model SPEED <WORKSPACES\n";
        return EXIT_FAILURE;
    }
    try {
        run(speed);
        return EXIT_SUCCESS;
    } catch (const std::exception& trouble) {
        std::cerr << "fleet_model: " << trouble.what() << '\n';
        return EXIT_FAILURE;
    }
}
