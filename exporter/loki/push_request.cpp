// SPDX-License-Identifier: MIT
#include "exporter/loki/push_request.h"

#include <algorithm>
#include <bit>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <snappy-sinksource.h>
#include <snappy.h>

#include "base/nanoseconds.h"
#include "base/text_buffer.h"

namespace exporter {
namespace {

constexpr protozero::pbf_tag_type kRequestStreams = 1;
constexpr protozero::pbf_tag_type kStreamLabels = 1;
constexpr protozero::pbf_tag_type kStreamEntries = 2;
constexpr protozero::pbf_tag_type kEntryTimestamp = 1;
constexpr protozero::pbf_tag_type kEntryLine = 2;
constexpr protozero::pbf_tag_type kEntryMetadata = 3;
constexpr protozero::pbf_tag_type kPairName = 1;
constexpr protozero::pbf_tag_type kPairValue = 2;
constexpr protozero::pbf_tag_type kTimestampSeconds = 1;
constexpr protozero::pbf_tag_type kTimestampNanos = 2;

/// Seven bits a byte; protozero's own counts in a loop, some thirty times a decision.
constexpr std::size_t varint_size(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1U)) + 6) / 7;
}

/// Bytes that a length-delimited field of one-byte tag takes.
constexpr std::size_t field_size(std::size_t length) { return 1 + varint_size(length) + length; }

/// Proto3 leaves a default value out, and so does Loki's own encoder.
std::size_t varint_field_size(std::uint64_t value) {
    return value == 0 ? 0 : 1 + varint_size(value);
}
std::size_t string_field_size(std::string_view value) {
    return value.empty() ? 0 : field_size(value.size());
}

protozero::data_view data(std::string_view text) { return {text.data(), text.size()}; }
std::string_view text(protozero::data_view view) { return {view.data(), view.size()}; }

void add_string(protozero::pbf_writer& writer, protozero::pbf_tag_type tag,
                std::string_view value) {
    if (!value.empty()) {
        writer.add_bytes(tag, data(value));
    }
}

/// Writes fields into room that is known to suffice: the sizes of an entry are worked out first,
/// and protozero's own writer would check and grow at every field, of which a decision has some
/// thirty.
class FieldWriter {
public:
    explicit FieldWriter(char* at) : at_(at) {}

    void varint(std::uint64_t value) {
        while (value >= 0x80) {
            *at_++ = static_cast<char>(value | 0x80U);
            value >>= 7U;
        }
        *at_++ = static_cast<char>(value);
    }
    /// What follows is a nested message of this size, or the bytes of a string.
    void length(protozero::pbf_tag_type tag, std::size_t size) {
        *at_++ = static_cast<char>(tag << 3U | 2U);
        varint(size);
    }
    void number(protozero::pbf_tag_type tag, std::uint64_t value) {
        if (value != 0) {
            *at_++ = static_cast<char>(tag << 3U);
            varint(value);
        }
    }
    void string(protozero::pbf_tag_type tag, std::string_view value) {
        if (!value.empty()) {
            length(tag, value.size());
            at_ = base::copy_text(at_, value);
        }
    }

private:
    char* at_;
};

struct Timestamp {
    std::int64_t seconds;
    std::int64_t nanos;
};

Timestamp split(std::int64_t timestamp_ns) {
    const std::int64_t rest = timestamp_ns % base::kNanosPerSecond;
    return {base::whole_seconds(timestamp_ns), rest < 0 ? rest + base::kNanosPerSecond : rest};
}

/// As in protobuf, a field of another type than the wanted one counts as unknown.
bool is_number(const protozero::pbf_reader& reader, protozero::pbf_tag_type tag) {
    return reader.tag() == tag && reader.has_wire_type(protozero::pbf_wire_type::varint);
}
bool is_bytes(const protozero::pbf_reader& reader, protozero::pbf_tag_type tag) {
    return reader.tag() == tag && reader.has_wire_type(protozero::pbf_wire_type::length_delimited);
}

std::int64_t read_timestamp(protozero::pbf_reader reader) {
    // Unsigned, because the whole seconds of the lowest instants do not fit.
    std::uint64_t timestamp_ns = 0;
    while (reader.next()) {
        if (is_number(reader, kTimestampSeconds)) {
            timestamp_ns += static_cast<std::uint64_t>(reader.get_int64()) * base::kNanosPerSecond;
        } else if (is_number(reader, kTimestampNanos)) {
            timestamp_ns += static_cast<std::uint64_t>(reader.get_int32());
        } else {
            reader.skip();
        }
    }
    return static_cast<std::int64_t>(timestamp_ns);
}

base::LabelView read_pair(protozero::pbf_reader reader) {
    base::LabelView pair;
    while (reader.next()) {
        if (is_bytes(reader, kPairName)) {
            pair.name = text(reader.get_view());
        } else if (is_bytes(reader, kPairValue)) {
            pair.value = text(reader.get_view());
        } else {
            reader.skip();
        }
    }
    return pair;
}

