// SPDX-License-Identifier: MIT
#include "bridge/daemon/checkpoint_writing.h"

#include "bridge/daemon/checkpoint.h"

namespace bridge {
namespace {

void write_all_files(CheckpointWriter& writer, const tailer::KnownFiles& files) {
    files.for_each_unseen([&](const std::string& folder, const tailer::FileProgress& file) {
        writer.file(folder, file);
    });
    files.for_each([&](tailer::FileId, const tailer::KnownFile& file) {
        if (!file.gone) {
            writer.file(files.folder(file.folder), tailer::progress_so_far(file));
        }
    });
}

void write_changed_files(CheckpointWriter& writer, tailer::KnownFiles& files) {
    for (const tailer::FileId id : files.take_changed()) {
        const tailer::KnownFile& file = files.file(id);
        if (!file.gone) {
            writer.file(files.folder(file.folder), tailer::progress_so_far(file));
        } else if (!files.is_replaced(file)) {
            writer.gone(files.folder(file.folder), file.identity.inode);
        }
    }
}

}  // namespace

base::Result<void> write_checkpoint(CheckpointFile& disk, tailer::KnownFiles& files,
                                    exporter::LokiExporter& exporter, std::uint64_t spool_id,
                                    bool clean) {
    const bool whole = disk.wants_whole();
    exporter::KeptOrigins& origins = exporter.origins();
    origins.forget_if([&files](const exporter::Ticket& ticket) {
        return !files.knows(ticket.source) || files.file(ticket.source).settled >= ticket.position;
    });
    const exporter::Backlog& backlog = exporter.backlog();
    const auto fill = [&](CheckpointWriter& writer) {
        const auto name = [&writer](const auto& segment) { writer.spooled(segment); };
        const auto keep = [&writer](std::uint64_t origin) { writer.kept(origin); };
        if (whole) {
            writer.begin_whole(clean);
            static_cast<void>(files.take_changed());
            write_all_files(writer, files);
            origins.for_each(keep);
            writer.spool_id(spool_id);
            backlog.for_each_named(name);
        } else {
            writer.begin_changes(clean);
            write_changed_files(writer, files);
            origins.for_each_unsaved(keep);
            backlog.for_each_unsaved(name);
            for (const std::uint64_t sequence : backlog.unnamed()) {
                writer.unspooled(sequence);
            }
        }
        for (const auto& [stream, newest_ns] : exporter.high_water()) {
            writer.stream(stream, newest_ns);
        }
        writer.segment(exporter.newest_segment());
    };
    auto written = whole ? disk.save_whole(fill) : disk.append(fill);
    if (written) {
        origins.saved();
    }
    return written;
}

}  // namespace bridge
