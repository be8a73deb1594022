// SPDX-License-Identifier: MIT
#include "tests/model/story.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "exporter/loki/push_request.h"

namespace model {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

using Found = std::map<std::uint64_t, std::set<ModelLoki::Row>>;

}  // namespace

Story::Story(std::uint64_t seed, bool tell, bool accidents)
    : tell_(tell),
      dice_(seed),
      fate_(~seed),
      odds_(seed ^ 0x5DEECE66D),
      course_{.accidents = accidents && fate_.chance(50)},
      restores_(accidents && odds_.chance(25)) {
    settings_.log_dirs = {temp_.file("logs")};
    if (accidents && odds_.chance(25)) {
        fs::create_directory_symlink(temp_.file("logs"), temp_.file("alias"));
        settings_.log_dirs.push_back(temp_.file("alias"));
    }
    settings_.state_dir = temp_.file("state");
    settings_.heartbeat = milliseconds(0);
    kills_ = dice_.chance(70);
    course_.harms = dice_.chance(70);
    floods_ = dice_.chance(15);
    if (dice_.chance(10)) {
        loki_.forbid_queries();
    }
    settings_.delivery.stream_rate = dice_.chance(50) ? 0 : 1U << 20U;
    settings_.delivery.batch_bytes = dice_.chance(50) ? 2U << 10U : 256U << 10U;
    settings_.spool_max_bytes = dice_.chance(30) ? 640U << 10U : 64U << 20U;
    settings_.enrich.identity.owner = "ann";
    // A line is known again by a mark in it, which is nothing that would leave otherwise.
    settings_.enrich.url_query = tailer::QueryPolicy::Keep;
    settings_.enrich.notices = tailer::NoticePolicy::All;
    settings_.enrich.line_format =
        dice_.chance(70) ? tailer::LineFormat::Json : tailer::LineFormat::Logfmt;
}

Story::~Story() = default;

void Story::tell(const std::string& what) const {
    if (tell_) {
        std::cerr << what << '\n';
    }
}

void Story::run() {
    for (auto left = dice_.between(40, 160); left > 0; --left) {
        act();
        if (course_.accidents && fate_.chance(6)) {
            harm_a_segment();
        }
        if (restores_ && daemon_ == nullptr && odds_.chance(15)) {
            tell("restore");
            world_.restore();
        }
        if (testing::Test::HasFailure()) {
            return;
        }
    }
    settle();
}