/// All of a PushRequest that stands in front of its entries.
std::string request_head(std::string_view labels, std::size_t entries_size) {
    std::string out;
    protozero::pbf_writer request(out);
    protozero::pbf_writer stream(request, kRequestStreams,
                                 string_field_size(labels) + entries_size);
    add_string(stream, kStreamLabels, labels);
    return out;
}

/// Text that snappy reads as one, without a copy of it.
class TwoPieces final : public snappy::Source {
public:
    TwoPieces(std::string_view first, std::string_view second) : front_(first), back_(second) {}

    [[nodiscard]] std::size_t Available() const override { return front_.size() + back_.size(); }
    const char* Peek(std::size_t* length) override {
        if (front_.empty()) {
            std::swap(front_, back_);
        }
        *length = front_.size();
        return front_.data();
    }
    void Skip(std::size_t bytes) override {
        const std::size_t of_front = std::min(bytes, front_.size());
        front_.remove_prefix(of_front);
        back_.remove_prefix(bytes - of_front);
    }

private:
    std::string_view front_;
    std::string_view back_;
};

}  // namespace

void append_entry(std::string& out, const Entry& entry) {
    const Timestamp stamp = split(entry.timestamp_ns);
    const auto seconds = static_cast<std::uint64_t>(stamp.seconds);
    const auto nanos = static_cast<std::uint64_t>(stamp.nanos);
    const std::size_t stamp_size = varint_field_size(seconds) + varint_field_size(nanos);
    std::size_t entry_size = field_size(stamp_size) + string_field_size(entry.line);
    for (const auto& pair : entry.metadata) {
        entry_size += field_size(string_field_size(pair.name) + string_field_size(pair.value));
    }

    const std::size_t begin = out.size();
    out.resize(begin + field_size(entry_size));
    FieldWriter writer(out.data() + begin);
    writer.length(kStreamEntries, entry_size);
    writer.length(kEntryTimestamp, stamp_size);
    writer.number(kTimestampSeconds, seconds);
    writer.number(kTimestampNanos, nanos);
    writer.string(kEntryLine, entry.line);
    for (const auto& pair : entry.metadata) {
        writer.length(kEntryMetadata, string_field_size(pair.name) + string_field_size(pair.value));
        writer.string(kPairName, pair.name);
        writer.string(kPairValue, pair.value);
    }
}

std::string push_request(std::string_view labels, std::string_view entries) {
    return request_head(labels, entries.size()).append(entries);
}

std::string without_metadata(std::string_view entries) {
    std::string out;
    out.reserve(entries.size());
    for (const auto& entry : decode_entries(entries)) {
        append_entry(out, {entry.timestamp_ns, entry.line, {}, {}});
    }
    return out;
}

std::vector<DecodedEntry> decode_entries(std::string_view entries) {
    std::vector<DecodedEntry> decoded;
    protozero::pbf_reader stream(entries.data(), entries.size());
    while (stream.next(kStreamEntries, protozero::pbf_wire_type::length_delimited)) {
        DecodedEntry entry;
        protozero::pbf_reader message = stream.get_message();
        while (message.next()) {
            if (is_bytes(message, kEntryTimestamp)) {
                entry.timestamp_ns = read_timestamp(message.get_message());
            } else if (is_bytes(message, kEntryLine)) {
                entry.line = text(message.get_view());
            } else if (is_bytes(message, kEntryMetadata)) {
                entry.metadata.push_back(read_pair(message.get_message()));
            } else {
                message.skip();
            }
        }
        decoded.push_back(std::move(entry));
    }
    return decoded;
}

std::pair<std::string_view, std::string> decode_push_request(std::string_view request) {
    std::string_view labels;
    std::string entries;
    protozero::pbf_reader outer(request.data(), request.size());
    while (outer.next(kRequestStreams, protozero::pbf_wire_type::length_delimited)) {
        const std::string_view stream = text(outer.get_view());
        protozero::pbf_reader inner(stream.data(), stream.size());
        if (inner.next(kStreamLabels, protozero::pbf_wire_type::length_delimited)) {
            labels = text(inner.get_view());
            entries = text(inner.data());  // all behind them
        }
    }
    return {labels, std::move(entries)};
}

std::string_view PushBody::of(std::string_view labels, std::string_view entries) {
    const std::string head = request_head(labels, entries.size());
    const std::size_t capacity = snappy::MaxCompressedLength(head.size() + entries.size());
    if (capacity > capacity_) {
        block_ = std::make_unique_for_overwrite<char[]>(capacity);
        capacity_ = capacity;
    }
    TwoPieces request(head, entries);
    snappy::UncheckedByteArraySink block(block_.get());
    return {block_.get(), snappy::Compress(&request, &block)};
}

}  // namespace exporter
