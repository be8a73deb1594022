// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace transport {

/// Certificates made on the spot by openssl: an authority of the test's own and what it signed.
class Certificates {
public:
    Certificates() {
        self_signed("ca", "/CN=Test authority", {});
        self_signed("stranger", "/CN=Nobody", {"-addext", "subjectAltName=IP:127.0.0.1"});
        signed_by_ca("server", "subjectAltName=IP:127.0.0.1", "30");
        signed_by_ca("expired", "subjectAltName=IP:127.0.0.1", "-1");
        signed_by_ca("elsewhere", "subjectAltName=DNS:loki.example", "30");
        signed_by_ca("client", "extendedKeyUsage=clientAuth", "30");
    }
    [[nodiscard]] std::string certificate(const std::string& name) const {
        return folder_.file(name + ".pem");
    }
    [[nodiscard]] std::string key(const std::string& name) const {
        return folder_.file(name + ".key");
    }

private:
    static void openssl(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "/usr/bin/openssl");
        const auto run = test_support::run_command(arguments);
        if (run.status != 0) {
            throw std::runtime_error("openssl " + arguments[1] + ": " + run.errors);
        }
    }
    void self_signed(const std::string& name, const std::string& subject,
                     const std::vector<std::string>& more) const {
        std::vector<std::string> arguments = {
            "req",   "-x509", "-newkey", "ec",      "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30",    "-keyout", key(name), "-out",     certificate(name),         "-subj",
            subject};
        arguments.insert(arguments.end(), more.begin(), more.end());
        openssl(std::move(arguments));
    }
    void signed_by_ca(const std::string& name, const std::string& extension,
                      const std::string& days) const {
        const std::string request = folder_.file(name + ".csr");
        openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                 key(name), "-out", request, "-subj", "/CN=" + name, "-addext", extension});
        openssl({"x509", "-req", "-in", request, "-CA", certificate("ca"), "-CAkey", key("ca"),
                 "-CAcreateserial", "-copy_extensions", "copyall", "-days", days, "-out",
                 certificate(name)});
    }

    test_support::TempDir folder_;
};

}  // namespace transport
