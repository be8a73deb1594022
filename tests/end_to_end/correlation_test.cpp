// SPDX-License-Identifier: MIT
// The key that joins a denied request to the prompt that led to it: Boundary's session and number,
// in Loki, at coderd, and in the headers that the AI Gateway gets.
#include <tuple>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/end_to_end/agent.h"
#include "tests/end_to_end/audit_socket.h"
#include "tests/end_to_end/decisions.h"
#include "tests/support/fault_server.h"

namespace end_to_end {
namespace {

using test_support::Fault;
using test_support::FaultServer;
using test_support::LokiServer;
using testing::HasSubstr;

constexpr std::string_view kGatewayPath = "/api/v2/ai-gateway/";
constexpr std::size_t kToolCalls = 3;
constexpr std::size_t kPrompts = 4;

/// Session and number of a request.
using Key = std::pair<std::string, std::int64_t>;
/// Verdict, method and URL.
using Said = std::tuple<bool, std::string, std::string>;

/// A pipe with a name, on which a jailed command waits until it is let go on.
class Gate {
public:
    explicit Gate(std::string path) : path_(std::move(path)) {
        if (::mkfifo(path_.c_str(), 0600) == 0) {
            end_ = base::UniqueFd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
        }
    }
    [[nodiscard]] std::string wait() const { return "read -r _ < " + path_ + "; "; }
    void open() const { EXPECT_EQ(::write(end_.get(), "\n", 1), 1); }

private:
    std::string path_;
    base::UniqueFd end_;
};

/// What the agent of one tool call does at one prompt: it asks its model, and then does what that
/// says.
std::string prompt_script(const std::string& server, const std::string& prompt,
                          std::size_t denials) {
    std::string script = "curl -s -o /dev/null -d x " + server + std::string(kGatewayPath) +
                         "anthropic/v1/messages/" + prompt + "; curl -s -o /dev/null " + server +
                         "/plain/" + prompt + "; ";
    for (std::size_t i = 0; i < denials; ++i) {
        script +=
            "curl -s -o /dev/null http://denied.example/" + prompt + "/" + std::to_string(i) + "; ";
    }
    return script;
}

/// The first prompt leads to nothing that is denied, each later one to more.
std::size_t denials_of(std::size_t prompt) { return 2 * prompt; }

/// Of the first `prompts`. A whole call makes two batches of what Boundary tells coderd at a time.
std::size_t requests_of(std::size_t prompts) {
    std::size_t count = 0;
    for (std::size_t prompt = 0; prompt < prompts; ++prompt) {
        count += 2 + denials_of(prompt);
    }
    return count;
}

/// Which prompt a URL belongs to.
std::string prompt_in(const std::string& url) {
    const std::size_t at = url.find("call-");
    return at == std::string::npos ? "" : url.substr(at, url.find('/', at) - at);
}

std::string label(const LokiServer::Row& row, const char* name) {
    const auto found = row.labels.find(name);
    return found == row.labels.end() ? "" : found->second;
}

Said said_in(const LokiServer::Row& row) {
    simdjson::dom::parser parser;
    simdjson::dom::element line;
    std::string_view url;
    if (parser.parse(row.line).get(line) != simdjson::SUCCESS ||
        line["fields"]["http_url"].get(url) != simdjson::SUCCESS) {
        return {};
    }
    return {label(row, "decision") == "allow", label(row, "http_method"), std::string(url)};
}

std::vector<LokiServer::Row> rows_in(const LokiServer& loki, const std::string& query) {
    return loki.rows(query, now_ns() - kHourNs, now_ns() + kHourNs);
}

/// An address of the dashboard's, by its title, without its escapes.
std::string link_of(const std::string& title) {
    const std::string text = test_support::read_file(std::string(BOUNDARY_LOKI_SOURCE_DIR) +
                                                     "/dashboards/agent-firewall.json");
    const std::size_t from = text.find("\"url\": \"", text.find("\"title\": \"" + title + "\""));
    const std::string url = text.substr(from, text.find('\n', from) - from);
    std::string plain;
    for (std::size_t i = 0; i < url.size(); ++i) {
        const bool escape = url[i] == '%' && i + 2 < url.size();
        plain += escape ? static_cast<char>(std::stoi(url.substr(i + 1, 2), nullptr, 16)) : url[i];
        i += escape ? 2 : 0;
    }
    return plain;
}

std::string filled_in(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
        text.replace(at, from.size(), to);
        at += to.size();
    }
    return text;
}

/// A workspace whose tool calls run under a Boundary that correlates, as far as it can.
class SessionCorrelationTest : public testing::Test {
protected:
    SessionCorrelationTest() {
        gateway_.set_rule(
            [](const test_support::SeenRequest&) { return Fault::answer(200, "{}"); });
        loki_.start();
        const std::string program = boundary_program();
        const auto help = test_support::run_command({program, "--help"}, version_);
        has_sessions_ = help.output.find("session-id-inject-target") != std::string::npos;
        if (has_sessions_) {
            agent_.set("BOUNDARY_SESSION_CORRELATION_ENABLED", "true");
            agent_.set("BOUNDARY_SESSION_ID_INJECT_TARGET",
                       "domain=127.0.0.1 path=" + std::string(kGatewayPath) + "*");
        }
        for (const auto& [name, value] : version_) {
            agent_.set(name, value);
        }
        agent_.set("CODER_AGENT_BOUNDARY_LOG_PROXY_SOCKET_PATH", coderd_.path());
    }

