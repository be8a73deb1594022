// SPDX-License-Identifier: MIT
// The real Prometheus scrapes the real daemon, and promtool finds nothing to complain about.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/end_to_end/daemon.h"
#include "tests/support/programs.h"

namespace end_to_end {
namespace {

using test_support::eventually;

TEST(PrometheusTest, ScrapesTheDaemonAndPromtoolAcceptsItsExposition) {
    const auto prometheus = test_support::tool("prometheus");
    const auto promtool = test_support::tool("promtool");
    ASSERT_TRUE(prometheus && promtool) << "run tests/packages.sh test";
    Daemon daemon("http://127.0.0.1:" + std::to_string(test_support::free_port()));
    std::filesystem::create_directories(daemon.log_dir());
    std::ofstream(daemon.log_dir() + "/boundary-2026-06-09_12-00-00-1.log")
        << "time=2026-06-09T12:00:00.000Z level=WARN msg=DENY method=GET url=https://h.example/ "
           "host=h.example\n";
    daemon.start();
    ASSERT_TRUE(eventually([&] {
        return daemon.metric("boundary_loki_decisions_total{decision=\"deny\"}") == 1;
    })) << daemon.log();

    const test_support::TempDir folder;
    const std::string exposition =
        folder.append("metrics", test_support::http_get(daemon.metrics_url()).second);
    const auto checked = test_support::run_command(
        {"sh", "-c", "'" + *promtool + "' check metrics < '" + exposition + "'"});
    EXPECT_EQ(checked.status, 0) << checked.output << checked.errors;

    const std::string target = daemon.metrics_url().substr(7, daemon.metrics_url().rfind('/') - 7);
    const std::string config =
        folder.append("prometheus.yml",
                      "scrape_configs: [{job_name: bridge, scrape_interval: 1s, "
                      "static_configs: [{targets: ['" +
                          target + "']}]}]\n");
    const int port = test_support::free_port();
    test_support::Process::Options options;
    options.errors = folder.file("log");
    const test_support::Process server(
        {*prometheus, "--config.file=" + config, "--storage.tsdb.path=" + folder.file("data"),
         "--web.listen-address=127.0.0.1:" + std::to_string(port)},
        options);
    const std::string query = "http://127.0.0.1:" + std::to_string(port) +
                              "/api/v1/query?query=boundary_loki_decisions_total";
    std::string answer;
    EXPECT_TRUE(eventually([&] {
        answer = test_support::http_get(query).second;
        return answer.find("\"decision\":\"deny\"") != std::string::npos;
    })) << answer
        << test_support::read_file(folder.file("log"));
    EXPECT_NE(answer.find("\"decision\":\"allow\""), std::string::npos) << answer;
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace end_to_end
