// SPDX-License-Identifier: MIT
// Nothing ends the shipping by accident: no signal, descriptor, port, slow server or planted file,
// and not a failure that nobody foresaw.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using base::UniqueFd;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test_support::eventually;
using test_support::Fault;
using test_support::FaultServer;
using test_support::LokiServer;
using test_support::read_file;
using test_support::SeenRequest;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kNotUnderstood = "this is no line of Boundary's\n";

bool nothing_waits(const Daemon& daemon) {
    return eventually([&] { return lag_seconds(daemon) == 0; });
}

TEST(AccidentsTest, NoSignalCostsADecision) {
    constexpr std::size_t kRounds = 4;
    const std::vector<int> kSignals[] = {
        {SIGTERM, SIGHUP},
        {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGTERM, SIGHUP, SIGTERM},
        {SIGUSR2, SIGHUP, SIGHUP, SIGINT, SIGUSR1},
        {SIGPIPE, SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGUSR2}};
    LokiServer loki;  // not there yet
    Daemon daemon(loki.url());
    for (std::size_t round = 0; round < kRounds; ++round) {
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), round));
        daemon.start();
        ASSERT_TRUE(says(daemon, "cannot push to Loki", round + 1)) << daemon.log();
        ASSERT_EQ(test_support::http_get(daemon.metrics_url()).first, 200);
        for (const int number : kSignals[round % std::size(kSignals)]) {
            daemon.process().signal(number);
        }
        EXPECT_EQ(daemon.process().wait(seconds(20)), 0) << round << daemon.log();
        EXPECT_TRUE(says(daemon, "msg=stopped", round + 1)) << daemon.log();
        EXPECT_FALSE(fs::is_empty(daemon.state_dir() + "/spool")) << round;
    }
    fs::remove_all(daemon.log_dir());  // the spool has it all
    loki.start();
    daemon.start();
    EXPECT_EQ(judge_when_there(loki, kRounds), kAllThereOnce) << daemon.log();
    EXPECT_TRUE(nothing_waits(daemon));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(AccidentsTest, WhateverItsDescriptorsAreItShips) {
    const test_support::TempDir folder;
    const std::string fifo = folder.file("fifo");
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const UniqueFd reader(::open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    while (::write(reader.get(), "xxxxxxxxxxxxxxxx", 16) > 0) {
    }
    int master = -1;
    int slave = -1;
    std::array<char, 64> terminal{};
    ASSERT_EQ(::openpty(&master, &slave, terminal.data(), nullptr, nullptr), 0);
    UniqueFd ours(master);
    ::fcntl(master, F_SETFD, FD_CLOEXEC);  // else the daemon would keep it
    ::close(slave);

    struct Row {
        const char* name;
        const char* script;
        std::string stderr_path;
        UniqueFd* goes = nullptr;  ///< once it ships
    };
    const Row rows[] = {
        {"closed", "exec \"$@\" <&- >&- 2>&-", "-"},
        {"a pipe that nobody reads", "exec \"$@\" 2>\"$0\"", fifo},
        {"a full disk", "exec \"$@\" 2>\"$0\"", "/dev/full"},
        {"a terminal that goes", "exec setsid \"$@\" <\"$0\" 2>\"$0\"", terminal.data(), &ours}};
    LokiServer loki;
    loki.start();
    std::size_t id = 0;
    for (const Row& row : rows) {
        SCOPED_TRACE(row.name);
        Daemon daemon(loki.url());
        daemon.wrap({"sh", "-c", row.script, row.stderr_path});
        append_to(daemon.log_dir(), log_name(id), kNotUnderstood + decision_line(now_ns(), id));
        daemon.start();
        EXPECT_TRUE(arrives(loki, id));
        if (row.goes != nullptr) {
            row.goes->reset();
        }
        append_to(daemon.log_dir(), log_name(id), decision_line(now_ns(), id + 1));
        EXPECT_TRUE(arrives(loki, id + 1));
        EXPECT_TRUE(nothing_waits(daemon));
        EXPECT_EQ(daemon.stop(), 0);
        for (const char* file : {"/lock", "/dead-letter/rejected.ndjson", "/checkpoint"}) {
            EXPECT_THAT(read_file(daemon.state_dir() + file), Not(HasSubstr("msg="))) << file;
        }
        id += 2;
    }
    EXPECT_EQ(judge_when_there(loki, id), kAllThereOnce);
    EXPECT_EQ(verify_alone(loki), "");
}

UniqueFd connected_to(int port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
}

TEST(AccidentsTest, WhoeverHoldsItsMetricsPortHoldsUpNothing) {
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    std::optional<FaultServer> holder(std::in_place);
    const int port = holder->port();
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), 0));
    daemon.start({"--metrics-address", "127.0.0.1:" + std::to_string(port)});
    EXPECT_TRUE(arrives(loki, 0)) << daemon.log();
    EXPECT_TRUE(says(daemon, "no metrics for now; trying again"));
    holder.reset();
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/metrics";
    EXPECT_TRUE(eventually([&] { return test_support::http_get(url).first == 200; }))
        << daemon.log();
    // Nor does who says nothing keep anybody else from an answer.
    const UniqueFd idle[] = {connected_to(port), connected_to(port), connected_to(port)};
    const auto begun = steady_clock::now();
    const auto [status, text] = test_support::http_get(url);
    EXPECT_EQ(status, 200);
    EXPECT_THAT(text, HasSubstr("boundary_loki_lag_seconds 0\n"));
    EXPECT_LT(steady_clock::now() - begun, seconds(5));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");

    const test_support::TempDir folder;
    const std::string token = folder.append("token", "a\x01b\n");
    const std::vector<std::string> refused[] = {{"--metrics-address", "127.0.0.1:65536"},
                                                {"--metrics-address", "no.such.host.example:9765"},
                                                {"--metrics-address", "127.0.0.1"},
                                                {"--bearer-token-file", token},
                                                {"--bearer-token-file", folder.file("none")}};
    for (const auto& flags : refused) {
        std::vector<std::string> command = {BOUNDARY_LOKI_BINARY, "run", "--check", "--loki-url",
                                            loki.url()};
        command.insert(command.end(), flags.begin(), flags.end());
        const auto checked = test_support::run_command(command);
        EXPECT_EQ(checked.status, 2) << flags.back() << checked.output;
        EXPECT_THAT(checked.errors, HasSubstr(flags.front().substr(2))) << checked.errors;
    }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they end it themselves
