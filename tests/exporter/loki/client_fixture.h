// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <memory>

#include <gtest/gtest.h>

#include "exporter/loki/loki_client.h"
#include "tests/support/fault_server.h"
#include "tests/support/temp_dir.h"

namespace exporter {

/// A LokiClient and the server that it speaks to over loopback.
class ClientTest : public testing::Test {
protected:
    static constexpr std::chrono::milliseconds kLong{30'000};
    static constexpr std::chrono::milliseconds kShort{150};

    static void SetUpTestSuite() {
        // libcurl would send even loopback requests through these.
        for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) {
            ::unsetenv(name);
        }
    }
    ClientTest() {
        settings_.url = server_.url();
        settings_.user_agent = "boundary-loki/test";
    }
    [[nodiscard]] std::unique_ptr<LokiClient> client() const {
        auto created = LokiClient::create(settings_);
        EXPECT_TRUE(created.has_value());
        return std::move(*created);
    }

    test_support::TempDir folder_;
    test_support::FaultServer server_;
    LokiSettings settings_;
};

}  // namespace exporter
