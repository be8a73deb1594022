// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <simdjson.h>
#include <zlib.h>

#include "base/utf8.h"

namespace bridge {
namespace {

constexpr std::int64_t kVersion = 3;
constexpr std::string_view kWholeName = "boundary_loki_checkpoint";
constexpr std::string_view kChangesName = "changed";
constexpr std::string_view kChangesStart = "{\"changed\":";
constexpr std::string_view kEndName = "{\"crc32\":";
/// What is gathered before it is written.
constexpr std::size_t kPieceBytes = 32U << 10U;

std::uint32_t crc_of(std::string_view text, std::uint32_t before) {
    return static_cast<std::uint32_t>(
        ::crc32_z(before, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

std::string end_line(std::uint32_t crc) {
    return std::string(kEndName) + std::to_string(crc) + "}\n";
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

/// Reads the lines of all groups.
class Reader {
public:
    /// Of a text of so many lines.
    explicit Reader(std::size_t lines) : lines_(lines) {}

    /// False when the line does not fit.
    bool head(std::string_view line) {
        simdjson::dom::element object;
        std::int64_t version = 0;
        if (!parse(line, object) ||
            object[groups_ == 0 ? kWholeName : kChangesName].get(version) != simdjson::SUCCESS ||
            version < 1 || version > kVersion || (groups_ > 0 && version != version_) ||
            object["clean"].get(result_.clean) != simdjson::SUCCESS) {
            return false;
        }
        if (version == 1 && (groups_ > 0 || object["files"].get(files_) != simdjson::SUCCESS ||
                             object["streams"].get(streams_) != simdjson::SUCCESS)) {
            return false;
        }
        version_ = version;
        folder_ = nullptr;
        ++groups_;
        return true;
    }

    bool body(std::string_view line) {
        simdjson::dom::element object;
        if (!parse(line, object)) {
            return false;
        }
        std::string_view folder;
        if (object["folder"].get(folder) == simdjson::SUCCESS) {
            enter(folder);
            if (version_ != 1) {
                return true;
            }
        }
        if (object["stream"].error() == simdjson::SUCCESS) {
            return stream(object);
        }
        std::uint64_t origin = 0;
        if (object["kept"].get(origin) == simdjson::SUCCESS) {
            result_.kept_origins.push_back(origin);
            return true;
        }
        if (object["segment"].error() == simdjson::SUCCESS) {
            return object["segment"].get(result_.newest_segment) == simdjson::SUCCESS;
        }
        return folder_ != nullptr &&
               (object["gone"].error() == simdjson::SUCCESS ? gone(object) : file(object));
    }

    [[nodiscard]] bool fits_its_head() const {
        return version_ != 1 || (files_read_ == files_ && result_.high_water.size() == streams_);
    }
    [[nodiscard]] std::size_t groups() const { return groups_; }
    [[nodiscard]] std::int64_t version() const { return version_; }

    Checkpoint finish() {
        for (auto& [folder, files] : result_.files) {
            if (groups_ > 1) {
                keep_newest(files);
            }
        }
        std::erase_if(result_.files, [](const auto& folder) { return folder.second.empty(); });
        result_.read = true;
        return std::move(result_);
    }

private:
    bool parse(std::string_view line, simdjson::dom::element& object) {
        return parser_.parse(line.data(), line.size()).get(object) == simdjson::SUCCESS;
    }
    void enter(std::string_view folder) {
        folder_ = &result_.files[std::string(folder)];
        if (result_.files.size() == 1) {
            folder_->reserve(lines_);  // mostly it is the only one; growing would copy a great many
        }
    }
    void add(tailer::FileProgress file) {
        folder_->push_back(std::move(file));
        ++files_read_;
    }
    bool file(simdjson::dom::element object) {
        tailer::FileProgress file;
        std::string_view name;
        if (object["name"].get(name) != simdjson::SUCCESS ||
            object["inode"].get(file.identity.inode) != simdjson::SUCCESS ||
            object["birth_ns"].get(file.identity.birth_ns) != simdjson::SUCCESS ||
            object["offset"].get(file.offset) != simdjson::SUCCESS) {
            return false;
        }
        std::uint64_t fingerprint = 0;
        if (object["fingerprint"].get(fingerprint) == simdjson::SUCCESS) {
            file.fingerprint = static_cast<std::uint32_t>(fingerprint);
        }
        file.counts = counts(object);
        std::string_view session;
        if (object["session"].get(session) == simdjson::SUCCESS) {
            file.session = session;
        }
        file.name = tailer::CompactName(name);
        add(std::move(file));
        return true;
    }
    static tailer::LineCounts counts(simdjson::dom::element object) {
        std::uint64_t decisions = 0;
        std::uint64_t lines = 0;
        if (object["decisions"].get(decisions) != simdjson::SUCCESS ||
            object["lines"].get(lines) != simdjson::SUCCESS ||
            decisions >= tailer::LineCounts::kUnknown) {
            return tailer::LineCounts::unknown();
        }
        return {static_cast<std::uint32_t>(decisions), static_cast<std::uint32_t>(lines)};
    }
    /// Kept as a file without a name until finish().
    bool gone(simdjson::dom::element object) {
        tailer::FileProgress file;
        if (object["inode"].get(file.identity.inode) != simdjson::SUCCESS) {
            return false;
        }
        add(std::move(file));
        return true;
    }
    bool stream(simdjson::dom::element object) {
        std::string_view stream;
        std::int64_t newest_ns = 0;
        if (object["stream"].get(stream) != simdjson::SUCCESS ||
            object["newest_ns"].get(newest_ns) != simdjson::SUCCESS) {
            return false;
        }
        result_.high_water.insert_or_assign(std::string(stream), newest_ns);
        return true;
    }
    /// Of each inode the last that was said.
    static void keep_newest(std::vector<tailer::FileProgress>& files) {
        std::vector<std::size_t> order(files.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            order[i] = i;
        }
        const auto inode = [&files](std::size_t i) { return files[i].identity.inode; };
        std::ranges::stable_sort(order, {}, inode);
        std::vector<bool> outdated(files.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            const bool last = i + 1 == order.size() || inode(order[i]) != inode(order[i + 1]);
            outdated[order[i]] = !last || files[order[i]].name.empty();
        }
        std::size_t kept = 0;
        for (std::size_t i = 0; i < files.size(); ++i) {
            if (!outdated[i]) {
                if (kept != i) {
                    files[kept] = std::move(files[i]);
                }
                ++kept;
            }
        }
        files.resize(kept);
    }

    simdjson::dom::parser parser_;
    Checkpoint result_;
    std::size_t lines_;
    std::vector<tailer::FileProgress>* folder_ = nullptr;  ///< whose files are being told
    std::size_t files_read_ = 0;
    std::size_t groups_ = 0;
    std::int64_t version_ = 0;
    std::uint64_t files_ = 0;
    std::uint64_t streams_ = 0;
};

/// Where the group that starts at `begin` ends, if it is whole. `crc` is that of all before it, and
/// then of all up to its end.
std::optional<std::size_t> end_of_group(std::string_view text, std::size_t begin,
                                        std::uint32_t& crc) {
    std::uint32_t sum = crc;
    for (std::size_t at = begin; at < text.size();) {
        const std::size_t newline = text.find('\n', at);
        if (newline == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view line = text.substr(at, newline + 1 - at);
        if (line.starts_with(kEndName)) {
            if (line != end_line(sum)) {
                return std::nullopt;
            }
            crc = crc_of(line, sum);
            return newline + 1;
        }
        sum = crc_of(line, sum);
        at = newline + 1;
    }
    return std::nullopt;
}

}  // namespace

void CheckpointWriter::head(std::string_view name, bool clean) {
    text_ += '{';
    append_number(text_, name, kVersion);
    text_.append(clean ? "\"clean\":true}\n" : "\"clean\":false}\n");
}

void CheckpointWriter::begin_whole(bool clean) { head(kWholeName, clean); }

void CheckpointWriter::begin_changes(bool clean) { head(kChangesName, clean); }

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
        append_number(text_, "fingerprint", progress.fingerprint);
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

void CheckpointWriter::flush() {
    if (text_.size() < kPieceBytes) {
        return;
    }
    crc_ = crc_of(text_, crc_);
    bytes_ += text_.size();
    if (result_) {
        result_ = write_(text_);
    }
    text_.clear();
}

base::Result<void> CheckpointWriter::end() {
    crc_ = crc_of(text_, crc_);
    const std::string last = end_line(crc_);
    crc_ = crc_of(last, crc_);
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

base::Result<Checkpoint> decode_checkpoint(std::string_view text) {
    Reader reader(static_cast<std::size_t>(std::ranges::count(text, '\n')));
    std::uint32_t crc = 0;
    std::size_t line_number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = end_of_group(text, begin, crc);
        if (!end) {
            // What follows a group that was changed on disk is lost with it; only at the very end
            // this is what a sudden end leaves.
            const bool more = text.find(kEndName, begin) != std::string_view::npos &&
                              text.find(kChangesStart, begin + 1) != std::string_view::npos;
            if (begin == 0 || reader.version() == 1 || more) {
                return base::failure("checkpoint is cut off, damaged, or not one of ours");
            }
            break;
        }
        for (bool first = true; begin < *end; first = false) {
            const std::size_t newline = text.find('\n', begin);
            const std::string_view line = text.substr(begin, newline - begin);
            begin = newline + 1;
            ++line_number;
            if (!first && begin == *end) {
                break;  // the sum, which was checked
            }
            if (!(first ? reader.head(line) : reader.body(line))) {
                return base::failure(
                    "checkpoint line " + std::to_string(line_number) +
                    " is damaged, or of a version that this program does not know");
            }
        }
        if (!reader.fits_its_head() || (reader.version() == 1 && *end < text.size())) {
            return base::failure("checkpoint lacks lines, or has some too many");
        }
    }
    if (reader.groups() == 0) {
        return base::failure("checkpoint is empty");
    }
    return reader.finish();
}

}  // namespace bridge
