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

/// The base address that paths are appended to.
[[nodiscard]] std::string without_end_slashes(std::string url);

/// Whether `address` can be Loki's base address: http(s)://host[:port][/path], without credentials,
/// query and fragment. The Error says what is wrong and never repeats a credential.
[[nodiscard]] base::Result<void> check_loki_url(const std::string& address);

/// Whether a request can be made with these settings: address, tenant and credentials, including
/// those in files. Sends nothing. The Error says what is wrong and never repeats a credential.
[[nodiscard]] base::Result<void> check_loki_settings(const LokiSettings& settings);

/// The part of check_loki_settings() that reads no file. The URL must not end in a slash.
[[nodiscard]] base::Result<void> check_loki_headers(const LokiSettings& settings);

/// The requests a daemon makes to deliver: method and URL of each, without the query string.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> requests_to(
    const LokiSettings& settings);

}  // namespace exporter
