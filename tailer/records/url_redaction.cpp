// SPDX-License-Identifier: MIT
#include "tailer/records/url_redaction.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "tailer/records/plain_url.h"
#include "tailer/records/secret_shape.h"

namespace tailer {
namespace {

using rules::Follows;

/// One parameter, decoded: what of it may stay.
struct Parameter {
    bool name = false;
    bool value = false;
};

Parameter judge(std::string_view name, std::string_view value) {
    return {is_readable_name(name), value.empty() || value == kRedacted ||
                                        (!is_secret_name(name) && is_harmless_value(value))};
}

std::string_view unquoted(std::string_view text) {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"'
               ? text.substr(1, text.size() - 2)
               : text;
}

bool is_harmless_bare(std::string_view text) {
    return text == kRedacted || is_harmless_value(text);
}

}  // namespace

void UrlRedactor::append_query(std::string& out, std::string_view query) {
    while (true) {
        const std::size_t end = std::min(query.find_first_of("&;"), query.size());
        const std::string_view pair = query.substr(0, end);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos) {
            part_.assign(pair);
            out += !part_.deeper() && is_harmless_bare(part_.text()) ? pair : kRedacted;
        } else {
            decoded_.assign(pair.substr(0, equals));
            part_.assign(pair.substr(equals + 1));
            const Parameter stays = judge(decoded_.text(), part_.text());
            out += stays.name && !decoded_.deeper() ? pair.substr(0, equals) : kRedacted;
            out += '=';
            out += stays.value && !part_.deeper() ? pair.substr(equals + 1) : kRedacted;
        }
        if (end == query.size()) {
            return;
        }
        out += query[end];
        query.remove_prefix(end + 1);
    }
}

void UrlRedactor::append_fragment(std::string& out, std::string_view fragment) {
    const std::size_t path = fragment.find('/');
    if (path > 1 || fragment.substr(0, path).find_first_not_of('!') != std::string_view::npos) {
        append_query(out, fragment);
        return;
    }
    const std::size_t end = std::min(fragment.find_first_of("?#"), fragment.size());
    append_path(out, fragment.substr(0, end));
    if (end < fragment.size()) {
        out += fragment[end];
        append_query(out, fragment.substr(end + 1));
    }
}

/// A path on its way through the redaction, in decoded coordinates.
class UrlRedactor::Path {
public:
    Path(std::string& out, const PercentDecoded& path, bool behind_userinfo)
        : out_(out), path_(path), text_(path.text()) {
        limit_ = std::min(text_.find_first_of("?#"), text_.size());
        if (behind_userinfo) {
            const std::size_t at = text_.substr(0, limit_).rfind('@');
            if (at != std::string_view::npos) {
                password_ends_ = at;
            }
        }
    }

    void redact() {
        std::size_t begin = 0;
        while (true) {
            const std::size_t end = std::min(text_.find_first_of("/\\", begin), limit_);
            segment(begin, end);
            if (end == limit_) {
                break;
            }
            keep(end, end + 1);
            begin = end + 1;
        }
        if (limit_ < text_.size()) {
            keep(limit_, limit_ + 1);
            if (limit_ + 1 < text_.size()) {
                out_ += kRedacted;
            }
        }
    }

private:
    [[nodiscard]] std::string_view piece(std::size_t begin, std::size_t end) const {
        return text_.substr(begin, end - begin);
    }
    void keep(std::size_t begin, std::size_t end) { out_ += path_.raw(begin, end); }
    void put(std::size_t begin, std::size_t end, bool secret) {
        if (begin == end) {
            return;
        }
        if (secret) {
            out_ += kRedacted;
        } else {
            keep(begin, end);
        }
    }

    void segment(std::size_t begin, std::size_t end) {
        if (begin == end) {
            return;
        }
        const std::string_view text = piece(begin, end);
        if (context_ == Follows::Nothing && !nested_ && !password_ends_ && is_plain_path(text)) {
            keep(begin, end);
            return;
        }
        if (text == kRedacted || (password_ends_ && begin <= *password_ends_)) {
            put(begin, end, true);
            moved_on();
            return;
        }
        const std::size_t params = std::min(text_.find(';', begin), end);
        if (piece(begin, params).find('=') != std::string_view::npos) {
            parameters(begin, params);
        } else {
            names(begin, params);
        }
        if (params < end) {
            keep(params, params + 1);
            parameters(params + 1, end);
        }
        nested_ = text.ends_with(':');
    }

