// SPDX-License-Identifier: MIT
#include "tailer/records/url_redaction.h"

#include <algorithm>

#include "base/text.h"
#include "tailer/records/plain_url.h"
#include "tailer/records/secret_shape.h"

namespace tailer {

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
            const Parameter stays =
                decoded_.deeper() ? Parameter{} : judge_parameter(decoded_.text(), part_.text());
            out += stays.name ? pair.substr(0, equals) : kRedacted;
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

void UrlRedactor::append_path(std::string& out, std::string_view path, const PathOrigin& origin) {
    decoded_.assign(path);
    redact_path(out, decoded_, origin);
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

/// Of a host name, or of a rule's pattern of such. A Host header is not checked by anybody:
/// `h.example token=abc` is one, too.
bool is_label(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return base::is_letter(c) || base::is_digit(c) || c == '-' || c == '_' || c == '*';
    });
}

}  // namespace

void UrlRedactor::append_authority(std::string& out, std::string_view authority,
                                   bool& had_userinfo) {
    decoded_.assign(authority);
    const std::string_view text = decoded_.text();
    const std::size_t at_sign = text.rfind('@');
    const std::size_t begin = at_sign == std::string_view::npos ? 0 : at_sign + 1;
    had_userinfo = begin > 0;
    const std::size_t end = std::min(text.find_first_of("/\\?#", begin), text.size());
    const std::string_view host = text.substr(begin, end - begin);
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
    const std::size_t colon =
        std::min(host.find(':', bracket == std::string_view::npos ? 0 : bracket), host.size());
    const bool open = host.starts_with('[') && bracket == std::string_view::npos;
    const std::size_t host_end = begin + (open ? host.size() : colon);
    if (host.starts_with('[')) {
        const bool kept =
            !decoded_.deeper() && (host == "[" || is_ipv6(text.substr(begin, host_end - begin)));
        out += kept ? decoded_.raw(begin, host_end) : kRedacted;
    } else {
        for (std::size_t at = begin; at < host_end;) {
            const std::size_t dot = std::min(text.find('.', at), host_end);
            const std::string_view label = text.substr(at, dot - at);
            const bool secret = decoded_.deeper() || is_secret_label(label) || !is_label(label);
            out += secret ? kRedacted : decoded_.raw(at, dot);
            if (dot < host_end) {
                out += '.';
            }
            at = dot + 1;
        }
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
