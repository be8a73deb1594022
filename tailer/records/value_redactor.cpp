// SPDX-License-Identifier: MIT
#include "tailer/records/value_redactor.h"

#include "tailer/records/plain_shape.h"

namespace tailer {

ValueRedactor::ValueRedactor(QueryPolicy urls, NoticePolicy notices)
    : urls_(urls), text_(urls), rules_(urls), notices_(notices) {}

std::string_view ValueRedactor::method(std::string_view method) {
    // Any token is a method (RFC 9110 section 9.1), so what is not registered may be anything.
    return method == "GET" || method == "POST" || method.empty() || is_method(method) ? method
                                                                                      : kRedacted;
}

std::string_view ValueRedactor::text(std::string_view text) {
    kept_.clear();
    text_.append(kept_, text);
    return kept_;
}

std::string_view ValueRedactor::value(std::string_view name, std::string_view value) {
    switch (value_kind(name)) {
        case ValueKind::Method:
            return method(value);
        case ValueKind::Url:
            return value.starts_with('/') ? text(value) : url(value, "").http_url;
        case ValueKind::Host:
            return url("", value).domain;
        case ValueKind::Rule:
            return rule(value);
        case ValueKind::Number:
            return is_plain_number(value) ? value : kRedacted;
        case ValueKind::Path:
        case ValueKind::Error:
            if (notices_ == NoticePolicy::All) {
                return text(value);
            }
            kept_.clear();
            text_.append_error(kept_, value);
            return kept_;
        case ValueKind::Text:
            kept_.clear();
            text_.append_value(kept_, name, value);
            return kept_;
    }
    return kRedacted;
}

}  // namespace tailer
