// SPDX-License-Identifier: MIT
// What the READMEs, --help and the man page tell to type is typed, and what they show comes out.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/rfc3339.h"
#include "bridge/cli/examples.h"
#include "tests/support/loki_server.h"
#include "tests/support/process.h"
#include "tests/support/programs.h"
#include "tests/support/temp_dir.h"

namespace end_to_end {
namespace {

namespace fs = std::filesystem;
using test_support::eventually;
using test_support::LokiServer;
using test_support::Process;
using test_support::read_file;
using test_support::RunResult;
using test_support::TempDir;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

const std::string kRoot = BOUNDARY_LOKI_SOURCE_DIR "/";
constexpr std::chrono::seconds kPatience{120};

/// Lines that are not run here, and why.
const std::map<std::string, std::string> kNotRun = {
    {"bash tests/demo.sh", "builds the tree that this test runs from; its last command is run"},
    {"bash tests/all.sh", "runs this test"},
    {"(cd build/release && cpack)", "the packages' tests run on what it makes"},
    {"sudo apt-get install -y ./build/release/packages/boundary-loki_*.deb",
     "changes this machine; the packages' tests unpack what it installs"},
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// A page's fenced blocks of a language ("" = of none), in order.
std::vector<std::string> blocks(const std::string& language,
                                const std::string& page = "README.md") {
    std::vector<std::string> found;
    bool inside = false;
    bool wanted = false;
    for (const auto& line : lines_of(read_file(kRoot + page))) {
        if (line.starts_with("```")) {
            inside = !inside;
            wanted = inside && line == "```" + language;
            if (wanted) {
                found.emplace_back();
            }
        } else if (wanted) {
            found.back() += line + "\n";
        }
    }
    return found;
}

std::string replaced(std::string text, std::string_view from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// The first rows of a terminal as a picture.
std::string picture(const std::string& text) {
    constexpr std::size_t kRows = 24;
    constexpr std::size_t kRowHeight = 19;
    constexpr std::size_t kWidth = 872;  // 100 monospaced letters of 14 pixels, and a margin
    std::ostringstream rows;
    std::size_t height = 30;
    for (auto line : lines_of(text)) {
        if (height == 30 + kRows * kRowHeight) {
            break;
        }
        for (const auto& [plain, escaped] :
             {std::pair{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}}) {
            line = replaced(line, plain, escaped);
        }
        rows << R"(<text x="16" y=")" << height << "\">" << line << "</text>\n";
        height += kRowHeight;
    }
    std::ostringstream drawn;
    const auto size = [&] { drawn << " width=\"" << kWidth << "\" height=\"" << height << '"'; };
    drawn << R"(<svg xmlns="http://www.w3.org/2000/svg")";
    size();
    drawn
        << R"( font-size="14" font-family="ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace")"
        << " fill=\"#c9d1d9\">\n<style>text { white-space: pre }</style>\n<rect";
    size();
    drawn << " rx=\"8\" fill=\"#0d1117\"/>\n" << rows.str() << "</svg>\n";
    return drawn.str();
}

/// A line of a shell without the comment behind it.
std::string command_in(const std::string& line) {
    const std::string command = line.substr(0, line.find("   #"));
    return command.substr(0, command.find_last_not_of(' ') + 1);
}

/// A workspace in which the documented programs are on the PATH and the sample logs are the logs.
class DocumentedCommandsTest : public testing::Test {
protected:
    DocumentedCommandsTest()
        : loki_({.auth_enabled = false, .limits = "reject_old_samples: false"}) {
        fs::copy(kRoot + "tests/samples/boundary_logs", logs(), fs::copy_options::recursive);
        const std::string bin = folder_.file("bin");
        fs::create_directory(bin);
        fs::create_symlink(BOUNDARY_LOKI_BINARY, bin + "/boundary-loki");
        fs::create_symlink(kRoot + "tests", folder_.file("tests"));
        // No repository here, and no network.
        script("git", "exit 0");
        folder_.append("token", "secret\n");
        folder_.append("config.yaml", "allowlist:\n  - domain=host.example\n");
        folder_.append("boundary-loki.conf", "loki-url = http://loki.example:3100\n");
        environment_ = {{"PATH", bin + ":/usr/bin:/bin"},
                        {"HOME", folder_.path()},
                        {"BOUNDARY_LOG_DIR", logs()},
                        {"BOUNDARY_LOKI_METRICS_ADDRESS", "off"},
                        {"CODER_WORKSPACE_OWNER_NAME", "joe"},
                        {"CODER_WORKSPACE_NAME", "w1"},
                        {"CODER_WORKSPACE_AGENT_NAME", "main"},
                        {"CODER_WORKSPACE_TEMPLATE_NAME", "firewalled"},
                        {"BOUNDARY_LOKI_NAMESPACE", "coder-workspaces"},
                        {"COLUMNS", "110"},
                        {"LC_ALL", "C.UTF-8"}};
    }
    void SetUp() override {
        for (const auto* name : {"loki-stand-in", "boundary-stand-in"}) {
            ASSERT_TRUE(test_support::tool(name)) << name << ": run tests/tools/install.sh";
        }
        fs::create_symlink(*test_support::tool("boundary-stand-in"), folder_.file("bin/boundary"));
    }

    [[nodiscard]] std::string logs() const { return folder_.file("logs"); }
    void script(const std::string& name, const std::string& body) const {
        fs::permissions(folder_.append("bin/" + name, "#!/bin/sh\n" + body + "\n"),
                        fs::perms::owner_all);
    }
    /// The real logcli where there is one; else a script that asks Loki what it would.
    void make_logcli() {
        environment_["LOKI_ADDR"] = loki_.url();
        if (const auto logcli = test_support::real_tool("logcli")) {
            fs::create_symlink(*logcli, folder_.file("bin/logcli"));
            return;
        }
        script("logcli", R"([ "$*" = "query --quiet --output=raw --forward $5 $6 $7" ] || exit 2
curl -sfG "$LOKI_ADDR/loki/api/v1/query_range" --data-urlencode "query=$7" \
    -d "start=${5#--from=}" -d "end=${6#--to=}" -d limit=30 -d direction=forward |
    jq -r '[.data.result[].values[]] | sort | .[][1]')");
    }
    /// The documented line with the addresses of this test.
    [[nodiscard]] std::string here(const std::string& line) const {
        return replaced(replaced(line, "http://loki.example:3100", loki_.url()),
                        "/tmp/boundary_logs", logs());
    }
    [[nodiscard]] RunResult shell(const std::string& line) const {
        return test_support::run_command(
            {"sh", "-c", "cd '" + folder_.path() + "' && " + here(line)}, environment_);
    }
    /// For a command that goes on until it is told to end: until it shows `sign`.
    void run_until(const std::string& line, const std::string& sign) const {
        const std::string output = folder_.file("output");
        fs::remove(output);
        Process process(
            {"sh", "-c", "cd '" + folder_.path() + "' && exec " + here(line) + " 2>&1"},
            {.environment = environment_, .output = output, .errors = {}, .folder = {}});
        EXPECT_TRUE(eventually([&] { return read_file(output).find(sign) != std::string::npos; },
                               kPatience))
            << line << read_file(output);
        process.signal(SIGTERM);
        EXPECT_EQ(process.wait(kPatience), 0) << line << read_file(output);
    }
    /// Runs a documented line as it is meant.
    void follow(const std::string& line) const {
        if (line.starts_with("boundary-loki run ") && line.find("--check") == std::string::npos) {
            run_until(line, "msg=started");
        } else if (line.find("--follow") != std::string::npos) {
            run_until(line, "lines read");
        } else {
            const auto result = shell(line);
            // The samples are old: that doctor finds nothing of today is right. And the examples
            // push them under several label sets, which verify says.
            const bool finds = line.starts_with("boundary-loki doctor") ||
                               line.starts_with("boundary-loki verify");
            EXPECT_TRUE(result.status == 0 || (finds && result.status == 1))
                << line << " gave " << result.status << "\n"
                << result.output << result.errors;
        }
    }

    TempDir folder_;
    LokiServer loki_;
    std::map<std::string, std::string> environment_;
};

TEST_F(DocumentedCommandsTest, TheReadmesCommandsRun) {
    loki_.start();
    make_logcli();
    std::size_t run = 0;
    for (const auto& block : blocks("sh")) {
        for (const auto& line : lines_of(block)) {
            const std::string command = command_in(line);
            if (kNotRun.contains(command)) {
                continue;
            }
            if (command.find(" logcli ") != std::string::npos) {
                EXPECT_THAT(lines_of(shell(command).output), SizeIs(16)) << command;
            } else {
                follow(command);
            }
            ++run;
        }
    }
    EXPECT_EQ(run, 4U) << "a command more or less in README.md";
}

TEST_F(DocumentedCommandsTest, TheDoctorsPagesCommandsRun) {
    loki_.start();
    environment_["LOKI_ADDR"] = loki_.url();
    const auto sh = blocks("sh", "bridge/doctor/README.md");
    ASSERT_THAT(sh, SizeIs(1));
    for (const auto& line : lines_of(sh[0])) {
        const auto result = shell(command_in(line));
        EXPECT_EQ(result.status, 1) << line << result.errors;  // the samples are old
        EXPECT_THAT(result.output, HasSubstr("last-decision")) << line;
    }
}

TEST_F(DocumentedCommandsTest, TheHelpsExamplesRunAndStandInTheManPage) {
    loki_.start();
    const std::string page = replaced(shell("boundary-loki manual man").output, "\\-", "-");
    for (const auto& example : bridge::examples()) {
        const std::string line(example.line);
        follow(line);
        EXPECT_THAT(page, HasSubstr(replaced(line, "\\", "\\e")));
        EXPECT_THAT(shell("boundary-loki " + std::string(example.command) + " --help").output,
                    HasSubstr("\n  " + line + "\n"));
    }
}

/// BOUNDARY_LOKI_DRAW=1 draws the picture anew.
TEST_F(DocumentedCommandsTest, TheReadmesPictureIsWhatTheDemoShows) {
    const auto demo = lines_of(read_file(kRoot + "tests/demo.sh"));
    ASSERT_THAT(demo.back(), StartsWith("exec build/release/boundary-loki "));
    environment_["COLUMNS"] = "100";
    const auto result =
        shell("cd '" + kRoot + "' && " +
              replaced(demo.back(), "build/release/boundary-loki", "boundary-loki"));
    EXPECT_EQ(result.status, 0) << result.errors;
    const std::string drawn = picture(result.output);
    const std::string file = kRoot + "bridge/summary/summary.svg";
    if (std::getenv("BOUNDARY_LOKI_DRAW") != nullptr) {
        std::ofstream(file) << drawn;
    }
    EXPECT_EQ(read_file(file), drawn);
    EXPECT_THAT(read_file(kRoot + "README.md"), HasSubstr("(bridge/summary/summary.svg)"));
}

TEST_F(DocumentedCommandsTest, ThePagesShowAnEntryAsItIs) {
    std::string unwrapped;
    for (const auto& line : lines_of(blocks("json", "tailer/README.md").front())) {
        unwrapped += line.substr(line.find_first_not_of(' '));
    }
    EXPECT_THAT(lines_of(shell("boundary-loki replay --output ndjson /tmp/boundary_logs").output),
                Contains(unwrapped));
}

TEST_F(DocumentedCommandsTest, TheDocumentedHooksRun) {
    simdjson::dom::parser parser;
    simdjson::dom::element settings;
    ASSERT_EQ(parser.parse(blocks("json", "bridge/toolcall/README.md").front()).get(settings),
              simdjson::SUCCESS);
    std::size_t hooks = 0;
    for (const auto event : settings["hooks"].get_object()) {
        std::string_view command;
        ASSERT_EQ(event.value.at_pointer("/0/hooks/0/command").get(command), simdjson::SUCCESS);
        const auto result = shell("echo '{\"hook_event_name\":\"" + std::string(event.key) +
                                  "\",\"tool_name\":\"Bash\",\"tool_use_id\":\"toolu_77\"}' | " +
                                  std::string(command));
        EXPECT_EQ(result.status, 0) << result.errors;
        EXPECT_THAT(result.output, IsEmpty());
        ++hooks;
    }
    EXPECT_EQ(hooks, 7U);
    const auto journal = shell("cat logs/toolcalls/*.jsonl | grep -c toolu_77").output;
    EXPECT_EQ(journal, "3\n");
}

TEST_F(DocumentedCommandsTest, TheReadmesQueriesAnswer) {
    loki_.start();
    const auto replay =
        shell("boundary-loki replay --loki-url http://loki.example:3100 /tmp/boundary_logs");
    ASSERT_EQ(replay.status, 0) << replay.errors;
    const auto noon = *base::parse_rfc3339("2026-11-28T00:51:00Z");
    EXPECT_EQ(blocks("logql"), blocks("logql", "tailer/README.md"));
    for (const auto& query : lines_of(blocks("logql").front())) {
        const bool log = query.starts_with("{");
        EXPECT_THAT(
            log ? loki_.rows(query, noon - 600'000'000'000, noon).size()
                : loki_.counts(query, query.starts_with("topk") ? "domain" : "decision", noon)
                      .size(),
            testing::Gt(0U))
            << query;
    }

    make_logcli();
    const auto console = blocks("console", "bridge/toolcall/README.md");
    ASSERT_THAT(console, SizeIs(1));
    ASSERT_THAT(console.front(), StartsWith("$ "));
    const auto end = console.front().find("'\n") + 2;
    const auto result = shell(console.front().substr(2, end - 2));
    EXPECT_EQ(result.output, console.front().substr(end)) << result.errors;
}

}  // namespace
}  // namespace end_to_end
