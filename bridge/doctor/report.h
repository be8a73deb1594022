// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "bridge/console/terminal.h"
#include "bridge/doctor/finding.h"

namespace bridge::doctor {

/// The findings as a person reads them: what to mend first, then hop by hop. All that came from
/// elsewhere is made safe for a terminal.
[[nodiscard]] std::string report_text(const Findings& findings, const TextStyle& style);

/// The same for machines: `{"ok":...,"first":{...}|null,"findings":[...]}`, one line.
[[nodiscard]] std::string report_json(const Findings& findings);

/// Whether the dashboard does not read zero: nothing failed.
[[nodiscard]] bool all_well(const Findings& findings);

}  // namespace bridge::doctor
