// SPDX-License-Identifier: MIT
// What a process may be started with, and be sent, without ceasing to ship.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "bridge/process/folder_claim.h"
#include "bridge/settings/option_specs.h"
#include "tests/bridge/cli/empty_loki.h"
#include "tests/support/fault_server.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

using base::UniqueFd;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test_support::eventually;
using test_support::Fault;
using test_support::Process;
using test_support::read_file;
using testing::HasSubstr;
using testing::Not;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr milliseconds kAtOnce{2'000};
#else
constexpr milliseconds kAtOnce{200};
#endif
constexpr const char* kDecision =
    "time=2026-06-09T12:00:00.250Z level=INFO msg=ALLOW method=GET url=https://h.example/a "
    "host=h.example rule=\"domain=h.example\"\n";
constexpr const char* kNotUnderstood = "this is no line of Boundary's\n";
constexpr const char* kLog = "logs/boundary-2026-06-09_12-00-00-1.log";

/// Whether the process is one that is yet to be reaped.
bool has_ended(pid_t pid) {
    const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t at = stat.rfind(") ");
    return at != std::string::npos && stat[at + 2] == 'Z';
}

class CliTroubleTest : public testing::Test {
protected:
    CliTroubleTest() {
        std::filesystem::create_directory(folder_.file("logs"));
        for (const auto& spec : option_specs()) {
            if (!spec.environment.empty()) {
                options_.environment[std::string(spec.environment)] = "";
            }
        }
        for (const char* name :
             {"LOKI_PASSWORD", "LOKI_BEARER_TOKEN", "http_proxy", "all_proxy", "ALL_PROXY"}) {
            options_.environment[name] = "";
        }
        options_.errors = folder_.file("errors");
        loki_.set_rule(like_an_empty_loki);
    }
    /// `wrapper` runs what follows it.
    [[nodiscard]] Process start(std::vector<std::string> wrapper = {}) const {
        const std::vector<std::string> daemon = {
            BOUNDARY_LOKI_BINARY, "run",         "--loki-url",  loki_.url(),    "--log-dir",
            folder_.file("logs"), "--state-dir", state_,        "--batch-wait", "10ms",
            "--metrics-address",  metrics_,      "--heartbeat", heartbeat_};
        wrapper.insert(wrapper.end(), daemon.begin(), daemon.end());
        wrapper.insert(wrapper.end(), more_.begin(), more_.end());
        return Process(wrapper, options_);
    }
    [[nodiscard]] std::string errors() const { return read_file(folder_.file("errors")); }
    [[nodiscard]] bool says(const std::string& text) const {
        return eventually([&] { return errors().find(text) != std::string::npos; });
    }
    [[nodiscard]] std::size_t pushes() const {
        const auto requests = loki_.requests();
        return static_cast<std::size_t>(
            std::ranges::count(requests, "POST", &test_support::SeenRequest::method));
    }
    [[nodiscard]] bool pushed(std::size_t count) const {
        return eventually([&] { return pushes() >= count; });
    }
    [[nodiscard]] bool has_spooled() const {
        return std::filesystem::exists(folder_.file("state/spool/00000000000000000001.push.zst"));
    }
    void forget_state() const {
        std::filesystem::remove_all(folder_.file("state"));
        std::filesystem::remove(folder_.file("errors"));
    }

    test_support::TempDir folder_;
    test_support::FaultServer loki_;
    Process::Options options_;
    std::vector<std::string> more_;
    std::string metrics_ = "off";
    std::string heartbeat_ = "off";
    std::string state_ = folder_.file("state");
};

TEST_F(CliTroubleTest, NoSignalButAnOrderToEndEndsItWhateverComesTogether) {
    metrics_ = "127.0.0.1:" + std::to_string(test_support::free_port());
    loki_.set_rule([](const auto&) { return Fault::answer(503, "away"); });
    folder_.append(kLog, kDecision);
    std::mt19937 random(7);
    const int kinds[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTTOU, SIGRTMIN};
    for (int round = 0; round < 6; ++round) {
        forget_state();
        Process daemon = start();
        ASSERT_TRUE(says("cannot push to Loki"));
        for (int i = round % 3 * 10; i > 0; --i) {
            daemon.signal(kinds[random() % std::size(kinds)]);
        }
        for (const int number : round % 2 == 0 ? std::vector{SIGTERM, SIGHUP, SIGTERM, SIGINT}
                                               : std::vector{SIGHUP, SIGINT, SIGUSR2, SIGHUP}) {
            daemon.signal(number);
        }
        EXPECT_EQ(daemon.wait(seconds(30)), 0) << round << errors();
        EXPECT_TRUE(has_spooled()) << round;
        EXPECT_THAT(errors(), HasSubstr("msg=stopped")) << round;
    }
}

TEST_F(CliTroubleTest, NeitherDoesAnyEndASupervisedOne) {
    loki_.set_rule([](const auto&) { return Fault::answer(503, "away"); });
    folder_.append(kLog, kDecision);
    more_ = {"--supervise"};
    Process daemon = start();
    ASSERT_TRUE(says("cannot push to Loki"));
    for (const int number : {SIGUSR2, SIGALRM, SIGHUP, SIGTERM, SIGHUP, SIGTERM, SIGUSR2}) {
        daemon.signal(number);
    }
    EXPECT_EQ(daemon.wait(seconds(30)), 0) << errors();
    EXPECT_TRUE(has_spooled());
    EXPECT_THAT(errors(), HasSubstr("msg=stopped"));
}

TEST_F(CliTroubleTest, EndsAtOnceWhenThereIsNothingToSend) {
    metrics_ = "127.0.0.1:" + std::to_string(test_support::free_port());
    heartbeat_ = "5m";
    milliseconds shortest = seconds(30);  // a disk that stalls is not what is judged
    for (int round = 0; round < 5 || (shortest >= kAtOnce && round < 40); ++round) {
        forget_state();
        const std::size_t before = pushes();
        folder_.append(kLog, kDecision);
        Process daemon = start();
        ASSERT_TRUE(pushed(before + 1)) << errors();
        ASSERT_EQ(test_support::http_get("http://" + metrics_ + "/metrics").first, 200);
        const auto begun = steady_clock::now();
        daemon.signal(SIGTERM);
        ASSERT_TRUE(eventually([&] { return has_ended(daemon.pid()); }));
        const UniqueFd lock(::open(folder_.file("state/lock").c_str(), O_RDONLY | O_CLOEXEC));
        EXPECT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0) << "before anybody reaps it";
        EXPECT_EQ(daemon.wait(seconds(30)), 0);
        shortest = std::min(shortest,
                            std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun));
    }
    EXPECT_LT(shortest, kAtOnce);
}