    /// name=value;name=value, also with commas and ampersands.
    void parameters(std::size_t begin, std::size_t end) {
        while (true) {
            const std::size_t next = std::min(text_.find_first_of(";&,", begin), end);
            const std::size_t equals = text_.substr(0, next).find('=', begin);
            if (equals == std::string_view::npos) {
                put(begin, next, !is_harmless_bare(piece(begin, next)));
            } else {
                const Parameter stays = judge(piece(begin, equals), piece(equals + 1, next));
                put(begin, equals, !stays.name);
                keep(equals, equals + 1);
                put(equals + 1, next, !stays.value);
            }
            if (next == end) {
                return;
            }
            keep(next, next + 1);
            begin = next + 1;
        }
    }

    /// A segment without parameters: `name`, `name:verb`, `@scope`, `name@version`, `user@host`.
    void names(std::size_t begin, std::size_t end) {
        const std::size_t at = text_.substr(0, end).rfind('@');
        if (at != std::string_view::npos && at > begin) {
            const std::string_view user = piece(begin, at);
            const std::string_view host = piece(at + 1, end);
            const bool named = host.find('.') != std::string_view::npos &&
                               !base::is_digit(host.front()) &&
                               looks_like_host(host.substr(0, host.find(':')));
            if (nested_ || named || user.find(':') != std::string_view::npos ||
                user.find('@', 1) != std::string_view::npos) {
                put(begin, at, true);
                keep(at, at + 1);
                words(at + 1, end);
                return;
            }
        }
        const std::size_t colon = std::min(text_.find(':', begin), end);
        if (nested_ && colon < end && !is_port(piece(colon + 1, end))) {
            // `https://joe:pass/word@host`: the password goes on up to the `@`.
            password_ends_ = text_.substr(0, limit_).rfind('@');
            if (*password_ends_ == std::string_view::npos || *password_ends_ < end) {
                password_ends_.reset();
            }
            put(begin, end, true);
            return;
        }
        words(begin, end);
    }

    static bool looks_like_host(std::string_view text) {
        return text.size() > 3 &&
               std::ranges::all_of(text,
                                   [](char c) {
                                       return base::is_digit(c) || (c | 0x20) >= 'a' || c == '.' ||
                                              c == '-';
                                   }) &&
               !base::is_digit(text.back());
    }

    /// Parts joined by colons, each judged by what stood before it.
    void words(std::size_t begin, std::size_t end) {
        const std::string_view text = piece(begin, end);
        constexpr std::string_view kDigest = "sha256:";  // OCI distribution: content addresses
        const bool digest =
            text.size() == kDigest.size() + 64 && text.starts_with(kDigest) &&
            text.find_first_not_of("0123456789abcdef", kDigest.size()) == std::string_view::npos;
        if (digest && context_ == Follows::Nothing) {
            keep(begin, end);
            return;
        }
        if (begins_as_token(text)) {
            put(begin, end, true);
            moved_on();
            return;
        }
        while (true) {
            const std::size_t colon = std::min(text_.find(':', begin), end);
            word(begin, colon);
            if (colon == end) {
                return;
            }
            keep(colon, colon + 1);
            begin = colon + 1;
        }
    }

    void word(std::size_t begin, std::size_t end) {
        const std::string_view text = piece(begin, end);
        const Follows next = follows_segment(text);
        bool secret = path_.deeper() && text.find('%') != std::string_view::npos;
        switch (context_) {
            case Follows::Nothing:
                secret = secret || looks_secret(text);
                break;
            case Follows::Names:
                secret = secret || !is_plain_name(text);
                break;
            case Follows::Secret:
                secret = secret || (!text.empty() && !is_verb(text) && text != kRedacted);
                break;
        }
        put(begin, end, secret);
        if (context_ == Follows::Secret) {
            if (secret) {
                moved_on();
            }
        } else {
            context_ = std::max(context_, next);
        }
    }

