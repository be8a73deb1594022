// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint.h"

#include "base/utf8.h"
#include "bridge/daemon/checkpoint_format.h"

namespace bridge {
namespace {

/// What is gathered before it is written.
constexpr std::size_t kPieceBytes = 32U << 10U;

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

}  // namespace

void CheckpointWriter::head(std::string_view name, bool clean) {
    text_ += '{';
    append_number(text_, name, checkpoint_format::kVersion);
    text_.append(clean ? "\"clean\":true}\n" : "\"clean\":false}\n");
}

void CheckpointWriter::begin_whole(bool clean) { head(checkpoint_format::kWholeName, clean); }

void CheckpointWriter::begin_changes(bool clean) { head(checkpoint_format::kChangesName, clean); }

void CheckpointWriter::folder(std::string_view path) {
    if (folder_ != path || folder_.empty()) {
        folder_ = path;
        text_ += '{';
        append_text(text_, "folder", path);
        close(text_);
    }
}

void CheckpointWriter::file(std::string_view its_folder, const tailer::FileProgress& progress) {
    folder(its_folder);
    text_ += '{';
    append_text(text_, "name", progress.name.text());
    append_number(text_, "inode", progress.identity.inode);
    append_number(text_, "birth_ns", progress.identity.birth_ns);
    append_number(text_, "offset", progress.offset);
    if (progress.counts.known()) {
        append_number(text_, "decisions", progress.counts.decisions);
        append_number(text_, "lines", progress.counts.lines);
    }
    if (progress.fingerprint != 0) {
        append_number(text_, progress.ahead == 0 ? "fingerprint" : "fingerprint_ahead",
                      progress.fingerprint);
    }
    if (progress.ahead != 0) {
        append_number(text_, "ahead", progress.ahead);
    }
    if (!progress.session.empty()) {
        append_text(text_, "session", progress.session);
    }
    close(text_);
    flush();
}

void CheckpointWriter::gone(std::string_view its_folder, std::uint64_t inode) {
    folder(its_folder);
    text_ += '{';
    append_number(text_, "inode", inode);
    text_ += "\"gone\":true}\n";
    flush();
}

void CheckpointWriter::stream(std::string_view labels, std::int64_t newest_ns) {
    text_ += '{';
    append_text(text_, "stream", labels);
    append_number(text_, "newest_ns", newest_ns);
    close(text_);
    flush();
}

void CheckpointWriter::kept(std::uint64_t origin) {
    text_ += '{';
    append_number(text_, "kept", origin);
    close(text_);
    flush();
}

void CheckpointWriter::segment(std::uint64_t newest) {
    text_ += '{';
    append_number(text_, "segment", newest);
    close(text_);
}

void CheckpointWriter::spool_id(std::uint64_t id) {
    text_ += '{';
    append_number(text_, "spool_id", id);
    close(text_);
}

void CheckpointWriter::spooled(const exporter::Spool::Segment& segment) {
    text_ += '{';
    append_number(text_, "spooled", segment.sequence);
    append_text(text_, "labels", segment.labels);
    close(text_);
    for (const exporter::Holding& holding : segment.holds) {
        text_ += '{';
        append_text(text_, "of", holding.session);
        append_text(text_, holding.decisions ? "decisions" : "notices", holding.numbers);
        append_number(text_, "first_ns", holding.first_ns);
        close(text_);
        flush();
    }
}

void CheckpointWriter::unspooled(std::uint64_t sequence) {
    text_ += '{';
    append_number(text_, "unspooled", sequence);
    close(text_);
    flush();
}

void CheckpointWriter::flush() {
    if (text_.size() < kPieceBytes) {
        return;
    }
    crc_ = checkpoint_format::crc_of(text_, crc_);
    bytes_ += text_.size();
    if (result_) {
        result_ = write_(text_);
    }
    text_.clear();
}

base::Result<void> CheckpointWriter::end() {
    crc_ = checkpoint_format::crc_of(text_, crc_);
    const std::string last = checkpoint_format::end_line(crc_);
    crc_ = checkpoint_format::crc_of(last, crc_);
    text_ += last;
    bytes_ += text_.size();
    return result_ ? write_(text_) : result_;
}

void write(CheckpointWriter& writer, const Checkpoint& checkpoint) {
    for (const auto& [folder, files] : checkpoint.files) {
        for (const auto& file : files) {
            writer.file(folder, file);
        }
    }
    for (const auto& [stream, newest_ns] : checkpoint.high_water) {
        writer.stream(stream, newest_ns);
    }
    for (const std::uint64_t origin : checkpoint.kept_origins) {
        writer.kept(origin);
    }
    writer.segment(checkpoint.newest_segment);
    writer.spool_id(checkpoint.spool_id);
    for (const auto& segment : checkpoint.segments) {
        writer.spooled(segment);
    }
}

std::string encode_checkpoint(const Checkpoint& checkpoint) {
    std::string out;
    CheckpointWriter writer(
        [&out](std::string_view piece) {
            out += piece;
            return base::Result<void>();
        },
        0);
    writer.begin_whole(checkpoint.clean);
    write(writer, checkpoint);
    static_cast<void>(writer.end());
    return out;
}

}  // namespace bridge
