// SPDX-License-Identifier: MIT
#include "bridge/doctor/log_survey.h"

#include <algorithm>
#include <filesystem>

#include <unistd.h>

#include "base/result.h"
#include "base/unique_fd.h"
#include "tailer/files/folder_access.h"
#include "tailer/files/log_file_name.h"
#include "tailer/lines/line_parser.h"
#include "tailer/lines/line_reader.h"
#include "tailer/records/notice_policy.h"

namespace bridge::doctor {
namespace {

struct LogFile {
    std::string folder;
    std::string name;
    tailer::SeenFile seen;
};

class Surveyor {
public:
    Surveyor(const std::vector<std::uint32_t>& trusted_owners, const SurveyLimits& limits)
        : trusted_owners_(trusted_owners), limits_(limits) {}

    void list(const std::string& path) {
        FolderSeen folder{path, false, "", 0};
        std::error_code ignored;
        folder.exists = std::filesystem::exists(path, ignored);
        const base::UniqueFd fd = tailer::open_folder(path);
        const int code = errno;
        if (folder.exists && (!fd.valid() || ::access(path.c_str(), R_OK | X_OK) != 0)) {
            folder.trouble = base::system_failure("cannot list", path, fd.valid() ? errno : code)
                                 .value()
                                 .message;
        } else if (fd.valid()) {
            const auto owners = tailer::Owners::of_folder(fd.get(), trusted_owners_);
            tailer::list_folder(fd.get(), [&](const char* name, std::uint64_t) {
                if (!tailer::is_boundary_log_name(name)) {
                    return;
                }
                const auto seen = tailer::examine(fd.get(), name);
                if (!seen) {
                    return;
                }
                if (const auto refused = owners.refuse(*seen)) {
                    skip({*refused, 0, path + "/" + name, seen->owner});
                    return;
                }
                files_.push_back({path, name, *seen});
                ++folder.logs;
                survey_.empty_files += seen->size == 0 ? 1U : 0U;
            });
        }
        survey_.folders.push_back(std::move(folder));
    }

    LogSurvey read() {
        survey_.files = files_.size();
        std::ranges::sort(files_, std::greater<>(), &LogFile::name);  // the name is the time
        std::uint64_t left = limits_.all_bytes;
        for (const auto& file : files_) {
            if (left == 0) {
                survey_.partial = true;
                break;
            }
            const std::uint64_t share = std::min({file.seen.size, limits_.file_bytes, left});
            survey_.partial = survey_.partial || share < file.seen.size;
            left -= share;
            read_end(file, file.seen.size - share);
        }
        return std::move(survey_);
    }

private:
    void skip(tailer::SkippedFile file) {
        if (survey_.skipped[static_cast<std::size_t>(file.reason)]++ == 0) {
            survey_.first_skipped.push_back(std::move(file));
        }
    }

    void read_end(const LogFile& file, std::uint64_t offset) {
        const base::UniqueFd folder = tailer::open_folder(file.folder);
        const auto fd = tailer::open_seen(folder.get(), file.folder, file.name, file.seen.identity);
        if (!fd) {
            survey_.unreadable.push_back(fd.error().message);
            return;
        }
        ++survey_.files_read;
        // From anywhere within a file, the first line is taken for the rest of a long one.
        reader_.start(fd->get(), offset, offset > 0, tailer::LineReader::Tail::HoldBack);
        while (true) {
            const auto line = reader_.next();
            if (!line) {
                survey_.unreadable.push_back(line.error().message);
                return;
            }
            if (!*line) {
                return;
            }
            if (!(*line)->too_long) {
                count(parser_.parse((*line)->text));
            }
        }
    }

    void count(const tailer::ParsedLine& line) {
        if (const auto* decision = std::get_if<tailer::Decision>(&line)) {
            const bool allow = decision->verdict == tailer::Verdict::Allow;
            ++(allow ? survey_.allowed : survey_.denied);
            survey_.info_lines += allow ? 1U : 0U;
            survey_.without_scheme += decision->url.starts_with('/') ? 1U : 0U;
            const std::int64_t at = decision->time_ns;
            survey_.first_decision_ns = std::min(survey_.first_decision_ns.value_or(at), at);
            survey_.last_decision_ns = std::max(survey_.last_decision_ns.value_or(at), at);
        } else if (const auto* notice = std::get_if<tailer::Notice>(&line)) {
            count_notice(*notice);
        } else {
            ++survey_.unparsed;
        }
    }

    /// Boundary's own words (coder/boundary audit/, proxy/, run/).
    void count_notice(const tailer::Notice& notice) {
        ++survey_.notices;
        const bool info = notice.level.starts_with("INFO") || notice.level.starts_with("DEBUG");
        survey_.info_lines += info ? 1U : 0U;
        const std::string_view says = notice.message;
        survey_.no_socket +=
            says == "Audit logs are disabled; workspace agent has not created log proxy socket" ||
            says == "failed to connect to audit socket";
        survey_.audit_off += says == "Audit logs are disabled by configuration";
        survey_.audit_dropped += tailer::is_audit_drop(says);
        survey_.sessions_started += says == "boundary session started";
        survey_.no_listener += says == "Failed to create HTTP listener";
        survey_.no_rules +=
            says == "No allow rules specified; all network traffic will be denied by default";
    }

    const std::vector<std::uint32_t>& trusted_owners_;
    SurveyLimits limits_;
    LogSurvey survey_;
    std::vector<LogFile> files_;
    tailer::LineReader reader_;
    tailer::LineParser parser_;
};

}  // namespace

LogSurvey survey_logs(const std::vector<std::string>& folders,
                      const std::vector<std::uint32_t>& trusted_owners,
                      const SurveyLimits& limits) {
    Surveyor surveyor(trusted_owners, limits);
    for (const auto& folder : folders) {
        surveyor.list(folder);
    }
    return surveyor.read();
}

}  // namespace bridge::doctor
