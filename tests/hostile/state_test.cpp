// SPDX-License-Identifier: MIT
// What may stand in the state folder in place of our own files: refused with its reason, neither
// read nor changed, and never sent.
#include <filesystem>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/daemon/state_folder.h"
#include "tests/hostile/hostile_fixture.h"

namespace hostile {
namespace {

namespace fs = std::filesystem;
using bridge::StateFolder;
using testing::HasSubstr;

constexpr std::uint64_t kSpoolBytes = 64U << 20U;
constexpr const char* kSecret = "SECRET-OF-ANOTHER-FILE";
constexpr const char* kSegment = "/spool/00000000000000000007.push.zst";

/// A place that is laid out already, and a file outside of it.
struct Trap {
    std::string state;
    std::string outside;
};

struct StateCase {
    std::string_view name;
    std::function<void(const Trap&)> set;
    std::string_view refused;     ///< what open() says; empty = it opens
    std::string_view checkpoint;  ///< what loading the checkpoint says; empty = nothing
    std::string_view segment;     ///< what is said of a segment; empty = nothing
    friend std::ostream& operator<<(std::ostream& out, const StateCase& row) {
        return out << row.name;
    }
};

/// Puts something in a file's place.
std::function<void(const Trap&)> instead(
    const std::string& file, const std::function<void(const Trap&, const std::string&)>& put) {
    return [file, put](const Trap& trap) {
        fs::remove(trap.state + file);
        put(trap, trap.state + file);
    };
}

void link_outside(const Trap& trap, const std::string& path) {
    fs::create_symlink(trap.outside, path);
}
void link_to_zero(const Trap&, const std::string& path) { fs::create_symlink("/dev/zero", path); }
void second_name(const Trap& trap, const std::string& path) {
    fs::create_hard_link(trap.outside, path);
}
void fifo(const Trap&, const std::string& path) { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); }
void of_another(const Trap&, const std::string& path) {
    std::ofstream(path) << kSecret;
    ASSERT_EQ(::chown(path.c_str(), 12345, 12345), 0);
}

std::vector<StateCase> state_cases() {
    const char* const lock = "/lock";
    const char* const letters = "/dead-letter/rejected.ndjson";
    const char* const checkpoint = "/checkpoint";
    std::vector<StateCase> rows = {
        {"a link for the lock", instead(lock, link_outside), "is a link", "", ""},
        {"a FIFO for the lock", instead(lock, fifo), "is no regular file", "", ""},
        {"another file's second name for the lock", instead(lock, second_name), "has a second name",
         "", ""},
        {"a link for the dead letters", instead(letters, link_outside), "is a link", "", ""},
        {"a FIFO for the dead letters", instead(letters, fifo), "is no regular file", "", ""},
        {"another file's second name for the dead letters", instead(letters, second_name),
         "has a second name", "", ""},
        {"a link for the checkpoint", instead(checkpoint, link_outside), "", "is a link", ""},
        {"an endless device for the checkpoint", instead(checkpoint, link_to_zero), "", "is a link",
         ""},
        {"a FIFO for the checkpoint", instead(checkpoint, fifo), "", "is no regular file", ""},
        {"another file's second name for the checkpoint", instead(checkpoint, second_name), "",
         "has a second name", ""},
        {"a link for a segment", instead(kSegment, link_outside), "", "", "is a link"},
        {"an endless device for a segment", instead(kSegment, link_to_zero), "", "", "is a link"},
        {"a FIFO for a segment", instead(kSegment, fifo), "", "", "is no regular file"},
        {"another file's second name for a segment", instead(kSegment, second_name), "", "",
         "has a second name"},
        {"a link for what a killed daemon leaves", instead("/spool/x.tmp", link_outside), "", "",
         ""},
        {"another file's second name for what a killed daemon leaves",
         instead("/spool/x.tmp", second_name), "", "", ""},
    };
    if (::geteuid() == 0) {  // nobody else can make these
        rows.push_back(
            {"another user's lock", instead(lock, of_another), "belongs to user 12345", "", ""});
        rows.push_back({"another user's checkpoint", instead(checkpoint, of_another), "",
                        "belongs to user 12345", ""});
        rows.push_back({"another user's segment", instead(kSegment, of_another), "", "",
                        "belongs to user 12345"});
        const auto give_away = [](const std::string& below) {
            return [below](const Trap& trap) {
                const std::string folder = trap.state + below;
                ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
                ASSERT_EQ(::chown(folder.c_str(), 12345, 12345), 0);
            };
        };
        rows.push_back(
            {"another user's open state folder", give_away(""), "belongs to user 12345", "", ""});
        rows.push_back(
            {"another user's open spool", give_away("/spool"), "belongs to user 12345", "", ""});
        rows.push_back({"another user's open folder of dead letters", give_away("/dead-letter"),
                        "belongs to user 12345", "", ""});
        rows.push_back({"another user's link for the spool",
                        [](const Trap& trap) {
                            fs::rename(trap.state + "/spool", trap.state + "/elsewhere");
                            fs::create_symlink("elsewhere", trap.state + "/spool");
                            ASSERT_EQ(::lchown((trap.state + "/spool").c_str(), 12345, 12345), 0);
                        },
                        "is a link", "", ""});
    }
    return rows;
}

/// What stands there, to the last bit that a change would show in.
std::string traces(const std::string& folder, const std::string& outside) {
    std::string text = test_support::read_file(outside);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        struct stat info {};
        EXPECT_EQ(::lstat(entry.path().c_str(), &info), 0);
        text += "\n" + entry.path().string() + " " + std::to_string(info.st_ino) + " " +
                std::to_string(info.st_mode) + " " + std::to_string(info.st_uid) + " " +
                std::to_string(info.st_size);
    }
    return text;
}

