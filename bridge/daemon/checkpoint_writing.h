// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "bridge/daemon/checkpoint_file.h"
#include "exporter/loki_exporter.h"
#include "tailer/files/known_files.h"

namespace bridge {

/// `spool_id` is StateFolder::spool_id().
/// Makes durable how far each file is settled, each stream's newest entry and what is spooled: all
/// of it if `disk` wants a whole save, else what has changed since the last one. `clean` says that
/// nothing sent is in doubt. After an Error the previous checkpoint still stands.
[[nodiscard]] base::Result<void> write_checkpoint(CheckpointFile& disk, tailer::KnownFiles& files,
                                                  exporter::LokiExporter& exporter,
                                                  std::uint64_t spool_id, bool clean);

}  // namespace bridge
