// SPDX-License-Identifier: MIT
#include "tailer/records/text_redaction.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "tailer/files/log_file_name.h"
#include "tailer/records/character_runs.h"
#include "tailer/records/listed.h"
#include "tailer/records/plain_shape.h"
#include "tailer/records/plain_word.h"
#include "tailer/records/redaction_rules.h"
#include "tailer/records/secret_shape.h"
#include "tailer/records/secret_words.h"

namespace tailer {
namespace {

/// What parts words. A backslash begins an escape, such as that of a quote.
bool is_gap(char c) {
    return static_cast<std::uint8_t>(c) <= 0x20 || c == '\x7F' ||
           std::string_view("\"'`<>(){}[]|,\\").find(c) != std::string_view::npos;
}

/// What may stand around a word of a sentence.
constexpr std::string_view kPunctuation = ".;:!?&*/#+~=$@";

std::string_view trimmed(std::string_view word) {
    const std::size_t begin = word.find_first_not_of(kPunctuation);
    if (begin == std::string_view::npos) {
        return {};
    }
    return word.substr(begin, word.find_last_not_of(kPunctuation) + 1 - begin);
}

bool is_introducer(std::string_view word) {
    const std::string folded = base::lower(word);
    return folded == "bearer" || folded == "basic" || folded == "digest" || folded == "negotiate";
}

}  // namespace

/// A text on its way through the redaction.
class TextRedactor::Words {
public:
    Words(TextRedactor& parent, std::string& out, bool drop_quoted)
        : parent_(parent), out_(out), drop_quoted_(drop_quoted) {}

    void redact_rule(std::string_view rule) {
        while (!rule.empty()) {
            const std::size_t end = std::min(rule.find(' '), rule.size());
            if (end > 0) {
                rule_part(rule.substr(0, end));
            }
            out_ += rule.substr(end, 1);
            rule.remove_prefix(std::min(end + 1, rule.size()));
        }
    }

    void redact(std::string_view text) {
        while (!text.empty()) {
            if (is_gap(text.front())) {
                gap(text.front());
                text.remove_prefix(1);
                continue;
            }
            const auto* const stop = std::ranges::find_if(text, is_gap);
            const auto size = static_cast<std::size_t>(stop - text.begin());
            if (ends_here_ && !is_introducer(text.substr(0, size))) {
                out_ += kRedacted;
                return;
            }
            word(text.substr(0, size));
            text.remove_prefix(size);
        }
    }

private:
    void gap(char c) {
        out_ += c;
        if (c == '"') {
            quoted_ = !quoted_;
            pending_ = pending_ && quoted_;
        } else if (c == ',' || c == ')' || c == ']' || c == '}') {
            named_secret_ = false;
            expected_ = false;
        }
    }

    void put(std::string_view text, bool secret) { out_ += secret ? kRedacted : text; }

    void word(std::string_view text) {
        if (text == kRedacted) {
            out_ += text;
            pending_ = pending_ && quoted_;
            after_flag_ = false;
            return;
        }
        const bool is_flag = text.starts_with('-') && text.size() > 1 && !base::is_digit(text[1]);
        if (pending_ && !is_introducer(text)) {
            const bool joint = trimmed(text).empty();  // "token" : "..."
            put(text, !joint);
            pending_ = joint || pending_quote();
            return;
        }
        if (is_flag) {
            flag(text);
            return;
        }
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos && equals > 0 &&
            text.substr(0, equals).find_first_of("/?#:@%") == std::string_view::npos) {
            pair(text, equals);
            return;
        }
        if (is_url(text)) {
            url(text);
            after_flag_ = false;
            return;
        }
        plain(text);
    }

    /// Within a quoted value of a secret name all words are secret.
    [[nodiscard]] bool pending_quote() const { return quoted_ && pending_; }

    void flag(std::string_view text) {
        const std::size_t equals = std::min(text.find('='), text.size());
        const std::string_view name = text.substr(0, equals);
        const std::string_view bare =
            name.substr(std::min(name.find_first_not_of('-'), name.size()));
        constexpr std::size_t kShortFlags = 3;
        const bool known =
            name.starts_with("--") ? is_plain_name(bare) : bare.size() <= kShortFlags;
        put(name, !known);
        if (equals < text.size()) {
            out_ += '=';
            const std::string_view value = text.substr(equals + 1);
            if (is_url(value) && !is_secret_name(bare)) {
                url(value);
            } else {
                put(value, !value.empty());
            }
            after_flag_ = false;
        } else {
            after_flag_ = true;
        }
        pending_ = false;
    }

