// SPDX-License-Identifier: MIT
#include "exporter/disk/dead_letters.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "base/own_file.h"
#include "base/utf8.h"
#include "exporter/loki/stream_labels.h"

namespace exporter {

void append_ndjson_entry(std::string& out, std::string_view labels_json, std::int64_t timestamp_ns,
                         std::string_view line, std::span<const base::LabelView> metadata) {
    out.append(R"("stream":)").append(labels_json);
    out.append(R"(,"timestamp":")").append(std::to_string(timestamp_ns));
    out.append(R"(","line":)");
    base::append_json_string(out, line);
    out.append(R"(,"structured_metadata":{)");
    bool first = true;
    for (const auto& [name, value] : metadata) {
        out.append(first ? "" : ",");
        first = false;
        base::append_json_string(out, name);
        out += ':';
        base::append_json_string(out, value);
    }
    out += '}';
}

base::Result<DeadLetters> DeadLetters::open(const std::string& folder) {
    if (auto made = base::make_own_folder(folder); !made) {
        return tl::unexpected(made.error());
    }
    std::string path = folder + "/rejected.ndjson";
    auto fd = base::open_own(path, O_RDWR | O_CREAT | O_APPEND);
    if (!fd) {
        return tl::unexpected(fd.error());
    }
    char last = '\n';
    const ::off_t size = ::lseek(fd->get(), 0, SEEK_END);
    const bool torn = size > 0 && ::pread(fd->get(), &last, 1, size - 1) == 1 && last != '\n';
    return DeadLetters(std::move(path), std::move(*fd), torn);
}

base::Result<void> DeadLetters::add_rejected(const base::Labels& labels, const DecodedEntry& entry,
                                             std::string_view reason, std::string_view detail) {
    std::string line = R"({"reason":)";
    base::append_json_string(line, reason);
    line += R"(,"detail":)";
    base::append_json_string(line, readable_(detail));
    line += ',';
    append_ndjson_entry(line, stream_labels_json(labels), entry.timestamp_ns, entry.line,
                        entry.metadata);
    return append(line);
}

base::Result<void> DeadLetters::add_unparsed(std::string_view session, std::string_view text,
                                             std::string_view reason) {
    std::string line = R"({"reason":)";
    base::append_json_string(line, reason);
    line += R"(,"session":)";
    base::append_json_string(line, session);
    line += R"(,"text":)";
    base::append_json_string(line, text);
    return append(line);
}

base::Result<void> DeadLetters::append(std::string& line) {
    line += "}\n";
    if (torn_) {
        line.insert(0, 1, '\n');
    }
    // One write: a letter is torn only by a full disk or a power cut, and then spoils no other.
    const ::ssize_t written = ::write(fd_.get(), line.data(), line.size());
    if (written == static_cast<::ssize_t>(line.size())) {
        torn_ = false;
        return {};
    }
    torn_ = torn_ || written > 0;
    return base::system_failure("cannot write", path_, written < 0 ? errno : ENOSPC);
}

base::Result<void> DeadLetters::sync() {
    if (::fdatasync(fd_.get()) != 0) {
        return base::system_failure("cannot sync", path_);
    }
    return {};
}

}  // namespace exporter
