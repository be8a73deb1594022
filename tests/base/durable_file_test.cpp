// SPDX-License-Identifier: MIT
#include "base/durable_file.h"

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

namespace base {
namespace {

namespace fs = std::filesystem;
using test_support::TempDir;

unsigned mode_of(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777U;
}

/// While it lives no file can grow beyond `bytes`: the write that crosses the line is cut short and
/// the next one fails, as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : old_handler_(::signal(SIGXFSZ, SIG_IGN)) {
        ::getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit limit{bytes, old_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        ::signal(SIGXFSZ, old_handler_);
    }

private:
    rlimit old_{};
    void (*old_handler_)(int);
};

/// Runs `act` as a user without rights (root's own rights would hide the failure) and gives the
/// errno that it returns.
int as_nobody(const std::function<int()>& act) {
    const ::pid_t child = ::fork();
    if (child == 0) {
        constexpr ::uid_t kNobody = 65534;
        if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
            ::_exit(255);
        }
        ::_exit(act());
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

template <typename T>
int code_of(const Result<T>& result) {
    return result ? 0 : result.error().code;
}

TEST(ReplaceDurablyTest, WritesAFileThatIsOursAlone) {
    const TempDir dir;
    const auto replaced = replace_durably(dir.file("checkpoint"), "content\n");
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_EQ(read_whole(dir.file("checkpoint")).value(), "content\n");
    EXPECT_EQ(mode_of(dir.file("checkpoint")), 0600U);
    EXPECT_FALSE(fs::exists(dir.file("checkpoint.tmp")));
}

TEST(ReplaceDurablyTest, ReplacesALongFileByAShortOneAndByAnEmptyOne) {
    const TempDir dir;
    const std::string path = dir.append("checkpoint", std::string(100'000, 'x'));
    ASSERT_TRUE(replace_durably(path, "short"));
    EXPECT_EQ(read_whole(path).value(), "short");
    ASSERT_TRUE(replace_durably(path, ""));
    EXPECT_EQ(read_whole(path).value(), "");
}

TEST(ReplaceDurablyTest, KeepsEveryByteOfALargeContent) {
    const TempDir dir;
    std::string content(3'000'001, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) {
        content[i] = static_cast<char>(i * 7);
    }
    ASSERT_TRUE(replace_durably(dir.file("spool"), content));
    EXPECT_TRUE(read_whole(dir.file("spool")).value() == content);
}

TEST(ReplaceDurablyTest, WorksInTheCurrentFolder) {
    const TempDir dir;
    const fs::path before = fs::current_path();
    fs::current_path(dir.path());
    const auto replaced = replace_durably("checkpoint", "here");
    fs::current_path(before);
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_EQ(read_whole(dir.file("checkpoint")).value(), "here");
}

TEST(ReplaceDurablyTest, TakesNothingOverFromAnEarlierTemporaryFile) {
    const TempDir dir;
    const std::string temporary = dir.append("checkpoint.tmp", std::string(1000, 'o'));
    fs::permissions(temporary, fs::perms::all);
    ASSERT_TRUE(replace_durably(dir.file("checkpoint"), "new"));
    EXPECT_EQ(read_whole(dir.file("checkpoint")).value(), "new");
    EXPECT_EQ(mode_of(dir.file("checkpoint")), 0600U);
}

TEST(ReplaceDurablyTest, WritesThroughNoLinkInTheTemporarysPlace) {
    const TempDir dir;
    const std::string victim = dir.append("victim", "untouched");
    fs::create_symlink(victim, dir.file("symbolic.tmp"));
    fs::create_hard_link(victim, dir.file("hard.tmp"));
    static_cast<void>(replace_durably(dir.file("symbolic"), "new"));
    static_cast<void>(replace_durably(dir.file("hard"), "new"));
    EXPECT_EQ(read_whole(victim).value(), "untouched");
}

TEST(ReplaceDurablyTest, DoesNotWaitAtAFifoInTheTemporarysPlace) {
    const TempDir dir;
    ASSERT_EQ(::mkfifo(dir.file("checkpoint.tmp").c_str(), 0600), 0);
    // A watchdog instead of a hang: the alarm ends the test binary.
    ::alarm(20);
    static_cast<void>(replace_durably(dir.file("checkpoint"), "new"));
    ::alarm(0);
    EXPECT_TRUE(replace_durably(dir.file("checkpoint"), "newer"));
    EXPECT_EQ(read_whole(dir.file("checkpoint")).value(), "newer");
}

TEST(ReplaceDurablyTest, ReplacesALinkAndNotWhatItPointsAt) {
    const TempDir dir;
    const std::string victim = dir.append("victim", "untouched");
    fs::create_symlink(victim, dir.file("checkpoint"));
    ASSERT_TRUE(replace_durably(dir.file("checkpoint"), "new"));
    EXPECT_EQ(read_whole(victim).value(), "untouched");
    EXPECT_FALSE(fs::is_symlink(dir.file("checkpoint")));
}

TEST(ReplaceDurablyTest, LeavesTheOldContentWhenTheDiskIsFull) {
    const TempDir dir;
    const std::string path = dir.append("checkpoint", "old");
    Result<void> replaced;
    {
        const FileSizeLimit full(4096);
        replaced = replace_durably(path, std::string(100'000, 'n'));
    }
    EXPECT_EQ(code_of(replaced), EFBIG);
    EXPECT_NE(replaced.error().message.find(path), std::string::npos) << replaced.error().message;
    EXPECT_EQ(read_whole(path).value(), "old");
    EXPECT_FALSE(fs::exists(path + ".tmp")) << "a full disk must not stay full because of us";
    EXPECT_TRUE(replace_durably(path, "new")) << "room again";
    EXPECT_EQ(read_whole(path).value(), "new");
}

TEST(ReplaceDurablyTest, FailsWhereTheFolderDoesNotExist) {
    const TempDir dir;
    const auto replaced = replace_durably(dir.file("missing/checkpoint"), "new");
    EXPECT_EQ(code_of(replaced), ENOENT);
    EXPECT_FALSE(fs::exists(dir.file("missing")));
}

TEST(ReplaceDurablyTest, FailsWhereAFolderStandsInTheFilesPlace) {
    const TempDir dir;
    fs::create_directories(dir.file("checkpoint/inside"));
    const auto replaced = replace_durably(dir.file("checkpoint"), "new");
    EXPECT_EQ(code_of(replaced), EISDIR);
    EXPECT_TRUE(fs::is_directory(dir.file("checkpoint/inside")));
}

TEST(ReplaceDurablyTest, FailsWhereAFolderStandsInTheTemporarysPlace) {
    const TempDir dir;
    const std::string path = dir.append("checkpoint", "old");
    fs::create_directory(path + ".tmp");
    EXPECT_FALSE(replace_durably(path, "new"));
    EXPECT_EQ(read_whole(path).value(), "old");
}

TEST(ReplaceDurablyTest, FailsInAFolderThatMayNotBeWritten) {
    const TempDir dir;
    const std::string path = dir.append("checkpoint", "old");
    fs::permissions(dir.path(), fs::perms(0555));
    EXPECT_EQ(as_nobody([&] { return code_of(replace_durably(path, "new")); }), EACCES);
    EXPECT_EQ(read_whole(path).value(), "old");
    fs::permissions(dir.path(), fs::perms(0755));
}

TEST(ReadWholeTest, TellsWhyItCannot) {
    const TempDir dir;
    const auto missing = read_whole(dir.file("missing"));
    EXPECT_EQ(code_of(missing), ENOENT);
    EXPECT_NE(missing.error().message.find(dir.file("missing")), std::string::npos);
    EXPECT_EQ(code_of(read_whole(dir.path())), EISDIR);

    const std::string secret = dir.append("secret", "s");
    fs::permissions(dir.path(), fs::perms(0755));
    fs::permissions(secret, fs::perms(0000));
    EXPECT_EQ(as_nobody([&] { return code_of(read_whole(secret)); }), EACCES);
}

TEST(ReadWholeTest, DoesNotWaitAtAFifo) {
    const TempDir dir;
    ASSERT_EQ(::mkfifo(dir.file("fifo").c_str(), 0600), 0);
    ::alarm(20);
    const auto content = read_whole(dir.file("fifo"));
    ::alarm(0);
    EXPECT_EQ(content.value_or(""), "");
}

TEST(MakePrivateFolderTest, MakesWhatLeadsToItForUsAlone) {
    const TempDir dir;
    const auto made = make_private_folder(dir.file("state/boundary-loki/spool"));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(mode_of(dir.file("state")), 0700U);
    EXPECT_EQ(mode_of(dir.file("state/boundary-loki")), 0700U);
    EXPECT_EQ(mode_of(dir.file("state/boundary-loki/spool")), 0700U);
}

TEST(MakePrivateFolderTest, LeavesAFolderThatIsThereAsItIs) {
    const TempDir dir;
    fs::create_directory(dir.file("state"));
    fs::permissions(dir.file("state"), fs::perms(0750));
    dir.append("state/kept", "kept");
    ASSERT_TRUE(make_private_folder(dir.file("state")));
    ASSERT_TRUE(make_private_folder(dir.file("state/")));
    EXPECT_EQ(mode_of(dir.file("state")), 0750U);
    EXPECT_EQ(read_whole(dir.file("state/kept")).value(), "kept");
}

TEST(MakePrivateFolderTest, FailsWhereAFileIsInTheWay) {
    const TempDir dir;
    dir.append("state", "a file");
    EXPECT_EQ(code_of(make_private_folder(dir.file("state"))), ENOTDIR);
    EXPECT_EQ(code_of(make_private_folder(dir.file("state/spool"))), ENOTDIR);
    fs::create_symlink(dir.file("nowhere"), dir.file("dangling"));
    EXPECT_FALSE(make_private_folder(dir.file("dangling")));
}

TEST(MakePrivateFolderTest, FailsWhereTheParentMayNotBeWritten) {
    const TempDir dir;
    fs::permissions(dir.path(), fs::perms(0555));
    EXPECT_EQ(as_nobody([&] { return code_of(make_private_folder(dir.file("state"))); }), EACCES);
    fs::permissions(dir.path(), fs::perms(0755));
}

}  // namespace
}  // namespace base
