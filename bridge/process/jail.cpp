// SPDX-License-Identifier: MIT
#include "bridge/process/jail.h"

#include <algorithm>
#include <array>
#include <string>

namespace bridge {
namespace {

constexpr std::array kAuthorityVariables = {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
                                            "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"};
/// coder/boundary config/user_info.go
constexpr std::string_view kAuthority = "/ca-cert.pem";

}  // namespace

bool inside_jail(const Environment& environment) {
    const std::string folder = environment("SSL_CERT_DIR").value_or("");
    const std::string authority = folder + std::string(kAuthority);
    return !folder.empty() && std::ranges::all_of(kAuthorityVariables, [&](const char* name) {
        return environment(name) == authority;
    });
}

}  // namespace bridge
