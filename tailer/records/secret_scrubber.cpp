// SPDX-License-Identifier: MIT
#include "tailer/records/secret_scrubber.h"

#include <algorithm>

namespace tailer {
namespace {

/// Where a URL ends within other text. A backslash begins an escape, such as that of a quote.
std::size_t url_end(std::string_view text) {
    const auto* const end = std::ranges::find_if(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte == 0x7F ||
               std::string_view("\"'<>\\`").find(c) != std::string_view::npos;
    });
    return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

void append_scrubbed(std::string& out, std::string_view text, QueryPolicy policy) {
    while (!text.empty()) {
        const std::size_t scheme = text.find("://");
        const std::size_t query = text.find_first_of("?#");
        const std::size_t at = std::min(scheme, query);
        if (at == std::string_view::npos) {
            out += text;
            return;
        }
        if (at == scheme) {
            out += text.substr(0, at + 3);
            text.remove_prefix(at + 3);
            const std::string_view url = text.substr(0, url_end(text));
            const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
            const std::size_t userinfo = authority.rfind('@');
            text.remove_prefix(userinfo == std::string_view::npos ? 0 : userinfo + 1);
            continue;
        }
        out += text.substr(0, at);
        const char mark = text[at];
        text.remove_prefix(at + 1);
        const std::string_view url = text.substr(0, url_end(text));
        const std::string_view value = url.substr(0, url.find_first_of("?#"));
        if (policy == QueryPolicy::Keep) {
            out.append(1, mark).append(value);
        } else if (policy == QueryPolicy::Redact || mark == '#') {
            append_redacted_query(out.append(1, mark), value);
        }
        text.remove_prefix(value.size());
    }
}

}  // namespace tailer
