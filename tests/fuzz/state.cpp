// SPDX-License-Identifier: MIT
#include <string>

#include <protozero/exception.hpp>
#include <zlib.h>

#include "bridge/daemon/checkpoint.h"
#include "exporter/disk/holding.h"
#include "exporter/loki/push_request.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

/// A checkpoint ends in a sum that no fuzzer would hit; here it is right, so that what stands
/// before it is read.
std::string with_right_sum(std::string_view bytes) {
    std::string text(bytes.substr(0, bytes.rfind("{\"crc32\":")));
    const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
    return text + "{\"crc32\":" + std::to_string(sum) + "}\n";
}

void check_checkpoint(const std::string& bytes) {
    const auto decoded = bridge::decode_checkpoint(bytes);
    if (!decoded) {
        check(!decoded.error().message.empty(), "an error says what is wrong");
        return;
    }
    const std::string text = bridge::encode_checkpoint(*decoded);
    const auto again = bridge::decode_checkpoint(text);
    check(again && bridge::encode_checkpoint(*again) == text, "a checkpoint is read back");
}

}  // namespace

void checkpoint(std::string_view bytes) {
    check_checkpoint(std::string(bytes));
    check_checkpoint(with_right_sum(bytes));
}

void spool_segment(std::string_view bytes) {
    try {
        const auto [labels, entries] = exporter::decode_push_request(bytes);
        const auto decoded = exporter::decode_entries(entries);
        std::string again;
        for (const auto& entry : decoded) {
            exporter::append_entry(again, {entry.timestamp_ns, entry.line, entry.metadata, {}});
        }
        check(exporter::decode_entries(again).size() == decoded.size(), "entries are read back");
        static_cast<void>(exporter::without_metadata(entries));
        for (const auto& holding : exporter::holdings_of(labels, entries)) {
            const auto numbers = exporter::Numbers::parse(holding.numbers);
            check(numbers && numbers->contains(numbers->lowest()), "numbers are read back");
        }
    } catch (const protozero::exception&) {  // what a damaged segment may throw, and nothing else
    }
}

}  // namespace fuzz
