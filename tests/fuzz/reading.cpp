// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/rfc3339.h"
#include "exporter/loki/batch.h"
#include "exporter/loki/read_back.h"
#include "tailer/lines/time_merge.h"
#include "tailer/toolcalls/toolcall_journal.h"
#include "tailer/toolcalls/toolcall_record.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"
#include "tests/support/temp_dir.h"

// What is read in turns, while others write and answer as they like: no input makes a turn long,
// and none makes it matter how the turns fell.

namespace fuzz {
namespace {

constexpr std::int64_t kFirstNs = 1'781'006'400'000'000'000;
constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kMostSteps = 48;
constexpr std::size_t kFiles = 4;

/// Takes an input apart; at its end all is 0.
class Script {
public:
    explicit Script(std::string_view bytes) : left_(bytes) {}
    [[nodiscard]] bool ended() const { return left_.empty(); }
    std::size_t byte() {
        const unsigned char value = left_.empty() ? 0 : static_cast<unsigned char>(left_.front());
        left_.remove_prefix(left_.empty() ? 0 : 1);
        return value;
    }
    std::string_view text(std::size_t size) {
        const std::string_view text = left_.substr(0, size);
        left_.remove_prefix(text.size());
        return text;
    }

private:
    std::string_view left_;
};

/// A folder of this process' own that is used again and again.
const test_support::TempDir& folder() {
    static const test_support::TempDir kFolder;
    return kFolder;
}

std::string instant(std::int64_t time_ns) {
    std::string text;
    base::append_rfc3339_nano(text, time_ns);
    return text;
}

/// Files of a folder by number, as they should be on disk.
class Files {
public:
    explicit Files(std::string prefix, std::string suffix)
        : prefix_(std::move(prefix)), suffix_(std::move(suffix)) {
        for (std::size_t i = 0; i < content_.size(); ++i) {
            std::ofstream(path(i), std::ios::binary | std::ios::trunc).flush();
        }
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() {
        for (std::size_t i = 0; i < content_.size(); ++i) {
            std::remove(path(i).c_str());
        }
    }
    void append(std::size_t number, const std::string& text) {
        content_[number] += text;
        std::ofstream(path(number), std::ios::binary | std::ios::app) << text;
    }
    [[nodiscard]] const std::string& content(std::size_t number) const { return content_[number]; }

private:
    [[nodiscard]] std::string path(std::size_t number) const {
        return folder().file(prefix_ + std::to_string(1 + number) + suffix_);
    }
    std::string prefix_;
    std::string suffix_;
    std::array<std::string, kFiles> content_;
};

std::string some_lines(Script& script) {
    const std::size_t kind = script.byte();
    const std::size_t size = script.byte();
    if (kind % 8 == 0) {
        return std::string(size << 11U, 'x');  // a piece of what may become an over-long line
    }
    if (kind % 8 == 1) {
        return std::string(size, '\0');
    }
    if (kind % 2 == 0) {
        return std::string(script.text(size));
    }
    return "time=" + instant(kFirstNs + static_cast<std::int64_t>(size) * kSecondNs) +
           " level=WARN msg=DENY method=GET url=https://h.example/ host=h.example\n";
}

/// Reads logs that grow meanwhile, and of which some lines may not come for a while.
class Merging {
public:
    explicit Merging(std::size_t mode)
        : merge_(known_, tailer::LineReader::Tail::HoldBack), refusals_(mode % 16) {
        if (mode >= 128) {
            merge_.take_turns();
        }
    }
    void append(std::size_t number, const std::string& text) { files_.append(number, text); }
    /// Gives what there is a turn.
    bool turn(std::uint64_t budget) {
        known_.scan(0, [](std::string_view name) { return name.starts_with("boundary-"); });
        merge_.enqueue(known_.take_grown());
        return merge_.read(
            budget, [this](const tailer::LocatedLine& line) { visit(line); },
            [this](const tailer::LocatedLine&) { return refusals_ == 0 || --refusals_ % 3 == 0; });
    }
    void read_all() {
        std::size_t turns = 0;
        while (turn(64U << 10U)) {
            check(++turns < 1'000, "what there is is read in a bounded number of turns");
        }
        for (std::size_t i = 0; i < kFiles; ++i) {
            const std::string& content = files_.content(i);
            check(seen_[i] == static_cast<std::size_t>(std::ranges::count(content, '\n')),
                  "every line comes once");
        }
    }

private:
    void visit(const tailer::LocatedLine& line) {
        const auto number = static_cast<std::size_t>(line.session.back() - '1');
        const std::string& content = files_.content(number);
        check(line.line.end > end_[number] && line.line.end <= content.size() &&
                  content[line.line.end - 1] == '\n',
              "a line is whole, and lies behind the one before it");
        check(line.before.lines == seen_[number], "a line's number is that in its file");
        if (!line.line.too_long) {
            check(content.compare(line.line.begin, line.line.text.size(), line.line.text) == 0,
                  "a line is what stands in the file");
        }
        end_[number] = line.line.end;
        ++seen_[number];
    }

    Files files_{"boundary-2026-06-09_12-00-00-", ".log"};
    tailer::KnownFiles known_{{folder().path()}, {}};
    tailer::TimeMerge merge_;
    std::size_t refusals_;
    std::array<std::size_t, kFiles> seen_{};
    std::array<std::uint64_t, kFiles> end_{};
};

/// Records of a journal. No two starts or ends name the same call: of such the first one read
/// counts.
class Records {
public:
    explicit Records(Script& script) : script_(script) {}

