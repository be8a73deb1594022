// SPDX-License-Identifier: MIT
#include "bridge/daemon/metrics_server.h"

#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include "tests/support/loki_server.h"
#include "tests/support/process.h"

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

/// How long a server on `address` takes to end once it has served.
milliseconds time_to_end(const std::string& address, const std::string& url) {
    const auto registry = std::make_shared<prometheus::Registry>();
    auto server = MetricsServer::open(address, {registry});
    if (!server) {
        ADD_FAILURE() << server.error().message;
        return {};
    }
    EXPECT_EQ(test_support::http_get(url).first, 200);
    // It must not be an end that comes by chance before the server's next look at its flag.
    std::this_thread::sleep_for(milliseconds(50));
    const auto begun = steady_clock::now();
    server->reset();
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
}

TEST(MetricsServerTest, EndsAtOnceWhereverItListens) {
    for (const std::string host : {"127.0.0.1:", "0.0.0.0:"}) {
        const int port = test_support::free_port();
        EXPECT_LT(time_to_end(host + std::to_string(port),
                              "http://127.0.0.1:" + std::to_string(port) + "/metrics"),
                  milliseconds(500))
            << host;
    }
}

TEST(MetricsServerTest, FreesItsPortForTheNext) {
    const std::string address = "127.0.0.1:" + std::to_string(test_support::free_port());
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(time_to_end(address, "http://" + address + "/metrics"));
    }
}

TEST(MetricsServerTest, SaysWhereItCannotServe) {
    for (const std::string address : {"no such host:1", "127.0.0.1:99999", "", "300.1.1.1:9765"}) {
        const auto server = MetricsServer::open(address, {});
        ASSERT_FALSE(server.has_value()) << address;
        EXPECT_THAT(server.error().message, HasSubstr("cannot serve metrics on " + address));
    }
}

}  // namespace
}  // namespace bridge
