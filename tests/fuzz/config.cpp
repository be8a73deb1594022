// SPDX-License-Identifier: MIT
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "bridge/settings/config_file.h"
#include "bridge/settings/quantity.h"
#include "bridge/settings/settings.h"
#include "exporter/loki/stream_labels.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/targets.h"

namespace fuzz {

void config(std::string_view bytes) {
    static const base::UniqueFd kFile(::memfd_create("config", MFD_CLOEXEC));
    static const std::string kPath = "/proc/self/fd/" + std::to_string(kFile.get());
    check(::ftruncate(kFile.get(), 0) == 0 && ::pwrite(kFile.get(), bytes.data(), bytes.size(),
                                                       0) == static_cast<::ssize_t>(bytes.size()),
          "the input is written");
    if (const auto lines = bridge::read_config_file(kPath)) {
        for (const auto& line : *lines) {
            static_cast<void>(bridge::parse_bytes(line.value));
            static_cast<void>(bridge::parse_duration(line.value));
        }
    }
    const bridge::Environment nothing = [](std::string_view) { return std::nullopt; };
    const auto settings = bridge::resolve_settings(
        {{"state-dir", {"/nonexistent"}}, {"log-dir", {"/nonexistent"}}}, nothing, kPath, {});
    if (!settings) {
        check(!settings.error().message.empty(), "an error says what is wrong");
        return;
    }
    check(!settings->loki.url.empty(), "there is somewhere to push to");
    for (const auto& [name, value] : settings->enrich.extra_labels) {
        check(exporter::is_label_name(name) && !value.empty() && value.size() <= 2048,
              "a label is one that Loki takes");
    }
}

}  // namespace fuzz
