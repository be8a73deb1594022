// SPDX-License-Identifier: MIT
#include "tests/model/log_world.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rfc3339.h"
#include "base/unique_fd.h"
#include "tests/support/fake_clock.h"

namespace model {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::string_view kMark = "mark-";

tailer::FileIdentity identity_of(const std::string& path) {
    struct statx info {};
    if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &info) != 0) {
        throw std::runtime_error("cannot stat " + path);
    }
    return {info.stx_ino, info.stx_btime.tv_sec * 1'000'000'000 + info.stx_btime.tv_nsec};
}

std::string utc(std::int64_t stamp_ms) {
    std::string text;
    base::append_rfc3339_nano(text, stamp_ms * kMillisecond);
    return text;
}

}  // namespace

std::uint64_t mark_in(const std::string& line) {
    const std::size_t at = line.find(kMark);
    return at == std::string::npos ? 0
                                   : std::strtoull(line.c_str() + at + kMark.size(), nullptr, 10);
}

LogWorld::LogWorld(std::string folder, Dice& dice, test_support::FakeClock& clock,
                   const Witness& witness)
    : folder_(std::move(folder)), dice_(dice), clock_(clock), witness_(witness) {
    fs::create_directory(folder_);
}

LogWorld::File* LogWorld::pick() {
    if (files_.empty() || !folder_there()) {
        return nullptr;
    }
    return &files_[static_cast<std::size_t>(
        dice_.between(0, static_cast<std::int64_t>(files_.size()) - 1))];
}

std::string LogWorld::new_name() {
    return "boundary-2026-06-09_12-00-00-" + std::to_string(++names_) + ".log";
}

void LogWorld::create_named(const std::string& name) {
    File file;
    file.name = name;
    while (true) {
        write(file, "");
        file.identity = identity_of(path(name));
        // Within one tick of the kernel's clock a reused inode cannot be told from the old one.
        if (std::ranges::find(used_, file.identity) == used_.end()) {
            break;
        }
        fs::remove(path(name));
        ::usleep(1000);
    }
    used_.push_back(file.identity);
    files_.push_back(file);
}

