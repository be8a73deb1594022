// SPDX-License-Identifier: MIT
#include "tailer/line_builder.h"

#include <algorithm>

#include "bridge/base/rfc3339.h"
#include "bridge/base/utf8.h"

namespace tailer {
namespace {

/// go-logfmt's rule, which Loki's `| logfmt` follows.
bool needs_quotes(std::string_view value) {
    return std::ranges::any_of(value, [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=' ||
               c == '\x7f';
    });
}

void append_logfmt_value(std::string& out, std::string_view key, std::string_view value) {
    // Dashboards made for coderd's text find the domain by `http_url=https://...` and want it bare,
    // even with a `=` in its query; it has no other byte that would need quotes. Loki's `| logfmt`
    // then passes over this one pair and reads the others.
    if (key != "http_url" && needs_quotes(value)) {
        base::append_json_string(out, value);
    } else {
        base::append_valid_utf8(out, value);
    }
}

/// A logfmt key may hold no space, quote, `=` or control byte, and must not be empty.
void append_logfmt_key(std::string& out, std::string_view key) {
    if (key.empty()) {
        out += '_';
    }
    for (const char c : key) {
        const bool bad = static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' ||
                         static_cast<unsigned char>(c) >= 0x7F;
        out += bad ? '_' : c;
    }
}

}  // namespace

void LineBuilder::begin(std::int64_t timestamp_ns, std::string_view level,
                        std::string_view message) {
    line_.clear();
    first_field_ = true;
    if (format_ == LineFormat::Json) {
        line_ += R"({"ts":")";
        base::append_rfc3339_nano(line_, timestamp_ns);
        line_ += R"(","level":)";
        base::append_json_string(line_, level);
        line_ += R"(,"msg":)";
        base::append_json_string(line_, message);
        line_ += R"(,"logger_names":["boundary-loki"],"fields":{)";
        return;
    }
    if (message == "boundary_request") {
        line_ += message;
        first_field_ = false;
        return;
    }
    field("level", level);
    field("msg", message);
}

void LineBuilder::begin_fields() {
    line_.clear();
    first_field_ = true;
}

void LineBuilder::separate() {
    if (!first_field_) {
        line_ += format_ == LineFormat::Json ? ',' : ' ';
    }
    first_field_ = false;
}

void LineBuilder::field(std::string_view name, std::string_view value) { put(name, value, false); }

void LineBuilder::our_field(std::string_view name, std::string_view value) {
    put(name, value, true);
}

void LineBuilder::put(std::string_view name, std::string_view value, bool our_name) {
    if (value.empty()) {
        return;
    }
    separate();
    if (format_ == LineFormat::Json) {
        if (our_name) {
            line_ += '"';
            line_ += name;
            line_ += "\":";
        } else {
            base::append_json_string(line_, name);
            line_ += ':';
        }
        base::append_json_string(line_, value);
    } else {
        append_logfmt_key(line_, name);
        line_ += '=';
        append_logfmt_value(line_, name, value);
    }
}

void LineBuilder::prepared(std::string_view fields) {
    if (!fields.empty()) {
        separate();
        line_ += fields;
    }
}

std::string_view LineBuilder::finish() {
    if (format_ == LineFormat::Json) {
        line_ += "}}";
    }
    return line_;
}

}  // namespace tailer
