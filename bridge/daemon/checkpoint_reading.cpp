// SPDX-License-Identifier: MIT
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <simdjson.h>

#include "bridge/daemon/checkpoint.h"
#include "bridge/daemon/checkpoint_format.h"
#include "bridge/daemon/checkpoint_text.h"
#include "tailer/files/told_files.h"

namespace bridge {
namespace {

/// Reads the lines of all groups.
class Reader {
public:
    /// False when the line does not fit.
    bool head(std::string_view line) {
        simdjson::dom::element object;
        std::int64_t version = 0;
        if (!parse(line, object) ||
            object[groups_ == 0 ? checkpoint_format::kWholeName : checkpoint_format::kChangesName]
                    .get(version) != simdjson::SUCCESS ||
            version < checkpoint_format::kOldestVersion || version > checkpoint_format::kVersion ||
            (groups_ > 0 && version != version_) ||
            object["clean"].get(result_.clean) != simdjson::SUCCESS) {
            return false;
        }
        version_ = version;
        result_.names_segments = version >= checkpoint_format::kNamesSegments;
        folder_ = nullptr;
        segment_ = nullptr;
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
            folder_ = &folders_[std::string(folder)];
            return true;
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
        if (object["spool_id"].error() == simdjson::SUCCESS) {
            return object["spool_id"].get(result_.spool_id) == simdjson::SUCCESS;
        }
        if (object["spooled"].error() == simdjson::SUCCESS) {
            return spooled(object);
        }
        if (object["of"].error() == simdjson::SUCCESS) {
            return holding(object);
        }
        std::uint64_t sequence = 0;
        if (object["unspooled"].get(sequence) == simdjson::SUCCESS) {
            segments_.erase(sequence);
            segment_ = nullptr;
            return true;
        }
        return folder_ != nullptr &&
               (object["gone"].error() == simdjson::SUCCESS ? gone(object) : file(object));
    }

    [[nodiscard]] std::size_t groups() const { return groups_; }

