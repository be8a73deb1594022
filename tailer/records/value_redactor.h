// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "tailer/records/notice_policy.h"
#include "tailer/records/rule_redaction.h"
#include "tailer/records/text_redaction.h"
#include "tailer/records/url_normalizer.h"

namespace tailer {

/// What may be kept of Boundary's values, each by what it is. All that is given borrows from this
/// object, or from the argument, until the next call of the same kind. Not thread-safe.
class ValueRedactor {
public:
    ValueRedactor(QueryPolicy urls, NoticePolicy notices);

    [[nodiscard]] NormalizedUrl url(std::string_view url, std::string_view host) {
        return urls_.normalize(url, host);
    }
    [[nodiscard]] std::string_view rule(std::string_view rule) { return rules_.redacted(rule); }
    [[nodiscard]] static std::string_view method(std::string_view method);
    /// Free text: see TextRedactor.
    [[nodiscard]] std::string_view text(std::string_view text);
    /// A notice's value: what it is, its key says.
    [[nodiscard]] std::string_view value(std::string_view name, std::string_view value);

private:
    UrlNormalizer urls_;
    TextRedactor text_;
    RuleRedactor rules_;
    NoticePolicy notices_;
    std::string kept_;
};

}  // namespace tailer