    std::string next() {
        const std::size_t kind = script_.byte();
        const std::size_t at = script_.byte();
        const std::int64_t time_ns = kFirstNs + static_cast<std::int64_t>(at) * kSecondNs;
        const std::size_t which = script_.byte();
        const std::string session(1, static_cast<char>('a' + which % 5));
        if (kind % 4 == 0) {
            std::string text(script_.text(at));
            std::ranges::replace(text, '{', '(');
            return text;
        }
        if (kind % 4 == 1) {
            return tailer::encode_toolcall(tailer::ToolCallStop{
                session, kind % 8 == 1 ? "" : "agent", time_ns, kind % 16 == 1});
        }
        if (kind % 4 == 2 && !std::exchange(ended_[which % kMostSteps], true)) {
            tailer::ToolCallEnd end;
            end.id = std::to_string(which % kMostSteps);
            end.time_ns = time_ns;
            return tailer::encode_toolcall(end);
        }
        tailer::ToolCallStart start;
        start.id = std::to_string(started_++);
        start.tool = "Bash";
        start.time_ns = time_ns;
        start.session_id = session;
        if (kind % 8 == 3) {
            start.pids = {7};
            start.source = tailer::ToolCallSource::Exec;
        }
        return tailer::encode_toolcall(start);
    }

private:
    Script& script_;
    std::array<bool, kMostSteps> ended_{};
    std::size_t started_ = 0;
};

/// Answers as a Loki that holds some rows, or as whoever stands in its place.
class Answers final : public exporter::LokiApi {
public:
    Answers(Script& script, const std::map<std::int64_t, std::string>& rows)
        : script_(script), rows_(rows), honest_(script.byte() % 2 == 0) {}

