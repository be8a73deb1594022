// SPDX-License-Identifier: MIT
// The daemon, nginx before the real Loki, and all that can be wrong between them.
#include <filesystem>
#include <fstream>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/decisions.h"
#include "tests/transport/certificates.h"
#include "tests/transport/nginx.h"

namespace transport {
namespace {

using end_to_end::append_to;
using end_to_end::Daemon;
using end_to_end::deny_line;
using end_to_end::now_ns;
using test_support::eventually;
using test_support::LokiServer;
using testing::HasSubstr;
using testing::Not;

/// One Loki, one nginx for all cases; each case is one daemon with ids of its own.
class TlsTest : public testing::Test {
protected:
    struct World {
        World() {
            loki.start();
            good = nginx.add(ssl("server") + proxy());
            expired = nginx.add(ssl("expired") + proxy());
            elsewhere = nginx.add(ssl("elsewhere") + proxy());
            stranger = nginx.add(ssl("stranger") + proxy());
            mutual =
                nginx.add(ssl("server") + "ssl_client_certificate " +
                          certificates.certificate("ca") + "; ssl_verify_client on;" + proxy());
            old = nginx.add("ssl_certificate " + certificates.certificate("server") +
                            "; ssl_certificate_key " + certificates.key("server") +
                            "; ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;" + proxy());
            redirect =
                nginx.add(ssl("server") + "return 307 https://127.0.0.1:" + std::to_string(good) +
                          "/stolen;");
            token = nginx.add(ssl("server") + wants("first-token"));
            nginx.start();
        }
        [[nodiscard]] std::string ssl(const std::string& name) const {
            return "ssl_certificate " + certificates.certificate(name) + "; ssl_certificate_key " +
                   certificates.key(name) + "; ssl_protocols TLSv1.2 TLSv1.3;";
        }
        [[nodiscard]] std::string proxy() const {
            return "location / { proxy_pass " + loki.url() + "; }";
        }
        [[nodiscard]] std::string wants(const std::string& bearer) const {
            return "location / { if ($http_authorization != \"Bearer " + bearer +
                   "\") { return 401; } proxy_pass " + loki.url() + "; }";
        }
        Certificates certificates;
        LokiServer loki;
        Nginx nginx;
        int good = 0, expired = 0, elsewhere = 0, stranger = 0, mutual = 0, old = 0, redirect = 0,
            token = 0;
    };
    static void SetUpTestSuite() { world_ = std::make_unique<World>(); }
    static void TearDownTestSuite() { world_.reset(); }

    [[nodiscard]] static std::string https(int port) {
        return "https://127.0.0.1:" + std::to_string(port);
    }
    [[nodiscard]] static std::vector<std::string> trust() {
        return {"--ca-cert", world_->certificates.certificate("ca")};
    }
    [[nodiscard]] static std::vector<std::string> and_client(std::vector<std::string> flags) {
        flags.insert(flags.end(), {"--client-cert", world_->certificates.certificate("client"),
                                   "--client-key", world_->certificates.key("client")});
        return flags;
    }
    static bool stored(std::size_t id) { return end_to_end::rows_by_id(world_->loki).contains(id); }
    static void write(const Daemon& daemon, std::size_t id) {
        append_to(daemon.log_dir(), end_to_end::log_name(id + 1), deny_line(now_ns(), id));
    }
    /// It holds what it has and says what to do; mended, it delivers that and what comes after.
    static void expect_held(std::size_t id, int port, const std::vector<std::string>& flags,
                            const std::string& says) {
        Daemon daemon(https(port));
        write(daemon, id);
        daemon.start(flags);
        EXPECT_TRUE(eventually([&] { return daemon.log().find(says) != std::string::npos; }))
            << says << "\n"
            << daemon.log();
        EXPECT_FALSE(stored(id));
        EXPECT_EQ(end_to_end::rejected_entries(daemon), 0);
        write(daemon, id + 1);
        daemon.kill();

        auto mended = trust();
        mended.insert(mended.end(), {"--loki-url", https(world_->good)});
        daemon.start(mended);
        EXPECT_TRUE(eventually([&] { return stored(id) && stored(id + 1); })) << daemon.log();
        EXPECT_EQ(daemon.stop(), 0) << daemon.log();
    }
    static void expect_delivered(std::size_t id, int port, const std::vector<std::string>& flags) {
        Daemon daemon(https(port));
        write(daemon, id);
        daemon.start(flags);
        EXPECT_TRUE(eventually([&] { return stored(id); })) << daemon.log();
        EXPECT_EQ(daemon.stop(), 0) << daemon.log();
    }

