// SPDX-License-Identifier: MIT
#include "bridge/doctor/daemon_side.h"

#include <charconv>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <simdjson.h>
#include <sys/file.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "bridge/console/answer_text.h"
#include "bridge/process/folder_claim.h"
#include "exporter/loki/loki_client.h"
#include "exporter/loki/push_outcome.h"

namespace bridge::doctor {
namespace {

constexpr std::chrono::seconds kMetricsLimit{5};
constexpr std::streamoff kNewestLetters = 1 << 20;

void look_at_lock(DaemonSide& side) {
    const std::string path = side.state_dir + "/lock";
    const base::UniqueFd lock(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!lock.valid()) {
        const int code = errno;
        side.lock = code == ENOENT ? DaemonSide::Lock::NoFolder : DaemonSide::Lock::Hidden;
        side.lock_trouble = base::system_failure("cannot open", path, code).value().message;
        return;
    }
    // Shared and for an instant, so that two doctors do not take each other for a daemon.
    const bool free = ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0;
    side.lock = free ? DaemonSide::Lock::Free : DaemonSide::Lock::Held;
}

std::uint64_t bytes_in(const std::string& folder) {
    std::uint64_t bytes = 0;
    std::error_code code;
    for (std::filesystem::directory_iterator entry(folder, code), end; !code && entry != end;
         entry.increment(code)) {
        std::error_code vanished;
        const auto size = entry->file_size(vanished);
        bytes += vanished ? 0 : size;
    }
    return bytes;
}

void count_refused(DaemonSide& side) {
    const std::string path = side.state_dir + "/dead-letter/rejected.ndjson";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, ignored))) {
        return;  // a FIFO would hold us up
    }
    std::ifstream file(path);
    file.seekg(0, std::ios::end);
    const std::streamoff size = file ? std::streamoff(file.tellg()) : 0;
    file.seekg(std::max<std::streamoff>(size - kNewestLetters, 0));
    simdjson::dom::parser parser;
    for (std::string line; std::getline(file, line);) {
        std::string_view reason;
        simdjson::dom::element letter;
        // Lines that were not understood lie here, too; they have no stream.
        if (parser.parse(line).get(letter) == simdjson::SUCCESS &&
            letter["stream"].error() == simdjson::SUCCESS &&
            letter["reason"].get(reason) == simdjson::SUCCESS) {
            ++side.refused[std::string(reason)];
        }
    }
}

void ask_for_metrics(DaemonSide& side) {
    exporter::LokiSettings server;
    server.url = "http://" + side.metrics_address;
    auto client = exporter::LokiClient::create(server);
    if (!client) {
        side.metrics_trouble = client.error().message;
        return;
    }
    const auto reply = (*client)->get("/metrics", {}, kMetricsLimit);
    if (reply.transport == exporter::Reply::Transport::Answered && reply.status == 200) {
        side.metrics = parse_metrics(reply.body);
        if (!side.metrics.contains("boundary_loki_lag_seconds")) {
            side.metrics_trouble = "what answers there is no boundary-loki";
        }
    } else {
        side.metrics_trouble = answer_text(reply);
    }
}

}  // namespace

std::map<std::string, double, std::less<>> parse_metrics(std::string_view text) {
    std::map<std::string, double, std::less<>> samples;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t space = line.rfind(' ');
        if (line.starts_with('#') || space == std::string_view::npos) {
            continue;
        }
        double value = 0;
        const char* stop = line.data() + line.size();
        if (std::from_chars(line.data() + space + 1, stop, value).ec == std::errc{}) {
            samples.emplace(line.substr(0, space), value);
        }
    }
    return samples;
}

DaemonSide look_at_daemon(const Settings& settings) {
    DaemonSide side;
    side.state_dir = settings.state_dir;
    side.metrics_address = settings.metrics_address;
    look_at_lock(side);
    for (const auto& folder : settings.log_dirs) {
        if (auto pids = followers_of(folder); !pids.empty()) {
            side.followers.emplace(folder, std::move(pids));
        }
    }
    side.spool_bytes = bytes_in(side.state_dir + "/spool");
    count_refused(side);
    if (!side.metrics_address.empty()) {
        ask_for_metrics(side);
    }
    return side;
}

}  // namespace bridge::doctor
