// SPDX-License-Identifier: MIT
// The metrics that bridge/daemon/README.md lists are those that the daemon serves, no fewer and no
// more.
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "bridge/daemon/telemetry.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"

namespace bridge {
namespace {

std::set<std::string> served() {
    const Log log(LogLevel::Error, LogFormat::Text);
    const base::SystemClock clock;
    Telemetry telemetry(log, clock, "1.2.3");
    const std::string address = "127.0.0.1:" + std::to_string(test_support::free_port());
    EXPECT_TRUE(telemetry.expose(address));
    const std::string text = test_support::http_get("http://" + address + "/metrics").second;
    std::set<std::string> names;
    const std::regex type("# TYPE boundary_loki_([a-z_]+) ");
    for (std::sregex_iterator found(text.begin(), text.end(), type), end; found != end; ++found) {
        names.insert((*found)[1]);
    }
    return names;
}

TEST(DocumentedMetricsTest, AreThoseThatAreServed) {
    const std::string readme =
        test_support::read_file(BOUNDARY_LOKI_SOURCE_DIR "/bridge/daemon/README.md");
    const std::size_t begin = readme.find("## Metrics\n");
    ASSERT_NE(begin, std::string::npos);
    const std::string section = readme.substr(begin, readme.find("\n## ", begin + 1) - begin);
    std::set<std::string> documented;
    const std::regex row("\n\\| `([a-z_]+)");
    for (std::sregex_iterator found(section.begin(), section.end(), row), end; found != end;
         ++found) {
        documented.insert((*found)[1]);
    }
    EXPECT_EQ(documented, served());
}

}  // namespace
}  // namespace bridge