    /// What was to be secret is behind us.
    void moved_on() {
        context_ = context_ == Follows::Nothing ? Follows::Nothing : Follows::Names;
        nested_ = false;
    }

    std::string& out_;
    const PercentDecoded& path_;
    std::string_view text_;
    std::size_t limit_ = 0;
    std::optional<std::size_t> password_ends_;
    Follows context_ = Follows::Nothing;
    bool nested_ = false;  ///< behind `https:`
};

void UrlRedactor::append_path(std::string& out, std::string_view path, bool behind_userinfo) {
    decoded_.assign(path);
    Path(out, decoded_, behind_userinfo).redact();
}

namespace {

/// [2001:db8::1], [fe80::1%eth0], and what an empty or an open bracket leaves of them.
bool is_ipv6(std::string_view host) {
    constexpr std::size_t kLongestZone = 15;  // IFNAMSIZ without its NUL
    host.remove_prefix(1);
    if (host.ends_with(']')) {
        host.remove_suffix(1);
    }
    const std::size_t zone = std::min(host.find('%'), host.size());
    const std::string_view address = host.substr(0, zone);
    constexpr std::size_t kLongest = 45;
    std::size_t group = 0;
    for (const char c : address) {
        group = c == ':' || c == '.' ? 0 : group + 1;
        if (group > 4 ||
            std::string_view("0123456789abcdefABCDEF:.").find(c) == std::string_view::npos) {
            return false;
        }
    }
    const std::string_view name = host.substr(std::min(zone + 1, host.size()));
    return address.size() <= kLongest && name.size() <= kLongestZone && !looks_secret(name) &&
           std::ranges::all_of(name,
                               [](char c) { return base::is_letter(c) || base::is_digit(c); });
}

}  // namespace

void UrlRedactor::append_authority(std::string& out, std::string_view authority,
                                   bool& had_userinfo) {
    decoded_.assign(authority);
    const std::string_view text = decoded_.text();
    std::size_t begin = 0;
    // U+FF20 and U+FE6B look like it, and some libraries fold them into it.
    for (const std::string_view at : {"@", "\xEF\xBC\xA0", "\xEF\xB9\xAB"}) {
        if (const std::size_t found = text.rfind(at); found != std::string_view::npos) {
            begin = std::max(begin, found + at.size());
        }
    }
    had_userinfo = begin > 0;
    const std::size_t end = std::min(text.find_first_of("/\\?#", begin), text.size());
    const std::string_view host = text.substr(begin, end - begin);
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
    const std::size_t colon =
        std::min(host.find(':', bracket == std::string_view::npos ? 0 : bracket), host.size());
    const bool open = host.starts_with('[') && bracket == std::string_view::npos;
    const std::size_t host_end = begin + (open ? host.size() : colon);
    for (std::size_t at = begin; at < host_end;) {
        const std::size_t dot = std::min(text.find_first_of(". ,;=", at), host_end);
        const std::string_view label = text.substr(at, dot - at);
        // A Host header is not checked by anybody: `h.example token=abc` is one, too.
        const bool plain = at == begin || text[at - 1] == '.' || is_harmless_value(unquoted(label));
        const bool bracketed = host.starts_with('[') && !is_ipv6(host.substr(0, host_end - begin));
        const bool secret =
            begins_as_token(label) || decoded_.deeper() || !plain || (bracketed && label != "[");
        out += secret ? kRedacted : decoded_.raw(at, dot);
        if (dot < host_end) {
            out += decoded_.raw(dot, dot + 1);
        }
        at = dot + 1;
    }
    if (!open && colon < host.size()) {
        const std::string_view port = host.substr(colon + 1);
        out += ':';
        out += is_port(port) || port == kRedacted ? port : kRedacted;
        had_userinfo = had_userinfo || !is_port(port);
    }
    if (end < text.size()) {
        out.append("/").append(kRedacted);
    }
}

}  // namespace tailer
