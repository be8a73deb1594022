// SPDX-License-Identifier: MIT
#include "tailer/lines/slog_text_parser.h"

#include <cstdint>
#include <optional>

#include "base/byte_scan.h"
#include "tailer/lines/suspicion.h"

namespace tailer {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

void append_code_point(std::string& out, std::uint32_t code) {
    const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0U | code >> 6U);
        byte(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        byte(0xE0U | code >> 12U);
        byte(0x80U | (code >> 6U & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    } else {
        byte(0xF0U | code >> 18U);
        byte(0x80U | (code >> 12U & 0x3FU));
        byte(0x80U | (code >> 6U & 0x3FU));
        byte(0x80U | (code & 0x3FU));
    }
}

/// Marks the bytes that end a bare token, or make it none.
constexpr std::uint64_t ends_bare(std::uint64_t word) {
    using base::scan::equal;
    return equal(word, ' ') | equal(word, '=') | equal(word, '"');
}
constexpr std::uint64_t ends_quoted_run(std::uint64_t word) {
    using base::scan::equal;
    return equal(word, '"') | equal(word, '\\');
}

/// Cursor over a quoted Go string; `take` leaves the rest behind the closing quote.
class GoQuoted {
public:
    GoQuoted(std::string_view& rest, std::string& buffer) : rest_(rest), buffer_(buffer) {}

    /// `rest` starts behind the opening quote. The value borrows from it when it had no escape.
    std::optional<std::string_view> take() {
        const std::size_t plain = base::length_before<ends_quoted_run>(rest_);
        if (plain == rest_.size()) {
            return std::nullopt;
        }
        if (rest_[plain] == '"') {
            const auto value = rest_.substr(0, plain);
            rest_.remove_prefix(plain + 1);
            return value;
        }
        const std::size_t start = buffer_.size();
        while (!rest_.empty()) {
            const std::size_t run = base::length_before<ends_quoted_run>(rest_);
            if (run == rest_.size()) {
                return std::nullopt;
            }
            buffer_ += rest_.substr(0, run);
            const bool closed = rest_[run] == '"';
            rest_.remove_prefix(run + 1);
            if (closed) {
                return std::string_view(buffer_).substr(start);
            }
            if (!take_escape()) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

private:
    bool take_escape() {
        if (rest_.empty()) {
            return false;
        }
        const char kind = rest_.front();
        rest_.remove_prefix(1);
        constexpr std::string_view kNames = "\"\\abfnrtv";
        constexpr std::string_view kBytes = "\"\\\a\b\f\n\r\t\v";
        if (const std::size_t simple = kNames.find(kind); simple != std::string_view::npos) {
            buffer_ += kBytes[simple];
            return true;
        }
        switch (kind) {
            case 'x': {
                const auto byte = take_hex(2);
                if (byte) {
                    buffer_ += static_cast<char>(*byte);
                }
                return byte.has_value();
            }
            case 'u':
            case 'U': {
                const auto code = take_hex(kind == 'u' ? 4 : 8);
                if (!code || *code > 0x10FFFF) {
                    return false;
                }
                append_code_point(buffer_, *code);
                return true;
            }
            default:
                return false;
        }
    }

    std::optional<std::uint32_t> take_hex(std::size_t digits) {
        if (rest_.size() < digits) {
            return std::nullopt;
        }
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const int digit = hex_digit(rest_[i]);
            if (digit < 0) {
                return std::nullopt;
            }
            value = value << 4U | static_cast<std::uint32_t>(digit);
        }
        rest_.remove_prefix(digits);
        return value;
    }

    std::string_view& rest_;
    std::string& buffer_;
};

/// Takes one token up to a stop byte: quoted, or bare.
std::optional<std::string_view> take_token(std::string_view& rest, char stop, std::string& buffer) {
    if (!rest.empty() && rest.front() == '"') {
        rest.remove_prefix(1);
        return GoQuoted(rest, buffer).take();
    }
    const auto token = rest.substr(0, base::length_before<ends_bare>(rest));
    rest.remove_prefix(token.size());
    // TextHandler quotes every key and value that holds one of these.
    if (!rest.empty() && rest.front() != stop) {
        return std::nullopt;
    }
    return token;
}

bool take(std::string_view& rest, char expected) {
    if (rest.empty() || rest.front() != expected) {
        return false;
    }
    rest.remove_prefix(1);
    return true;
}

}  // namespace

ParsedLine SlogTextParser::parse(std::string_view line) {
    // Unescaping never makes text longer, so views into the buffer stay valid while it fills.
    unquoted_.reserve(line.size());
    if (const auto verdict = boundarys_verdict(line)) {
        return *verdict;
    }
    return any_record(line);
}

/// A verdict with the keys that Boundary writes, in its order and no others: nearly every line.
/// any_record() reads the same from it.
std::optional<Decision> SlogTextParser::boundarys_verdict(std::string_view rest) {
    unquoted_.clear();
    const auto take_value = [&](std::string_view key) -> std::optional<std::string_view> {
        if (!rest.starts_with(key)) {
            return std::nullopt;
        }
        rest.remove_prefix(key.size());
        return take_token(rest, ' ', unquoted_);
    };
    const auto time = take_value("time=");
    if (!time) {
        return std::nullopt;
    }
    Decision decision;
    std::optional<std::string_view> method = take_value(" level=WARN msg=DENY method=");
    if (!method) {
        method = take_value(" level=INFO msg=ALLOW method=");
        decision.verdict = Verdict::Allow;
    }
    const auto url = method ? take_value(" url=") : std::nullopt;
    const auto host = url ? take_value(" host=") : std::nullopt;
    if (!host) {
        return std::nullopt;
    }
    if (decision.verdict == Verdict::Allow) {
        const auto rule = take_value(" rule=");
        if (!rule) {
            return std::nullopt;
        }
        decision.rule = *rule;
    }
    const auto time_ns = rest.empty() ? times_.parse(*time) : std::nullopt;
    if (!time_ns) {
        return std::nullopt;
    }
    decision.time_ns = *time_ns;
    decision.method = *method;
    decision.url = *url;
    decision.host = *host;
    return decision;
}

ParsedLine SlogTextParser::any_record(std::string_view rest) {
    unquoted_.clear();
    pairs_.clear();
    while (!rest.empty()) {
        if (!pairs_.empty() && !take(rest, ' ')) {
            return Unparsed{"malformed"};
        }
        const auto key = take_token(rest, '=', unquoted_);
        if (!key || key->empty() || !take(rest, '=')) {
            return Unparsed{"malformed"};
        }
        const auto value = take_token(rest, ' ', unquoted_);
        if (!value) {
            return Unparsed{"malformed"};
        }
        pairs_.push_back({*key, *value});
    }
    if (pairs_.size() < 3 || pairs_[0].name != "time" || pairs_[1].name != "level" ||
        pairs_[2].name != "msg") {
        return Unparsed{"not_slog"};
    }
    const auto time_ns = times_.parse(pairs_[0].value);
    if (!time_ns) {
        return Unparsed{"bad_time"};
    }
    const std::string_view level = pairs_[1].value;
    const std::string_view message = pairs_[2].value;
    const bool allow = level == "INFO" && message == "ALLOW";
    const bool deny = level == "WARN" && message == "DENY";
    if ((allow || deny) && pairs_.size() >= 6 && pairs_[3].name == "method" &&
        pairs_[4].name == "url" && pairs_[5].name == "host") {
        Decision decision;
        decision.time_ns = *time_ns;
        decision.verdict = allow ? Verdict::Allow : Verdict::Deny;
        decision.method = pairs_[3].value;
        decision.url = pairs_[4].value;
        decision.host = pairs_[5].value;
        if (pairs_.size() > 6 && pairs_[6].name == "rule") {
            decision.rule = pairs_[6].value;
        }
        decision.suspect = suspicion_of(pairs_, level, message);
        return decision;
    }
    return Notice{*time_ns, level, message, std::span(pairs_).subspan(3),
                  suspicion_of(pairs_, level, message)};
}

}  // namespace tailer