void LogWorld::write(File& file, const std::string& text) const {
    const base::UniqueFd fd(
        ::open(path(file.name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (::write(fd.get(), text.data(), text.size()) != static_cast<::ssize_t>(text.size())) {
        throw std::runtime_error("cannot write " + path(file.name));
    }
    file.size += text.size();
}

void LogWorld::completed(File& file, std::uint64_t mark) {
    file.lines.emplace_back(file.size, mark);
    ++lines_written_;
    if (mark != 0) {
        ++marks_[mark].written;
        ++marks_[mark].certain;
    }
}

void LogWorld::write_line(File& file, const std::string& line, std::uint64_t mark) {
    if (!file.rest.empty()) {
        write(file, std::exchange(file.rest, ""));
        completed(file, std::exchange(file.rest_mark, 0));
    }
    write(file, line + "\n");
    completed(file, mark);
}

std::int64_t LogWorld::stamp_now() {
    // Boundary stamps a line before it takes the log's lock.
    const std::int64_t back = dice_.chance(20) ? dice_.between(1, 30) : 0;
    return clock_.wall_ns() / kMillisecond - back;
}

std::string LogWorld::marked_line(const File& file, std::int64_t stamp_ms, std::size_t padding,
                                  std::uint64_t& mark) {
    mark = marks_.size() + 1;
    Marked& marked = marks_[mark];
    marked.kind = static_cast<Marked::Kind>(dice_.between(0, 2));
    marked.stamp_ms = stamp_ms;
    marked.session = file.name;
    const std::string name = std::string(kMark) + std::to_string(mark) + "-" + dice_.noise(padding);
    std::string line = "time=" + utc(stamp_ms);
    if (marked.kind == Marked::Kind::Notice) {
        line += " level=INFO msg=\"Something happened\" what=/" + name;
    } else {
        const bool allow = marked.kind == Marked::Kind::Allow;
        line += allow ? " level=INFO msg=ALLOW" : " level=WARN msg=DENY";
        line += " method=GET url=https://host.example/" + name + " host=host.example";
        line += allow ? " rule=\"domain=host.example\"" : "";
    }
    return texts_[mark] = line;
}

void LogWorld::create() {
    if (folder_there()) {
        create_named(new_name());
    }
}

void LogWorld::create_late() {
    if (!folder_there()) {
        return;
    }
    create_named(new_name());
    std::int64_t stamp = clock_.wall_ns() / kMillisecond - dice_.between(20, 400) * 60'000;
    for (auto left = dice_.between(1, 8); left > 0; --left) {
        std::uint64_t mark = 0;
        const std::string line = marked_line(files_.back(), stamp, 0, mark);
        write_line(files_.back(), line, mark);
        stamp += dice_.between(0, 600'000);
    }
}

void LogWorld::append() {
    File* file = pick();
    if (file == nullptr || file->wait_for_look) {
        return;
    }
    for (auto left = dice_.between(1, 5); left > 0; --left) {
        std::uint64_t mark = 0;
        const std::string line = marked_line(*file, stamp_now(), 0, mark);
        write_line(*file, line, mark);
    }
}

void LogWorld::append_flood() {
    File* file = pick();
    if (file == nullptr || file->wait_for_look) {
        return;
    }
    for (auto left = dice_.between(20, 60); left > 0; --left) {
        std::uint64_t mark = 0;
        const std::string line = marked_line(*file, stamp_now(), 100'000, mark);
        write_line(*file, line, mark);
    }
}

void LogWorld::append_half() {
    File* file = pick();
    if (file == nullptr || file->wait_for_look || !file->rest.empty()) {
        return;
    }
    std::uint64_t mark = 0;
    const std::string line = marked_line(*file, stamp_now(), 0, mark) + "\n";
    const auto cut =
        static_cast<std::size_t>(dice_.between(1, static_cast<std::int64_t>(line.size()) - 1));
    write(*file, line.substr(0, cut));
    file->rest = line.substr(cut);
    file->rest_mark = mark;
}

void LogWorld::repeat() {
    File* file = pick();
    if (file == nullptr || file->lines.empty() || file->lines.back().second == 0) {
        return;
    }
    const std::uint64_t mark = file->lines.back().second;
    for (auto left = dice_.between(1, 6); left > 0; --left) {
        write_line(*file, texts_[mark], mark);
    }
}

void LogWorld::garbage() {
    File* file = pick();
    if (file == nullptr || file->wait_for_look) {
        return;
    }
    switch (dice_.between(1, 5)) {
        case 1:
            write_line(*file, "", 0);
            break;
        case 2:
            write_line(*file, "{\"no\": json", 0);
            break;
        case 3:
            write_line(*file, "time=yesterday level=INFO msg=ALLOW", 0);
            break;
        case 4:
            write_line(*file, "\xff\xfe\r", 0);
            break;
        default:
            write_line(*file, dice_.noise(static_cast<std::size_t>(dice_.between(1, 300'000))), 0);
    }
}

void LogWorld::finish() {
    for (File& file : files_) {
        if (!file.rest.empty()) {
            write(file, std::exchange(file.rest, ""));
            completed(file, std::exchange(file.rest_mark, 0));
        }
    }
}

void LogWorld::harm(const File& file) {
    const bool alive = witness_.alive();
    const auto known = alive ? witness_.known(file.identity) : Witness::Known{};
    for (const auto& [end, mark] : file.lines) {
        if (mark == 0) {
            continue;
        }
        Marked& marked = marks_[mark];
        marked.harmed = true;
        if (alive && end > known.read) {
            --marked.certain;
            marked.seen_lost += end <= known.seen ? 1 : 0;
        }
    }
    if (!alive) {
        memory_lost();
    }
    // A repeat would meet its like from before: numbers begin anew.
    clock_.advance(std::chrono::milliseconds(100));
}

void LogWorld::erase(const File& file) {
    files_.erase(std::ranges::find(files_, file.identity, &File::identity));
}

void LogWorld::rename() {
    if (File* file = pick()) {
        const std::string to = new_name();
        fs::rename(path(file->name), path(to));
        file->name = to;
    }
}

void LogWorld::rename_over() {
    File* from = pick();
    File* onto = pick();
    if (from == nullptr || from == onto) {
        return;
    }
    harm(*onto);
    fs::rename(path(from->name), path(onto->name));
    from->name = onto->name;
    erase(*onto);
}

void LogWorld::remove() {
    if (File* file = pick()) {
        harm(*file);
        fs::remove(path(file->name));
        erase(*file);
    }
}

void LogWorld::truncate() {
    if (File* file = pick()) {
        harm(*file);
        fs::resize_file(path(file->name), 0);
        file->lines.clear();
        file->size = 0;
        file->rest.clear();
        file->rest_mark = 0;
        // Grown to its old size unseen, it could be told from a log that was only written to by
        // nothing but its content.
        file->wait_for_look = true;
    }
}

void LogWorld::replace() {
    if (File* file = pick()) {
        const std::string name = file->name;
        harm(*file);
        fs::remove(path(name));
        erase(*file);
        create_named(name);
    }
}

void LogWorld::remove_folder() {
    if (!folder_there()) {
        return;
    }
    for (const File& file : files_) {
        harm(file);
    }
    files_.clear();
    fs::remove_all(folder_);
    there_ = false;
}

void LogWorld::move_folder_away() {
    if (folder_there()) {
        fs::rename(folder_, folder_ + ".away");
        away_ = true;
    }
}

void LogWorld::make_folder() {
    if (away_) {
        fs::rename(folder_ + ".away", folder_);
        away_ = false;
    } else if (!there_) {
        fs::create_directory(folder_);
        there_ = true;
    }
}

void LogWorld::restore() {
    if (!folder_there()) {
        return;
    }
    for (File& file : files_) {
        const std::string copy = path(file.name + ".copy");
        const auto written_at = fs::last_write_time(path(file.name));
        do {
            fs::remove(copy);
            ::usleep(1000);  // see create_named()
            fs::copy_file(path(file.name), copy);
        } while (std::ranges::find(used_, identity_of(copy)) != used_.end());
        fs::last_write_time(copy, written_at);
        fs::rename(copy, path(file.name));
        file.identity = identity_of(path(file.name));
        used_.push_back(file.identity);
    }
}

void LogWorld::looked() {
    for (File& file : files_) {
        file.wait_for_look = file.wait_for_look && !folder_there();
    }
}

void LogWorld::memory_lost() {
    const auto durable = witness_.durable();
    for (auto& [mark, marked] : marks_) {
        if (marked.harmed && marked.certain > 0) {
            const auto kept = durable.find(mark);
            marked.certain = std::min(marked.certain, kept == durable.end() ? 0 : kept->second);
        }
        marked.seen_lost = 0;  // nobody is left to report it
    }
}

}  // namespace model
