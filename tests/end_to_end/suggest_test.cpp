// SPDX-License-Identifier: MIT
// The rules that `boundary-loki suggest` prints, given to Boundary: what was denied is then
// allowed, and nothing beside it.
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/boundary.h"
#include "tests/support/programs.h"

namespace end_to_end {
namespace {

using test_support::boundary_program;
using test_support::read_file;
using test_support::TempDir;
using testing::HasSubstr;
using testing::Not;

/// "GET http://h/a" by verdict, of all logs in a folder.
std::map<std::string, std::set<std::string>> verdicts(const std::string& log_dir) {
    static const std::regex decision(R"(msg=(ALLOW|DENY) method=(\S+) url="?([^"\s]+))");
    std::map<std::string, std::set<std::string>> found;
    for (const auto& file : std::filesystem::directory_iterator(log_dir)) {
        std::istringstream text(read_file(file.path()));
        for (std::string line; std::getline(text, line);) {
            std::smatch parts;
            if (std::regex_search(line, parts, decision)) {
                found[parts[1]].insert(std::string(parts[2]) + " " + std::string(parts[3]));
            }
        }
    }
    return found;
}

std::set<std::string> names_of(const std::vector<Request>& requests) {
    std::set<std::string> names;
    for (const auto& request : requests) {
        names.insert(request.method + " " + request.url);
    }
    return names;
}

std::vector<Request> at(const std::string& port, const std::vector<std::string>& wanted) {
    std::vector<Request> requests;
    for (const auto& each : wanted) {
        const std::size_t space = each.find(' ');
        std::string url = each.substr(space + 1);
        url.replace(url.find("PORT"), 4, port);
        requests.push_back({each.substr(0, space), "http://" + url, "", ""});
    }
    return requests;
}

struct RoundTrip {
    std::string config;
    std::map<std::string, std::set<std::string>> before;
    std::map<std::string, std::set<std::string>> after;
};

RoundTrip round_trip(const std::vector<Request>& wanted, const std::vector<Request>& others) {
    const TempDir folder;
    RoundTrip trip;
    run_jailed_under(boundary_program(), folder.file("first"), wanted,
                     {"--allow", "domain=none.example"}, "");
    trip.before = verdicts(folder.file("first"));
    const auto suggested =
        test_support::run_command({BOUNDARY_LOKI_BINARY, "suggest", folder.file("first")});
    EXPECT_EQ(suggested.status, 0) << suggested.errors;
    trip.config = suggested.output;
    std::ofstream(folder.file("config.yaml")) << suggested.output;
    auto all = wanted;
    all.insert(all.end(), others.begin(), others.end());
    run_jailed_under(boundary_program(), folder.file("second"), all, {},
                     folder.file("config.yaml"));
    trip.after = verdicts(folder.file("second"));
    return trip;
}

TEST(SuggestTest, WhatWasDeniedIsAllowedAndNothingBesideIt) {
    const Upstream upstream;
    const auto wanted = at(upstream.port(), {
                                                "GET 127.0.0.1:PORT/left-pad",
                                                "GET 127.0.0.1:PORT/right-pad?v=1",
                                                "POST 127.0.0.1:PORT/left-pad",
                                                "PUT 127.0.0.1:PORT/a/b/c/d",
                                                "GET 127.0.0.1:PORT/@scope%2Fname",
                                                "GET 127.0.0.1:PORT/x/%41bc",
                                                "GET 127.0.0.1:PORT/a.b-c_d~e",
                                                "DELETE localhost:PORT/left-pad",
                                                "GET localhost:PORT/simple/../simple",
                                            });
    const auto others = at(upstream.port(), {
                                                "POST 127.0.0.1:PORT/right-pad",
                                                "GET 127.0.0.1:PORT/",
                                                "GET 127.0.0.1:PORT/left-pad/more",
                                                "GET 127.0.0.1:PORT/a/b/c/d",
                                                "PUT 127.0.0.1:PORT/a/b/c",
                                                "PUT 127.0.0.1:PORT/a/b/c/d/e",
                                                "GET 127.0.0.1:PORT/@scope",
                                                "GET 127.0.0.1:PORT/x/abc",
                                                "GET localhost:PORT/left-pad",
                                                "DELETE localhost:PORT/right-pad",
                                            });
    const auto trip = round_trip(wanted, others);
    ASSERT_EQ(trip.before,
              (std::map<std::string, std::set<std::string>>{{"DENY", names_of(wanted)}}));
    EXPECT_THAT(trip.config, Not(HasSubstr("WIDER")));
    EXPECT_EQ(trip.after, (std::map<std::string, std::set<std::string>>{
                              {"ALLOW", names_of(wanted)}, {"DENY", names_of(others)}}))
        << trip.config;
}

TEST(SuggestTest, WhatHasNoPatternIsWiderAndSaysSo) {
    const Upstream upstream;
    const auto wanted = at(upstream.port(), {
                                                "GET 127.0.0.1:PORT/files/a%20b/c",
                                                "GET 127.0.0.1:PORT/trailing/",
                                                "GET 127.0.0.1:PORT/a,b/x",
                                                "HEAD localhost:PORT/",
                                            });
    const auto others = at(upstream.port(), {
                                                "GET 127.0.0.1:PORT/files",
                                                "GET 127.0.0.1:PORT/files/a%20b/d",
                                                "POST 127.0.0.1:PORT/trailing/",
                                                "GET localhost:PORT/",
                                            });
    const auto trip = round_trip(wanted, others);
    EXPECT_EQ(trip.after, (std::map<std::string, std::set<std::string>>{
                              {"ALLOW", names_of(wanted)}, {"DENY", names_of(others)}}))
        << trip.config;
    EXPECT_THAT(trip.config, HasSubstr("# WIDER than what was asked for"));
    EXPECT_THAT(trip.config, HasSubstr("\"method=GET domain=127.0.0.1 path=/*/x,/files/*/c,"));
    EXPECT_THAT(trip.config, HasSubstr("\"method=HEAD domain=localhost\""));
}

}  // namespace
}  // namespace end_to_end