    [[nodiscard]] bool honest() const { return honest_; }
    [[nodiscard]] bool has_shown(const std::string& line) const {
        return shown_.find("\"" + line + "\"") != std::string::npos;
    }
    [[nodiscard]] exporter::Reply push(std::string_view, std::chrono::milliseconds) override {
        return {};
    }
    [[nodiscard]] exporter::Reply query_range(std::string_view, std::int64_t start_ns,
                                              std::int64_t end_ns, std::size_t limit,
                                              std::chrono::milliseconds) override {
        check(start_ns < end_ns && limit > 0, "a query asks for something");
        check(++queries_ <= exporter::kMostPages + 8, "no answer is asked for for ever");
        exporter::Reply reply;
        reply.transport = exporter::Reply::Transport::Answered;
        reply.status = 200;
        const std::size_t trick = honest_ ? 0 : script_.byte();
        if (trick % 16 == 1) {
            reply.status = 400 + static_cast<long>(script_.byte());
        }
        if (trick % 16 == 2 && !last_.empty()) {
            reply.body = last_;  // of another time
            return reply;
        }
        const std::int64_t shift =
            trick % 16 == 3 ? static_cast<std::int64_t>(trick) * kSecondNs : 0;
        const std::size_t most = trick % 16 == 4 ? rows_.size() : limit;
        std::string values;
        std::size_t count = 0;
        for (auto row = rows_.lower_bound(start_ns);
             row != rows_.end() && row->first < end_ns && count < most; ++row, ++count) {
            values += values.empty() ? "[\"" : ",[\"";
            values += std::to_string(row->first + shift) + "\",\"" + row->second + "\"]";
        }
        if (trick % 16 == 5) {
            values += script_.text(script_.byte());
        }
        reply.body = R"({"data":{"result":[{"stream":{},"values":[)" + values + "]}]}}";
        shown_ += reply.body;
        last_ = reply.body;
        return reply;
    }

private:
    Script& script_;
    const std::map<std::int64_t, std::string>& rows_;
    bool honest_;
    std::string last_;
    std::string shown_;
    std::size_t queries_ = 0;
};

}  // namespace

void merge(std::string_view bytes) {
    Script script(bytes);
    Merging merging(script.byte());
    for (std::size_t step = 0; step < kMostSteps && !script.ended(); ++step) {
        const std::size_t what = script.byte();
        if (what % 4 == 3) {
            static_cast<void>(merging.turn(1 + (what << 4U)));
        } else {
            merging.append(what / 4 % kFiles, some_lines(script));
        }
    }
    merging.read_all();
}

void journal_turns(std::string_view bytes) {
    Script script(bytes);
    Files files("toolcalls-2026-06-0", ".jsonl");
    Records records(script);
    tailer::ToolCallJournal by_turns({folder().path()});
    for (std::size_t step = 0; step < kMostSteps && !script.ended(); ++step) {
        const std::size_t what = script.byte();
        if (what % 4 == 3) {
            static_cast<void>(by_turns.refresh(1 + what));
        } else {
            files.append(what / 4 % kFiles, records.next());
        }
    }
    std::size_t turns = 0;
    while (!by_turns.refresh(64)) {
        check(++turns < 4'000, "a journal is read in a bounded number of turns");
    }
    tailer::ToolCallJournal at_once({folder().path()});
    at_once.refresh();
    check(by_turns.counts().starts == at_once.counts().starts &&
              by_turns.counts().ends == at_once.counts().ends &&
              by_turns.counts().invalid == at_once.counts().invalid &&
              by_turns.size() == at_once.size(),
          "a journal counts the same however it was read");
    for (const std::int64_t pid : {7, 8}) {
        for (std::int64_t at = -1; at < 260; at += 9) {
            const auto one = by_turns.match(pid, kFirstNs + at * kSecondNs);
            const auto other = at_once.match(pid, kFirstNs + at * kSecondNs);
            check(one.has_value() == other.has_value(), "a match does not depend on the turns");
            if (one) {
                check(one->id == other->id && one->match == other->match,
                      "nor does which call it is");
            }
        }
    }
}

void read_back_pages(std::string_view bytes) {
    Script script(bytes);
    exporter::Batch batch;
    std::map<std::int64_t, std::string> rows;
    const std::size_t entries = 1 + script.byte() % 64;
    std::vector<bool> stored;
    std::int64_t time_ns = kFirstNs;
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t what = script.byte();
        time_ns += 1 + static_cast<std::int64_t>(what % 8) * kSecondNs / 100;
        const std::string line = "line " + std::to_string(i);
        batch.add({time_ns, line, {}, {}, false});
        stored.push_back(what >= 128);
        if (stored.back()) {
            rows.emplace(time_ns, line);
        }
    }
    // Others wrote to the stream, too.
    for (std::size_t i = script.byte() * 16; i > 0; --i) {
        rows.emplace(kFirstNs + static_cast<std::int64_t>(i) * 977'777,
                     "other " + std::to_string(i));
    }
    const exporter::SealedBatch sealed = batch.seal();
    Answers loki(script, rows);
    exporter::StoredRows known;
    const auto answer = exporter::read_back(loki, "{job=\"boundary\"}", sealed,
                                            std::chrono::milliseconds(1), &known);
    if (loki.honest()) {
        check(answer.state == exporter::ReadBack::State::Known, "an answer is understood");
        check(answer.stored == stored, "what is stored is found, and nothing else");
    } else if (answer.state == exporter::ReadBack::State::Known) {
        for (std::size_t i = 0; i < answer.stored.size(); ++i) {
            check(!answer.stored[i] || loki.has_shown("line " + std::to_string(i)),
                  "nothing is taken for stored that was never shown");
        }
    }
}

}  // namespace fuzz
