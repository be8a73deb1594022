// SPDX-License-Identifier: MIT
#include "bridge/daemon/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include "base/own_file.h"
#include "bridge/console/answer_text.h"

namespace bridge {

base::Result<StateFolder> StateFolder::open(const std::string& path,
                                            std::uint64_t spool_max_bytes) {
    if (auto made = base::make_own_folder(path); !made) {
        return tl::unexpected(made.error());
    }
    const std::string lock_path = path + "/lock";
    auto lock = base::open_own(lock_path, O_RDWR | O_CREAT);
    if (!lock) {
        return tl::unexpected(lock.error());
    }
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
        return base::failure("another boundary-loki uses the state folder " + path +
                             "; stop it, or give this one its own --state-dir");
    }
    auto spool = exporter::Spool::open(path + "/spool", spool_max_bytes);
    if (!spool) {
        return tl::unexpected(spool.error());
    }
    auto dead_letters = exporter::DeadLetters::open(path + "/dead-letter");
    if (!dead_letters) {
        return tl::unexpected(dead_letters.error());
    }
    dead_letters->set_reader(without_secrets);
    return StateFolder(CheckpointFile(path + "/checkpoint"), std::move(*lock), std::move(*spool),
                       std::move(*dead_letters));
}

base::Result<void> StateFolder::save_checkpoint(const Checkpoint& checkpoint) {
    return checkpoint_.save_whole([&checkpoint](CheckpointWriter& writer) {
        writer.begin_whole(checkpoint.clean);
        write(writer, checkpoint);
    });
}

}  // namespace bridge
