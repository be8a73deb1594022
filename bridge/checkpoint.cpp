// SPDX-License-Identifier: MIT
#include "bridge/checkpoint.h"

#include <string_view>

#include <simdjson.h>
#include <zlib.h>

#include "bridge/base/utf8.h"

namespace bridge {
namespace {

constexpr std::string_view kHead = R"({"boundary_loki_checkpoint":1,"clean":)";
constexpr std::string_view kEndName = "{\"crc32\":";

std::string end_line(std::string_view text) {
    const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
    return std::string(kEndName) + std::to_string(sum) + "}\n";
}

void append_text(std::string& out, std::string_view name, std::string_view value) {
    base::append_json_string(out, name);
    out += ':';
    base::append_json_string(out, value);
    out += ',';
}

template <typename Number>
void append_number(std::string& out, std::string_view name, Number value) {
    base::append_json_string(out, name);
    out += ':';
    out += std::to_string(value);
    out += ',';
}

/// Closes an object whose last member left a comma.
void close(std::string& out) {
    out.back() = '}';
    out += '\n';
}

bool read_file(simdjson::dom::element line, Checkpoint& checkpoint) {
    tailer::FileProgress file;
    std::string_view folder;
    std::string_view name;
    if (line["folder"].get(folder) != simdjson::SUCCESS ||
        line["name"].get(name) != simdjson::SUCCESS ||
        line["inode"].get(file.identity.inode) != simdjson::SUCCESS ||
        line["birth_ns"].get(file.identity.birth_ns) != simdjson::SUCCESS ||
        line["offset"].get(file.offset) != simdjson::SUCCESS) {
        return false;
    }
    std::string_view session;
    if (line["session"].get(session) == simdjson::SUCCESS) {
        file.session = session;
    }
    file.folder = folder;
    file.name = name;
    checkpoint.files.push_back(std::move(file));
    return true;
}

bool read_stream(simdjson::dom::element line, Checkpoint& checkpoint) {
    std::string_view stream;
    std::int64_t newest_ns = 0;
    if (line["stream"].get(stream) != simdjson::SUCCESS ||
        line["newest_ns"].get(newest_ns) != simdjson::SUCCESS) {
        return false;
    }
    checkpoint.high_water.emplace(stream, newest_ns);
    return true;
}

}  // namespace

std::string encode_checkpoint(const Checkpoint& checkpoint) {
    std::string out(kHead);
    out += checkpoint.clean ? "true," : "false,";
    append_number(out, "files", checkpoint.files.size());
    append_number(out, "streams", checkpoint.high_water.size());
    close(out);
    for (const auto& file : checkpoint.files) {
        out += '{';
        append_text(out, "folder", file.folder);
        append_text(out, "name", file.name);
        append_number(out, "inode", file.identity.inode);
        append_number(out, "birth_ns", file.identity.birth_ns);
        append_number(out, "offset", file.offset);
        if (!file.session.empty()) {
            append_text(out, "session", file.session);
        }
        close(out);
    }
    for (const auto& [stream, newest_ns] : checkpoint.high_water) {
        out += '{';
        append_text(out, "stream", stream);
        append_number(out, "newest_ns", newest_ns);
        close(out);
    }
    out += end_line(out);
    return out;
}

base::Result<Checkpoint> decode_checkpoint(const std::string& text) {
    const std::size_t body = text.rfind(kEndName);
    if (body == std::string::npos ||
        text.substr(body) != end_line(std::string_view(text).substr(0, body))) {
        return base::failure("checkpoint is cut off, damaged, or not one of ours");
    }
    Checkpoint checkpoint;
    simdjson::dom::parser parser;
    std::size_t line_number = 0;
    std::uint64_t files = 0;
    std::uint64_t streams = 0;
    for (std::size_t begin = 0; begin < body; ++line_number) {
        const std::size_t end = text.find('\n', begin);
        simdjson::dom::element line;
        bool good = parser.parse(text.data() + begin, end - begin).get(line) == simdjson::SUCCESS;
        if (good && line_number == 0) {
            std::int64_t version = 0;
            good = line["boundary_loki_checkpoint"].get(version) == simdjson::SUCCESS &&
                   version == 1 && line["clean"].get(checkpoint.clean) == simdjson::SUCCESS &&
                   line["files"].get(files) == simdjson::SUCCESS &&
                   line["streams"].get(streams) == simdjson::SUCCESS;
        } else if (good) {
            good = line["folder"].error() == simdjson::SUCCESS ? read_file(line, checkpoint)
                                                               : read_stream(line, checkpoint);
        }
        if (!good) {
            return base::failure("checkpoint line " + std::to_string(line_number + 1) +
                                 " is damaged");
        }
        begin = end + 1;
    }
    if (line_number == 0 || checkpoint.files.size() != files ||
        checkpoint.high_water.size() != streams) {
        return base::failure("checkpoint lacks lines");
    }
    return checkpoint;
}

}  // namespace bridge
