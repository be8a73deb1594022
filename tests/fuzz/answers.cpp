// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include "exporter/loki/batch.h"
#include "exporter/loki/push_outcome.h"
#include "exporter/loki/read_back.h"
#include "exporter/loki/rejection.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

constexpr std::int64_t kNoon = 1'781'006'400'000'000'000;

/// Gives the same answer to all that it is asked, and no more than a server could for ever.
class Parrot final : public exporter::LokiApi {
public:
    explicit Parrot(std::string_view body) : body_(body) {}
    [[nodiscard]] exporter::Reply push(std::string_view /*body*/,
                                       std::chrono::milliseconds /*timeout*/) override {
        return reply(400);
    }
    [[nodiscard]] exporter::Reply query_range(std::string_view /*query*/, std::int64_t start_ns,
                                              std::int64_t end_ns, std::size_t /*limit*/,
                                              std::chrono::milliseconds /*timeout*/) override {
        check(start_ns < end_ns, "a query spans some time");
        check(++queries_ < 1000, "a strange answer is not asked for for ever");
        return reply(200);
    }

private:
    [[nodiscard]] exporter::Reply reply(long status) const {
        exporter::Reply reply;
        reply.transport = exporter::Reply::Transport::Answered;
        reply.status = status;
        reply.body = body_;
        return reply;
    }
    std::string_view body_;
    int queries_ = 0;
};

exporter::SealedBatch three_entries() {
    exporter::Batch batch;
    for (int i = 0; i < 3; ++i) {
        batch.add({kNoon + i, "line", {}, {}, false});
    }
    return batch.seal();
}

}  // namespace

void loki_answer(std::string_view bytes) {
    static const exporter::SealedBatch kBatch = three_entries();
    Parrot loki(bytes);
    const auto timeout = std::chrono::milliseconds(1);
    const exporter::Reply reply = loki.push("", timeout);
    const std::string_view reason = exporter::rejection_reason(reply.body);
    check(std::ranges::find(exporter::kRejectionReasons, reason) !=
              std::end(exporter::kRejectionReasons),
          "a reason is one of those that are counted");
    const auto refused = exporter::refused_entries(kBatch, reason, reply.body);
    check(refused.for_good + refused.behind <= kBatch.size(), "no more are refused than were sent");
    check(exporter::reply_text(reply).size() <= 600, "what is logged of an answer is short");
    check(exporter::reply_text(reply).find('\n') == std::string::npos, "and one line");
    static_cast<void>(exporter::classify(reply));
    static_cast<void>(exporter::advice(reply));
    static_cast<void>(exporter::refuses_metadata(reply));

    exporter::StoredRows rows;
    for (auto* known : {static_cast<exporter::StoredRows*>(nullptr), &rows}) {
        const auto answer = exporter::read_back(loki, "{job=\"boundary\"}", kBatch, timeout, known);
        check(answer.state != exporter::ReadBack::State::Known ||
                  answer.stored.size() == kBatch.size(),
              "what is known is known of every entry");
    }
}

}  // namespace fuzz
