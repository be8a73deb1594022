// SPDX-License-Identifier: MIT
#include "base/own_file.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace base {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::uint64_t kMost = 1'000;

class OwnFileTest : public testing::Test {
protected:
    void SetUp() override { ::alarm(60); }  // whatever waits ends the test
    void TearDown() override { ::alarm(0); }

    /// That it is refused, and left as it is.
    void expect_refused(const std::string& name, const std::string& why) {
        const std::string path = folder_.file(name);
        struct stat before {};
        ASSERT_EQ(::lstat(path.c_str(), &before), 0);
        for (const int flags : {O_RDONLY, O_RDWR | O_CREAT | O_APPEND}) {
            const auto fd = open_own(path, flags);
            ASSERT_FALSE(fd.has_value()) << name;
            EXPECT_EQ(fd.error().code, 0) << name;
            EXPECT_THAT(fd.error().message, HasSubstr(path)) << name;
            EXPECT_THAT(fd.error().message, HasSubstr(why)) << name;
        }
        EXPECT_FALSE(read_own(path, kMost)) << name;
        struct stat after {};
        ASSERT_EQ(::lstat(path.c_str(), &after), 0);
        EXPECT_EQ(after.st_size, before.st_size);
        EXPECT_EQ(after.st_ino, before.st_ino);
    }

    test_support::TempDir folder_;
};

TEST_F(OwnFileTest, ReadsAndMakesWhatIsOurs) {
    folder_.append("mine", "content");
    EXPECT_EQ(read_own(folder_.file("mine"), kMost).value_or(""), "content");
    ASSERT_TRUE(open_own(folder_.file("new"), O_RDWR | O_CREAT).has_value());
    struct stat info {};
    ASSERT_EQ(::stat(folder_.file("new").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(OwnFileTest, TellsWhatIsMissingFromWhatIsRefused) {
    EXPECT_EQ(read_own(folder_.file("none"), kMost).error().code, ENOENT);
    folder_.append("long", std::string(kMost + 1, 'x'));
    EXPECT_EQ(read_own(folder_.file("long"), kMost).error().code, EFBIG);
}

TEST_F(OwnFileTest, RefusesWhatItCannotHaveMade) {
    folder_.append("target", "SECRET");
    fs::create_symlink(folder_.file("target"), folder_.file("link"));
    fs::create_symlink("nowhere", folder_.file("dangling"));
    fs::create_symlink("/dev/zero", folder_.file("endless"));
    ASSERT_EQ(::mkfifo(folder_.file("fifo").c_str(), 0600), 0);
    fs::create_directory(folder_.file("folder"));
    expect_refused("link", "is a link");
    expect_refused("dangling", "is a link");
    expect_refused("endless", "is a link");
    expect_refused("fifo", "is no regular file");
    expect_refused("folder", "is no regular file");
    EXPECT_FALSE(fs::exists(folder_.file("nowhere")));
    fs::create_hard_link(folder_.file("target"), folder_.file("second"));
    expect_refused("second", "has a second name");
    EXPECT_EQ(test_support::read_file(folder_.file("target")), "SECRET");
}

TEST_F(OwnFileTest, RefusesWhatIsAnothers) {
    if (::geteuid() != 0) {
        return;  // nobody else can make another user's files
    }
    folder_.append("theirs", "x");
    ASSERT_EQ(::chown(folder_.file("theirs").c_str(), 12345, 12345), 0);
    expect_refused("theirs", "belongs to user 12345");

    fs::create_directory(folder_.file("open"));
    ASSERT_EQ(::chmod(folder_.file("open").c_str(), 0777), 0);
    ASSERT_EQ(::chown(folder_.file("open").c_str(), 12345, 12345), 0);
    const auto made = make_own_folder(folder_.file("open"));
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, 0);
    EXPECT_THAT(made.error().message, HasSubstr("belongs to user 12345"));

    fs::create_symlink(folder_.path(), folder_.file("link"));
    EXPECT_TRUE(make_own_folder(folder_.file("link"))) << "our own link is our own business";
    ASSERT_EQ(::lchown(folder_.file("link").c_str(), 12345, 12345), 0);
    EXPECT_THAT(make_own_folder(folder_.file("link")).error().message, HasSubstr("is a link"));
}

TEST_F(OwnFileTest, KeepsOthersFromWritingToAFolderOfOurs) {
    ASSERT_TRUE(make_own_folder(folder_.file("a/b")));
    ASSERT_EQ(::chmod(folder_.file("a/b").c_str(), 0777), 0);
    ASSERT_TRUE(make_own_folder(folder_.file("a/b")));
    struct stat info {};
    ASSERT_EQ(::stat(folder_.file("a/b").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0755U);
}

}  // namespace
}  // namespace base
