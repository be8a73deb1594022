// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "tailer/records/url_redaction.h"

namespace tailer {

/// Takes the secrets out of text that is no URL: messages of Boundary and of Loki, rules, lines
/// that could not be parsed. Default-deny, word by word: words, numbers, dates, addresses, hosts,
/// paths and URLs stay, each by its own rule; everything else becomes REDACTED, and so does what
/// stands behind `Authorization:`, `--password`, `-u`, `"token":` and their kind. What stays, stays
/// byte for byte. Not thread-safe.
class TextRedactor {
public:
    explicit TextRedactor(QueryPolicy policy) : policy_(policy) {}

    /// Free text.
    void append(std::string& out, std::string_view text);
    /// The value of a key: as free text, but for what the key says is secret, a command, a document
    /// or a header (rules::kFreeTextKeys), of which nothing stays.
    void append_value(std::string& out, std::string_view key, std::string_view value);
    /// An allow rule of Boundary's, `method=GET domain=*.example path=/a,/b`: of what is not in its
    /// grammar the names stay alone, and hosts, methods and URLs.
    void append_rule(std::string& out, std::string_view rule);
    /// The text of an error of Go's: what it quotes comes from the other side, so of that only URLs
    /// stay; and what it calls malformed goes.
    void append_error(std::string& out, std::string_view text);

private:
    class Words;

    QueryPolicy policy_;
    UrlRedactor urls_;
};

}  // namespace tailer
