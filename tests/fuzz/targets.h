// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

// One function for each kind of bytes that somebody else may have made. Each calls the parser as
// the program does, checks what must hold of the result, and aborts when it does not. The fuzzers
// and the test that replays their inputs call the same functions.

namespace fuzz {

/// Boundary's log lines: against a parser that was written to be obvious, and what becomes of them.
void slog_text(std::string_view bytes);
void slog_json(std::string_view bytes);
void hook_event(std::string_view bytes);
void journal(std::string_view bytes);
void checkpoint(std::string_view bytes);
/// What a spool segment holds once it is unpacked.
void spool_segment(std::string_view bytes);
/// What Loki, or whatever answers in its place, says to a push and to a query.
void loki_answer(std::string_view bytes);
void config(std::string_view bytes);
/// Logs and a journal that grow while they are read by turns, and a server's answers page by page:
/// whatever the input, the number of turns, pages and bytes is bounded.
void merge(std::string_view bytes);
void journal_turns(std::string_view bytes);
void read_back_pages(std::string_view bytes);

struct Target {
    std::string_view name;
    void (*run)(std::string_view bytes);
};
inline constexpr Target kTargets[] = {{"slog_text", slog_text},
                                      {"slog_json", slog_json},
                                      {"hook_event", hook_event},
                                      {"journal", journal},
                                      {"checkpoint", checkpoint},
                                      {"spool_segment", spool_segment},
                                      {"loki_answer", loki_answer},
                                      {"config", config},
                                      {"merge", merge},
                                      {"journal_turns", journal_turns},
                                      {"read_back_pages", read_back_pages}};

}  // namespace fuzz
