// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

#include "tailer/records/enricher.h"
#include "tests/tailer/collected.h"

namespace tailer {

class EnricherTest : public testing::Test {
protected:
    static constexpr std::string_view kSession = "boundary-2026-06-09_12-00-00-4242";

    static EnrichSettings whole_identity() {
        EnrichSettings settings;
        settings.identity = {"joe",
                             "left-pad-ws",
                             "main",
                             "firewalled",
                             "coder-workspaces",
                             "5c1d0000-0000-4000-8000-000000000001",
                             "9d2e0000-0000-4000-8000-000000000002",
                             "1a7b0000-0000-4000-8000-000000000003"};
        return settings;
    }

    static Decision deny() {
        Decision decision;
        decision.time_ns = test_support::kNoon + 123'000'000;
        decision.verdict = Verdict::Deny;
        decision.method = "GET";
        decision.url = "https://npm.registry.example/left-pad";
        decision.host = "npm.registry.example";
        return decision;
    }

    static Decision allow() {
        Decision decision = deny();
        decision.verdict = Verdict::Allow;
        decision.rule = "domain=*.example path=\"/a\"";
        return decision;
    }

    static test_support::KeptRecord enriched(const EnrichSettings& settings,
                                             const Decision& decision, std::uint64_t seq = 0) {
        Enricher enricher(settings);
        return test_support::keep(enricher.enrich(decision, kSession, seq));
    }

    static test_support::KeptRecord enriched(const EnrichSettings& settings, const Notice& notice) {
        Enricher enricher(settings);
        return test_support::keep(enricher.enrich(notice, kSession, 5));
    }
};

}  // namespace tailer
