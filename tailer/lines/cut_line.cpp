// SPDX-License-Identifier: MIT
#include "tailer/lines/cut_line.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "base/utf8.h"

namespace tailer {
namespace {

/// What Boundary writes behind the message of a verdict (coder/boundary audit/log_auditor.go).
constexpr std::array<std::string_view, 4> kVerdictKeys = {"method", "url", "host", "rule"};

/// Those that follow `key`; the rule stands on an ALLOW only.
std::span<const std::string_view> keys_behind(std::string_view key, bool allow) {
    const std::span<const std::string_view> keys(kVerdictKeys.data(),
                                                 kVerdictKeys.size() - (allow ? 0 : 1));
    const auto found = std::ranges::find(keys, key);
    return found == keys.end() ? keys.last(0) : std::span(found + 1, keys.end());
}

/// `key` is the last one that was met, `in_value` whether the cut went through its value.
bool is_url_cut(std::string_view key, bool in_value) {
    return key == "method" || (in_value && (key == "url" || key == "http_url"));
}

bool is_high_surrogate(std::string_view escape) {
    return escape.starts_with("\\u") && (escape[2] == 'd' || escape[2] == 'D') &&
           std::string_view("89abAB").find(escape[3]) != std::string_view::npos;
}

/// Without the escape or the character that the cut may have gone through, in a quoted text of
/// which each escape has `longest` bytes at most.
std::string_view without_torn_character(std::string_view text, std::size_t longest) {
    const std::size_t tail = text.size() - std::min(text.size(), longest);
    if (std::size_t escape = text.rfind('\\'); escape != std::string_view::npos && escape >= tail) {
        // The first of two is the one that escapes.
        const std::size_t before = text.find_last_not_of('\\', escape);
        const std::size_t run = before == std::string_view::npos ? escape + 1 : escape - before;
        text = text.substr(0, run % 2 == 0 ? escape - 1 : escape);
    }
    constexpr std::size_t kSurrogate = 6;
    if (text.size() >= kSurrogate && is_high_surrogate(text.substr(text.size() - kSurrogate))) {
        text.remove_suffix(kSurrogate);  // its other half is torn
    }
    constexpr std::size_t kLongestSequence = 4;
    for (std::size_t back = 1; back <= std::min(kLongestSequence, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if (byte < 0x80) {
            break;
        }
        if (byte >= 0xC0) {
            const std::size_t length = base::utf8_sequence_length(text.substr(text.size() - back));
            return length == back ? text : text.substr(0, text.size() - back);
        }
    }
    return text;
}

/// Walks over JSON text, so far as it goes.
class JsonWalk {
public:
    explicit JsonWalk(std::string_view text) : text_(text) {
        for (std::size_t i = 0; i < text_.size(); ++i) {
            step(i);
        }
    }

    [[nodiscard]] CompletedLine completed() const {
        const bool in_value = in_string_ && is_value_;
        CompletedLine line;
        line.text =
            in_value ? without_torn_character(text_, kLongestEscape) : text_.substr(0, safe_);
        line.text += in_value ? "\"" : "";
        line.url_cut = is_url_cut(key_, in_value);
        const bool allow = text_.find(R"("msg":"ALLOW")") != std::string_view::npos;
        for (const std::string_view key : keys_behind(key_, allow)) {
            line.text.append(",\"").append(key).append("\":\"\"");
        }
        const std::string& closers = in_value ? closers_ : safe_closers_;
        line.text.append(closers.rbegin(), closers.rend());
        return line;
    }

private:
    static constexpr std::size_t kLongestEscape = 6;  // \uXXXX

    void step(std::size_t i) {
        const char c = text_[i];
        if (escaped_) {
            escaped_ = false;
            return;
        }
        if (in_string_) {
            escaped_ = c == '\\';
            if (c == '"') {
                in_string_ = false;
                if (is_value_) {
                    value_ended(i + 1);
                } else {
                    last_string_ = text_.substr(begin_, i - begin_);
                }
            }
            return;
        }
        switch (c) {
            case '"':
                in_string_ = true;
                begin_ = i + 1;
                break;
            case ':':
                key_ = last_string_;
                is_value_ = true;
                break;
            case ',':
                value_ended(i);
                is_value_ = !closers_.empty() && closers_.back() == ']';
                break;
            case '{':
            case '[':
                closers_ += c == '{' ? '}' : ']';
                is_value_ = c == '[';
                value_ended(i + 1);
                break;
            case '}':
            case ']':
                if (!closers_.empty()) {
                    closers_.pop_back();
                }
                value_ended(i + 1);
                break;
            default:
                break;
        }
    }

    void value_ended(std::size_t at) {
        safe_ = at;
        safe_closers_ = closers_;
    }

    std::string_view text_;
    std::string closers_;       ///< of what is open, outermost first
    std::string safe_closers_;  ///< the same at `safe_`
    std::string_view key_;
    std::string_view last_string_;
    std::size_t begin_ = 0;  ///< of the string
    std::size_t safe_ = 0;   ///< up to here all is whole
    bool in_string_ = false;
    bool escaped_ = false;
    bool is_value_ = false;
};

}  // namespace

CompletedLine complete_text(std::string_view head) {
    std::string_view key;
    std::size_t begin = 0;  // of the token at hand
    bool quoted = false;
    bool escaped = false;
    bool is_value = false;
    for (std::size_t i = 0; i < head.size(); ++i) {
        const char c = head[i];
        if (quoted) {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if (i == begin && c == '"') {
            quoted = true;
        } else if (c == '=' && !is_value) {
            key = head.substr(begin, i - begin);
            is_value = true;
            begin = i + 1;
        } else if (c == ' ') {
            is_value = false;
            begin = i + 1;
        }
    }
    CompletedLine line;
    line.url_cut = is_url_cut(key, is_value);
    if (is_value) {
        constexpr std::size_t kLongestEscape = 10;  // \UXXXXXXXX
        line.text = quoted ? without_torn_character(head, kLongestEscape) : head;
        line.text += quoted ? "\"" : "";
    } else {
        line.text = head.substr(0, begin > 0 ? begin - 1 : 0);
    }
    const bool allow = head.find(" msg=ALLOW ") != std::string_view::npos;
    for (const std::string_view next : keys_behind(key, allow)) {
        line.text.append(" ").append(next).append("=");
    }
    return line;
}

CompletedLine complete_json(std::string_view head) { return JsonWalk(head).completed(); }

std::string_view without_torn_end(std::string_view url) noexcept {
    constexpr std::string_view kSchemeEnd = "://";
    const std::size_t scheme = url.find(kSchemeEnd);
    const std::size_t authority =
        scheme == std::string_view::npos || scheme > 8 ? 0 : scheme + kSchemeEnd.size();
    const std::size_t target = url.find_first_of("/?#", authority);
    if (target == std::string_view::npos) {
        return url.substr(0, authority);
    }
    // No secret is longer than what a header takes.
    constexpr std::size_t kLongestSecret = 16U << 10U;
    const std::size_t piece = url.find_last_of("/?#&;=");
    return url.size() - piece > kLongestSecret ? url : url.substr(0, std::max(target, piece) + 1);
}

}  // namespace tailer