TEST_F(CliTroubleTest, AServerThatAnswersByTheByteDoesNotKeepItFromEnding) {
    loki_.set_rule([](const auto&) {
        Fault fault = Fault::answer(200, std::string(5'000, 'x'));
        fault.drip = milliseconds(100);
        return fault;
    });
    folder_.append(kLog, kDecision);
    Process daemon = start();
    ASSERT_TRUE(loki_.wait_for_requests(1));
    const auto begun = steady_clock::now();
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0) << errors();
    EXPECT_LT(steady_clock::now() - begun, seconds(10));
    EXPECT_TRUE(has_spooled());
}

TEST_F(CliTroubleTest, ClosedDescriptorsBecomeNoFileOfOurs) {
    for (const char* closed :
         {"exec \"$@\" 2>&-", "exec \"$@\" 0<&- 1>&- 2>&-", "exec \"$@\" 0<&-"}) {
        forget_state();
        const std::size_t before = pushes();
        folder_.append(kLog, std::string(kNotUnderstood) + kDecision);
        Process daemon = start({"sh", "-c", closed, "sh"});
        ASSERT_TRUE(pushed(before + 1)) << closed;
        daemon.signal(SIGTERM);
        EXPECT_EQ(daemon.wait(seconds(30)), 0) << closed;
        for (const char* file :
             {"state/lock", "state/dead-letter/rejected.ndjson", "state/checkpoint"}) {
            EXPECT_THAT(read_file(folder_.file(file)), Not(HasSubstr("msg="))) << closed << file;
        }
    }
}

TEST_F(CliTroubleTest, SaysWhatItDoesNotReadAndTrustsWhomItIsTold) {
    const std::string other = "logs/boundary-2026-06-09_12-00-00-2.log";
    folder_.append("outside", kDecision);
    std::filesystem::create_symlink(folder_.file("outside"),
                                    folder_.file("logs/boundary-2026-06-09_12-00-00-3.log"));
    std::filesystem::create_symlink(folder_.file("outside"),
                                    folder_.file("logs/boundary-2026-06-09_12-00-00-4.log"));
    folder_.append(other, kDecision);
    folder_.append(kLog, kDecision);
    const bool root = ::geteuid() == 0;  // nobody else can make another user's file
    if (root) {
        ASSERT_EQ(::chown(folder_.file(other).c_str(), 12345, 12345), 0);
    }
    Process daemon = start();
    ASSERT_TRUE(pushed(1));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);
    const std::string said = errors();
    EXPECT_THAT(said, HasSubstr("cause=\"it is a symbolic link"));
    EXPECT_EQ(said.find("it is a symbolic link"), said.rfind("it is a symbolic link"))
        << "once a kind";
    EXPECT_EQ(said.find("file=" + folder_.file(other) + " cause=\"user 12345 owns it") !=
                  std::string::npos,
              root)
        << said;
    EXPECT_EQ(said.find("--trust-owner 12345") != std::string::npos, root);

    forget_state();
    options_.environment["BOUNDARY_LOKI_TRUST_OWNER"] = "7,12345";
    daemon = start();
    ASSERT_TRUE(eventually([&] { return errors().find("msg=started") != std::string::npos; }));
    ASSERT_TRUE(pushed(2));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);
    EXPECT_THAT(errors(), HasSubstr("msg=stopped allowed=2"));
    EXPECT_THAT(errors(), Not(HasSubstr("12345 owns it")));
}

