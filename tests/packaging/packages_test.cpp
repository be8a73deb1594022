// SPDX-License-Identifier: MIT
#include "tests/packaging/packages.h"

#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/process/version.h"
#include "tests/packaging/clean_root.h"

namespace packaging {
namespace {

using test_support::run_command;
using test_support::RunResult;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

RunResult bash(const std::string& script) { return run_command({"bash", "-c", script}); }

std::string unpacked(const TempDir& folder) {
    const auto result = run_command(
        {"tar", "-xzf", package(".tar.gz").string(), "-C", folder.path(), "--strip-components=1"});
    EXPECT_EQ(result.status, 0) << result.errors;
    return folder.path();
}

TEST(PackagesTest, TheArchiveIsSmallAndChecked) {
    EXPECT_LT(std::filesystem::file_size(package(".tar.gz")), 10U << 20U);
    for (const std::string suffix : {".tar.gz", ".deb"}) {
        EXPECT_EQ(bash("cd '" BOUNDARY_LOKI_BUILD_DIR "/packages' && sha256sum --check '" +
                       package(suffix + ".sha256").string() + "'")
                      .status,
                  0);
        EXPECT_THAT(package(suffix).filename().string(), HasSubstr(std::string(bridge::kVersion)));
        EXPECT_THAT(bash(suffix == ".deb" ? "dpkg-deb -c '" + package(suffix).string() + "'"
                                          : "tar -tzf '" + package(suffix).string() + "'")
                        .output,
                    HasSubstr("/share/boundary-loki/schemas/verify.schema.json\n"));
    }
}

TEST(PackagesTest, TheVersionNamesTheCommit) {
    const auto commit =
        bash("git -C '" BOUNDARY_LOKI_SOURCE_DIR "' rev-parse --short=9 HEAD").output;
    if (commit.empty()) {  // an unpacked source archive
        EXPECT_THAT(std::string(bridge::kVersion), testing::MatchesRegex("[0-9.]+"));
        return;
    }
    const auto tagged = bash("git -C '" BOUNDARY_LOKI_SOURCE_DIR "' describe --exact-match --tags");
    if (tagged.status == 0) {
        EXPECT_EQ("v" + std::string(bridge::kVersion) + "\n", tagged.output);
    } else {
        EXPECT_THAT(std::string(bridge::kVersion) + "\n", testing::EndsWith("g" + commit));
    }
}

/// One place says what release this is.
TEST(PackagesTest, EveryPageNamesTheReleaseOfTheChangelog) {
    const std::string log = test_support::read_file(BOUNDARY_LOKI_SOURCE_DIR "/CHANGELOG.md");
    std::smatch newest;
    ASSERT_TRUE(std::regex_search(
        log, newest, std::regex("\n## \\[([0-9.]+)\\] - [0-9]{4}-[0-9]{2}-[0-9]{2}\n")));
    EXPECT_LT(log.find("\n## [Unreleased]\n"), static_cast<std::size_t>(newest.position()));
    const std::string release = newest[1];
    EXPECT_THAT(std::string(bridge::kVersion), testing::StartsWith(release));
    const auto named =
        bash("cd '" BOUNDARY_LOKI_SOURCE_DIR
             "' && git grep -hoE 'boundary-loki-[0-9]+[.][0-9.]+[0-9]|[?]ref=v[0-9.]+' "
             "-- '*.md' '*.tf' ':!CHANGELOG.md' ':!coder-templates/*firewalled/*' | "
             "sed 's/.*[-v]//' | sort -u");
    EXPECT_EQ(named.output, release + "\n");
}

TEST(PackagesTest, RunsWhereverItIsUnpackedOnDebian12And13) {
    for (const std::string release : {"12", "13"}) {
        SCOPED_TRACE("Debian " + release);
        const TempDir folder;
        std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
        const CleanRoot root(release, {unpacked(folder) + ":/opt/firewall"});
        // Relocated, and from a link to it.
        const auto version = root.shell(
            "mkdir -p 'a b' bin && cp -r /opt/firewall/bin /opt/firewall/lib 'a b' && "
            "ln -s \"$PWD/a b/bin/boundary-loki\" bin/ && bin/boundary-loki --version");
        EXPECT_EQ(version.output, "boundary-loki " + std::string(bridge::kVersion) + "\n")
            << version.errors;
        const auto libraries = root.shell("ldd 'a b/bin/boundary-loki' 2>&1");
        EXPECT_EQ(libraries.status, 0);
        EXPECT_THAT(libraries.output, Not(HasSubstr("not found")));
        EXPECT_THAT(libraries.output, Not(HasSubstr("no version information")));
        const auto loaded = root.shell(
            "LOKI_ADDR=http://127.0.0.1:1 LD_DEBUG=files 'a b/bin/boundary-loki' run --check 2>&1 "
            "| grep 'calling init'");
        for (const std::string library : {"libcurl.so.4", "libssl.so.3"}) {
            EXPECT_THAT(loaded.output, HasSubstr("/a b/bin/../lib/boundary-loki/" + library));
        }
        // It gets as far as the network, TLS included.
        const auto pushed = root.shell(
            "echo 'time=2026-06-09T12:00:00.000Z level=WARN msg=DENY method=GET "
            "url=https://a.example/ host=a.example' >boundary-2026-06-09_12-00-00-1.log && "
            "timeout 10 'a b/bin/boundary-loki' replay --loki-url \"https://127.0.0.1:$PORT\" .",
            {{"PORT", std::to_string(test_support::free_port())}});
        EXPECT_THAT(pushed.errors, HasSubstr("127.0.0.1")) << pushed.output;
        EXPECT_THAT(pushed.errors, Not(HasSubstr("error while loading")));
    }
}

/// The oldest that it runs with, as the README has it: Amazon Linux 2023 has just these.
TEST(PackagesTest, NeedsNoNewerGlibcOrLibstdcxxThanSaid) {
    const TempDir folder;
    const auto needed = bash("cd '" + unpacked(folder) +
                             "' && objdump -T bin/boundary-loki lib/boundary-loki/*.so.* | "
                             "grep -oE '(GLIBC|GLIBCXX|CXXABI)_[0-9.]+' | sort -Vu")
                            .output;
    const std::map<std::string, std::string> newest = {
        {"GLIBC", "2.34"}, {"GLIBCXX", "3.4.29"}, {"CXXABI", "1.3.13"}};
    for (const auto& [name, limit] : newest) {
        std::string last;
        const std::regex symbol(name + "_([0-9.]+)");
        for (auto it = std::sregex_iterator(needed.begin(), needed.end(), symbol);
             it != std::sregex_iterator(); ++it) {
            last = (*it)[1];
        }
        const auto in_order =
            run_command({"sh", "-c", "printf '%s\\n' $LAST $LIMIT | sort -V --check=silent"},
                        {{"LAST", last}, {"LIMIT", limit}});
        EXPECT_EQ(in_order.status, 0) << name << "_" << last;
        EXPECT_NE(last, "");
    }
}

TEST(PackagesTest, EveryBundledLibraryHasItsLicence) {
    const TempDir folder;
    const auto counts =
        bash("cd '" + unpacked(folder) +
             "/lib/boundary-loki' && test -n \"$(ls *.so.*)\" && "
             "for c in *.copyright; do test -s $c || echo $c; done; "
             "for l in *.so.*; do [ -L $l ] && continue; o=$(dpkg-query -S \"*/$l\" | head -n 1); "
             "test -s ${o%%:*}.copyright || echo $l; done");
    EXPECT_EQ(counts.output, "") << counts.errors;
}

/// The libraries that come along, by what the loader finds; and what is compiled in, by the headers
/// that the compiler read: each is of a Debian source package that the list names.
TEST(PackagesTest, TheSpdxListNamesAllThatTheArchiveBrings) {
    const TempDir folder;
    const auto unnamed = bash("cd '" + unpacked(folder) + R"sh(' && set -euo pipefail
libraries=$({ ldd bin/boundary-loki; LD_LIBRARY_PATH=lib/boundary-loki ldd lib/boundary-loki/libcurl.so.4; } |
    sed -n 's#.* => \(.*lib/boundary-loki/[^ ]*\) .*#\1#p' | xargs realpath | sort -u)
headers=$(ninja -C ')sh" BOUNDARY_LOKI_BUILD_DIR R"sh(' -t deps |
    awk '/^[^ ]/ { ours = /^(base|tailer|exporter|bridge)\// } ours && $1 ~ "^/usr/" { print $1 }' | sort -u)
[ "$(wc -l <<<"$libraries")" -gt 20 ] && [ "$(wc -l <<<"$headers")" -gt 200 ]
sources() { sed 's/: .*//; s/, .*//' | sort -u | xargs dpkg-query -W -f '${source:Package}\n' | sort -u; }
{ sed 's#.*/#*/#' <<<"$libraries"; echo "$headers"; } | xargs dpkg-query -S | sources >brought
jq -r '.packages[].externalRefs[]?.referenceLocator' share/doc/boundary-loki/boundary-loki.spdx.json |
    sed 's/.*upstream=//' | sort -u >named
comm -23 brought named)sh");
    EXPECT_EQ(unnamed.status, 0) << unnamed.errors;
    EXPECT_EQ(unnamed.output, "linux\n");  // the kernel's interface, of which nothing is brought
}

TEST(PackagesTest, TheDebInstallsAndTheUnitsHold) {
    const TempDir folder;
    ASSERT_EQ(run_command({"dpkg-deb", "-x", package(".deb").string(), folder.path()}).status, 0);
    const auto version = run_command({folder.file("usr/bin/boundary-loki"), "--version"});
    EXPECT_EQ(version.output, "boundary-loki " + std::string(bridge::kVersion) + "\n");
    EXPECT_THAT(run_command({"dpkg-deb", "-f", package(".deb").string(), "Depends"}).output,
                HasSubstr("libcurl4"));
    EXPECT_FALSE(std::filesystem::exists(folder.file("usr/lib/boundary-loki")));
    for (const std::string unit : {"user", "system"}) {
        const auto text = test_support::read_file(
            folder.file("usr/lib/systemd/" + unit + "/boundary-loki.service"));
        EXPECT_THAT(text, HasSubstr("ExecStart=/usr/bin/boundary-loki run\n"));
    }
}

TEST(PackagesTest, TheUnitsPassSystemdsOwnChecks) {
    const TempDir folder;
    ASSERT_EQ(run_command({"dpkg-deb", "-x", package(".deb").string(), folder.path()}).status, 0);
    // verify wants the program to be there; unknown directives are but warnings to it.
    const auto checked =
        bash("cd '" + folder.file("usr/lib/systemd") +
             "' && export XDG_RUNTIME_DIR=$PWD && sed -i 's#=/usr/bin/#='$PWD'/../../bin/#' "
             "*/boundary-loki.service && set -e; "
             "systemd-analyze --man=no verify $PWD/system/boundary-loki.service; "
             "systemd-analyze --man=no --user verify $PWD/user/boundary-loki.service; "
             "systemd-analyze security --offline=true --threshold=20 "
             "$PWD/system/boundary-loki.service >/dev/null");
    EXPECT_EQ(checked.status, 0);
    EXPECT_EQ(checked.errors, "");
}

TEST(PackagesTest, ThePageIsCleanAndKnowsEveryFlagOfTheHelp) {
    const TempDir folder;
    const std::string page = unpacked(folder) + "/share/man/man1/boundary-loki.1.gz";
    const auto set = bash("zcat '" + page + "' | groff -man -Tutf8 -ww -rLL=100n");
    EXPECT_EQ(set.status, 0);
    EXPECT_EQ(set.errors, "");
    const auto flags = bash("for c in '' run replay summary 'toolcall exec' 'toolcall hook'; do '" +
                            std::string(BOUNDARY_LOKI_BINARY) +
                            "' $c --help; done | grep -oE -- '^ +(-h,)?--[a-z-]+' | tr -d ' ' | "
                            "sed 's/-h,//' | sort -u");
    std::istringstream lines(flags.output);
    std::size_t count = 0;
    for (std::string flag; std::getline(lines, flag); ++count) {
        const auto found = run_command(
            {"bash", "-c", R"(zcat "$PAGE" | sed 's/\\-/-/g' | grep -qF -- "\fB$FLAG\fR")"},
            {{"PAGE", page}, {"FLAG", flag}});
        EXPECT_EQ(found.status, 0) << flag;
    }
    EXPECT_GT(count, 20U);
}

/// What bash offers behind these words.
std::string offered(const std::string& script, const std::string& words) {
    return bash(". '" + script + "'; COMP_WORDS=(" + words +
                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _boundary_loki; "
                "echo \"${COMPREPLY[*]}\"")
        .output;
}

TEST(PackagesTest, BashCompletesCommandsFlagsAndFiles) {
    const TempDir folder;
    const std::string script =
        unpacked(folder) + "/share/bash-completion/completions/boundary-loki";
    EXPECT_THAT(offered(script, "boundary-loki r"), "run replay\n");
    EXPECT_THAT(offered(script, "boundary-loki toolcall ''"), HasSubstr("exec hook"));
    EXPECT_THAT(offered(script, "boundary-loki run --loki"), "--loki-url\n");
    EXPECT_THAT(offered(script, "boundary-loki run --tenant r"), "\n");
    EXPECT_THAT(offered(script, "boundary-loki summary --js"), "--json\n");
    EXPECT_THAT(offered(script, "boundary-loki summary /etc/host"), HasSubstr("/etc/hostname"));
    EXPECT_THAT(offered(script, "boundary-loki run --config /etc/host"),
                HasSubstr("/etc/hostname"));
    EXPECT_THAT(offered(script, "boundary-loki ''"), Not(HasSubstr("manual")));
}

TEST(PackagesTest, FishCompletesCommandsFlagsAndFiles) {
    const TempDir folder;
    const std::string script =
        unpacked(folder) + "/share/fish/vendor_completions.d/boundary-loki.fish";
    const auto offers = [&script](const std::string& words) {
        return bash("HOME='" + fs::path(script).parent_path().string() +
                    "' fish --no-config -c '. " + script + "; complete -C \"" + words +
                    "\"' | cut -f1 | paste -sd' '")
            .output;
    };
    EXPECT_EQ(offers("boundary-loki r"), "replay run\n");
    EXPECT_EQ(offers("boundary-loki toolcall "), "exec hook\n");
    EXPECT_EQ(offers("boundary-loki run --loki"), "--loki-url\n");
    EXPECT_EQ(offers("boundary-loki run --tenant r"), "\n");
    EXPECT_EQ(offers("boundary-loki summary --js"), "--json\n");
    EXPECT_EQ(offers("boundary-loki toolcall exec --fail"), "--fail-open\n");
    EXPECT_EQ(offers("boundary-loki summary /etc/hostn"), "/etc/hostname\n");
    EXPECT_EQ(offers("boundary-loki run --config /etc/hostn"), "/etc/hostname\n");
    EXPECT_EQ(offers("boundary-loki man"), "\n");
}

TEST(PackagesTest, ZshCompletesCommandsFlagsAndFiles) {
    const TempDir folder;
    const std::string script = unpacked(folder) + "/share/zsh/vendor-completions/_boundary-loki";
    // A terminal of zsh's own, in which the words are typed and Tab is pressed.
    const std::string typed = folder.append("typed.zsh", R"(
zmodload zsh/zpty
zpty shell zsh -f -i
read_until() { local text=; while zpty -r shell line; do text+=$line; [[ $text == *$1* ]] && break; done; print -r -- "$text"; }
zpty -w shell "PS1=; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -D; . $1; echo re''ady"
read_until ready >/dev/null
zpty -w -n shell "$2"$'\t'
sleep 0.5
zpty -w shell ' # do''ne'
read_until 'done'
)");
    const auto typing = [&](const std::string& words) {
        return run_command({"timeout", "20", "zsh", "-f", typed, script, words},
                           {{"HOME", folder.path()}, {"TERM", "dumb"}})
            .output;
    };
    EXPECT_THAT(typing("boundary-loki rep"), HasSubstr("boundary-loki replay "));
    EXPECT_THAT(typing("boundary-loki toolcall ho"), HasSubstr("toolcall hook "));
    EXPECT_THAT(typing("boundary-loki run --loki"), HasSubstr("run --loki-url "));
    EXPECT_THAT(typing("boundary-loki run --config /etc/hostn"), HasSubstr("/etc/hostname "));
    EXPECT_THAT(typing("boundary-loki summary /etc/hostn"), HasSubstr("/etc/hostname "));
}

}  // namespace
}  // namespace packaging
