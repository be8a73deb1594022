// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "bridge/settings/readers.h"

namespace bridge {
namespace {

/// A FIFO would hold up whoever opens it, and a device have no end.
base::Result<void> check_readable(const SettingSources& sources, std::string_view name) {
    const auto given = sources.find(name);
    if (!given) {
        return {};
    }
    const std::string& path = given->values.back();
    struct stat info {};
    if (::access(path.c_str(), R_OK) != 0 || ::stat(path.c_str(), &info) != 0) {
        return base::system_failure(given->source + ": cannot read", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return base::failure(given->source + ": cannot read " + path + ": it is no regular file");
    }
    return {};
}

/// Which setting an Error of exporter::check_loki_settings() is about, as far as it can be said.
std::string blamed(const SettingSources& sources, const std::string& message) {
    for (const auto name : {"password-file", "bearer-token-file"}) {
        if (const auto given = sources.find(name);
            given && message.find(given->values.back()) != std::string::npos) {
            return given->source + ": ";
        }
    }
    return "";
}

}  // namespace

base::Result<void> read_loki(const SettingSources& sources, const SettingsWish& wish,
                             Settings& settings) {
    auto& loki = settings.loki;
    loki.url = sources.text("loki-url");
    loki.tenant = sources.text("tenant");
    loki.username = sources.text("username");
    loki.bearer_token_file = sources.text("bearer-token-file");
    loki.ca_cert = sources.text("ca-cert");
    loki.client_cert = sources.text("client-cert");
    loki.client_key = sources.text("client-key");
    if (!wish.push && !wish.show_push) {
        return {};
    }
    if (loki.url.empty() && wish.push) {
        return base::failure(
            "no Loki address: set --loki-url or LOKI_ADDR, for instance http://loki.example:3100");
    }
    if (!loki.url.empty()) {
        if (const auto checked = exporter::check_loki_url(loki.url); !checked) {
            return base::failure(sources.find("loki-url")->source + ": " + checked.error().message);
        }
    }
    for (const auto name :
         {"password-file", "bearer-token-file", "ca-cert", "client-cert", "client-key"}) {
        if (auto readable = check_readable(sources, name); !readable) {
            return readable;
        }
    }
    if (const auto path = sources.text("password-file"); !path.empty()) {
        loki.password_file = path;
    } else {
        loki.password = sources.variable("LOKI_PASSWORD").value_or("");
    }
    if (loki.bearer_token_file.empty()) {
        loki.bearer_token = sources.variable("LOKI_BEARER_TOKEN").value_or("");
    }
    const bool bearer = !loki.bearer_token.empty() || !loki.bearer_token_file.empty();
    if (bearer && !loki.username.empty()) {
        return base::failure("both a user name and a bearer token are set; Loki takes one of them");
    }
    if (loki.client_cert.empty() != loki.client_key.empty()) {
        return base::failure("--client-cert and --client-key go together; one is missing");
    }
    if (loki.url.empty()) {
        return {};
    }
    if (const auto checked = exporter::check_loki_settings(loki); !checked) {
        return base::failure(blamed(sources, checked.error().message) + checked.error().message);
    }
    return {};
}

}  // namespace bridge