    Checkpoint finish() {
        for (auto& [folder, told] : folders_) {
            if (auto files = told.take(); !files.empty()) {
                result_.files.emplace(folder, std::move(files));
            }
        }
        for (auto& [sequence, segment] : segments_) {
            result_.segments.push_back(std::move(segment));
        }
        result_.read = true;
        return std::move(result_);
    }

private:
    bool parse(std::string_view line, simdjson::dom::element& object) {
        return parser_.parse(line.data(), line.size()).get(object) == simdjson::SUCCESS;
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
        std::uint64_t ahead = 0;
        if (object["fingerprint"].get(fingerprint) == simdjson::SUCCESS ||
            (object["fingerprint_ahead"].get(fingerprint) == simdjson::SUCCESS &&
             object["ahead"].get(ahead) == simdjson::SUCCESS)) {
            file.fingerprint = static_cast<std::uint32_t>(fingerprint);
            file.ahead = static_cast<std::uint32_t>(ahead);
        }
        file.counts = counts(object);
        std::string_view session;
        if (object["session"].get(session) == simdjson::SUCCESS) {
            file.session = session;
        }
        file.name = tailer::CompactName(name);
        folder_->tell(std::move(file));
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
    bool gone(simdjson::dom::element object) {
        std::uint64_t inode = 0;
        if (object["inode"].get(inode) != simdjson::SUCCESS) {
            return false;
        }
        folder_->forget(inode);
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
    bool spooled(simdjson::dom::element object) {
        exporter::Spool::Segment segment;
        std::string_view labels;
        if (object["spooled"].get(segment.sequence) != simdjson::SUCCESS ||
            object["labels"].get(labels) != simdjson::SUCCESS) {
            return false;
        }
        segment.labels = labels;
        segment_ = &segments_[segment.sequence];
        *segment_ = std::move(segment);
        return true;
    }
    /// Of the segment that was told last.
    bool holding(simdjson::dom::element object) {
        std::string_view session;
        std::string_view numbers;
        exporter::Holding holding;
        holding.decisions = object["decisions"].get(numbers) == simdjson::SUCCESS;
        if (segment_ == nullptr || object["of"].get(session) != simdjson::SUCCESS ||
            (!holding.decisions && object["notices"].get(numbers) != simdjson::SUCCESS) ||
            object["first_ns"].get(holding.first_ns) != simdjson::SUCCESS ||
            !exporter::Numbers::parse(numbers)) {
            return false;
        }
        holding.session = session;
        holding.numbers = numbers;
        segment_->holds.push_back(std::move(holding));
        return true;
    }

    simdjson::dom::parser parser_;
    Checkpoint result_;
    std::map<std::string, tailer::ToldFiles> folders_;
    tailer::ToldFiles* folder_ = nullptr;  ///< whose files are being told
    std::map<std::uint64_t, exporter::Spool::Segment> segments_;
    exporter::Spool::Segment* segment_ = nullptr;  ///< whose holdings are being told
    std::size_t groups_ = 0;
    std::int64_t version_ = 0;
};

/// Where the group that starts at `begin` ends, if it is whole. `crc` is that of all before it, and
/// then of all up to its end.
std::optional<std::uint64_t> end_of_group(CheckpointText& text, std::uint64_t begin,
                                          std::uint32_t& crc) {
    std::uint32_t sum = crc;
    std::uint64_t at = begin;
    while (true) {
        const std::string_view line = text.line(at);
        if (!line.ends_with('\n')) {
            return std::nullopt;
        }
        at += line.size();
        if (line.starts_with(checkpoint_format::kEndName)) {
            if (line != checkpoint_format::end_line(sum)) {
                return std::nullopt;
            }
            crc = checkpoint_format::crc_of(line, sum);
            return at;
        }
        sum = checkpoint_format::crc_of(line, sum);
    }
}

/// Whether another group seems to follow the one that starts at `begin`.
bool goes_on_behind(CheckpointText& text, std::uint64_t begin) {
    bool ends = false;
    bool goes_on = false;
    std::uint64_t at = begin;
    for (auto line = text.line(at); !line.empty(); line = text.line(at)) {
        ends = ends || line.find(checkpoint_format::kEndName) != std::string_view::npos;
        const auto next = line.find(checkpoint_format::kChangesStart, at == begin ? 1 : 0);
        goes_on = goes_on || next != std::string_view::npos;
        at += line.size();
    }
    return ends && goes_on;
}

base::Result<Checkpoint> decode(CheckpointText& text) {
    Reader reader;
    std::uint32_t crc = 0;
    std::size_t line_number = 0;
    for (std::uint64_t begin = 0; !text.line(begin).empty();) {
        const auto end = end_of_group(text, begin, crc);
        if (!end) {
            // What follows a group that was changed on disk is lost with it; only at the very end
            // this is what a sudden end leaves.
            if (begin == 0 || goes_on_behind(text, begin)) {
                return base::failure("checkpoint is cut off, damaged, or not one of ours");
            }
            break;
        }
        for (bool first = true; begin < *end; first = false) {
            const std::string_view line = text.line(begin);
            begin += line.size();
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
    }
    if (reader.groups() == 0) {
        return base::failure("checkpoint is empty");
    }
    return reader.finish();
}

}  // namespace

base::Result<Checkpoint> decode_checkpoint(CheckpointText& text) {
    auto decoded = decode(text);
    if (!text.result()) {
        return tl::unexpected(text.result().error());
    }
    return decoded;
}

base::Result<Checkpoint> decode_checkpoint(std::string_view text) {
    CheckpointText pieces([text](std::span<char> to, std::uint64_t offset) {
        return base::Result<std::size_t>(text.substr(offset).copy(to.data(), to.size()));
    });
    return decode_checkpoint(pieces);
}

}  // namespace bridge
