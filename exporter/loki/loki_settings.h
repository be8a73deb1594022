// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace exporter {

/// Where Loki is and how to speak to it.
struct LokiSettings {
    std::string url;  ///< base address, as logcli's LOKI_ADDR
    std::string tenant;
    std::string username;
    std::string password;
    std::string password_file;  ///< beats `password`; read for every request
    std::string bearer_token;
    std::string bearer_token_file;  ///< read again for every request
    std::string ca_cert;            ///< paths; empty = system trust, no client certificate
    std::string client_cert;
    std::string client_key;
    std::string user_agent;
};

/// Loki's base address as paths are added to it.
[[nodiscard]] std::string without_end_slashes(std::string url);

/// Whether `address` can be Loki's base address: http(s)://host[:port][/path], without credentials,
/// query and fragment. The Error says what is wrong and never repeats a credential.
[[nodiscard]] base::Result<void> check_loki_url(const std::string& address);

/// Whether a request can be made of these settings: the address, the tenant, the credentials, those
/// in files included. Sends nothing. The Error says what is wrong and never repeats a credential.
[[nodiscard]] base::Result<void> check_loki_settings(const LokiSettings& settings);

/// The part of it that needs no file to be read. The URL has no slash at its end.
[[nodiscard]] base::Result<void> check_loki_headers(const LokiSettings& settings);

/// The requests by which a daemon delivers: method and URL of each, without queries.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> requests_to(
    const LokiSettings& settings);

}  // namespace exporter
