// SPDX-License-Identifier: MIT
#include "bridge/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>

#include "bridge/base/durable_file.h"

namespace bridge {

base::Result<StateFolder> StateFolder::open(const std::string& path,
                                            std::uint64_t spool_max_bytes) {
    if (auto made = base::make_private_folder(path); !made) {
        return tl::unexpected(made.error());
    }
    const std::string lock_path = path + "/lock";
    base::UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.valid()) {
        return base::system_failure("cannot open", lock_path);
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
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
    return StateFolder(path, std::move(lock), std::move(*spool), std::move(*dead_letters));
}

base::Result<std::optional<Checkpoint>> StateFolder::load_checkpoint() const {
    const auto text = base::read_whole(path_ + "/checkpoint");
    if (!text) {
        if (text.error().code == ENOENT) {
            return std::nullopt;
        }
        return tl::unexpected(text.error());
    }
    auto checkpoint = decode_checkpoint(*text);
    if (!checkpoint) {
        return tl::unexpected(checkpoint.error());
    }
    return std::optional(std::move(*checkpoint));
}

base::Result<void> StateFolder::save_checkpoint(const Checkpoint& checkpoint) const {
    return base::replace_durably(path_ + "/checkpoint", encode_checkpoint(checkpoint));
}

}  // namespace bridge
