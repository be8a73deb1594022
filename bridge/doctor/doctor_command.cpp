// SPDX-License-Identifier: MIT
#include "bridge/doctor/doctor_command.h"

#include <cstdio>

#include <unistd.h>

#include "base/clock.h"
#include "bridge/doctor/checks.h"
#include "bridge/doctor/report.h"

namespace bridge {
namespace {

doctor::Gathered gather(const Settings& settings, const DoctorOptions& options) {
    doctor::Gathered seen;
    seen.settings = settings;
    const Environment environment = process_environment();
    seen.boundary = doctor::look_at_boundary(
        {options.boundary, options.boundary_config, settings.journal_dir}, environment);
    seen.logs = doctor::survey_logs(settings.log_dirs, settings.trusted_owners);
    seen.daemon = doctor::look_at_daemon(settings);
    seen.dashboard.chosen = options.dashboard;
    if (!settings.loki.url.empty()) {
        seen.loki.url = settings.loki.url;
        if (const auto loki = exporter::LokiClient::create(settings.loki)) {
            seen.loki = doctor::look_at_loki(settings, **loki, options.probe);
            if (seen.loki.reached() && !seen.loki.victoria_logs) {
                seen.dashboard =
                    doctor::look_at_dashboards(settings, **loki, options.dashboard, options.range);
            }
        } else {
            seen.loki.trouble = loki.error().message;
        }
    }
    seen.coderd = doctor::look_at_coderd(options.prometheus_url);
    seen.now_ns = base::SystemClock().wall_ns();
    return seen;
}

}  // namespace

ExitCode doctor_command(const Settings& settings, const DoctorOptions& options) {
    const doctor::Findings findings = doctor::run_checks(gather(settings, options));
    const std::string text =
        options.json
            ? doctor::report_json(findings)
            : doctor::report_text(findings, text_style_for(STDOUT_FILENO, process_environment()));
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
    return doctor::all_well(findings) ? ExitCode::Done : ExitCode::Incomplete;
}

}  // namespace bridge
