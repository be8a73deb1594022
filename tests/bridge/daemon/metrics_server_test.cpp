// SPDX-License-Identifier: MIT
#include "bridge/daemon/metrics_server.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/fault_server.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

/// A connection to a port of loopback.
base::UniqueFd connected(int port) {
    base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    address.sin_port = ::htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
}

/// What comes back for these bytes until the server hangs up.
std::string answer_to(int port, std::string_view request) {
    const base::UniqueFd fd = connected(port);
    EXPECT_EQ(::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<::ssize_t>(request.size()));
    std::string answer;
    char part[4096];
    for (::ssize_t got = 0; (got = ::recv(fd.get(), part, sizeof part, 0)) > 0;) {
        answer.append(part, static_cast<std::size_t>(got));
    }
    return answer;
}

class MetricsServerTest : public testing::Test {
protected:
    [[nodiscard]] std::unique_ptr<MetricsServer> make(
        const std::string& address, milliseconds client_limit = MetricsServer::kClientLimit) {
        return std::make_unique<MetricsServer>(
            address,
            MetricsServer::Owner{
                .metrics =
                    [this] {
                        if (broken_) {
                            throw std::runtime_error("no memory for metrics");
                        }
                        return text_;
                    },
                .failed = [this](const std::string& cause) { tell("failed: " + cause); },
                .serves = [this] { tell("serves"); },
            },
            client_limit);
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] std::string url() const { return "http://" + address() + "/metrics"; }
    void tell(const std::string& what) {
        const std::scoped_lock lock(mutex_);
        told_.push_back(what);
    }
    [[nodiscard]] std::vector<std::string> told() {
        const std::scoped_lock lock(mutex_);
        return told_;
    }

    int port_ = test_support::free_port();
    std::string text_ = "up 1\n";
    std::atomic<bool> broken_ = false;
    std::mutex mutex_;
    std::vector<std::string> told_;
};

TEST_F(MetricsServerTest, EndsAtOnceWhereverItListens) {
    for (const std::string host : {"127.0.0.1:", "0.0.0.0:", "localhost:", "[::]:"}) {
        auto server = make(host + std::to_string(port_));
        ASSERT_TRUE(server->start()) << host;
        EXPECT_EQ(test_support::http_get(url()), (std::pair<long, std::string>(200, text_)));
        const base::UniqueFd idle = connected(port_);
        const auto begun = steady_clock::now();
        server.reset();
        EXPECT_LT(steady_clock::now() - begun, MetricsServer::kClientLimit / 2) << host;
    }
}

TEST_F(MetricsServerTest, NobodyWhoSaysNothingKeepsAnybodyFromAnAnswer) {
    const auto server = make(address());
    ASSERT_TRUE(server->start());
    std::vector<base::UniqueFd> idle;
    for (std::size_t i = 0; i < 10 * MetricsServer::kMostClients; ++i) {
        idle.push_back(connected(port_));
        static_cast<void>(::send(idle.back().get(), "GET /met", i % 9, MSG_NOSIGNAL));
    }
    const auto begun = steady_clock::now();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(test_support::http_get(url()).second, text_);
    }
    EXPECT_LT(steady_clock::now() - begun, MetricsServer::kClientLimit / 2);
}

TEST_F(MetricsServerTest, NobodyWhoReadsNothingKeepsAnybodyFromAnAnswer) {
    text_.assign(8U << 20U, '#');
    const auto server = make(address());
    ASSERT_TRUE(server->start());
    std::vector<base::UniqueFd> deaf;
    for (int i = 0; i < 5; ++i) {
        deaf.push_back(connected(port_));
        constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\n\r\n";
        static_cast<void>(
            ::send(deaf.back().get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL));
    }
    EXPECT_EQ(test_support::http_get(url()).second.size(), text_.size());
}

TEST_F(MetricsServerTest, HangsUpOnWhoeverTakesTooLong) {
    const auto server = make(address(), milliseconds(200));
    ASSERT_TRUE(server->start());
    const base::UniqueFd idle = connected(port_);
    char byte = 0;
    EXPECT_EQ(::recv(idle.get(), &byte, 1, 0), 0) << "it waits, and is then hung up on";
}

TEST_F(MetricsServerTest, AnswersWhatIsNoScrape) {
    const auto server = make(address());
    ASSERT_TRUE(server->start());
    struct Row {
        std::string_view request;
        const char* answer;
    };
    for (const auto& row : {Row{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "},
                            Row{"GET /metricsx HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "},
                            Row{"POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "},
                            Row{"\r\n\r\n", "HTTP/1.1 405 "}, Row{"x\r\n\r\n", "HTTP/1.1 405 "},
                            Row{std::string_view("\0\xff \r\n\r\n", 7), "HTTP/1.1 405 "},
                            Row{"GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 "},
                            Row{"GET /metrics HTTP/1.0\r\n\r\n", "HTTP/1.1 200 "}}) {
        EXPECT_TRUE(answer_to(port_, row.request).starts_with(row.answer)) << row.request;
    }
    EXPECT_EQ(answer_to(port_, std::string(20'000, 'x')), "") << "no request has as much";
    EXPECT_EQ(test_support::http_get(url()).second, text_);
}

TEST_F(MetricsServerTest, TriesAgainWhileThePortIsTaken) {
    auto holder = std::make_unique<test_support::FaultServer>();
    port_ = holder->port();
    const auto server = make(address());
    const auto started = server->start();
    ASSERT_FALSE(started.has_value());
    EXPECT_THAT(started.error().message, HasSubstr("cannot serve metrics on " + address()));
    EXPECT_THAT(started.error().message, HasSubstr("in use"));
    holder.reset();
    EXPECT_TRUE(
        test_support::eventually([&] { return test_support::http_get(url()).second == text_; }));
    EXPECT_EQ(told(), std::vector<std::string>{"serves"}) << "the failure was start()'s to tell";
}

TEST_F(MetricsServerTest, TellsOfAFailureAndServesAgain) {
    const auto server = make(address());
    ASSERT_TRUE(server->start());
    broken_ = true;
    EXPECT_EQ(test_support::http_get(url()).first, 0);
    ASSERT_TRUE(test_support::eventually([&] { return !told().empty(); }));
    broken_ = false;
    EXPECT_TRUE(
        test_support::eventually([&] { return test_support::http_get(url()).second == text_; }));
    EXPECT_EQ(told(),
              (std::vector<std::string>{
                  "failed: the server of metrics failed: no memory for metrics", "serves"}));
}

TEST_F(MetricsServerTest, FreesItsPortForTheNext) {
    for (int i = 0; i < 3; ++i) {
        const auto server = make(address());
        ASSERT_TRUE(server->start());
        EXPECT_EQ(test_support::http_get(url()).first, 200);
    }
}

TEST_F(MetricsServerTest, SaysWhereItCannotServe) {
    for (const std::string address :
         {"no such host:1", "127.0.0.1:99999", "", "300.1.1.1:9765", "host.example:1"}) {
        const auto server = make(address);
        const auto started = server->start();
        ASSERT_FALSE(started.has_value()) << address;
        EXPECT_THAT(started.error().message, HasSubstr("cannot serve metrics on " + address));
    }
}

}  // namespace
}  // namespace bridge