void Story::act() {
    const auto dice = dice_.between(1, 100);
    if (dice <= 55) {
        act_on_files(dice_.between(1, 100));
    } else if (dice <= 80) {
        step(dice_.between(1, 6));
    } else if (dice <= 86) {
        const auto by = dice_.chance(70)   ? milliseconds(dice_.between(1, 3'000))
                        : dice_.chance(80) ? milliseconds(dice_.between(3'000, 90'000))
                                           : milliseconds(dice_.between(90'000, 5'000'000));
        tell("time passes: " + std::to_string(by.count()) + " ms");
        clock_.hands().advance(by);
    } else if (dice <= 92) {
        const int trouble = dice_.chance(40) ? 0 : dice_.chance(50) ? 30 : 100;
        tell("loki fails " + std::to_string(trouble) + "%");
        loki_.set_trouble(trouble);
    } else if (dice <= 96) {
        if (kills_) {
            kill_soon();
        }
    } else if (dice <= 98) {
        stop();
    } else if (dice_.chance(20)) {
        tell("a foreign writer");
        loki_.foreign_writer(R"({decision="allow", job="boundary", owner="ann"})",
                             clock_.hands().wall_ns() +
                                 std::chrono::nanoseconds(minutes(dice_.between(50, 62))).count());
    }
}

void Story::act_on_files(std::int64_t dice) {
    // By a new name and as another file, a log is another one to anybody.
    const std::array kRenames = {&LogWorld::rename, &LogWorld::rename_over};
    const auto does = [&](std::int64_t upto, const char* what, void (LogWorld::*action)()) {
        if (dice > upto) {
            return false;
        }
        if (restores_ && std::ranges::find(kRenames, action) != kRenames.end()) {
            return true;
        }
        tell(what);
        (world_.*action)();
        return true;
    };
    if (does(10, "create", &LogWorld::create) || does(14, "create late", &LogWorld::create_late) ||
        does(44, "append", &LogWorld::append) || does(52, "append half", &LogWorld::append_half) ||
        does(62, "repeat", &LogWorld::repeat) || does(67, "garbage", &LogWorld::garbage) ||
        does(74, "rename", &LogWorld::rename)) {
        return;
    }
    if (dice <= 80) {
        if (floods_) {
            tell("flood");
            world_.append_flood();
        }
        return;
    }
    if (dice <= 84) {
        tell("make folder");
        world_.make_folder();
        return;
    }
    if (!course_.harms) {
        return;
    }
    if (does(87, "remove", &LogWorld::remove) || does(91, "truncate", &LogWorld::truncate) ||
        does(95, "replace", &LogWorld::replace) ||
        does(97, "rename over", &LogWorld::rename_over)) {
        return;
    }
    rescan_due_ = true;
    does(98, "remove folder", &LogWorld::remove_folder) ||
        does(100, "move folder away", &LogWorld::move_folder_away);
}

void Story::harm_a_segment() {
    std::vector<std::string> paths;
    std::error_code none_yet;
    for (const auto& entry : fs::directory_iterator(settings_.state_dir + "/spool", none_yet)) {
        if (entry.path().extension() == ".zst" && fs::file_size(entry.path()) > 0) {
            paths.push_back(entry.path().string());
        }
    }
    if (paths.empty()) {
        return;
    }
    std::ranges::sort(paths);
    const std::string& path = paths[static_cast<std::size_t>(
        fate_.between(0, static_cast<std::int64_t>(paths.size()) - 1))];
    switch (fate_.between(1, 3)) {
        case 1:
            tell("a segment is removed: " + path);
            fs::remove(path);
            return;
        case 2:
            tell("a segment is cut: " + path);
            fs::resize_file(path, fs::file_size(path) / 2);
            return;
        default:
            tell("a segment's byte is flipped: " + path);
            std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
            file.seekg(fate_.between(0, static_cast<std::int64_t>(fs::file_size(path)) - 1));
            const auto at = file.tellg();
            const int byte = file.get();
            file.seekp(at);
            file.put(static_cast<char>(byte ^ 0x20));
    }
}

void Story::start() {
    tell("start");
    daemon_ = std::make_unique<Daemon>(settings_, loki_, clock_, 7);
    daemon_->pipeline.begin();
    rescan_due_ = false;
}

void Story::step(std::int64_t times) {
    for (; times > 0; --times) {
        if (daemon_ == nullptr) {
            start();
        }
        const base::SteadyTime due = daemon_->pipeline.step();
        world_.looked();
        const base::SteadyTime now = clock_.hands().steady();
        if (due > now && dice_.chance(50)) {
            clock_.hands().advance(std::min<std::chrono::nanoseconds>(due - now, seconds(60)));
        }
        tell("step; in flight " + std::to_string(daemon_->exporter.in_flight_bytes()));
    }
    expect_all_read();
}

void Story::expect_all_read() {
    if (rescan_due_ || daemon_->tailer.has_more() || !world_.folder_there()) {
        return;
    }
    for (const auto& file : world_.files()) {
        EXPECT_GE(known(file.identity).read, file.complete()) << file.name << " is not read on";
    }
}

void Story::kill_soon() {
    fuse_.light(static_cast<int>(dice_.between(1, 60)));
    try {
        step(dice_.between(1, 4));
        tell("killed between two steps");
    } catch (const Killed&) {
        tell("killed");
    }
    fuse_.put_out();
    if (daemon_ != nullptr) {
        course_.read_once = false;
        die();
    }
}

void Story::stop() {
    if (daemon_ == nullptr) {
        return;
    }
    tell("stop");
    const bool settled = daemon_->pipeline.drain(milliseconds(0));
    course_.read_once = course_.read_once && settled;
    die();
}

void Story::die() {
    count_account();
    daemon_.reset();
    world_.memory_lost();
}

void Story::count_account() {
    const auto& account = daemon_->pipeline.account();
    EXPECT_EQ(account.lines, account.allowed + account.denied + account.notices +
                                 account.lifecycle + account.unparsed);
    if (!loki_.queries_forbidden()) {
        EXPECT_EQ(daemon_->exporter.account().rejected(), 0U) << "nothing written is refusable";
    }
    course_.lines_read += account.lines;
    course_.entries_lost += daemon_->telemetry.health().totals.lost;
}

Witness::Known Story::known(const tailer::FileIdentity& identity) const {
    Known newest;
    tailer::FileId newest_id = 0;
    daemon_->tailer.files().for_each([&](tailer::FileId id, const tailer::KnownFile& file) {
        if (file.identity == identity && id > newest_id) {
            newest_id = id;
            newest = {file.size, file.offset};
        }
    });
    return newest;
}

std::map<std::uint64_t, int> Story::durable() const {
    Found found;
    for (const auto& [stream, rows] : loki_.rows()) {
        for (const auto& row : rows) {
            found[mark_in(row.second)].insert(row);
        }
    }
    if (daemon_ == nullptr) {
        // To open it would set aside what is damaged.
        const std::string look = temp_.file("look");
        fs::remove_all(look);
        std::error_code none_yet;
        fs::copy(settings_.state_dir + "/spool", look, none_yet);
        auto spool = exporter::Spool::open(look, 0).value();
        for (const auto& segment : spool.take_found()) {
            const std::string entries = spool.load(segment).value();
            for (const auto& entry : exporter::decode_entries(entries)) {
                const std::string line(entry.line);
                found[mark_in(line)].emplace(entry.timestamp_ns, line);
            }
        }
    }
    std::map<std::uint64_t, int> counts;
    for (const auto& [mark, rows] : found) {
        counts[mark] = static_cast<int>(rows.size());
    }
    return counts;
}

void Story::settle() {
    tell("settling");
    loki_.set_trouble(0);
    world_.make_folder();
    world_.finish();
    if (daemon_ == nullptr) {
        start();
    }
    const base::SteadyTime rescanned = clock_.hands().steady() + minutes(3);
    for (int left = 100'000; left > 0; --left) {
        const base::SteadyTime due = daemon_->pipeline.step();
        const base::SteadyTime now = clock_.hands().steady();
        if (now >= rescanned && daemon_->exporter.idle() && !daemon_->tailer.has_more() &&
            daemon_->exporter.backlog().lost() == 0) {
            rescan_due_ = false;
            expect_all_read();
            EXPECT_TRUE(daemon_->pipeline.drain(milliseconds(0)));
            die();
            loki_.land_all();
            tell_rows();
            reckon(world_, loki_, settings_.state_dir, course_);
            return;
        }
        if (due > now) {
            clock_.hands().advance(std::min<std::chrono::nanoseconds>(due - now, seconds(60)));
        }
    }
    ADD_FAILURE() << "a healthy Loki, and it never settles; in flight "
                  << daemon_->exporter.in_flight_bytes() << ", segments "
                  << daemon_->state.spool().segments() << ", idle " << daemon_->exporter.idle()
                  << ", more to read " << daemon_->tailer.has_more() << ", a checkpoint is wanted "
                  << daemon_->exporter.wants_checkpoint();
}

void Story::tell_rows() const {
    for (const auto& [stream, rows] : loki_.rows()) {
        for (const auto& [stamp_ns, line] : rows) {
            std::ostringstream row;
            row << "  " << stream << " " << stamp_ns << " " << line;
            tell(row.str());
        }
    }
}

}  // namespace model
