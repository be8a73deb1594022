// SPDX-License-Identifier: MIT
#include "bridge/daemon/state_folder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>

#include "base/durable_file.h"
#include "base/own_file.h"
#include "bridge/console/answer_text.h"

namespace bridge {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOfAnother = "spool-of-";
constexpr std::size_t kLongestTarget = 64U << 10U;

/// The same in every version: FNV-1a, 64 bits (draft-eastlake-fnv).
std::uint64_t target_hash(std::string_view target) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : target) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
    }
    return hash;
}

std::string folder_of_target(const std::string& state, std::string_view target) {
    const std::uint64_t hash = target_hash(target);
    std::array<char, 17> digits{};
    static_cast<void>(std::snprintf(digits.data(), digits.size(), "%016llx",
                                    static_cast<unsigned long long>(hash)));
    return state + "/" + std::string(kOfAnother) + digits.data();
}

base::Result<void> move_folder(const std::string& from, const std::string& to) {
    std::error_code code;
    fs::rename(from, to, code);
    if (code) {
        return base::failure("cannot move " + from + " to " + to + ": " + code.message(),
                             code.value());
    }
    return {};
}

/// Whether there is more than the name of whom it is for.
bool holds_segments(const std::string& spool) {
    std::error_code ignored;
    const fs::directory_iterator files(spool, ignored);
    return std::any_of(begin(files), end(files),
                       [](const auto& file) { return file.path().filename() != "target"; });
}

bool is_there(const std::string& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

/// Makes `spool` the one of this target. Each step leaves what the next start can go on from: the
/// spool of the other one is away before this one's name is written.
base::Result<void> give_each_target_its_spool(const std::string& state, const std::string& target) {
    const std::string spool = state + "/spool";
    const std::string name = state + "/target";
    const std::string old = base::read_own(name, kLongestTarget).value_or("");
    if (!old.empty() && old != target && holds_segments(spool)) {
        auto moved = base::replace_durably(spool + "/target", old).and_then([&] {
            return move_folder(spool, folder_of_target(state, old));
        });
        if (!moved) {
            return moved;
        }
    }
    if (old != target) {
        if (auto written = base::replace_durably(name, target); !written) {
            return written;
        }
    }
    if (const std::string own = folder_of_target(state, target); is_there(own)) {
        std::error_code ignored;
        if (!holds_segments(spool)) {
            fs::remove_all(spool, ignored);
            return move_folder(own, spool);
        }
    }
    return {};
}

std::vector<StateFolder::WaitingSpool> find_waiting(const std::string& state) {
    std::vector<StateFolder::WaitingSpool> waiting;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(state, ignored)) {
        const std::string path = entry.path().string();
        if (entry.path().filename().string().starts_with(kOfAnother) && holds_segments(path)) {
            waiting.push_back(
                {path, base::read_own(path + "/target", kLongestTarget).value_or("")});
        }
    }
    return waiting;
}

}  // namespace

std::string spool_target(const exporter::LokiSettings& loki) {
    std::string url = exporter::without_end_slashes(loki.url);
    // The same VictoriaLogs: without it nothing was taken, and who mends the address wants the rest
    // delivered.
    constexpr std::string_view kVictoriaLogs = "/insert";
    if (url.ends_with(kVictoriaLogs)) {
        url.resize(url.size() - kVictoriaLogs.size());
        url = exporter::without_end_slashes(std::move(url));
    }
    return loki.tenant.empty() ? url : url + " tenant " + loki.tenant;
}

base::Result<StateFolder> StateFolder::open(const std::string& path, std::uint64_t spool_max_bytes,
                                            const std::string& target) {
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
    if (!target.empty()) {
        if (auto given = give_each_target_its_spool(path, target); !given) {
            return tl::unexpected(given.error());
        }
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
    StateFolder state(CheckpointFile(path + "/checkpoint"), std::move(*lock), std::move(*spool),
                      std::move(*dead_letters));
    state.waiting_ = find_waiting(path);
    state.spool_id_ = target_hash(target);
    return state;
}

base::Result<void> StateFolder::save_checkpoint(const Checkpoint& checkpoint) {
    return checkpoint_.save_whole([&checkpoint](CheckpointWriter& writer) {
        writer.begin_whole(checkpoint.clean);
        write(writer, checkpoint);
    });
}

}  // namespace bridge
