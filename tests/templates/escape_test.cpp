// SPDX-License-Identifier: MIT
// A jailed tool call against the start in the workspace itself, where the daemon has the same user:
// what it cannot make of it, and what it still can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/boundary.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/programs.h"
#include "tests/templates/workspace.h"

namespace templates {
namespace {

using end_to_end::judge_when_there;
using end_to_end::kAllThereOnce;
using test_support::eventually;
using test_support::LokiServer;
using testing::HasSubstr;

constexpr const char* kFolder = "~/.local/share/boundary-loki";

/// Prints the process ids of all daemons; `yes` for supervisors, too.
constexpr const char* kFind =
    "ours() { for p in /proc/[0-9]*; do p=${p#/proc/}; [ \"$(cat /proc/$p/comm)\" = boundary-loki "
    "] "
    "|| continue; parent=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status); "
    "grep -q toolcall /proc/$p/cmdline && continue; "
    "[ \"$1\" = yes ] || [ \"$(cat /proc/$parent/comm)\" = boundary-loki ] || continue; echo $p; "
    "done 2>/dev/null; }\n";

class EscapeTest : public testing::Test {
protected:
    EscapeTest() {
        loki_.start();
        start_ = rendered("  loki_url       = \"" + loki_.url() +
                          "\"\n  archive_url    = \"file:///opt/artifacts/boundary-loki.tar.gz\"\n"
                          "  archive_sha256 = \"" +
                          machine_.sha256() + "\"\n  metrics_address = \"off\"\n");
        // The token of a template that sets it as a variable of the start script.
        const auto started = workspace_.script("export LOKI_BEARER_TOKEN=hush-5f2c\n" + start_);
        EXPECT_EQ(started.status, 0) << started.output;
        EXPECT_TRUE(workspace_.has_one_daemon()) << workspace_.log();
    }
    /// An allowed request with this number, as a tool call.
    void request(std::size_t id) const {
        EXPECT_EQ(workspace_
                      .tool_call("curl -s -o /dev/null http://127.0.0.1:" + upstream_.port() +
                                 "/d/" + std::to_string(id) + "/")
                      .status,
                  0);
    }
    /// Puts a program of the attacker's wherever the start has put one of ours.
    [[nodiscard]] std::string replace_all() const {
        return "cat >/tmp/evil <<'EVIL'\n#!/bin/sh\n{ echo \"$0 $*\"; env; curl -s -m 2 --noproxy "
               "'*' -o /dev/null -w '%{http_code}\\n' http://127.0.0.1:" +
               upstream_.port() +
               "/escaped/; } >>/home/coder/escaped 2>&1\nsleep 1\nEVIL\nchmod 755 /tmp/evil\n"
               // Into what may be mapped, libraries included: without a new inode.
               "for f in $(find ~/.local/share/boundary-loki -type f -size +20k); do head -c "
               "20000000 "
               "/dev/zero | dd of=\"$f\" bs=64k conv=notrunc count=$(($(wc -c <\"$f\") / 65536 + "
               "1)) "
               "2>/dev/null; done\n"
               "for f in $(find ~/.local -type f -perm -u+x) $(find ~/.local -name '*.sh') "
               "~/.local/bin/boundary-loki " +
               std::string(kFolder) +
               "/supervise.sh; do cp /tmp/evil \"$f\" 2>/dev/null; rm -f \"$f\"; cp /tmp/evil "
               "\"$f\"; done\n"
               "for f in " +
               kFolder + "/*.tar.gz; do echo evil >>\"$f\"; done\n";
    }
    [[nodiscard]] std::string escaped() const {
        return workspace_.root().shell("ls ~/escaped 2>/dev/null && cat ~/escaped").output;
    }

