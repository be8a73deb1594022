// SPDX-License-Identifier: MIT
#include "tailer/records/url_normalizer.h"

#include <cstdint>
#include <functional>

#include "base/byte_scan.h"
#include "base/text.h"
#include "base/utf8.h"
#include "tailer/records/plain_url.h"
#include "tailer/records/secret_words.h"

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
    while (true) {
        text.remove_prefix(out.put_before<not_safe>(text));
        if (text.empty()) {
            return;
        }
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
    authority = authority.substr(0, authority.find('/'));
    if (authority.starts_with('[')) {
        const std::size_t close = authority.find(']');
        return close == std::string_view::npos ? authority.substr(1)
                                               : authority.substr(1, close - 1);
    }
    const std::size_t colon = authority.find(':');
    const std::string_view port =
        colon == std::string_view::npos ? "x" : authority.substr(colon + 1);
    return all_digits(port) || port == kRedacted ? authority.substr(0, colon) : authority;
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
        parts.authority = host;
        parts.target = url;
        return parts;
    }
    if (url.starts_with("https://") || starts_with_folded(url, "https://")) {
        parts.scheme = "https";
    }
    url.remove_prefix(slash + 2);
    const std::size_t authority_end = base::length_before<begins_target>(url);
    parts.authority = url.substr(0, authority_end);
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

UrlNormalizer::KnownHost& UrlNormalizer::known_host(std::string_view authority) {
    constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15;  // Knuth's: 2^64 by the golden ratio
    static_assert(kKnownHosts == 16, "four bits");
    const std::size_t front = std::min(authority.size(), sizeof(std::uint64_t) - 1);
    const std::uint64_t mixed = base::scan::load_few(authority.substr(0, front)) + authority.size();
    return known_hosts_[mixed * kSpread >> 60U];
}

std::string_view UrlNormalizer::domain_of(std::size_t authority) {
    const std::string_view domain = bare_host(http_url_.view().substr(authority));
    domain_.clear();
    domain_.put_mapped<base::scan::lower>(domain);
    return domain_.view();
}

void UrlNormalizer::put_authority(std::string_view authority, bool& had_userinfo) {
    redacted_.clear();
    redactor_.append_authority(redacted_, authority, had_userinfo);
    put_escaped(http_url_, redacted_);
}

void UrlNormalizer::put_target(std::string_view target, const PathOrigin& origin) {
    if (policy_ == QueryPolicy::Keep) {
        put_escaped(http_url_, target);
        return;
    }
    if (!origin.behind_userinfo && origin.follows == rules::Follows::Nothing &&
        is_plain_path(target)) {
        http_url_.put(target);
        return;
    }
    const std::size_t path_end = base::length_before<begins_parameters>(target);
    const std::string_view path = target.substr(0, path_end);
    redacted_.clear();
    redactor_.append_path(redacted_, path, origin);
    const std::size_t fragment = std::min(target.find('#', path_end), target.size());
    const std::string_view query = target.substr(path_end, fragment - path_end);
    if (!query.empty() && policy_ == QueryPolicy::Redact) {
        redactor_.append_query(redacted_.append("?"), query.substr(1));
    }
    // An OAuth token may well stand in a fragment.
    if (fragment < target.size()) {
        redactor_.append_fragment(redacted_.append("#"), target.substr(fragment + 1));
    }
    put_escaped(http_url_, redacted_);
}

NormalizedUrl UrlNormalizer::normalize(std::string_view url, std::string_view host) {
    KnownUrl& known = known_urls_[std::hash<std::string_view>{}(url) % kKnownUrls];
    if (!url.empty() && known.url == url) {
        const std::string_view text = known.url;
        return {text, text.substr(known.domain_at, known.domain_size)};
    }
    const NormalizedUrl made = normalize_anew(url, host);
    const std::size_t domain_at = url.find(made.domain);
    if (made.http_url == url && domain_at != std::string_view::npos &&
        url.size() <= kLongestKnownUrl) {
        known = {std::string(url), domain_at, made.domain.size()};
    }
    return made;
}

NormalizedUrl UrlNormalizer::normalize_anew(std::string_view url, std::string_view host) {
    constexpr std::string_view kSchemeEnd = "://";
    const Split parts = split(url, host);
    std::string_view domain;
    http_url_.clear();
    http_url_.put(parts.scheme);
    http_url_.put(kSchemeEnd);
    const std::size_t authority = http_url_.size();
    PathOrigin origin;
    KnownHost& known = known_host(parts.authority);
    if (known.authority == parts.authority || is_plain_authority(parts.authority)) {
        http_url_.put(parts.authority);
        if (known.authority != parts.authority) {
            known.domain = domain_of(authority);
            known.follows = follows_host(known.domain);
            known.authority = parts.authority;
        }
        domain = known.domain;
        origin.follows = known.follows;
    } else {
        put_authority(parts.authority, origin.behind_userinfo);
        domain = domain_of(authority);
        origin.follows = follows_host(domain);
    }
    if (!parts.target.starts_with('/')) {
        http_url_.put('/');
    }
    put_target(parts.target, origin);
    return {http_url_.view(), domain};
}

}  // namespace tailer