    void pair(std::string_view text, std::size_t equals) {
        const std::string_view name = text.substr(0, equals);
        const std::string_view value = text.substr(equals + 1);
        put(name, !is_readable_name(name));
        out_ += '=';
        after_flag_ = false;
        if (is_listed(rules::kFreeTextKeys, base::lower(name))) {
            ends_here_ = true;
            if (!value.empty()) {
                out_ += kRedacted;
            }
            return;
        }
        if (is_secret_name(name)) {
            put(value, !value.empty());
            pending_ = value.empty();
            return;
        }
        if (!is_readable_name(name)) {
            put(value, !value.empty());
        } else if (is_url(value)) {
            url(value);
        } else {
            put(value, !(value == kRedacted || is_kept(value)));
        }
    }

    void plain(std::string_view text) {
        const std::string_view core = trimmed(text);
        const bool flagged = after_flag_;
        after_flag_ = false;
        if (core.empty()) {
            put(text, text.size() > 4);
            expected_ = expected_ && is_listed(rules::kCopulas, text);
            // `"password": "..."`, `password = ...`
            pending_ = named_secret_ && (text.front() == ':' || text.front() == '=');
            return;
        }
        const bool is_label = text.ends_with(':');
        const bool secret_name = is_secret_name(core) && core.find(':') == std::string_view::npos;
        const bool kept_name = secret_name && is_kept(core);
        if (is_introducer(core) || (is_label && secret_name)) {
            put(text, !is_introducer(core) && !kept_name);
            // A label's value goes on as long as its quotes do, or the text.
            pending_ = quoted_ || is_introducer(core);
            ends_here_ = ends_here_ || (is_label && !quoted_ && !flagged);
            return;
        }
        if (is_label && is_listed(rules::kFreeTextKeys, base::lower(core)) && !quoted_) {
            put(text, false);
            ends_here_ = true;
            return;
        }
        const bool told = is_told(core);
        named_secret_ = secret_name;
        expected_ = (expected_ && is_listed(rules::kCopulas, core)) ||
                    (!told && core.size() == text.size() &&
                     follows_segment(core) >= rules::Follows::Secret);
        pending_ = flagged && is_label;  // -H 'X-Name: value'
        // `session boundary-...`: what an operator looks for, and no one's secret.
        const bool named = told && pid_of_session(core).has_value();
        put(text, flagged || (told && !named) || (drop_quoted_ && quoted_) || !is_kept(core));
    }

    /// Whether what was said before makes a secret of a word: `password letmein`, `code 123456`,
    /// `key "letmein"`.
    [[nodiscard]] bool is_told(std::string_view core) const {
        constexpr std::size_t kPin = 4;
        const bool number = core.size() >= kPin && std::ranges::any_of(core, base::is_digit);
        return (named_secret_ && (number || quoted_)) ||
               (expected_ && !is_listed_folded(rules::kSpeech, core) &&
                !is_listed(rules::kCopulas, core));
    }

    [[nodiscard]] static bool is_kept(std::string_view core) {
        if (core.empty() || is_number(core) || is_address(core) || is_harmless_value(core) ||
            pid_of_session(core)) {  // a session is what an operator looks for
            return true;
        }
        if (begins_as_token(core)) {
            return false;
        }
        if (is_host(core)) {
            return true;
        }
        // tcp:connect, application/json, 5ms
        while (!core.empty()) {
            const std::size_t end = std::min(core.find_first_of(":/;&="), core.size());
            const std::string_view part = core.substr(0, end);
            if (end < core.size() && is_secret_name(part)) {
                return false;  // password:letmein
            }
            if (!is_spoken(part) && !is_number(part) && !is_host(part)) {
                return false;
            }
            core.remove_prefix(std::min(end + 1, core.size()));
        }
        return true;
    }

    [[nodiscard]] static bool is_url(std::string_view text) {
        return text.starts_with('/') || text.starts_with("./") || text.starts_with("~/") ||
               text.find("://") != std::string_view::npos ||
               trimmed(text).find_first_of("?#@%") != std::string_view::npos ||
               (text.find_first_of("?#@") != std::string_view::npos &&
                text.find_first_of("?#@") + 1 < text.size());
    }

