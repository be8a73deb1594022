// SPDX-License-Identifier: MIT
#include "exporter/loki/push_outcome.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_loki.h"

namespace exporter {
namespace {

using test_support::answered;
using testing::HasSubstr;

struct OutcomeCase {
    const char* says;
    long status;
    const char* body;
    Outcome outcome;
    const char* reason;  ///< with Rejected
};

// The texts are Loki's own, as its 3.5 answers them.
const OutcomeCase kOutcomes[] = {
    {"stored", 204, "", Outcome::Stored, ""},
    {"too old", 400,
     "entry for stream '{job=\"boundary\"}' has timestamp too old: 2026-06-01T12:00:00Z, oldest "
     "acceptable timestamp is: 2026-06-02T12:00:00Z\n",
     Outcome::Rejected, "greater_than_max_sample_age"},
    {"too old, grouped as the distributor does", 400,
     "2 errors like: entry for stream '{job=\"boundary\"}' has timestamp too old: "
     "2026-06-01T12:00:00Z, oldest acceptable timestamp is: 2026-06-02T12:00:00Z; 1 errors like: "
     "max entry size '10' bytes exceeded for stream '{job=\"boundary\"}'",
     Outcome::Rejected, "greater_than_max_sample_age"},
    {"too new", 400,
     "entry for stream '{job=\"boundary\"}' has timestamp too new: 2026-06-09T13:00:00Z",
     Outcome::Rejected, "too_far_in_future"},
    {"too far behind", 400,
     "entry with timestamp 2026-06-09 10:00:00.000000005 +0000 UTC ignored, reason: 'entry too far "
     "behind, entry timestamp is: 2026-06-09T10:00:00Z, oldest acceptable timestamp is: "
     "2026-06-09T11:00:00Z',\nuser 'fake', total ignored: 1 out of 2 for stream: "
     "{job=\"boundary\"}",
     Outcome::Rejected, "too_far_behind"},
    {"line too long", 400,
     "max entry size '262144' bytes exceeded for stream '{job=\"boundary\"}' while adding an entry "
     "with length '262145' bytes",
     Outcome::Rejected, "line_too_long"},
    {"structured metadata too large", 400,
     "stream '{job=\"boundary\"}' has structured metadata too large: '70000' bytes, limit: '65536' "
     "bytes. Please see `limits_config.max_structured_metadata_size`",
     Outcome::Rejected, "structured_metadata_too_large"},
    {"too many pairs of structured metadata", 400,
     "stream '{job=\"boundary\"}' has too many structured metadata labels: '129', limit: '128'",
     Outcome::Rejected, "structured_metadata_too_many"},
    {"too many label names", 400,
     "entry for stream '{job=\"boundary\"}' has 16 label names; limit 15", Outcome::Rejected,
     "max_label_names_per_series"},
    {"label name too long", 400, "stream '{a=\"b\"}' has label name too long: 'aaaa'",
     Outcome::Rejected, "label_name_too_long"},
    {"label value too long", 400, "stream '{a=\"b\"}' has label value too long: 'bbbb'",
     Outcome::Rejected, "label_value_too_long"},
    {"duplicate label name", 400, "stream '{a=\"b\"}' has duplicate label name: 'a'",
     Outcome::Rejected, "invalid_labels"},
    {"an enforced label is missing", 400,
     "missing required labels team for user fake for stream {a=\"b\"}", Outcome::Rejected,
     "invalid_labels"},
    {"label syntax", 400, "couldn't parse labels: 1:19: parse error: unexpected character",
     Outcome::Rejected, "invalid_labels"},
    {"invalid UTF-8 in a label", 400, "couldn't parse labels: 1:2: parse error: invalid UTF-8 rune",
     Outcome::Rejected, "invalid_labels"},
    {"entries that Loki counts and does not explain", 400,
     "user 'fake', total ignored: 1 out of 2 for stream: {a=\"b\"}", Outcome::Rejected, "other"},
    {"labels that are larger than a request may be", 413,
     "request body too large: stream labels size 17 MB exceeds limit of 16 MB", Outcome::TooLarge,
     ""},
    {"what was broken on the way", 400, "proto: illegal wireType 7", Outcome::Hold, ""},
    {"the same, seen earlier", 400, "snappy: corrupt input", Outcome::Hold, ""},
    {"a gateway's page", 400, "<html><head><title>400 Bad Request</title></head></html>",
     Outcome::Hold, ""},
    {"a gateway's word", 400, "Bad Request", Outcome::Hold, ""},
    {"a gateway that says nothing", 400, "", Outcome::Hold, ""},
    {"a gateway's JSON", 400, R"({"error":"invalid label in request","code":400})", Outcome::Hold,
     ""},
    {"a firewall", 422, R"({"message":"request blocked"})", Outcome::Hold, ""},
    {"a gateway's own size", 413, "http: request body too large", Outcome::TooLarge, ""},
    {"no streams", 422, "error at least one valid stream is required for ingestion",
     Outcome::Rejected, "other"},
    {"the tenant's rate", 429,
     "ingestion rate limit exceeded for user fake (limit: 4194304 bytes/sec) while attempting to "
     "ingest '10' lines totaling '1000' bytes",
     Outcome::Retry, ""},
    {"the stream's rate", 429,
     "entry with timestamp 2026-06-09 10:00:00 +0000 UTC ignored, reason: 'Per stream rate limit "
     "exceeded (limit: 3MB/sec) while attempting to ingest for stream'",
     Outcome::Retry, ""},
    {"the stream limit", 429,
     "maximum active stream limit exceeded when trying to create stream {a=\"b\"}, user: 'fake'",
     Outcome::Retry, ""},
    {"ingestion blocked: a 2xx that stores nothing", 260,
     "ingestion blocked for user fake until '2026-06-10T00:00:00Z' with status code '260'",
     Outcome::Hold, ""},
    {"no tenant", 401, "no org id", Outcome::Hold, ""},
    {"several tenants", 400, "multiple org IDs present", Outcome::Hold, ""},
    {"a bad character in the tenant", 400, "tenant ID 'a/b' contains unsupported character '/'",
     Outcome::Hold, ""},
    {"a tenant that is too long", 400, "tenant ID is too long: max 150 characters", Outcome::Hold,
     ""},
    {"shutting down", 500, "empty ring", Outcome::Retry, ""},
    {"an ingester that does not answer", 500,
     "rpc error: code = DeadlineExceeded desc = context "
     "deadline exceeded",
     Outcome::Retry, ""},
    {"larger than a message inside Loki may be", 500,
     "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (4200000 "
     "vs. 4194304)",
     Outcome::Retry, ""},
    {"an empty metadata name, to a newer Loki", 500, "label name is empty", Outcome::Retry, ""},
    {"a gateway's body limit", 413, "<html>413 Request Entity Too Large</html>", Outcome::TooLarge,
     ""},
    {"something that is not Loki", 200, "{}", Outcome::Hold, ""},
    {"a redirect is not followed", 302, "", Outcome::Hold, ""},
    {"forbidden", 403, "", Outcome::Hold, ""},
    {"a wrong address", 404, "404 page not found", Outcome::Hold, ""},
    {"a wrong method", 405, "", Outcome::Hold, ""},
    {"request timeout", 408, "", Outcome::Retry, ""},
    {"too early", 425, "", Outcome::Retry, ""},
    {"bad gateway", 502, "", Outcome::Retry, ""},
    {"unavailable", 503, "", Outcome::Retry, ""},
    {"gateway timeout", 504, "", Outcome::Retry, ""},
};

TEST(PushOutcomeTest, JudgesEveryAnswerOfLoki) {
    for (const auto& test : kOutcomes) {
        EXPECT_EQ(classify(answered(test.status, test.body)), test.outcome) << test.says;
        if (test.outcome == Outcome::Rejected) {
            EXPECT_EQ(rejection_reason(test.body), test.reason) << test.says;
        }
    }
}

TEST(PushOutcomeTest, KnowsATenantWithoutRoomForStreams) {
    const auto full = answered(429, "Maximum active stream limit exceeded, user: 'fake'");
    EXPECT_TRUE(is_stream_limit(full));
    EXPECT_THAT(advice(full), HasSubstr("max_global_streams_per_user"));
    EXPECT_FALSE(is_stream_limit(answered(400, "maximum active stream limit exceeded")));
    EXPECT_FALSE(is_stream_limit(answered(429, "ingestion rate limit exceeded")));
    EXPECT_EQ(advice(answered(429, "ingestion rate limit exceeded")), "");
}

TEST(PushOutcomeTest, SaysWhoSpeaks) {
    for (const auto& test : kOutcomes) {
        if (test.outcome == Outcome::Rejected) {
            EXPECT_TRUE(is_lokis_own(test.body)) << test.says;
            EXPECT_EQ(advice(answered(test.status, test.body)), "") << test.says;
        }
    }
    for (const long status : {400L, 413L, 422L}) {
        EXPECT_NE(advice(answered(status, "Bad Request")), "") << status;
        EXPECT_FALSE(is_lokis_own("request body too large"));
    }
}

TEST(PushOutcomeTest, OnlyOneStatusOfAllMeansStored) {
    for (long status = 100; status < 600; ++status) {
        EXPECT_EQ(classify(answered(status)) == Outcome::Stored, status == 204) << status;
    }
}

TEST(PushOutcomeTest, TriesAgainWhatGotNoAnswer) {
    EXPECT_EQ(classify(test_support::not_sent()), Outcome::Retry);
    EXPECT_EQ(classify(test_support::ambiguous()), Outcome::Retry);
    Reply stale = test_support::ambiguous();
    stale.status = 204;
    EXPECT_EQ(classify(stale), Outcome::Retry) << "a status counts only with an answer";
}

TEST(PushOutcomeTest, EveryReasonIsOneOfTheList) {
    for (const auto& test : kOutcomes) {
        EXPECT_NE(std::ranges::find(kRejectionReasons, rejection_reason(test.body)),
                  std::end(kRejectionReasons))
            << test.says;
    }
}

TEST(PushOutcomeTest, KnowsAServerThatTakesNoMetadata) {
    const char* body =
        "stream '{job=\"boundary\"}' includes structured metadata, but this feature is disallowed. "
        "Please see `limits_config.allow_structured_metadata`";
    EXPECT_TRUE(refuses_metadata(answered(400, body)));
    EXPECT_FALSE(refuses_metadata(answered(500, body)));
    EXPECT_FALSE(refuses_metadata(answered(400, "structured metadata too large")));
    EXPECT_FALSE(refuses_metadata(test_support::ambiguous()));
}

TEST(PushOutcomeTest, GivesTheFirstLineOfAnAnswerForTheLog) {
    EXPECT_EQ(reply_text(answered(400, "first\nsecond")), "first");
    EXPECT_EQ(reply_text(answered(400, "")), "");
    EXPECT_EQ(reply_text(answered(400, std::string(5000, 'x'))), std::string(200, 'x'));
    EXPECT_EQ(reply_text(answered(400, "a\xFFz")), "a\xEF\xBF\xBDz");
    EXPECT_EQ(reply_text(test_support::ambiguous()), "connection reset");
}

}  // namespace
}  // namespace exporter
