// SPDX-License-Identifier: MIT
#include "bridge/suggest/allow_rule.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace bridge::suggest {
namespace {

bool is_word_character(char c) { return base::is_letter(c) || base::is_digit(c); }

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

int hex_value(char c) {
    if (base::is_digit(c)) {
        return c - '0';
    }
    const char small = base::lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool is_escape(std::string_view text) {
    return text.size() >= 3 && text[0] == '%' && hex_value(text[1]) >= 0 && hex_value(text[2]) >= 0;
}

bool is_method_character(char c) { return is_word_character(c) || is_one_of(c, "!#$%&'*+-.^_`|~"); }

/// RFC 3986's pchar, but for the comma, which divides paths.
bool is_path_character(char c) { return is_word_character(c) || is_one_of(c, "-._~!$&'()*+;=:@"); }

std::size_t segment_length(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size()) {
        if (is_escape(text.substr(length))) {
            length += 3;
        } else if (is_path_character(text[length])) {
            ++length;
        } else {
            break;
        }
    }
    return length;
}

std::size_t label_length(std::string_view text) {
    if (text.starts_with('*')) {
        return 1;
    }
    std::size_t length = 0;
    while (length < text.size() && (is_word_character(text[length]) || text[length] == '-')) {
        ++length;
    }
    return length;
}

/// Reads a rule from its front.
class RuleText {
public:
    explicit RuleText(std::string_view text) : rest_(text) { rule_.raw = text; }

    base::Result<AllowRule> read() {
        while (!rest_.empty()) {
            std::optional<std::string> wrong;
            if (take("method=")) {
                wrong = methods();
            } else if (take("domain=")) {
                wrong = domain();
            } else if (take("path=")) {
                wrong = paths();
            } else {
                wrong = "method=, domain= or path= has to stand before `" + front() + "`";
            }
            if (wrong) {
                return base::failure(*wrong);
            }
            while (!rest_.empty() && is_one_of(rest_.front(), " \t\n")) {
                rest_.remove_prefix(1);
            }
        }
        return rule_;
    }

private:
    bool take(std::string_view text) {
        const bool there = rest_.starts_with(text);
        rest_.remove_prefix(there ? text.size() : 0);
        return there;
    }
    std::string take(std::size_t length) {
        std::string taken(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return taken;
    }
    [[nodiscard]] std::string front() const { return std::string(rest_.substr(0, 40)); }

    std::optional<std::string> methods() {
        do {
            if (rest_.empty()) {
                return "a method is missing";
            }
            const auto* const end = std::ranges::find_if_not(rest_, is_method_character);
            rule_.methods.push_back(take(static_cast<std::size_t>(end - rest_.begin())));
        } while (take(","));
        return std::nullopt;
    }
    std::optional<std::string> domain() {
        const std::size_t before = rule_.domain.size();
        do {
            const std::size_t length = label_length(rest_);
            const std::string label(rest_.substr(0, length));
            if (label != "*" && !is_label_pattern(label)) {
                return "no name of a domain begins with `" + front() + "`";
            }
            rule_.domain.push_back(take(length));
        } while (take("."));
        if (rule_.domain.size() - before > 1 && rule_.domain.back() == "*") {
            return "a domain cannot end with *";
        }
        return std::nullopt;
    }
    std::optional<std::string> paths() {
        do {
            std::vector<std::string> segments;
            for (bool more = true; more;) {
                take("/");
                const std::size_t length = segment_length(rest_);
                if (length == 0) {
                    break;
                }
                if (rest_.front() == '*' && rest_.size() > 1 && !is_one_of(rest_[1], "/, \t\n")) {
                    return "a * has to be a whole segment of the path: `" + front() + "`";
                }
                segments.push_back(take(rest_.front() == '*' ? 1 : length));
                more = rest_.starts_with('/');
            }
            rule_.paths.push_back(std::move(segments));
        } while (take(","));
        return std::nullopt;
    }

    AllowRule rule_;
    std::string_view rest_;
};

bool domain_matches(const std::vector<std::string>& pattern, std::string_view host) {
    std::vector<std::string_view> labels;
    for (;;) {
        const std::size_t dot = host.find('.');
        labels.push_back(host.substr(0, dot));
        if (dot == std::string_view::npos) {
            break;
        }
        host.remove_prefix(dot + 1);
    }
    if (pattern.size() > labels.size()) {
        return false;
    }
    const std::size_t more = labels.size() - pattern.size();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != "*" && pattern[i] != labels[more + i]) {
            return false;
        }
    }
    return more == 0 || pattern.front() == "*";
}

}  // namespace

base::Result<AllowRule> parse_allow_rule(std::string_view text) { return RuleText(text).read(); }

base::Result<Target> target_of(std::string_view http_url) {
    constexpr std::string_view kSchemeEnd = "://";
    const std::size_t scheme = http_url.find(kSchemeEnd);
    if (scheme == std::string_view::npos) {
        return base::failure("no URL");
    }
    http_url.remove_prefix(scheme + kSchemeEnd.size());
    http_url = http_url.substr(0, http_url.find_first_of("?#"));
    const std::size_t slash = std::min(http_url.find('/'), http_url.size());
    std::string_view host = http_url.substr(0, slash);
    Target target;
    if (host.starts_with('[')) {
        host = host.substr(1, host.find(']') - 1);
    } else {
        host = host.substr(0, host.rfind(':'));
    }
    target.host = host;
    std::string_view path = http_url.substr(slash);
    if (!path.starts_with('/')) {
        return target;
    }
    path.remove_prefix(1);
    target.segments.emplace_back();
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        if (c == '%') {
            if (!is_escape(path.substr(i))) {
                return base::failure("an escape in the URL is broken");
            }
            c = static_cast<char>(hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]));
            i += 2;
        }
        if (c == '/') {
            target.segments.emplace_back();
        } else {
            target.segments.back() += c;
        }
    }
    return target;
}

bool path_matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    if (pattern.size() > path.size()) {
        return false;
    }
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != "*" && pattern[i] != path[i]) {
            return false;
        }
    }
    return pattern.empty() || pattern.size() == path.size() || pattern.back() == "*";
}

bool matches(const AllowRule& rule, std::string_view method, const Target& target) {
    const auto is_method = [method](const std::string& each) {
        return each == method || each == "*";
    };
    return (rule.methods.empty() || std::ranges::any_of(rule.methods, is_method)) &&
           (rule.domain.empty() || domain_matches(rule.domain, target.host)) &&
           (rule.paths.empty() || std::ranges::any_of(rule.paths, [&](const auto& pattern) {
                return path_matches(pattern, target.segments);
            }));
}

bool is_method_pattern(std::string_view method) {
    return !method.empty() && method != "*" && std::ranges::all_of(method, is_method_character);
}

bool is_label_pattern(std::string_view label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' && label.front() != '*' &&
           label_length(label) == label.size();
}

bool is_segment_pattern(std::string_view segment) {
    return !segment.empty() && segment.front() != '*' && segment_length(segment) == segment.size();
}

}  // namespace bridge::suggest