TEST_F(CliTroubleTest, InsideTheJailItCountsNoneOfItsOwnPushes) {
    const std::string folder = folder_.file("coder_boundary");
    for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                             "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}) {
        options_.environment[name] = folder + "/ca-cert.pem";
    }
    options_.environment["SSL_CERT_DIR"] = folder;
    // As Boundary's proxy does: each push leaves a decision in the log.
    loki_.set_rule([this](const test_support::SeenRequest& request) {
        if (request.method == "POST") {
            folder_.append(kLog,
                           "time=2026-06-09T12:00:01.000Z level=INFO msg=ALLOW method=POST url=" +
                               loki_.url() + "/loki/api/v1/push host=127.0.0.1 rule=\"x\"\n");
        }
        return like_an_empty_loki(request);
    });
    folder_.append(kLog, kDecision);
    Process daemon = start();
    ASSERT_TRUE(says("finds its own pushes"));
    folder_.append(kLog, kDecision);
    ASSERT_TRUE(pushed(2));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);
    EXPECT_EQ(pushes(), 2U);
    const std::string said = errors();
    EXPECT_THAT(said, HasSubstr("msg=stopped allowed=2 denied=0"));
    EXPECT_EQ(said.find("finds its own"), said.rfind("finds its own")) << said;
}

