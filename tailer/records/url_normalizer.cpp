// SPDX-License-Identifier: MIT
#include "tailer/records/url_normalizer.h"

#include <cstdint>

#include "base/byte_scan.h"
#include "base/text.h"
#include "base/utf8.h"

namespace tailer {
namespace {

bool starts_with_folded(std::string_view text, std::string_view prefix) {
    if (text.size() < prefix.size()) {
        return false;
    }
    for (std::size_t i = 0; i < prefix.size(); ++i) {
        if (base::lower(text[i]) != prefix[i]) {
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

/// Marks what ends an authority.
constexpr std::uint64_t begins_target(std::uint64_t word) {
    using namespace base::scan;
    return equal(word, '/') | equal(word, '?') | equal(word, '#');
}
constexpr std::uint64_t begins_parameters(std::uint64_t word) {
    using namespace base::scan;
    return equal(word, '?') | equal(word, '#');
}

void put_escaped(base::TextBuffer& out, std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::size_t kEscape = 3;
    out.make_room(text.size());
    while (true) {
        text.remove_prefix(out.put_before<not_safe>(text));
        if (text.empty()) {
            return;
        }
        out.make_room(text.size() + kEscape);
        const std::size_t length = base::utf8_sequence_length(text);
        if (length < 2) {
            const auto byte = static_cast<std::uint8_t>(text.front());
            out.put('%');
            out.put(kHex[byte >> 4U]);
            out.put(kHex[byte & 0x0FU]);
            text.remove_prefix(1);
        } else {
            out.put(text.substr(0, length));
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

constexpr std::uint64_t ends_userinfo(std::uint64_t word) { return base::scan::equal(word, '@'); }

std::string_view without_userinfo(std::string_view authority) {
    if (base::length_before<ends_userinfo>(authority) == authority.size()) {
        return authority;
    }
    return authority.substr(authority.rfind('@') + 1);
}

struct Split {
    std::string_view scheme = "http";
    std::string_view authority;
    std::string_view target;  ///< from the path on
};

Split split(std::string_view url, std::string_view host) {
    Split parts;
    const std::size_t slash = base::length_before<begins_target>(url);
    if (slash == 0 || url[slash - 1] != ':' || !url.substr(slash).starts_with("//")) {
        host = host.substr(0, base::length_before<begins_target>(host));
        parts.authority = without_userinfo(host);
        parts.target = url;
        return parts;
    }
    if (url.starts_with("https://") || starts_with_folded(url, "https://")) {
        parts.scheme = "https";
    }
    url.remove_prefix(slash + 2);
    const std::size_t authority_end = base::length_before<begins_target>(url);
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
        put_escaped(http_url_, redacted_);
    }
}

NormalizedUrl UrlNormalizer::normalize(std::string_view url, std::string_view host) {
    constexpr std::string_view kSchemeEnd = "://";
    const Split parts = split(url, host);
    http_url_.clear();
    http_url_.make_room(parts.scheme.size() + kSchemeEnd.size());
    http_url_.put(parts.scheme);
    http_url_.put(kSchemeEnd);
    const std::size_t authority = http_url_.size();
    put_escaped(http_url_, parts.authority);

    const std::string_view domain = bare_host(http_url_.view().substr(authority));
    domain_.clear();
    domain_.make_room(domain.size());
    domain_.put_mapped<base::scan::lower>(domain);

    if (!parts.target.starts_with('/')) {
        http_url_.make_room(1);
        http_url_.put('/');
    }
    if (policy_ == QueryPolicy::Keep) {
        put_escaped(http_url_, parts.target);
    } else {
        const std::size_t path = base::length_before<begins_parameters>(parts.target);
        const std::size_t fragment = std::min(parts.target.find('#', path), parts.target.size());
        put_escaped(http_url_, parts.target.substr(0, path));
        append_parameters(parts.target.substr(path, fragment - path));
        append_parameters(parts.target.substr(fragment));
    }
    return {http_url_.view(), domain_.view()};
}

}  // namespace tailer
