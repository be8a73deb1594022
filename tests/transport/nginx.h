// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/programs.h"
#include "tests/support/temp_dir.h"

namespace transport {

/// Debian's nginx on loopback, with one server a port.
class Nginx {
public:
    /// Adds a server that runs these directives; gives its port. Before start() or renew().
    int add(const std::string& directives) {
        servers_.push_back({test_support::free_port(), directives});
        return servers_.back().port;
    }
    void change(int port, const std::string& directives) {
        for (auto& server : servers_) {
            server.directives = server.port == port ? directives : server.directives;
        }
    }
    void start() {
        write();
        const auto program = test_support::tool("nginx");
        if (!program) {
            throw std::runtime_error("no nginx; run tests/packages.sh test");
        }
        test_support::Process::Options options;
        options.errors = folder_.file("log");
        process_.emplace(std::vector{*program, std::string("-e"), folder_.file("log"),
                                     std::string("-c"), folder_.file("nginx.conf")},
                         options);
        if (!test_support::eventually(
                [&] { return !test_support::read_file(folder_.file("pid")).empty(); })) {
            throw std::runtime_error("nginx: " + log());
        }
    }
    /// Takes what add() and change() have changed, and closes all connections.
    void renew() {
        process_->kill();
        std::filesystem::remove(folder_.file("pid"));
        start();
    }
    /// Requests that came to a port, one a line.
    [[nodiscard]] std::string requests(int port) const {
        return test_support::read_file(folder_.file("access-" + std::to_string(port)));
    }
    [[nodiscard]] std::string log() const { return test_support::read_file(folder_.file("log")); }

private:
    struct Server {
        int port = 0;
        std::string directives;
    };

    void write() const {
        std::ofstream conf(folder_.file("nginx.conf"));
        conf << "daemon off; master_process off; pid " << folder_.file("pid") << ";\n"
             << "error_log " << folder_.file("log") << ";\nevents {}\nhttp {\n";
        for (const char* path : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
            conf << path << "_temp_path " << folder_.file(path) << ";\n";
        }
        conf << "client_max_body_size 10m;\n";
        for (const auto& server : servers_) {
            conf << "server { listen 127.0.0.1:" << server.port << " ssl;\naccess_log "
                 << folder_.file("access-" + std::to_string(server.port)) << ";\n"
                 << server.directives << "}\n";
        }
        conf << "}\n";
    }

    test_support::TempDir folder_;
    std::vector<Server> servers_;
    std::optional<test_support::Process> process_;
};

}  // namespace transport