/// A process that gets no more memory is where any code of ours may throw.
TEST(AccidentsTest, AFailureThatNobodyForesawEndsItAloudAndTheSupervisorStartsAnew) {
    constexpr std::size_t kDecisions = 3'000;
    LokiServer loki;
    loki.start();
    Daemon daemon(loki.url());
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), 0));
    daemon.start({"--supervise", "--stream-rate", "0"});
    ASSERT_TRUE(arrives(loki, 0)) << daemon.log();
    const std::string supervisor = std::to_string(daemon.process().pid());
    const pid_t worker =
        std::stoi(read_file("/proc/" + supervisor + "/task/" + supervisor + "/children"));
    const std::string status = read_file("/proc/" + std::to_string(worker) + "/status");
    const ::rlim_t now = std::stoul(status.substr(status.find("VmData:") + 7)) << 10U;
    const ::rlimit limit{now, RLIM_INFINITY};
    ASSERT_EQ(::prlimit(worker, RLIMIT_DATA, &limit, nullptr), 0);
    std::string text;
    for (std::size_t id = 1; id < kDecisions; ++id) {
        text += decision_line(now_ns(), id, "/" + std::string(150, 'm'));
    }
    append_to(daemon.log_dir(), log_name(1), text);
    EXPECT_TRUE(says(daemon, "shutting down after an unexpected failure")) << daemon.log();
    EXPECT_THAT(daemon.log(), HasSubstr("bad_alloc"));
    EXPECT_TRUE(says(daemon, "msg=started", 2)) << daemon.log();
    EXPECT_EQ(judge_when_there(loki, kDecisions), kAllThereOnce) << daemon.log();
    EXPECT_TRUE(nothing_waits(daemon));
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}
#endif

