// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "bridge/daemon/checkpoint_file.h"
#include "exporter/disk/dead_letters.h"
#include "exporter/disk/spool.h"
#include "exporter/loki/loki_client.h"

namespace bridge {

/// Identifies whom a spool is for: the server's address and the tenant. One server under two
/// addresses counts as two.
[[nodiscard]] std::string spool_target(const exporter::LokiSettings& loki);

/// What a daemon keeps on disk: `lock`, `checkpoint`, `target`, `spool/`, `dead-letter/`; mode
/// 0700. One process owns it at a time: open() fails while another holds the lock, which the kernel
/// releases when that process ends, however it ends.
class StateFolder {
public:
    /// `target` says which server and tenant the spool is for; empty = any. What was spooled for
    /// another target is never pushed to this one: it waits in a folder `spool-of-<hash>` until
    /// that is the target again.
    [[nodiscard]] static base::Result<StateFolder> open(const std::string& path,
                                                        std::uint64_t spool_max_bytes,
                                                        const std::string& target = "");

    /// Spools that wait for other targets.
    struct WaitingSpool {
        std::string folder;
        std::string target;
    };
    [[nodiscard]] const std::vector<WaitingSpool>& waiting_spools() const { return waiting_; }

    /// What the last process wrote, or nothing if there is none. An Error means a damaged
    /// checkpoint; it is safe to go on without one.
    [[nodiscard]] base::Result<std::optional<Checkpoint>> load_checkpoint() const {
        return checkpoint_.load();
    }
    /// Writes all of it.
    [[nodiscard]] base::Result<void> save_checkpoint(const Checkpoint& checkpoint);
    [[nodiscard]] CheckpointFile& checkpoint() { return checkpoint_; }

    [[nodiscard]] exporter::Spool& spool() { return spool_; }
    /// Says of which target its segments are: the numbers of another's are the same.
    [[nodiscard]] std::uint64_t spool_id() const { return spool_id_; }
    [[nodiscard]] exporter::DeadLetters& dead_letters() { return dead_letters_; }

private:
    StateFolder(CheckpointFile checkpoint, base::UniqueFd lock, exporter::Spool spool,
                exporter::DeadLetters dead_letters)
        : checkpoint_(std::move(checkpoint)),
          lock_(std::move(lock)),
          spool_(std::move(spool)),
          dead_letters_(std::move(dead_letters)) {}

    CheckpointFile checkpoint_;
    base::UniqueFd lock_;
    exporter::Spool spool_;
    exporter::DeadLetters dead_letters_;
    std::vector<WaitingSpool> waiting_;
    std::uint64_t spool_id_ = 0;
};

}  // namespace bridge