    /// method=GET,HEAD
    void rule_part(std::string_view text) {
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) {
            if (is_url(text)) {
                url(text);
            } else {
                put(text, text != "*" && !is_method(text) && !is_host(text));
            }
            return;
        }
        const std::string_view key = text.substr(0, equals);
        put(key, !is_readable_name(key));
        out_ += '=';
        std::string_view values = text.substr(equals + 1);
        if (key != "method" && key != "domain" && key != "path") {
            put(values, !values.empty());
            return;
        }
        while (!values.empty()) {
            const std::size_t end = std::min(values.find_first_of(",\""), values.size());
            const std::string_view value = values.substr(0, end);
            if (key == "method") {
                put(value, value != "*" && !value.empty() && !is_method(value));
            } else if (key == "domain") {
                if (is_address(value)) {  // an IPv6 address has no brackets in a rule
                    out_ += value;
                } else {
                    bool had_userinfo = false;
                    parent_.urls_.append_authority(out_, value, had_userinfo);
                }
            } else {
                target(value, {});
            }
            if (end < values.size()) {
                out_ += values[end];
            }
            values.remove_prefix(std::min(end + 1, values.size()));
        }
    }

    void url(std::string_view text) {
        PathOrigin origin;
        const std::size_t scheme = text.find("://");
        if (scheme != std::string_view::npos) {
            put(text.substr(0, scheme), !is_plain_name(trimmed(text.substr(0, scheme))) &&
                                            text.substr(0, scheme) != "http");
            out_ += "://";
            text.remove_prefix(scheme + 3);
        }
        const bool rooted = text.starts_with('/') || text.starts_with('.') || text.starts_with('~');
        if (scheme != std::string_view::npos || (!rooted && text.find('/') != 0)) {
            const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
            const std::string_view authority = text.substr(0, end);
            if (scheme == std::string_view::npos && authority.find('@') == std::string_view::npos &&
                authority.find('%') == std::string_view::npos) {
                put(authority, !is_kept(trimmed(authority)));
            } else {
                const std::size_t begun = out_.size();
                parent_.urls_.append_authority(out_, authority, origin.behind_userinfo);
                origin.follows = follows_host(base::lower(out_.substr(begun)));
            }
            text.remove_prefix(end);
        }
        target(text, origin);
    }

    /// What of a URL stands behind its authority.
    void target(std::string_view text, const PathOrigin& origin) {
        if (parent_.policy_ == QueryPolicy::Keep) {
            out_ += text;
            return;
        }
        const std::size_t path_end = std::min(text.find_first_of("?#"), text.size());
        parent_.urls_.append_path(out_, text.substr(0, path_end), origin);
        const std::size_t fragment = std::min(text.find('#', path_end), text.size());
        const std::string_view query = text.substr(path_end, fragment - path_end);
        if (!query.empty() && parent_.policy_ == QueryPolicy::Redact) {
            parent_.urls_.append_query(out_.append("?"), query.substr(1));
        }
        if (fragment < text.size()) {
            parent_.urls_.append_fragment(out_.append("#"), text.substr(fragment + 1));
        }
    }

    TextRedactor& parent_;
    std::string& out_;
    bool drop_quoted_;
    bool quoted_ = false;
    bool pending_ = false;       ///< what comes is the value of a secret name
    bool named_secret_ = false;  ///< the word before was one
    bool expected_ = false;      ///< what comes is told by the words before it
    bool after_flag_ = false;    ///< the word before was `-u`, `--name`
    bool ends_here_ = false;     ///< nothing more stays
};

void TextRedactor::append(std::string& out, std::string_view text) {
    Words(*this, out, false).redact(text);
}

void TextRedactor::append_value(std::string& out, std::string_view key, std::string_view value) {
    if (!value.empty() &&
        (is_secret_name(key) || is_listed(rules::kFreeTextKeys, base::lower(key)))) {
        out += kRedacted;
    } else {
        append(out, value);
    }
}

void TextRedactor::append_rule(std::string& out, std::string_view rule) {
    Words(*this, out, false).redact_rule(rule);
}

void TextRedactor::append_error(std::string& out, std::string_view text) {
    constexpr std::string_view kMalformed = "malformed";
    const std::size_t at = text.find(kMalformed);
    const std::size_t end = at == std::string_view::npos
                                ? text.size()
                                : std::min(text.find_first_of(":\"", at), text.size());
    Words(*this, out, true).redact(text.substr(0, end));
    if (end < text.size()) {
        out.append(text.substr(end, 1)).append(" ").append(kRedacted);
    }
}

}  // namespace tailer
