// SPDX-License-Identifier: MIT
#include "bridge/process/hardening.h"

#include <array>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace bridge {
namespace {

/// The kernel's answer, not our own code's.
bool kernel_has_landlock() {
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

bool writes(const std::string& path) {
    const base::UniqueFd file(
        ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
    return file.valid() && ::write(file.get(), "x", 1) == 1;
}

/// As kernels before 5.13 do.
void take_landlock_away() {
    std::array<sock_filter, 4> program = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{program.size(), program.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) {
        std::abort();
    }
}

/// Runs in a process of its own, whose exit status says what is not as it should be; 0 = nothing.
class ConfinementTest : public testing::Test {
protected:
    ConfinementTest() {
        std::filesystem::create_directory(state());
        folder_.append("log", "one line\n");
    }

    [[nodiscard]] std::string state() const { return folder_.file("state"); }
    [[nodiscard]] std::string outside(const char* name) const { return folder_.file(name); }

    [[nodiscard]] int what_fails_when_confined() const {
        harden_process();
        if (!confine_to(state())) {
            return 1;
        }
        if (!writes(state() + "/new") || ::truncate((state() + "/new").c_str(), 0) != 0) {
            return 2;
        }
        if (::mkdir((state() + "/spool").c_str(), 0700) != 0 ||
            ::rename((state() + "/new").c_str(), (state() + "/spool/new").c_str()) != 0 ||
            ::unlink((state() + "/spool/new").c_str()) != 0) {
            return 3;
        }
        if (writes(outside("new")) || writes(outside("log"))) {
            return 4;
        }
        if (::unlink(outside("log").c_str()) == 0 ||
            ::rename(outside("log").c_str(), (state() + "/log").c_str()) == 0 ||
            ::mkdir(outside("folder").c_str(), 0700) == 0 ||
            ::symlink("/", (state() + "/link").c_str()) == 0) {
            return 5;
        }
        if (!base::UniqueFd(::open(outside("log").c_str(), O_RDONLY | O_CLOEXEC)).valid()) {
            return 6;
        }
        ::execl("/bin/true", "true", nullptr);
        return errno == EACCES ? 0 : 7;
    }

    [[nodiscard]] int what_fails_without_landlock() const {
        harden_process();
        take_landlock_away();
        return confine_to(state()) || !writes(outside("new")) ? 1 : 0;
    }

private:
    test_support::TempDir folder_;
};

TEST_F(ConfinementTest, LeavesTheStateFolderAloneToWriteToAndNothingToRun) {
    if (!kernel_has_landlock()) {
        EXPECT_EXIT(std::_Exit(what_fails_when_confined()), testing::ExitedWithCode(1), "");
        return;
    }
    EXPECT_EXIT(std::_Exit(what_fails_when_confined()), testing::ExitedWithCode(0), "");
}

TEST_F(ConfinementTest, ChangesNothingWhereTheKernelHasNoLandlock) {
    EXPECT_EXIT(std::_Exit(what_fails_without_landlock()), testing::ExitedWithCode(0), "");
}

TEST_F(ConfinementTest, ChangesNothingWhenTheFolderIsGone) {
    std::filesystem::remove(state());
    EXPECT_EXIT(std::_Exit(confine_to(state()) || !writes(outside("new")) ? 1 : 0),
                testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace bridge