    static inline std::unique_ptr<World> world_;
};

TEST_F(TlsTest, EachServerIsTrustedOrHeldAndNothingIsLost) {
    // It does speak TLS 1.1, if to nobody who is careful.
    const auto probe = test_support::run_command({"/usr/bin/openssl", "s_client", "-connect",
                                                  "127.0.0.1:" + std::to_string(world_->old),
                                                  "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
    ASSERT_THAT(probe.output, HasSubstr("TLSv1.1")) << probe.errors;

    const struct {
        const char* name;
        int port;
        std::vector<std::string> flags;
        const char* says;  ///< nothing = it is delivered
    } rows[] = {
        {"a good one, its private authority named", world_->good, trust(), nullptr},
        {"a private authority that is not named", world_->good, {}, "with --ca-cert"},
        {"an expired certificate", world_->expired, trust(), "certificate has expired"},
        {"one of another host", world_->elsewhere, trust(),
         "no alternative certificate subject name matches"},
        {"a self-signed one", world_->stranger, trust(), "self-signed certificate"},
        {"one that wants a client certificate", world_->mutual, and_client(trust()), nullptr},
        {"the same without one", world_->mutual, trust(), "--client-cert"},
        {"one of TLS 1.1 alone", world_->old, trust(), "TLS 1.2 or 1.3"},
        {"one that leads elsewhere", world_->redirect, trust(), "redirects are not followed"},
    };
    std::size_t id = 0;
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        if (row.says == nullptr) {
            expect_delivered(id, row.port, row.flags);
        } else {
            expect_held(id, row.port, row.flags, row.says);
        }
        id += 10;
    }
    EXPECT_THAT(world_->nginx.requests(world_->good), Not(HasSubstr("stolen")));
}

TEST_F(TlsTest, ATokenThatIsRotatedMidwayIsTakenUp) {
    const test_support::TempDir folder;
    const std::string path = folder.append("token", "first-token\n");
    std::filesystem::permissions(path, std::filesystem::perms(0644));
    Daemon daemon(https(world_->token));
    write(daemon, 90);
    auto flags = trust();
    flags.insert(flags.end(), {"--bearer-token-file", path});
    daemon.start(flags);
    ASSERT_TRUE(eventually([&] { return stored(90); })) << daemon.log();
    EXPECT_THAT(daemon.log(), HasSubstr("any user of this machine may read"));

    world_->nginx.change(world_->token, world_->ssl("server") + world_->wants("second-token"));
    world_->nginx.renew();
    // The old one may be taken for a moment yet.
    std::size_t id = 91;
    ASSERT_TRUE(eventually([&] {
        write(daemon, id++);
        return daemon.metric("boundary_loki_push_requests_total{code=\"401\"}").value_or(0) > 0;
    })) << daemon.log();
    EXPECT_TRUE(eventually([&] {
        return daemon.log().find("check the credentials: --bearer-token-file") != std::string::npos;
    })) << daemon.log();
    std::ofstream(path + ".new") << "second-token\n";
    std::filesystem::rename(path + ".new", path);
    EXPECT_TRUE(eventually([&] { return stored(id - 1); })) << daemon.log();
    EXPECT_EQ(end_to_end::rejected_entries(daemon), 0);
    EXPECT_THAT(daemon.log(), Not(HasSubstr("first-token")));
    EXPECT_THAT(daemon.log(), Not(HasSubstr("second-token")));
    EXPECT_EQ(daemon.stop(), 0) << daemon.log();
}

TEST(TenantTest, ALokiOfTenantsSaysWhatIsWrongAndTakesAllOnceItIsMended) {
    LokiServer loki({.auth_enabled = true, .limits = ""});  // its own queries are of tenant-a
    loki.start();
    Daemon daemon(loki.url());
    const auto write = [&](std::size_t id) {
        append_to(daemon.log_dir(), end_to_end::log_name(id + 1), deny_line(now_ns(), id));
    };
    const auto says = [&](const std::string& text) {
        return eventually([&] { return daemon.log().find(text) != std::string::npos; });
    };
    write(0);
    daemon.start();
    EXPECT_TRUE(says("this Loki serves tenants: name yours with --tenant")) << daemon.log();
    EXPECT_EQ(end_to_end::rejected_entries(daemon), 0);
    daemon.kill();
    write(1);
    // Such a one Loki would refuse in a push, and not answer in a query.
    daemon.start({"--tenant", "a|b"});
    EXPECT_EQ(daemon.process().wait(std::chrono::seconds(60)), 2);
    EXPECT_THAT(daemon.log(), HasSubstr("tenant `a|b`"));
    write(2);
    daemon.start({"--tenant", "tenant-a"});
    EXPECT_EQ(end_to_end::judge_when_there(loki, 3), end_to_end::kAllThereOnce) << daemon.log();
    EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace transport
