// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "bridge/daemon/checkpoint_file.h"
#include "exporter/loki_exporter.h"
#include "tailer/files/known_files.h"

namespace bridge {

/// Makes durable how far the files are settled, each stream's newest entry and what is spooled: the
/// whole of it where `disk` wants that, else what has changed since the last time. `clean` says
/// that nothing sent is still in doubt. On an Error the earlier checkpoint stands.
[[nodiscard]] base::Result<void> write_checkpoint(CheckpointFile& disk, tailer::KnownFiles& files,
                                                  exporter::LokiExporter& exporter, bool clean);

}  // namespace bridge
