// SPDX-License-Identifier: MIT
#include "exporter/loki/loki_settings.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/host.h"
#include "exporter/loki/libcurl.h"
#include "exporter/loki/secret_file.h"
#include "exporter/loki/victoria_logs.h"

namespace exporter {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&::curl_url_cleanup)>;

std::string url_part(const Libcurl& curl, const Url& url, CURLUPart part) {
    char* text = nullptr;
    if (curl.url_get(url.get(), part, &text, 0) != CURLUE_OK) {
        return {};
    }
    const std::unique_ptr<char, decltype(&::curl_free)> owner(text, curl.free);
    return text;
}

/// Loki's rule (grafana/dskit tenant/tenant.go). A bad one is refused in a push, and a query with
/// it may never be answered.
bool is_tenant(std::string_view tenant) {
    static constexpr std::string_view kOther = "!-_.*'()";
    return tenant.size() <= 150 && tenant != "." && tenant != ".." &&
           std::ranges::all_of(tenant, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      kOther.find(c) != std::string_view::npos;
           });
}

}  // namespace

std::string without_end_slashes(std::string url) {
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

base::Result<void> check_loki_url(const std::string& address) {
    const auto& curl = libcurl();
    if (!curl) {
        return tl::unexpected(curl.error());
    }
    const Url url(curl->url(), curl->url_cleanup);
    const CURLUcode code = curl->url_set(url.get(), CURLUPART_URL, address.c_str(), 0);
    const auto part = [&](CURLUPart which) { return url_part(*curl, url, which); };
    const std::string scheme = code == CURLUE_OK ? part(CURLUPART_SCHEME) : "";
    if (code != CURLUE_OK || (scheme != "http" && scheme != "https")) {
        return base::failure("not a URL of the form http(s)://host[:port][/path]");
    }
    if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty()) {
        return base::failure(
            "the URL carries credentials; use --username and --password-file instead");
    }
    if (!part(CURLUPART_QUERY).empty() || !part(CURLUPART_FRAGMENT).empty()) {
        return base::failure("the URL has a query or fragment; give the base address alone");
    }
    const std::string host = part(CURLUPART_HOST);
    if (host.starts_with('[')) {
        return {};  // libcurl has read the address
    }
    const bool ascii = std::ranges::all_of(host, [](char c) { return c > 0; });
    if (ascii && !base::can_be_host(host)) {
        return base::failure("the URL's host is neither an address nor a name");
    }
    if (const std::string port = part(CURLUPART_PORT); port == "0") {
        return base::failure("the URL's port is none: want 1 to 65535");
    }
    return {};
}

base::Result<void> check_loki_headers(const LokiSettings& settings) {
    if (auto checked = check_loki_url(settings.url); !checked) {
        return checked;
    }
    if (victoria_logs::is_address(settings.url)) {
        if (!victoria_logs::tenant_headers(settings.tenant)) {
            return base::failure("the tenant `" + settings.tenant +
                                 "` is none that VictoriaLogs takes: AccountID or "
                                 "AccountID:ProjectID, both of them numbers");
        }
    } else if (!is_tenant(settings.tenant)) {
        return base::failure("the tenant `" + settings.tenant +
                             "` is none that Loki takes: up to 150 letters, digits and !-_.*'()");
    }
    if (!fits_header(settings.bearer_token)) {
        return base::failure("the bearer token holds a control byte, maybe a newline at its end");
    }
    if (settings.username.find(':') != std::string::npos || !fits_header(settings.username)) {
        return base::failure(
            "a user name of basic authentication holds neither : nor control "
            "bytes");
    }
    return {};
}

namespace {

/// RFC 6750, 2.1.
base::Result<void> check_token(const std::string& token, const std::string& where) {
    const bool plain = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F; });
    if (plain) {
        return {};
    }
    return base::failure(where + (token.starts_with("Bearer ")
                                      ? " begins with `Bearer`; give the token alone"
                                      : " holds a space or what is not ASCII"));
}

}  // namespace

base::Result<void> check_loki_settings(const LokiSettings& settings) {
    LokiSettings trimmed = settings;
    trimmed.url = without_end_slashes(std::move(trimmed.url));
    if (auto checked = check_loki_headers(trimmed); !checked) {
        return checked;
    }
    if (auto checked = check_token(settings.bearer_token, "the bearer token"); !checked) {
        return checked;
    }
    for (const auto* path : {&settings.password_file, &settings.bearer_token_file}) {
        if (path->empty()) {
            continue;
        }
        const auto secret = read_secret(*path);
        if (!secret) {
            return tl::unexpected(secret.error());
        }
        if (path == &settings.bearer_token_file) {
            if (auto checked = check_token(*secret, *path); !checked) {
                return checked;
            }
        }
    }
    return {};
}

std::vector<std::pair<std::string, std::string>> requests_to(const LokiSettings& settings) {
    const std::string url = without_end_slashes(settings.url);
    const std::string query = victoria_logs::is_address(url) ? victoria_logs::query_address(url)
                                                             : url + "/loki/api/v1/query_range";
    return {{"POST", url + "/loki/api/v1/push"}, {"GET", query}};
}

}  // namespace exporter
