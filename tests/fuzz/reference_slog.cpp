// SPDX-License-Identifier: MIT
#include "tests/fuzz/reference_slog.h"

#include "base/rfc3339.h"

namespace fuzz {
namespace {

/// Reads from the front of a line; any breach of the rules makes it bad for good.
class Scanner {
public:
    explicit Scanner(const std::string& line) : line_(line) {}

    [[nodiscard]] bool bad() const { return bad_; }
    [[nodiscard]] bool at_end() const { return at_ == line_.size(); }

    char next() {
        if (at_end()) {
            bad_ = true;
            return '\0';
        }
        return line_[at_++];
    }
    void expect(char wanted) {
        if (next() != wanted) {
            bad_ = true;
        }
    }
    /// A key (up to `=`) or a value (up to a space).
    std::string token(char stop) {
        if (!at_end() && line_[at_] == '"') {
            ++at_;
            return quoted();
        }
        std::string text;
        while (!at_end() && line_[at_] != stop) {
            const char c = next();
            if (c == '"' || c == '=' || c == ' ') {
                bad_ = true;  // would have been quoted
            }
            text += c;
        }
        return text;
    }

private:
    std::string quoted() {
        std::string text;
        while (!bad_) {
            const char c = next();
            if (bad_ || c == '"') {
                return text;
            }
            if (c == '\\') {
                text += escape();
            } else {
                text += c;
            }
        }
        return text;
    }
    std::string escape() {
        switch (const char kind = next(); kind) {
            case 'a':
                return "\a";
            case 'b':
                return "\b";
            case 'f':
                return "\f";
            case 'n':
                return "\n";
            case 'r':
                return "\r";
            case 't':
                return "\t";
            case 'v':
                return "\v";
            case '"':
            case '\\':
                return {kind};
            case 'x':
                return {static_cast<char>(hex(2))};
            case 'u':
                return utf8(hex(4));
            case 'U':
                return utf8(hex(8));
            default:
                bad_ = true;
                return {};
        }
    }
    unsigned long hex(int digits) {
        unsigned long value = 0;
        for (int i = 0; i < digits; ++i) {
            const std::string all = "0123456789abcdef";
            char c = next();
            if (c >= 'A' && c <= 'F') {
                c = static_cast<char>(c - 'A' + 'a');
            }
            const std::size_t digit = all.find(c);
            if (bad_ || digit == std::string::npos) {
                bad_ = true;
                return 0;
            }
            value = value * 16 + digit;
        }
        return value;
    }
    std::string utf8(unsigned long code) {
        if (code > 0x10FFFF) {
            bad_ = true;
            return {};
        }
        if (code < 0x80) {
            return {static_cast<char>(code)};
        }
        std::string tail;
        unsigned long lead = code;
        unsigned long room = 0x3F;  // what fits into the lead byte of the next longer form
        unsigned long mark = 0x00;
        while (lead > room || tail.empty()) {
            tail.insert(tail.begin(), static_cast<char>(0x80 | (lead % 64)));
            lead /= 64;
            room = tail.size() == 1 ? 0x1F : tail.size() == 2 ? 0x0F : 0x07;
            mark = tail.size() == 1 ? 0xC0 : tail.size() == 2 ? 0xE0 : 0xF0;
        }
        return static_cast<char>(mark | lead) + tail;
    }

    const std::string& line_;
    std::size_t at_ = 0;
    bool bad_ = false;
};

}  // namespace

std::optional<Pairs> reference_pairs(const std::string& line) {
    Scanner scanner(line);
    Pairs pairs;
    while (!scanner.at_end()) {
        if (!pairs.empty()) {
            scanner.expect(' ');
        }
        const std::string key = scanner.token('=');
        scanner.expect('=');
        const std::string value = scanner.token(' ');
        if (scanner.bad() || key.empty()) {
            return std::nullopt;
        }
        pairs.emplace_back(key, value);
    }
    return pairs;
}

std::string reference_verdict(const std::string& line) {
    const auto pairs = reference_pairs(line);
    if (!pairs) {
        return "malformed";
    }
    const auto key = [&](std::size_t i) { return i < pairs->size() ? (*pairs)[i].first : ""; };
    if (key(0) != "time" || key(1) != "level" || key(2) != "msg") {
        return "not_slog";
    }
    if (!base::parse_rfc3339((*pairs)[0].second)) {
        return "bad_time";
    }
    const std::string level_and_message = (*pairs)[1].second + " " + (*pairs)[2].second;
    const bool verdict = level_and_message == "INFO ALLOW" || level_and_message == "WARN DENY";
    return verdict && key(3) == "method" && key(4) == "url" && key(5) == "host" ? "decision"
                                                                                : "notice";
}

}  // namespace fuzz