class HostileStateTest : public testing::TestWithParam<StateCase> {
protected:
    void SetUp() override { ::alarm(60); }  // whatever waits or has no end ends the test
    void TearDown() override { ::alarm(0); }

    test_support::TempDir folder_;
};

TEST_P(HostileStateTest, IsRefusedWithItsReasonAndLeftAlone) {
    const Trap trap{folder_.file("state"), folder_.append("outside", kSecret)};
    {
        auto laid_out = StateFolder::open(trap.state, kSpoolBytes);
        ASSERT_TRUE(laid_out && laid_out->save_checkpoint({}));
    }
    GetParam().set(trap);
    const std::string before = traces(trap.state, trap.outside);
    auto state = StateFolder::open(trap.state, kSpoolBytes);
    if (!GetParam().refused.empty()) {
        ASSERT_FALSE(state.has_value());
        EXPECT_THAT(state.error().message, HasSubstr(std::string(GetParam().refused)));
        EXPECT_THAT(state.error().message, HasSubstr(trap.state));
    } else {
        ASSERT_TRUE(state.has_value()) << state.error().message;
        const auto checkpoint = state->load_checkpoint();
        EXPECT_EQ(checkpoint.has_value(), GetParam().checkpoint.empty());
        if (!checkpoint) {
            EXPECT_THAT(checkpoint.error().message, HasSubstr(std::string(GetParam().checkpoint)));
        }
        const auto& refused = state->spool().refused();
        ASSERT_EQ(refused.size(), GetParam().segment.empty() ? 0U : 1U);
        if (!refused.empty()) {
            EXPECT_THAT(refused.front(), HasSubstr(std::string(GetParam().segment)));
        }
        EXPECT_EQ(state->spool().segments(), 0U);
    }
    EXPECT_EQ(traces(trap.state, trap.outside), before);
}

INSTANTIATE_TEST_SUITE_P(Cases, HostileStateTest, testing::ValuesIn(state_cases()),
                         [](const auto& row) { return test_name(row.param.name); });

}  // namespace
}  // namespace hostile
