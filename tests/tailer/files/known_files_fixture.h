// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tailer/files/known_files.h"
#include "tailer/files/log_file_name.h"
#include "tests/support/temp_dir.h"

namespace tailer {

inline constexpr const char* kName = "boundary-2026-06-09_12-00-00-1.log";
inline constexpr const char* kOther = "boundary-2026-06-09_12-00-00-2.log";

class KnownFilesTest : public testing::Test {
protected:
    KnownFiles make(std::deque<FileProgress> resume = {}) {
        return {{dir_.path()}, {{dir_.path(), std::move(resume)}}};
    }
    static void scan(KnownFiles& files) { files.scan(0, is_boundary_log_name); }

    /// What a checkpoint says of a file that has been read up to `offset`.
    FileProgress progress_of(const std::string& name, std::uint64_t offset) {
        KnownFiles files({dir_.path()}, {});
        files.look(0, name);
        const auto ids = files.take_grown();
        return {CompactName(name), files.file(ids.at(0)).identity, offset};
    }
    /// Where reading of the one file would begin after `resume`.
    std::uint64_t offset_after(const FileProgress& resume) {
        auto files = make({resume});
        return offset_in(files);
    }
    static std::uint64_t offset_in(KnownFiles& files) {
        scan(files);
        std::uint64_t offset = 0;
        files.for_each([&offset](FileId, const KnownFile& file) {
            EXPECT_EQ(file.settled, file.offset);
            offset = file.offset;
        });
        return offset;
    }
    /// The one file that a scan finds to have grown.
    static FileId only_grown(KnownFiles& files) {
        scan(files);
        return files.take_grown().at(0);
    }
    /// Marks a file as read up to `offset`, as a reader does.
    static void read_to(KnownFiles& files, FileId id, std::uint64_t offset) {
        files.file(id).offset = offset;
        files.file(id).queued = false;
    }

    /// Bytes lost since the last call.
    static std::uint64_t lost(KnownFiles& files) {
        std::uint64_t bytes = 0;
        for (const auto& loss : files.take_losses()) {
            EXPECT_EQ(loss.session, session_of(kName));
            bytes += loss.bytes;
        }
        return bytes;
    }

    test_support::TempDir dir_;
};

}  // namespace tailer
