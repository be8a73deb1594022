// SPDX-License-Identifier: MIT
#include "bridge/process/jail.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace bridge {
namespace {

using Variables = std::map<std::string, std::string>;

bool seen_from_inside(const Variables& variables) {
    return inside_jail([&](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(std::string(name));
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
}

Variables of_a_jail(const std::string& folder) {
    const std::string authority = folder + "/ca-cert.pem";
    return {{"SSL_CERT_DIR", folder},          {"SSL_CERT_FILE", authority},
            {"CURL_CA_BUNDLE", authority},     {"GIT_SSL_CAINFO", authority},
            {"REQUESTS_CA_BUNDLE", authority}, {"NODE_EXTRA_CA_CERTS", authority}};
}

TEST(JailTest, KnowsItByTheVariablesThatBoundarySets) {
    EXPECT_FALSE(seen_from_inside({}));
    EXPECT_TRUE(seen_from_inside(of_a_jail("/home/coder/.config/coder_boundary")));
    EXPECT_TRUE(seen_from_inside(of_a_jail("/xdg/coder_boundary")));
    EXPECT_FALSE(seen_from_inside({{"BOUNDARY_JAIL", "1"}})) << "Boundary sets no such variable";
    EXPECT_FALSE(seen_from_inside({{"http_proxy", "http://localhost:8087"}}));
}

TEST(JailTest, ACompanysOwnAuthorityIsNoJail) {
    for (const char* name : {"SSL_CERT_DIR", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                             "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}) {
        Variables variables = of_a_jail("/xdg/coder_boundary");
        variables[name] = "/etc/ssl/company.pem";
        EXPECT_FALSE(seen_from_inside(variables)) << name;
        variables.erase(name);
        EXPECT_FALSE(seen_from_inside(variables)) << name;
    }
}

}  // namespace
}  // namespace bridge
