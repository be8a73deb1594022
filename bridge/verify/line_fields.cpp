// SPDX-License-Identifier: MIT
#include "bridge/verify/line_fields.h"

#include <algorithm>
#include <string>

namespace bridge::verify {
namespace {

constexpr std::string_view kRequestWord = "boundary_request ";
constexpr std::string_view kForPeople = ": boundary_request ";

/// Length of the quoted string at the front of `text`; 0 when it does not end.
std::size_t quoted_length(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

}  // namespace

bool LineFields::read_json(std::string_view line, const Take& take) {
    simdjson::dom::element root;
    std::string_view message;
    simdjson::dom::object fields;
    if (parser_.parse(line.data(), line.size()).get(root) != simdjson::SUCCESS ||
        root["msg"].get(message) != simdjson::SUCCESS ||
        root["fields"].get(fields) != simdjson::SUCCESS) {
        return false;
    }
    take("msg", message);
    for (const auto& [name, value] : fields) {
        std::string_view text;
        std::uint64_t number = 0;
        bool yes = false;
        if (value.get(text) == simdjson::SUCCESS) {
            take(name, text);
        } else if (value.get(number) == simdjson::SUCCESS) {
            take(name, std::to_string(number));
        } else if (value.get(yes) == simdjson::SUCCESS) {
            take(name, yes ? "true" : "false");
        } else {
            return false;
        }
    }
    return true;
}

bool LineFields::read_pairs(std::string_view pairs, const Take& take) {
    for (;;) {
        pairs.remove_prefix(std::min(pairs.find_first_not_of(' '), pairs.size()));
        if (pairs.empty()) {
            return true;
        }
        const std::size_t equals = pairs.find_first_of("= ");
        if (equals == std::string_view::npos || pairs[equals] == ' ') {
            return false;
        }
        const std::string_view name = pairs.substr(0, equals);
        pairs.remove_prefix(equals + 1);
        std::string_view value;
        std::size_t length = std::min(pairs.find(' '), pairs.size());
        if (pairs.starts_with('"')) {
            length = quoted_length(pairs);
            simdjson::dom::element unquoted;
            if (length == 0) {
                return false;
            }
            if (value_parser_.parse(pairs.data(), length).get(unquoted) != simdjson::SUCCESS ||
                unquoted.get(value) != simdjson::SUCCESS) {
                value = pairs.substr(1, length - 2);  // Go knows more escapes than JSON
            }
        } else {
            value = pairs.substr(0, length);
        }
        take(name, value);
        pairs.remove_prefix(length);
    }
}

bool LineFields::read(std::string_view line, const Take& take) {
    if (line.starts_with('{')) {
        return read_json(line, take);
    }
    const std::size_t word = line.starts_with(kRequestWord) ? 0 : line.find(kForPeople);
    if (word == std::string_view::npos) {
        return read_pairs(line, take);
    }
    take("msg", kRequestWord.substr(0, kRequestWord.size() - 1));
    return read_pairs(line.substr(line.find("request ", word) + 8), take);
}

}  // namespace bridge::verify
