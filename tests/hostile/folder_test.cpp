// SPDX-License-Identifier: MIT
// What may lie in a log folder that others can write to.
#include <filesystem>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/hostile/hostile_fixture.h"

namespace hostile {
namespace {

namespace fs = std::filesystem;
using tailer::SkipReason;

const Counts kNothing;

/// What a case may use: the log folder, a log's name in it, and a file outside that is none of
/// ours.
struct Scene {
    std::string folder;
    std::string log;             ///< path of a log that is not there yet
    std::string outside;         ///< a file with a decision that must not be read
    std::function<void()> look;  ///< lets the daemon see what is there, without reading it
    std::function<void()> read;  ///< lets it read what is there
    std::function<std::string(std::string_view)> line;
};

struct FolderCase {
    std::string_view name;
    std::function<void(const Scene&)> act;
    Counts counts;
    friend std::ostream& operator<<(std::ostream& out, const FolderCase& row) {
        return out << row.name;
    }
};

void put(const std::string& path, std::string_view text) {
    std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

void make_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(&address.sun_path[0], path.size());
    const base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

/// A file under a name that is none of a log's, but nearly.
FolderCase misnamed(std::string_view name, const std::string& file) {
    return {name, [file](const Scene& scene) { put(scene.folder + "/" + file, scene.line("x")); },
            kNothing.with(SkipReason::Name)};
}

std::vector<FolderCase> folder_cases() {
    const std::string log = "boundary-2026-05-28_20-26-40-5.log";
    std::vector<FolderCase> rows = {
        {"a link to a file outside",
         [](const Scene& scene) { fs::create_symlink(scene.outside, scene.log); },
         kNothing.with(SkipReason::Symlink)},
        {"a link to another log of the folder",
         [](const Scene& scene) {
             fs::create_symlink("boundary-2026-05-28_20-26-40-1.log", scene.log);
         },
         kNothing.with(SkipReason::Symlink)},
        {"a link to nowhere", [](const Scene& scene) { fs::create_symlink("nowhere", scene.log); },
         kNothing.with(SkipReason::Symlink)},
        {"a link to itself", [](const Scene& scene) { fs::create_symlink(scene.log, scene.log); },
         kNothing.with(SkipReason::Symlink)},
        {"a link to an endless device",
         [](const Scene& scene) { fs::create_symlink("/dev/zero", scene.log); },
         kNothing.with(SkipReason::Symlink)},
        {"a link to a folder", [](const Scene& scene) { fs::create_symlink("/proc", scene.log); },
         kNothing.with(SkipReason::Symlink)},
        {"a FIFO that nobody writes to",
         [](const Scene& scene) { ASSERT_EQ(::mkfifo(scene.log.c_str(), 0666), 0); },
         kNothing.with(SkipReason::NotRegular)},
        {"a socket", [](const Scene& scene) { make_socket(scene.log); },
         kNothing.with(SkipReason::NotRegular)},
        {"a folder with the name of a log",
         [](const Scene& scene) { fs::create_directory(scene.log); },
         kNothing.with(SkipReason::NotRegular)},
        misnamed("a newline in the name", log + "\n"),
        misnamed("a newline within the name", "boundary-2026-05-28_20-26-40\n-5.log"),
        misnamed("invalid UTF-8 in the name", "boundary-2026-05-28_20-26-40-5\xff.log"),
        misnamed("a terminal command in the name", "boundary-2026-05-28_20-26-40-5\x1b[2J.log"),
        misnamed("the longest name", std::string(251, 'x') + ".log"),
        misnamed("a PID of eleven digits", "boundary-2026-05-28_20-26-40-12345678901.log"),
        misnamed("a negative PID", "boundary-2026-05-28_20-26-40--5.log"),
        misnamed("digits of another alphabet", "boundary-2026-05-28_20-26-40-\xd9\xa5.log"),
        misnamed("a hidden log", "." + log),
        misnamed("capitals in the suffix", "boundary-2026-05-28_20-26-40-5.LOG"),
        misnamed("a packed log beside the logs", log + ".gz"),
        {"two hundred junk names",
         [](const Scene& scene) {
             for (int i = 0; i < 200; ++i) {
                 put(scene.folder + "/junk-" + std::to_string(i), "junk");
             }
         },
         kNothing.with(SkipReason::Name, 200)},
        {"a file of which a link took the place before it was opened",
         [](const Scene& scene) {
             put(scene.log, scene.line("seen"));
             scene.look();
             fs::remove(scene.log);
             fs::create_symlink(scene.outside, scene.log);
         },
         [] {
             Counts counts = kNothing.with(SkipReason::Symlink).with(SkipReason::Swapped);
             counts.removed = 1;
             return counts;
         }()},
        {"a file of which a FIFO took the place before it was opened",
         [](const Scene& scene) {
             put(scene.log, scene.line("seen"));
             scene.look();
             fs::remove(scene.log);
             ASSERT_EQ(::mkfifo(scene.log.c_str(), 0666), 0);
         },
         [] {
             Counts counts = kNothing.with(SkipReason::NotRegular).with(SkipReason::Swapped);
             counts.removed = 1;
             return counts;
         }()},
        {"a file that was removed before it was read",
         [](const Scene& scene) {
             put(scene.log, scene.line("seen"));
             scene.look();
             fs::remove(scene.log);
         },
         Counts{.removed = 1}},
        {"a log that was truncated before it was read",
         [](const Scene& scene) {
             put(scene.log, scene.line("seen"));
             scene.look();
             fs::resize_file(scene.log, 0);
         },
         Counts{.truncated = 1}},
        {"a log that was rewritten in place",
         [](const Scene& scene) {
             put(scene.log, scene.line("first"));
             scene.read();
             fs::resize_file(scene.log, 0);
             put(scene.log, scene.line("another") + scene.line("one-more"));
         },
         Counts{.decisions = 3, .rewritten = 1}},
        {"a log that was cut under its writer and holds a hole now",
         [](const Scene& scene) {
             put(scene.log, scene.line("first"));
             scene.read();
             const auto size = fs::file_size(scene.log);
             fs::resize_file(scene.log, 0);
             fs::resize_file(scene.log, size);
             put(scene.log, scene.line("second"));
         },
         Counts{.decisions = 2, .rewritten = 1}},
        {"a log that has another name in the folder, too",
         [](const Scene& scene) {
             put(scene.log, scene.line("once"));
             fs::create_hard_link(scene.log, scene.folder + "/boundary-2026-05-28_20-26-40-6.log");
         },
         Counts{.decisions = 1}},
        {"a log that was renamed to what is no log's name",
         [](const Scene& scene) {
             put(scene.log, scene.line("once"));
             scene.look();
             fs::rename(scene.log, scene.folder + "/gone");
         },
         Counts{.decisions = 1}},
        {"the folder taken away and put back",
         [](const Scene& scene) {
             fs::rename(scene.folder, scene.folder + ".away");
             scene.look();
             fs::create_directory(scene.folder);
             scene.look();
             put(scene.log, scene.line("once"));
         },
         Counts{.decisions = 1}},
        {"a journal that is a link",
         [](const Scene& scene) { fs::create_symlink(scene.outside, scene.folder + "/toolcalls"); },
         kNothing.with(SkipReason::Name)},
        {"a journal file that is a FIFO",
         [](const Scene& scene) {
             fs::create_directory(scene.folder + "/toolcalls");
             const auto path = scene.folder + "/toolcalls/toolcalls-2026-05-28.jsonl";
             ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
         },
         kNothing.with(SkipReason::Name)},
    };
    if (::geteuid() == 0) {  // nobody else can make these
        rows.push_back({"a device",
                        [](const Scene& scene) {
                            ASSERT_EQ(::mknod(scene.log.c_str(), S_IFCHR | 0666, 0x0105), 0);
                        },
                        kNothing.with(SkipReason::NotRegular)});
        rows.push_back({"a file of another user",
                        [](const Scene& scene) {
                            put(scene.log, scene.line("x"));
                            ASSERT_EQ(::chown(scene.log.c_str(), 12345, 12345), 0);
                        },
                        kNothing.with(SkipReason::ForeignOwner)});
        rows.push_back({"a file of ours that was linked into another user's folder",
                        [](const Scene& scene) {
                            ASSERT_EQ(::chown(scene.folder.c_str(), 12345, 12345), 0);
                            fs::create_hard_link(scene.outside, scene.log);
                        },
                        kNothing.with(SkipReason::Linked)});
        rows.push_back({"a log that Boundary wrote as root into another user's folder",
                        [](const Scene& scene) {
                            ASSERT_EQ(::chown(scene.folder.c_str(), 12345, 12345), 0);
                            put(scene.log, scene.line("x"));
                        },
                        Counts{.decisions = 1}});
    }
    return rows;
}

class HostileFolderTest : public HostileTest, public testing::WithParamInterface<FolderCase> {};

TEST_P(HostileFolderTest, IsCountedAndStopsNothing) {
    ::alarm(100);  // whatever may block ends the test
    begin();
    const std::string outside =
        folder_.append("outside", allow(std::chrono::milliseconds(1), "SECRET"));
    GetParam().act(
        {logs(), log_file(5), outside, [this] { daemon_->tailer.look(true); },
         [this] { step_for(std::chrono::seconds(3)); },
         [this](std::string_view name) { return allow(std::chrono::milliseconds(1), name); }});
    end();
    EXPECT_EQ(counts(), GetParam().counts);
    EXPECT_FALSE(arrived("SECRET"));
    expect_sound();
    const auto& troubles = daemon_->tailer.files().troubles();
    EXPECT_EQ(arrived("boundary: log file was"),
              troubles.truncated + troubles.rewritten + troubles.removed > 0);
    ::alarm(0);
}

INSTANTIATE_TEST_SUITE_P(Cases, HostileFolderTest, testing::ValuesIn(folder_cases()),
                         [](const auto& row) { return test_name(row.param.name); });

}  // namespace
}  // namespace hostile
