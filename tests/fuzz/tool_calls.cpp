// SPDX-License-Identifier: MIT
#include <string>
#include <variant>

#include "bridge/toolcall/hook.h"
#include "tailer/toolcalls/toolcall_parser.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

std::optional<tailer::ToolCallRecord> parse(std::string_view line) {
    static tailer::ToolCallParser parser;
    std::string padded(line);
    padded.append(tailer::kJsonPadding, '\xFF');
    return parser.parse(std::string_view(padded).substr(0, line.size()));
}

/// What was written is read back the same, as one line.
void check_round_trip(const tailer::ToolCallRecord& record) {
    const std::string line = tailer::encode_toolcall(record);
    check(line.find('\n') == line.size() - 1, "a record is one line");
    const auto again = parse(std::string_view(line).substr(0, line.size() - 1));
    check(again && again->index() == record.index(), "a record is read back");
    check(tailer::encode_toolcall(*again) == line, "a record is read back the same");
}

}  // namespace

void hook_event(std::string_view bytes) {
    if (const auto record = bridge::toolcall_of_hook(bytes, 1'780'000'000'000'000'000)) {
        check_round_trip(*record);
    }
}

void journal(std::string_view bytes) {
    if (const auto record = parse(bytes.substr(0, bytes.find('\n')))) {
        check_round_trip(*record);
    }
}

}  // namespace fuzz
