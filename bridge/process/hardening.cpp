// SPDX-License-Identifier: MIT
#include "bridge/process/hardening.h"

#include <cstdint>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace bridge {
namespace {

/// LANDLOCK_ACCESS_FS_TRUNCATE, which came with the third version; Debian 12's header has two.
constexpr std::uint64_t kTruncate = 1ULL << 14U;

/// Rights that exist in this version of Landlock: one that is unknown makes the kernel refuse all.
std::uint64_t known_to(long version, std::uint64_t rights) {
    if (version < 2) {
        rights &= ~std::uint64_t{LANDLOCK_ACCESS_FS_REFER};
    }
    if (version < 3) {
        rights &= ~kTruncate;
    }
    return rights;
}

}  // namespace

void harden_process() {
    ::umask(077);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
    // A core pattern that is a pipe ignores the limit, and heeds this. LeakSanitizer has to look
    // into its own process at the end, which this forbids.
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

bool confine_to(const std::string& folder) {
    constexpr std::uint64_t kForState =
        LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
        LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
        LANDLOCK_ACCESS_FS_REFER | kTruncate;
    constexpr std::uint64_t kNowhere =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
        LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM;

    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        return false;
    }
    landlock_ruleset_attr all{};
    all.handled_access_fs = known_to(version, kForState | kNowhere);
    const base::UniqueFd rules(
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0)));
    const base::UniqueFd below(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    landlock_path_beneath_attr allowed{};
    allowed.allowed_access = known_to(version, kForState);
    allowed.parent_fd = below.get();
    return rules.valid() && below.valid() &&
           ::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &allowed, 0) ==
               0 &&
           ::syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0;
}

}  // namespace bridge