TEST(AccidentsTest, ItEndsAtOnceAndWithinTenSecondsWhateverTheServerDoes) {
    LokiServer loki;
    loki.start();
    FaultServer gate(loki.port());
    std::atomic<bool> slow = false;
    gate.set_rule([&](const SeenRequest&) {
        Fault fault = Fault::of(Fault::Kind::Forward);
        if (slow) {
            fault = Fault::answer(200, std::string(5'000, 'x'));
            fault.drip = milliseconds(100);
        }
        return fault;
    });
    Daemon daemon(gate.url());
    milliseconds shortest = milliseconds::max();
    for (std::size_t id = 0; id < 3; ++id) {
        append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), id));
        daemon.start();
        ASSERT_TRUE(arrives(loki, id)) << daemon.log();
        ASSERT_TRUE(nothing_waits(daemon));
        const auto begun = steady_clock::now();
        daemon.process().signal(SIGTERM);
        // Over, and not reaped by anybody yet.
        const std::string stat = "/proc/" + std::to_string(daemon.process().pid()) + "/stat";
        ASSERT_TRUE(eventually([&] { return read_file(stat).find(") Z ") != std::string::npos; }));
        shortest = std::min(shortest,
                            std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun));
        const UniqueFd lock(::open((daemon.state_dir() + "/lock").c_str(), O_RDONLY | O_CLOEXEC));
        EXPECT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
        EXPECT_EQ(daemon.process().wait(seconds(1)), 0);
    }
    std::cout << "from SIGTERM to the end " << shortest.count() << " ms\n";
    EXPECT_LT(shortest, seconds(3)) << "an end with something left to send takes five";

    slow = true;
    append_to(daemon.log_dir(), log_name(1), decision_line(now_ns(), 3));
    daemon.start();
    const std::size_t before = gate.requests().size();
    ASSERT_TRUE(gate.wait_for_requests(before + 1));
    EXPECT_GT(lag_seconds(daemon), 0);
    const auto begun = steady_clock::now();
    EXPECT_EQ(daemon.stop(), 0) << "not within 10 s" << daemon.log();
    std::cout << "with a slow server "
              << std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun).count()
              << " ms\n";
    EXPECT_FALSE(fs::is_empty(daemon.state_dir() + "/spool"));
    slow = false;
    daemon.start();
    EXPECT_EQ(judge_when_there(loki, 4), kAllThereOnce) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(AccidentsTest, NobodysSegmentIsSentWithOurCredentials) {
    LokiServer loki;  // not there yet
    Daemon theirs(loki.url());
    Daemon ours(loki.url());
    const std::vector<std::string> of_jane = {"--owner", "jane"};
    append_to(theirs.log_dir(), log_name(1), decision_line(now_ns(), 1));
    theirs.start();
    append_to(ours.log_dir(), log_name(2), decision_line(now_ns(), 2));
    ours.start(of_jane);
    for (Daemon* each : {&theirs, &ours}) {
        ASSERT_TRUE(says(*each, "cannot push to Loki"));
        EXPECT_EQ(each->stop(), 0);
    }
    const std::string planted = ours.state_dir() + "/spool/00000000000000000099.push.zst";
    fs::copy_file(fs::directory_iterator(theirs.state_dir() + "/spool")->path(), planted);
    const std::string before = read_file(planted);
    loki.start();
    ours.start(of_jane);
    EXPECT_TRUE(arrives(loki, 2)) << ours.log();
    EXPECT_TRUE(says(ours, "a spool segment has another workspace's labels"));
    EXPECT_EQ(ours.stop(), 0);
    EXPECT_FALSE(is_stored(loki, 1));
    EXPECT_EQ(read_file(planted), before);
    EXPECT_EQ(verify_alone(loki), "");
}

TEST(AccidentsTest, ATrapInTheStateFolderIsRefusedAndLeftAlone) {
    struct Row {
        const char* name;
        std::string file;
        void (*set)(const std::string& path, const std::string& outside);
        const char* reason;
        bool starts;  ///< all the same
    };
    const auto link = [](const std::string& path, const std::string& outside) {
        fs::create_symlink(outside, path);
    };
    const Row rows[] = {
        {"a link", "/lock", link, "is a link", false},
        {"a FIFO", "/dead-letter/rejected.ndjson",
         [](const std::string& path, const std::string&) { ::mkfifo(path.c_str(), 0600); },
         "is no regular file", false},
        {"an endless device", "/checkpoint",
         [](const std::string& path, const std::string&) { fs::create_symlink("/dev/zero", path); },
         "is a link", true},
        {"a second name", "/spool/00000000000000000007.push.zst",
         [](const std::string& path, const std::string& outside) {
             fs::create_hard_link(outside, path);
         },
         "has a second name", true},
        {"another user's folder", "",
         [](const std::string& path, const std::string&) {
             fs::create_directory(path);
             ::chmod(path.c_str(), 0777);
             EXPECT_EQ(::chown(path.c_str(), 12345, 12345), 0);
         },
         "belongs to user 12345", false}};
    LokiServer loki;
    loki.start();
    std::size_t id = 0;
    for (const Row& row : rows) {
        if (row.file.empty() && ::geteuid() != 0) {
            continue;  // nobody else can make it
        }
        SCOPED_TRACE(row.name);
        const test_support::TempDir folder;
        const std::string outside = folder.append("outside", "of somebody else");
        Daemon daemon(loki.url());
        append_to(daemon.log_dir(), log_name(id), decision_line(now_ns(), id));
        const std::string path = daemon.state_dir() + row.file;
        if (!row.file.empty()) {
            fs::create_directories(fs::path(path).parent_path());
            fs::permissions(daemon.state_dir(), fs::perms::owner_all);
            fs::permissions(fs::path(path).parent_path(), fs::perms::owner_all);
        }
        row.set(path, outside);
        daemon.start();
        if (!row.starts) {
            EXPECT_EQ(daemon.process().wait(seconds(10)), 2) << daemon.log();
            EXPECT_FALSE(is_stored(loki, id));
        } else {
            EXPECT_TRUE(arrives(loki, id)) << daemon.log();
        }
        EXPECT_THAT(daemon.log(), HasSubstr(row.reason));
        EXPECT_THAT(daemon.log(), HasSubstr(daemon.state_dir()));
        EXPECT_EQ(read_file(outside), "of somebody else");
        if (!row.starts) {
            fs::remove(path);
            daemon.start();
            EXPECT_TRUE(arrives(loki, id)) << daemon.log();
        }
        EXPECT_TRUE(nothing_waits(daemon));
        EXPECT_EQ(daemon.stop(), 0);
        ++id;
    }
    EXPECT_EQ(judge_when_there(loki, id), kAllThereOnce);
    EXPECT_EQ(verify_alone(loki), "");
}

}  // namespace
}  // namespace end_to_end
