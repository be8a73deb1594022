// SPDX-License-Identifier: MIT
#include "tailer/url_normalizer.h"

#include <cstdint>

#include "bridge/base/byte_scan.h"
#include "bridge/base/utf8.h"

namespace tailer {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_folded(std::string_view text, std::string_view prefix) {
    if (text.size() < prefix.size()) {
        return false;
    }
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        if (lower(text[i]) != prefix[i]) {
            return false;
        }
    }
    return true;
}

/// Marks all but the bytes that stay as they are, without a look at their neighbours.
constexpr std::uint64_t not_safe(std::uint64_t word) {
    using namespace base::scan;
    return below(word, 0x21) | equal(word, '\x7F') | equal(word, '"') | equal(word, '\\') |
           not_ascii(word);
}

void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    while (true) {
        const std::size_t safe = base::length_before(text, not_safe);
        out += text.substr(0, safe);
        text.remove_prefix(safe);
        if (text.empty()) {
            return;
        }
        const std::size_t length = base::utf8_sequence_length(text);
        if (length < 2) {
            const auto byte = static_cast<std::uint8_t>(text.front());
            out += '%';
            out += kHex[byte >> 4U];
            out += kHex[byte & 0x0FU];
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
}

bool all_digits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The host of an authority without port and brackets.
std::string_view bare_host(std::string_view authority) {
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        return close == std::string_view::npos ? authority.substr(1)
                                               : authority.substr(1, close - 1);
    }
    const std::size_t colon = authority.find(':');
    const bool port = colon != std::string_view::npos && all_digits(authority.substr(colon + 1));
    return port ? authority.substr(0, colon) : authority;
}

std::string_view without_userinfo(std::string_view authority) {
    const std::size_t at = authority.rfind('@');
    return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

struct Split {
    std::string_view scheme = "http";
    std::string_view authority;
    std::string_view target;  ///< from the path on
};

Split split(std::string_view url, std::string_view host) {
    Split parts;
    const std::size_t scheme_end = url.find("://");
    const std::size_t path_start = url.find_first_of("/?#");
    if (scheme_end == std::string_view::npos || path_start < scheme_end) {
        parts.authority = without_userinfo(host.substr(0, host.find_first_of("/?#")));
        parts.target = url;
        return parts;
    }
    if (starts_with_folded(url, "https://")) {
        parts.scheme = "https";
    }
    url.remove_prefix(scheme_end + 3);
    const std::size_t authority_end = std::min(url.find_first_of("/?#"), url.size());
    parts.authority = without_userinfo(url.substr(0, authority_end));
    parts.target = url.substr(authority_end);
    // "OPTIONS *" is logged as https://host*.
    if (!host.empty() && parts.target.empty() && parts.authority.size() == host.size() + 1 &&
        parts.authority.starts_with(host) && parts.authority.ends_with('*')) {
        parts.target = parts.authority.substr(host.size());
        parts.authority = host;
    }
    return parts;
}

}  // namespace

/// A query or a fragment, with its mark: an OAuth token may well stand in a fragment.
void UrlNormalizer::append_parameters(std::string_view part) {
    if (!part.empty() && (policy_ == QueryPolicy::Redact || part.front() == '#')) {
        redacted_.assign(1, part.front());
        append_redacted_query(redacted_, part.substr(1));
        append_escaped(http_url_, redacted_);
    }
}

NormalizedUrl UrlNormalizer::normalize(std::string_view url, std::string_view host) {
    const Split parts = split(url, host);
    http_url_.clear();
    http_url_.append(parts.scheme).append("://");
    append_escaped(http_url_, parts.authority);
    if (!parts.target.starts_with('/')) {
        http_url_ += '/';
    }

    const std::size_t fragment = std::min(parts.target.find('#'), parts.target.size());
    const std::size_t question = std::min(parts.target.find('?'), fragment);
    if (policy_ == QueryPolicy::Keep) {
        append_escaped(http_url_, parts.target);
    } else {
        append_escaped(http_url_, parts.target.substr(0, question));
        append_parameters(parts.target.substr(question, fragment - question));
        append_parameters(parts.target.substr(fragment));
    }

    domain_.clear();
    append_escaped(domain_, bare_host(parts.authority));
    for (char& c : domain_) {
        c = lower(c);
    }
    return {http_url_, domain_};
}

}  // namespace tailer
