// SPDX-License-Identifier: MIT
#include "tailer/own_requests.h"

#include <gtest/gtest.h>

namespace tailer {
namespace {

Decision of(std::string_view method, std::string_view url) {
    Decision decision;
    decision.method = method;
    decision.url = url;
    return decision;
}

TEST(OwnRequestsTest, KnowsThemAsBoundaryWritesThem) {
    const OwnRequests own({{"POST", "http://loki.example:3100/loki/api/v1/push"},
                           {"GET", "HTTPS://Loki.example:443/query"}});
    EXPECT_TRUE(own.is_one(of("POST", "http://loki.example:3100/loki/api/v1/push")));
    EXPECT_TRUE(own.is_one(of("POST", "http://LOKI.example:3100/loki/api/v1/push?x=1")));
    EXPECT_TRUE(own.is_one(of("GET", "https://loki.example/query?query=%7B%7D&limit=1")));
    EXPECT_TRUE(own.is_one(of("GET", "https://loki.example:443/query")));
}

TEST(OwnRequestsTest, EverybodyElsesCount) {
    const OwnRequests own(
        std::vector<OwnRequests::Request>{{"POST", "http://loki.example:3100/loki/api/v1/push"}});
    for (const auto& [method, url] :
         {std::pair("GET", "http://loki.example:3100/loki/api/v1/push"),
          std::pair("POST", "http://loki.example/loki/api/v1/push"),
          std::pair("POST", "https://loki.example:3100/loki/api/v1/push"),
          std::pair("POST", "http://loki.example:3100/loki/api/v1/pushx"),
          std::pair("POST", "http://loki.example:3100/loki/api/v1/delete"),
          std::pair("POST", "http://other.example:3100/loki/api/v1/push"),
          std::pair("POST", "/loki/api/v1/push"), std::pair("POST", "")}) {
        EXPECT_FALSE(own.is_one(of(method, url))) << method << " " << url;
    }
    EXPECT_FALSE(OwnRequests().is_one(of("POST", "http://loki.example:3100/loki/api/v1/push")));
}

}  // namespace
}  // namespace tailer