    /// Runs the calls one after another. In the middle of each, when what it has done so far is in
    /// Loki, the daemon is killed and started again.
    void run_calls(std::size_t calls) {
        constexpr std::size_t kHalf = kPrompts / 2;
        daemon_.start();
        for (std::size_t call = 0; call < calls; ++call) {
            const std::string name = "call-" + std::to_string(call);
            const Gate half(folder_.file(name + ".half"));
            const Gate end(folder_.file(name + ".end"));
            std::string script;
            for (std::size_t prompt = 0; prompt < kPrompts; ++prompt) {
                script += prompt == kHalf ? half.wait() : "";
                script += prompt_script(gateway_.url(), name + "-" + std::to_string(prompt),
                                        denials_of(prompt));
            }
            Process running = agent_.start(name, script + end.wait());
            wait_for_decisions(call * requests_of(kPrompts) + requests_of(kHalf));
            daemon_.kill();
            half.open();
            // What has not gone to coderd when the command ends never goes.
            const std::size_t all = (call + 1) * requests_of(kPrompts);
            EXPECT_TRUE(eventually([&] { return coderd_.rows().size() == all; }))
                << coderd_.rows().size();
            daemon_.start();
            end.open();
            EXPECT_EQ(running.wait(std::chrono::seconds(30)), 0) << agent_.output_of(name);
        }
        wait_for_decisions(calls * requests_of(kPrompts));
        EXPECT_EQ(daemon_.stop(), 0) << daemon_.log();
    }
    void wait_for_decisions(std::size_t count) const {
        EXPECT_TRUE(eventually([&] { return decisions().size() == count; }))
            << count << " " << decisions().size() << daemon_.log();
    }

    [[nodiscard]] std::vector<LokiServer::Row> decisions() const {
        return rows_in(loki_, kAllDecisions);
    }
    [[nodiscard]] std::map<Key, Said> in_loki() const {
        std::map<Key, Said> found;
        for (const auto& row : decisions()) {
            found[{label(row, "boundary_session_id"), std::stoll(label(row, "seq"))}] =
                said_in(row);
        }
        return found;
    }
    [[nodiscard]] std::map<Key, Said> at_coderd() const {
        std::map<Key, Said> found;
        for (const auto& row : coderd_.rows()) {
            found[{row.session, row.number}] = {row.allowed, row.method, row.url};
        }
        return found;
    }
    /// What came to the AI Gateway with a session and a number; "" and -1 without.
    [[nodiscard]] std::vector<std::pair<Key, std::string>> at_gateway() const {
        std::vector<std::pair<Key, std::string>> found;
        for (const auto& request : gateway_.requests()) {
            const auto session = request.headers.find("x-coder-agent-firewall-session-id");
            const auto number = request.headers.find("x-coder-agent-firewall-sequence-number");
            const bool bears = session != request.headers.end() && number != request.headers.end();
            found.emplace_back(
                bears ? Key{session->second, std::stoll(number->second)} : Key{"", -1},
                request.target);
        }
        return found;
    }

