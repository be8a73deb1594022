// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_buffer.h"
#include "tailer/records/url_redaction.h"

namespace tailer {

/// A logged URL in the one shape that every dashboard's pattern reads.
struct NormalizedUrl {
    std::string_view http_url;  ///< valid UTF-8, no space, quote, backslash or control byte
    std::string_view domain;    ///< lower case, no port, no brackets; may be empty
};

/// Brings Boundary's `url` and `host` to that shape: http:// or https://, userinfo stripped, a `/`
/// before a query, unsafe bytes percent-escaped, secrets REDACTED (see UrlRedactor). A path-only
/// URL (Boundary before v0.5.2) gets its host back; its scheme is unknown and becomes http. Not
/// thread-safe.
class UrlNormalizer {
public:
    explicit UrlNormalizer(QueryPolicy policy) : policy_(policy) {}

    /// The result borrows from this object until the next call.
    [[nodiscard]] NormalizedUrl normalize(std::string_view url, std::string_view host);

private:
    /// A host that is_plain_authority(), and its name: a log names the same few again and again.
    struct KnownHost {
        std::string authority;
        std::string domain;
        rules::Follows follows = rules::Follows::Nothing;
    };
    static constexpr std::size_t kKnownHosts = 16;

    /// A URL that comes out as it went in. An agent asks for the same few again and again: the API
    /// of its model, a package index, what it polls. None that holds a secret is one of these.
    struct KnownUrl {
        std::string url;
        std::size_t domain_at = 0;
        std::size_t domain_size = 0;
    };
    static constexpr std::size_t kKnownUrls = 256;
    static constexpr std::size_t kLongestKnownUrl = 256;

    [[nodiscard]] NormalizedUrl normalize_anew(std::string_view url, std::string_view host);
    void put_authority(std::string_view authority, bool& had_userinfo);
    /// What of http_url_ from `authority` on is the host's name, in lower case.
    [[nodiscard]] std::string_view domain_of(std::size_t authority);
    [[nodiscard]] KnownHost& known_host(std::string_view authority);
    void put_target(std::string_view target, const PathOrigin& origin);

    QueryPolicy policy_;
    UrlRedactor redactor_;
    std::string redacted_;
    base::TextBuffer http_url_;
    base::TextBuffer domain_;
    std::array<KnownHost, kKnownHosts> known_hosts_;
    std::vector<KnownUrl> known_urls_{kKnownUrls};
};

}  // namespace tailer
