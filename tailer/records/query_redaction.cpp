// SPDX-License-Identifier: MIT
#include "tailer/records/query_redaction.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace tailer {
namespace {

constexpr std::string_view kRedacted = "REDACTED";
constexpr std::size_t kLongestName = 128;
constexpr std::size_t kShortestOpaqueValue = 32;

/// Words that make a parameter's name secret wherever they stand in it.
constexpr std::array<std::string_view, 14> kSecretWords = {
    "token",   "secret",  "passw",   "pwd",     "credential", "signature", "apikey",
    "api_key", "api-key", "private", "session", "cookie",     "jwt",       "auth"};

/// Names that are secret as a whole; inside other words they are too common.
constexpr std::array<std::string_view, 9> kSecretNames = {"key",  "sig", "pass", "pin", "code",
                                                          "hmac", "otp", "sas",  "sid"};

/// Prefixes that issuers put on their credentials so that scanners find them.
constexpr std::array<std::string_view, 22> kSecretPrefixes = {
    "ghp_",  "gho_",  "ghu_", "ghs_",  "ghr_", "github_pat_", "glpat-", "xoxb-",
    "xoxp-", "xoxa-", "sk-",  "sk_",   "rk_",  "AKIA",        "ASIA",   "AIza",
    "ya29.", "eyJ",   "npm_", "pypi-", "hf_",  "dop_v1_"};

int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The name as a server would read it; a name longer than any real one is cut.
std::string decoded_name(std::string_view name) {
    std::string decoded;
    for (std::size_t i = 0; i < name.size() && decoded.size() < kLongestName; ++i) {
        if (name[i] == '%' && i + 2 < name.size() && hex_value(name[i + 1]) >= 0 &&
            hex_value(name[i + 2]) >= 0) {
            decoded += base::lower(
                static_cast<char>(hex_value(name[i + 1]) * 16 + hex_value(name[i + 2])));
            i += 2;
        } else {
            decoded += base::lower(name[i]);
        }
    }
    return decoded;
}

bool is_secret_name(std::string_view raw) {
    const std::string name = decoded_name(raw);
    const auto holds = [&name](std::string_view word) {
        return name.find(word) != std::string::npos;
    };
    const bool key_suffix = name.ends_with("_key") || name.ends_with("-key");
    return key_suffix || std::ranges::any_of(kSecretWords, holds) ||
           std::ranges::find(kSecretNames, name) != kSecretNames.end();
}

bool is_uuid(std::string_view value) {
    if (value.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? value[i] != '-' : hex_value(value[i]) < 0) {
            return false;
        }
    }
    return true;
}

/// Whether a URL with userinfo stands in it, as `redirect=https://joe:hunter2@host/` has one.
bool holds_userinfo(std::string_view value) {
    const auto behind = [value](std::string_view mark) {
        const std::size_t at = value.find(mark);
        return at == std::string_view::npos ? std::string_view{} : value.substr(at + mark.size());
    };
    for (const std::string_view scheme_end : {"://", "%3A%2F%2F", "%3a%2f%2f"}) {
        const std::string_view rest = behind(scheme_end);
        if (rest.find('@') != std::string_view::npos ||
            rest.find("%40") != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

bool is_secret_value(std::string_view value) {
    if (holds_userinfo(value)) {
        return true;
    }
    const auto begins = [value](std::string_view prefix) {
        return value.size() > prefix.size() + 8 && value.starts_with(prefix);
    };
    if (std::ranges::any_of(kSecretPrefixes, begins)) {
        return true;
    }
    if (value.size() < kShortestOpaqueValue || is_uuid(value)) {
        return false;
    }
    bool letter = false;
    bool digit = false;
    for (const char c : value) {
        const bool is_letter = base::lower(c) >= 'a' && base::lower(c) <= 'z';
        const bool is_digit = c >= '0' && c <= '9';
        const bool is_token_byte =
            is_letter || is_digit || std::string_view("-_.~+/%:").find(c) != std::string_view::npos;
        if (!is_token_byte) {
            return false;
        }
        letter = letter || is_letter;
        digit = digit || is_digit;
    }
    return letter && digit;
}

}  // namespace

void append_redacted_query(std::string& out, std::string_view query) {
    while (true) {
        const std::size_t end = std::min(query.find_first_of("&;"), query.size());
        const std::string_view pair = query.substr(0, end);
        const std::size_t equals = pair.find('=');
        const bool bare = equals == std::string_view::npos;
        const std::string_view name = bare ? std::string_view{} : pair.substr(0, equals);
        const std::string_view value = bare ? pair : pair.substr(equals + 1);
        if (!bare) {
            out.append(name).append("=");
        }
        const bool secret =
            !value.empty() && ((!bare && is_secret_name(name)) || is_secret_value(value));
        out += secret ? kRedacted : value;
        if (end == query.size()) {
            return;
        }
        out += query[end];
        query.remove_prefix(end + 1);
    }
}

}  // namespace tailer