    const end_to_end::Upstream upstream_;
    LokiServer loki_;
    const Machine machine_{test_support::boundary_program()};
    std::string start_;
    const Workspace workspace_{machine_};
};

TEST_F(EscapeTest, NothingThatTheJailedUserPutThereIsExecuted) {
    request(0);
    ASSERT_EQ(judge_when_there(loki_, 1), kAllThereOnce) << workspace_.log();
    const auto daemon = workspace_.daemons();
    // Replace, kill, wait.
    const auto call = workspace_.tool_call(
        replace_all() + kFind +
        "kill -KILL $(ours no)\nfor i in $(seq 50); do sleep 0.1; [ -z \"$(ours no)\" ] || break; "
        "done\ncurl -s -m 2 --noproxy '*' -o /dev/null -w '%{http_code}' http://127.0.0.1:" +
        upstream_.port() + "/direct/");
    if (!test_support::is_stand_in(test_support::boundary_program())) {
        EXPECT_EQ(call.output, "000") << call.errors;
    }
    ASSERT_TRUE(workspace_.has_one_daemon()) << workspace_.log();
    EXPECT_NE(workspace_.daemons(), daemon);
    EXPECT_EQ(escaped(), "");
    request(1);
    EXPECT_EQ(judge_when_there(loki_, 2), kAllThereOnce) << workspace_.log();

    // Where the agent's PATH has them first, other programs under the names of the system's.
    const auto planted = workspace_.tool_call(
        "for n in flock sed cat cut sha256sum mktemp mkdir rm mv cp ln chmod tar printenv wc sleep "
        "timeout sh; do /bin/cp /tmp/evil ~/.local/bin/$n; done; printf 'url = "
        "\"http://127.0.0.1:" +
        upstream_.port() +
        "/escaped/\"\\noutput = \"/home/coder/escaped\"\\n' >~/.curlrc; command -v flock");
    ASSERT_EQ(planted.output, "/home/coder/.local/bin/flock\n");
    // The workspace stops and starts: what was replaced is unpacked anew, the archive fetched.
    EXPECT_EQ(workspace_.stop().status, 0);
    const auto again = workspace_.script(start_);
    ASSERT_EQ(again.status, 0) << again.output;
    ASSERT_TRUE(workspace_.has_one_daemon()) << workspace_.log();
    EXPECT_EQ(escaped(), "");
    EXPECT_EQ(workspace_.root().shell("rm ~/.curlrc").status, 0);
    request(2);
    EXPECT_EQ(judge_when_there(loki_, 3), kAllThereOnce) << workspace_.log();
    EXPECT_EQ(workspace_.stop().status, 0);
}

TEST_F(EscapeTest, TheTokenIsInNoProcessThatItCanRead) {
    const auto looked = workspace_.tool_call(
        std::string(kFind) +
        "for p in $(ours yes); do for f in environ cmdline auxv; do cat /proc/$p/$f; done; "
        "cat /proc/$p/mem; cat /proc/$p/fd/*; done 2>&1 | tr '\\0' ' '");
    EXPECT_THAT(looked.output, HasSubstr("run --supervise"));  // it did look
    EXPECT_THAT(looked.output, testing::Not(HasSubstr("hush-5f2c")));
    EXPECT_EQ(workspace_.root().shell("grep -rl hush-5f2c ~ /tmp 2>/dev/null").output, "");
    EXPECT_EQ(workspace_.stop().status, 0);
}

TEST_F(EscapeTest, AForgedPidFileHarmsNobody) {
    const auto bystander =
        workspace_.command({"sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!"}).output;
    const std::string pid = bystander.substr(0, bystander.find('\n'));
    const std::string alive = "kill -0 " + pid;
    for (const auto& forged : {std::string("-1"), pid}) {
        ASSERT_EQ(workspace_.tool_call("echo '" + forged + "' >" + kFolder + "/pid").status, 0);
        const auto stopped = workspace_.stop();
        EXPECT_EQ(stopped.status, 1) << stopped.output;
        EXPECT_EQ(workspace_.root().shell(alive).status, 0) << forged;
        EXPECT_TRUE(workspace_.has_one_daemon());
    }
    // Pipes in place of files hold nothing up; nor does a start kill by them.
    ASSERT_EQ(workspace_
                  .tool_call(std::string("cd ") + kFolder +
                             " && rm -f pid settings && mkfifo pid settings")
                  .status,
              0);
    const auto blocked = workspace_.script(start_);
    EXPECT_EQ(blocked.status, 1);
    EXPECT_THAT(blocked.output, HasSubstr("does not end"));
    EXPECT_EQ(workspace_.root().shell(alive).status, 0);
    EXPECT_TRUE(workspace_.has_one_daemon());
}

/// In an image where the program is in the home alone.
TEST_F(EscapeTest, TheShimRunsNoProgramThatTheUserCouldReplace) {
    const auto call = [&](const std::string& shim) {
        return workspace_.command({shim, "-c", "echo ran"}, {{"CODER_CHAT_ID", "chat-1"}});
    };
    ASSERT_EQ(call("/opt/firewall/shim/sh").output, "ran\n");
    ASSERT_EQ(workspace_.tool_call("mkdir ~/own; cp /opt/firewall/shim/sh ~/own/sh").status, 0);
    const std::string alone = "PATH=/home/coder/.local/bin:/usr/bin:/bin CODER_CHAT_ID=chat-1 ";
    // Without a program beside it, and with modes that the owner could change back.
    for (const std::string mode : {"true", "chmod 555 ~/.local/bin"}) {
        std::string command = mode;
        command.append("; ").append(alone).append("~/own/sh -c 'echo ran'");
        const auto refused = workspace_.root().shell(command);
        EXPECT_EQ(refused.status, 126);
        EXPECT_EQ(refused.output, "");
        EXPECT_THAT(refused.errors, HasSubstr("can replace /home/coder/.local/bin/boundary-loki"));
    }
    EXPECT_THAT(workspace_.root()
                    .shell("PATH=/usr/bin:/bin CODER_CHAT_ID=chat-1 ~/own/sh -c 'echo ran'")
                    .errors,
                HasSubstr("not installed"));
    EXPECT_EQ(workspace_.root().shell("~/own/sh -c 'echo ran'").output, "ran\n");
}

/// The README names these; what is left open shall be known.
TEST_F(EscapeTest, WhatItStillCan) {
    // Write decisions that Boundary never made.
    const auto forged = workspace_.tool_call(
        "printf 'time=%s level=INFO msg=ALLOW method=GET url=http://forged.example/d/0/ "
        "host=forged.example rule=\"domain=forged.example\"\\n' "
        "\"$(date -u +%Y-%m-%dT%H:%M:%S.000Z)\" "
        ">/tmp/boundary_logs/boundary-$(date +%Y-%m-%d_%H-%M-%S)-1.log");
    ASSERT_EQ(forged.status, 0) << forged.errors;
    EXPECT_EQ(judge_when_there(loki_, 1), kAllThereOnce) << workspace_.log();
    // End the shipping until the workspace starts anew.
    static_cast<void>(workspace_.tool_call(std::string(kFind) + "kill -KILL $(ours yes)"));
    EXPECT_TRUE(eventually([&] { return workspace_.daemons().empty(); }));
    EXPECT_EQ(workspace_.script(start_).status, 0);
    EXPECT_TRUE(workspace_.has_one_daemon()) << workspace_.log();
    EXPECT_EQ(workspace_.stop().status, 0);
}

}  // namespace
}  // namespace templates
