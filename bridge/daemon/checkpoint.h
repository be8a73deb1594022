// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bridge/daemon/checkpoint_text.h"
#include "exporter/disk/spool.h"
#include "tailer/files/known_files.h"

namespace bridge {

/// What a daemon remembers across a restart.
struct Checkpoint {
    tailer::Progress files;
    /// Newest settled timestamp of each stream, by its label text.
    std::map<std::string, std::int64_t> high_water;
    /// Origins of entries that are durable although `files` has not moved past their lines yet (see
    /// exporter::KeptOrigins), and the newest spool segment that this covers.
    std::vector<std::uint64_t> kept_origins = {};
    std::uint64_t newest_segment = 0;
    /// Segments whose entries are nowhere else, with what each holds: see exporter::Backlog. They
    /// are of this spool.
    std::vector<exporter::Spool::Segment> segments = {};
    std::uint64_t spool_id = 0;
    /// Whether it names them: versions before 4 did not.
    bool names_segments = true;
    /// Written by an orderly shutdown: nothing was in flight to Loki.
    bool clean = false;
    bool read = false;  ///< loaded from a file; without one, nobody knows how the last run ended
    [[nodiscard]] bool writer_was_killed() const { return read && !clean; }
};

// The file holds JSON lines in groups. The first group is the whole state at one moment; it is
// written to a new file that replaces the old one. Each later group is appended and says what has
// changed since, so that writes grow with activity, not with the number of finished files.
//
//     {"boundary_loki_checkpoint":4,"clean":false}
//     {"folder":"/tmp/boundary_logs"}         of the files that follow
//     {"name":"boundary-....log","inode":7,"birth_ns":1,"offset":420,"decisions":2,"lines":3}
//     {"name":...,"fingerprint":123}          of what stands before the offset, where it is known
//     {"name":...,"fingerprint_ahead":123,"ahead":9}   9 bytes behind it, which had been read
//     {"name":...,"session":"boundary-..."}   of a file that was renamed since it was first seen
//     {"stream":"{job=\"boundary\"}","newest_ns":1}
//     {"kept":17446744073709551615}           origin of an entry, see KeptOrigins
//     {"segment":3}                           newest one of the spool
//     {"spool_id":5}                          whom the spool is for, see StateFolder
//     {"spooled":3,"labels":"{job=...}"}      a segment that waits, and what it holds: numbers of
//     {"of":"boundary-...","decisions":"0-5,7","first_ns":1}   decisions, or of notices
//     {"crc32":123}                           of all bytes before this line
//     {"changed":4,"clean":false}
//     {"unspooled":3}                         done with
//     {"folder":"/tmp/boundary_logs"}
//     {"name":"boundary-....log","inode":8,"birth_ns":2,"offset":0}
//     {"inode":7,"gone":true}
//     {"crc32":456}
//
// An incomplete last group was being written when the process died; it is ignored. Anything else
// that does not fit means that the file is damaged. Version 2 had neither `decisions` nor `lines`,
// which count what precedes the offset; a log file without them is counted once it grows. Version 3
// did not say what segments hold.

/// Writes one group to `write`, a few KiB at a time.
class CheckpointWriter {
public:
    using Write = std::function<base::Result<void>(std::string_view)>;

    /// `crc` covers all bytes before this group.
    CheckpointWriter(Write write, std::uint32_t crc) : write_(std::move(write)), crc_(crc) {}

    void begin_whole(bool clean);
    void begin_changes(bool clean);
    void file(std::string_view folder, const tailer::FileProgress& progress);
    void gone(std::string_view folder, std::uint64_t inode);
    void stream(std::string_view labels, std::int64_t newest_ns);
    void kept(std::uint64_t origin);
    void segment(std::uint64_t newest);
    void spool_id(std::uint64_t id);
    void spooled(const exporter::Spool::Segment& segment);
    void unspooled(std::uint64_t sequence);
    /// Ends the group. Returns the first Error of any write in it.
    [[nodiscard]] base::Result<void> end();

    [[nodiscard]] std::uint32_t crc() const { return crc_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    void head(std::string_view name, bool clean);
    void folder(std::string_view path);
    void flush();

    Write write_;
    std::uint32_t crc_;
    std::uint64_t bytes_ = 0;
    std::string text_;
    std::string folder_;
    base::Result<void> result_;
};

/// Writes everything but the head into a group that has begun.
void write(CheckpointWriter& writer, const Checkpoint& checkpoint);

/// A checkpoint as one whole group.
[[nodiscard]] std::string encode_checkpoint(const Checkpoint& checkpoint);

/// An Error unless this is a complete checkpoint of a known version. The caller then starts without
/// one: it reads all lines again, and Loki does not store twice what it already has. Each group is
/// read twice: nothing of it counts before its end has been seen.
[[nodiscard]] base::Result<Checkpoint> decode_checkpoint(CheckpointText& text);
[[nodiscard]] base::Result<Checkpoint> decode_checkpoint(std::string_view text);

}  // namespace bridge