    /// The stand-in's version that sends the headers; a real one does what it does.
    std::map<std::string, std::string> version_ =
        test_support::is_stand_in(boundary_program())
            ? std::map<std::string, std::string>{{"BOUNDARY_STAND_IN_VERSION", "2026-07"}}
            : std::map<std::string, std::string>{};
    bool has_sessions_ = false;
    test_support::TempDir folder_;
    FaultServer gateway_;
    LokiServer loki_;
    Daemon daemon_{loki_.url()};
    AuditSocket coderd_{folder_.file("audit.sock")};
    Agent agent_{daemon_.log_dir()};
};

TEST_F(SessionCorrelationTest, EveryDenialIsFoundOnBothSidesByItsSessionAndNumber) {
    run_calls(kToolCalls);
    ASSERT_TRUE(has_sessions_ || version_.empty());
    const auto in_loki = this->in_loki();
    const auto gateway = at_gateway();
    if (!has_sessions_) {  // it gives no key: none is made up
        for (const auto& row : decisions()) {
            EXPECT_EQ(label(row, "boundary_session_id"), "");
        }
        EXPECT_EQ(decisions().size(), kToolCalls * requests_of(kPrompts));
        return;
    }
    ASSERT_EQ(in_loki.size(), kToolCalls * requests_of(kPrompts));
    EXPECT_EQ(in_loki, at_coderd());
    ASSERT_EQ(gateway.size(), 2 * kToolCalls * kPrompts);
    const bool injects = gateway.front().first.second >= 0;
    ASSERT_TRUE(injects || version_.empty());
    std::map<Key, std::string> prompts;
    for (const auto& [key, target] : gateway) {
        if (!injects || !target.starts_with(kGatewayPath)) {
            EXPECT_EQ(key, (Key{"", -1})) << target;
            continue;
        }
        prompts[key] = prompt_in(target);
        ASSERT_TRUE(in_loki.contains(key)) << key.first << " " << key.second;
        EXPECT_EQ(in_loki.at(key), (Said{true, "POST", gateway_.url() + target}));
    }
    EXPECT_EQ(prompts.size(), injects ? kToolCalls * kPrompts : 0);
    std::size_t denials = 0;
    for (const auto& [key, said] : in_loki) {
        const auto& [allowed, method, url] = said;
        denials += allowed ? 0U : 1U;
        if (!injects) {
            continue;
        }
        // The prompt that led to it, as the dashboard's README has it: the last whose number is not
        // above.
        const auto after = prompts.upper_bound(key);
        ASSERT_NE(after, prompts.begin()) << url;
        EXPECT_EQ(std::prev(after)->first.first, key.first) << url;
        EXPECT_EQ(std::prev(after)->second, prompt_in(url));
    }
    EXPECT_EQ(denials, kToolCalls * (requests_of(kPrompts) - 2 * kPrompts));
}

TEST_F(SessionCorrelationTest, TheDashboardsLinksAskForTheSameSession) {
    run_calls(1);
    if (!has_sessions_) {
        return;
    }
    const std::string session = in_loki().begin()->first.first;
    const std::string trail = link_of("Its whole trail");
    const std::size_t from = trail.find("\"expr\":\"") + 8;
    std::string query = trail.substr(from, trail.find("\"}]", from) - from);
    query = filled_in(filled_in(query, "\\\"", "\""), "${__value.text}", session);
    const auto rows = rows_in(loki_, query);
    std::size_t counted = 0;
    for (const auto& row : rows) {
        EXPECT_EQ(label(row, "boundary_session_id"), session);
        counted += label(row, "decision").empty() ? 0U : 1U;
    }
    EXPECT_EQ(counted, requests_of(kPrompts)) << query;
    EXPECT_THAT(link_of("Its requests at the AI Gateway"),
                HasSubstr("WHERE i.agent_firewall_session_id::text = '${__value.text}'"));
    EXPECT_THAT(link_of("What coderd recorded of it"),
                HasSubstr("WHERE session_id::text = '${__value.text}'"));
}

}  // namespace
}  // namespace end_to_end
