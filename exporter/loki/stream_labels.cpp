// SPDX-License-Identifier: MIT
#include "exporter/loki/stream_labels.h"

#include <algorithm>

#include "base/utf8.h"

namespace exporter {

std::string stream_labels_text(const base::Labels& labels) {
    std::string text = "{";
    std::string valid;
    for (const auto& [name, value] : labels) {
        if (text.size() > 1) {
            text += ", ";
        }
        text.append(name).append("=\"");
        valid.clear();
        base::append_valid_utf8(valid, value);
        for (const char c : valid) {
            if (c == '\\' || c == '"') {
                text += '\\';
            }
            if (c == '\n') {
                text += "\\n";
            } else {
                text += c;
            }
        }
        text += '"';
    }
    text += '}';
    return text;
}

base::Labels parse_stream_labels(std::string_view text) {
    base::Labels labels;
    std::size_t at = text.find_first_not_of("{, ");
    while (at < text.size() && text[at] != '}') {
        const std::size_t equals = text.find('=', at);
        if (equals == std::string_view::npos) {
            break;
        }
        base::Label label{text.substr(at, equals - at), ""};
        std::size_t i = equals + 2;
        for (; i < text.size() && text[i] != '"'; ++i) {
            if (text[i] == '\\' && i + 1 < text.size()) {
                ++i;
                label.second += text[i] == 'n' ? '\n' : text[i];
            } else {
                label.second += text[i];
            }
        }
        labels.push_back(std::move(label));
        at = std::min(text.find_first_not_of(", ", i + 1), text.size());
    }
    return labels;
}

std::string stream_labels_json(const base::Labels& labels) {
    std::string json = "{";
    for (const auto& [name, value] : labels) {
        if (json.size() > 1) {
            json += ',';
        }
        base::append_json_string(json, name);
        json += ':';
        base::append_json_string(json, value);
    }
    json += '}';
    return json;
}

bool is_label_name(std::string_view name) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (c >= '0' && c <= '9');
    };
    return !name.empty() && (name.front() < '0' || name.front() > '9') &&
           std::ranges::all_of(name, fits);
}

bool is_of_the_entry(std::string_view name) noexcept {
    return name == "decision" || name == "tool" || name == "late";
}

}  // namespace exporter
