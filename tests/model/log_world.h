// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tailer/files/known_files.h"
#include "tests/model/dice.h"
#include "tests/support/fake_clock.h"

namespace model {

/// What may be asked of one marked line that was written, maybe several times in a row.
struct Marked {
    enum class Kind : std::uint8_t { Allow, Deny, Notice };
    Kind kind = Kind::Allow;
    std::int64_t stamp_ms = 0;
    std::string session;  ///< the name of its file when it was written, for messages
    int written = 0;      ///< complete lines
    int certain = 0;      ///< those that must be in Loki
    int seen_lost = 0;    ///< seen by the daemon, gone before it read them
    bool harmed = false;  ///< the file is no more
};

/// What the world may ask of the daemon.
class Witness {
public:
    Witness() = default;
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    virtual ~Witness() = default;

    struct Known {
        std::uint64_t seen = 0;  ///< bytes
        std::uint64_t read = 0;
    };
    [[nodiscard]] virtual bool alive() const = 0;
    /// What the living daemon knows of a file.
    [[nodiscard]] virtual Known known(const tailer::FileIdentity& identity) const = 0;
    /// How many lines of each mark are in Loki or, of a dead daemon, in the spool.
    [[nodiscard]] virtual std::map<std::uint64_t, int> durable() const = 0;
};

/// The log folder as agents and people treat it, and what must have come of it.
class LogWorld {
public:
    LogWorld(std::string folder, Dice& dice, test_support::FakeClock& clock,
             const Witness& witness);

    // What happens to the folder. Each is a no-op when there is nothing that it could happen to.
    void create();
    void create_late();
    void append();
    void append_flood();
    void append_half();
    void repeat();
    void garbage();
    void rename();
    void rename_over();
    void remove();
    void truncate();
    void replace();
    void remove_folder();
    void move_folder_away();
    void make_folder();
    /// All files come back as they were, as others: a backup, or another volume.
    void restore();
    /// Finishes half lines, so that the end is known.
    void finish();

    /// The daemon had a look at everything.
    void looked();
    /// What the daemon had in memory is gone.
    void memory_lost();

    struct File {
        std::string name;
        tailer::FileIdentity identity;
        std::vector<std::pair<std::uint64_t, std::uint64_t>> lines;  ///< end offset, mark or 0
        std::uint64_t size = 0;
        std::string rest;  ///< of the half line at its end
        std::uint64_t rest_mark = 0;
        bool wait_for_look = false;  ///< what is unnoticed now could never be noticed later
        [[nodiscard]] std::uint64_t complete() const {
            return lines.empty() ? 0 : lines.back().first;
        }
    };
    [[nodiscard]] const std::deque<File>& files() const { return files_; }
    [[nodiscard]] bool folder_there() const { return there_ && !away_; }
    [[nodiscard]] const std::map<std::uint64_t, Marked>& marks() const { return marks_; }
    [[nodiscard]] std::size_t line_bytes(std::uint64_t mark) const {
        return texts_.at(mark).size() + 1;
    }
    [[nodiscard]] std::uint64_t lines_written() const { return lines_written_; }
    [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

private:
    File* pick();
    [[nodiscard]] std::string new_name();
    void create_named(const std::string& name);
    [[nodiscard]] std::string marked_line(const File& file, std::int64_t stamp_ms,
                                          std::size_t padding, std::uint64_t& mark);
    [[nodiscard]] std::int64_t stamp_now();
    void write(File& file, const std::string& text) const;
    void write_line(File& file, const std::string& line, std::uint64_t mark);
    void completed(File& file, std::uint64_t mark);
    void harm(const File& file);
    void erase(const File& file);

    std::string folder_;
    Dice& dice_;
    test_support::FakeClock& clock_;
    const Witness& witness_;
    std::deque<File> files_;
    std::map<std::uint64_t, Marked> marks_;
    std::map<std::uint64_t, std::string> texts_;
    std::vector<tailer::FileIdentity> used_;
    std::uint64_t lines_written_ = 0;
    int names_ = 0;
    bool there_ = true;
    bool away_ = false;
};

/// The mark that a row carries, or 0.
[[nodiscard]] std::uint64_t mark_in(const std::string& line);

}  // namespace model
