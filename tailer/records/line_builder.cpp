// SPDX-License-Identifier: MIT
#include "tailer/records/line_builder.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"

namespace tailer {
namespace {

constexpr std::string_view kJsonStart = R"({"ts":")";

/// go-logfmt's rule, which Loki's `| logfmt` follows.
bool needs_quotes(std::string_view value) {
    return std::ranges::any_of(value, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=' ||
               c == '\x7f';
    });
}

void put_logfmt_value(base::TextBuffer& out, std::string_view key, std::string_view value) {
    // Dashboards made for coderd's text find the domain by `http_url=https://...` and want it bare,
    // even with a `=` in its query; it has no other byte that would need quotes. Loki's `| logfmt`
    // then passes over this one pair and reads the others.
    if (key != "http_url" && needs_quotes(value)) {
        base::put_json_string(out, value);
    } else {
        std::string valid;
        base::append_valid_utf8(valid, value);
        out.put(valid);
    }
}

/// A logfmt key may hold no space, quote, `=` or control byte, and must not be empty.
void put_logfmt_key(base::TextBuffer& out, std::string_view key) {
    if (key.empty()) {
        out.put('_');
    }
    for (const char c : key) {
        const bool bad = static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' ||
                         static_cast<unsigned char>(c) >= 0x7F;
        out.put(bad ? '_' : c);
    }
}

}  // namespace

void LineBuilder::put_stamp(std::int64_t timestamp_ns) {
    line_.clear();
    first_field_ = true;
    behind_stamp_ = 0;
    if (format_ == LineFormat::Json) {
        line_.put(kJsonStart);
        line_.put(stamps_.text(timestamp_ns));
        behind_stamp_ = line_.size();
    }
}

void LineBuilder::begin(std::int64_t timestamp_ns, std::string_view level,
                        std::string_view message) {
    put_stamp(timestamp_ns);
    if (format_ == LineFormat::Json) {
        line_.put(R"(","level":)");
        base::put_json_string(line_, level);
        line_.put(R"(,"msg":)");
        base::put_json_string(line_, message);
        line_.put(R"(,"logger_names":["boundary-loki"],"fields":{)");
    } else if (message == "boundary_request") {
        line_.put(message);
        first_field_ = false;
    } else {
        field("level", level);
        field("msg", message);
    }
}

void LineBuilder::begin(std::int64_t timestamp_ns, std::string_view head) {
    put_stamp(timestamp_ns);
    line_.put(head);
    first_field_ = false;
}

std::string LineBuilder::head() const { return std::string(line_.view().substr(behind_stamp_)); }

void LineBuilder::separate() {
    if (!first_field_) {
        line_.put(format_ == LineFormat::Json ? ',' : ' ');
    }
    first_field_ = false;
}

void LineBuilder::put_name(const FieldName& name) {
    if (format_ == LineFormat::Json) {
        line_.put(name.json().substr(first_field_ ? 1 : 0));
        first_field_ = false;
    } else {
        separate();
        line_.put(name.name());
        line_.put('=');
    }
}

void LineBuilder::field(std::string_view name, std::string_view value) {
    if (value.empty()) {
        return;
    }
    separate();
    if (format_ == LineFormat::Json) {
        base::put_json_string(line_, name);
        line_.put(":");
        base::put_json_string(line_, value);
    } else {
        put_logfmt_key(line_, name);
        line_.put("=");
        put_logfmt_value(line_, name, value);
    }
}

void LineBuilder::our_field(const FieldName& name, std::string_view value) {
    if (value.empty()) {
        return;
    }
    put_name(name);
    if (format_ == LineFormat::Json) {
        base::put_json_string(line_, value);
    } else {
        put_logfmt_value(line_, name.name(), value);
    }
}

void LineBuilder::plain_field(const FieldName& name, std::string_view value) {
    if (value.empty()) {
        return;
    }
    put_name(name);
    if (format_ == LineFormat::Json) {
        line_.put('"');
        line_.put(value);
        line_.put('"');
    } else {
        put_logfmt_value(line_, name.name(), value);
    }
}

void LineBuilder::number_field(const FieldName& name, std::uint64_t value) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    put_name(name);
    line_.put({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void LineBuilder::true_field(const FieldName& name) {
    put_name(name);
    line_.put("true");
}

std::string_view LineBuilder::finish() {
    if (format_ == LineFormat::Json) {
        line_.put("}}");
    }
    return line_.view();
}

}  // namespace tailer