TEST_F(CliTroubleTest, TwoDaemonsOnOneFolderAreToldOfEachOther) {
    Process first = start();
    ASSERT_TRUE(eventually([&] { return !followers_of(folder_.file("logs")).empty(); }));
    state_ = folder_.file("other");
    Process second = start();
    ASSERT_TRUE(says("another daemon follows this log folder"));
    EXPECT_THAT(errors(), HasSubstr("folder=" + folder_.file("logs") +
                                    " pid=" + std::to_string(first.pid())));
    second.signal(SIGTERM);
    EXPECT_EQ(second.wait(seconds(30)), 0);
    first.signal(SIGTERM);
    EXPECT_EQ(first.wait(seconds(30)), 0);
}

/// Becomes what follows it, without an inotify watch for its user.
const std::vector<std::string> kWithoutWatches = {
    "unshare", "--user", "--map-root-user",
    "sh",      "-c",     "echo 0 >/proc/sys/user/max_inotify_watches && exec \"$@\"",
    "sh"};

TEST_F(CliTroubleTest, WithoutInotifyWatchesItListsTheFoldersAndSaysSo) {
    folder_.append(kLog, kDecision);
    Process daemon = start(kWithoutWatches);
    ASSERT_TRUE(pushed(1)) << errors();
    ASSERT_TRUE(says("the kernel gives no inotify watch"));
    const auto begun = steady_clock::now();
    folder_.append(kLog, kDecision);
    ASSERT_TRUE(pushed(2));
    EXPECT_LT(steady_clock::now() - begun, seconds(8));
    folder_.append(kLog, kDecision);
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);
    EXPECT_EQ(pushes(), 3U) << "what was written right before the end";
    EXPECT_THAT(errors(), HasSubstr("msg=stopped allowed=3"));
}

TEST_F(CliTroubleTest, AStderrThatTakesNothingStopsNothing) {
    const std::string fifo = folder_.file("fifo");
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const UniqueFd both(::open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    while (::write(both.get(), "xxxxxxxxxxxxxxxx", 16) > 0) {
    }
    options_.environment["ERRORS"] = fifo;
    folder_.append(kLog, std::string(kNotUnderstood) + kDecision);
    Process daemon = start({"sh", "-c", "exec \"$@\" 2>\"$ERRORS\"", "sh"});
    ASSERT_TRUE(pushed(1));
    folder_.append(kLog, kDecision);
    ASSERT_TRUE(pushed(2));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);

    forget_state();
    options_.environment["ERRORS"] = "/dev/full";
    daemon = start({"sh", "-c", "exec \"$@\" 2>\"$ERRORS\"", "sh"});
    ASSERT_TRUE(pushed(3));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);
}

TEST_F(CliTroubleTest, ALogThatMayNotGrowStopsNothing) {
    folder_.append(kLog, kDecision);
    // In blocks of 1024 bytes or 512; the state needs some, too.
    Process daemon = start({"sh", "-c", "ulimit -f 40; yes | head -c 20480 >\"$0\"; exec \"$@\"",
                            folder_.file("errors")});
    ASSERT_TRUE(pushed(1)) << errors();
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);
}

TEST_F(CliTroubleTest, ATerminalThatIsGoneStopsNothing) {
    int master = -1;
    int slave = -1;
    char name[64] = {};
    ASSERT_EQ(::openpty(&master, &slave, name, nullptr, nullptr), 0);
    UniqueFd ours(master);
    ::fcntl(master, F_SETFD, FD_CLOEXEC);  // else the daemon would keep it
    ::close(slave);
    options_.environment["ERRORS"] = name;
    folder_.append(kLog, kDecision);
    Process daemon = start({"setsid", "sh", "-c", "exec \"$@\" <\"$ERRORS\" 2>\"$ERRORS\"", "sh"});
    ASSERT_TRUE(pushed(1));
    ours.reset();
    folder_.append(kLog, kDecision);
    ASSERT_TRUE(pushed(2));
    daemon.signal(SIGTERM);
    EXPECT_EQ(daemon.wait(seconds(30)), 0);
}

}  // namespace
}  // namespace bridge
