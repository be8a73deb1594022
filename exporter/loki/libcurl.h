// SPDX-License-Identifier: MIT
#pragma once

#include <curl/curl.h>

#include "base/result.h"

namespace exporter {

/// The functions of libcurl that we call. It is loaded when they are first asked for and not
/// linked: it brings thirty libraries, whose loading is most of a process' start, and `toolcall`,
/// which is started for every tool call of an agent, speaks to no server.
struct Libcurl {
    decltype(&::curl_global_init) global_init;
    decltype(&::curl_free) free;
    decltype(&::curl_getdate) getdate;
    decltype(&::curl_easy_init) easy_init;
    decltype(&::curl_easy_reset) easy_reset;
    decltype(&::curl_easy_cleanup) easy_cleanup;
    decltype(&::curl_easy_setopt) easy_setopt;
    decltype(&::curl_easy_getinfo) easy_getinfo;
    decltype(&::curl_easy_perform) easy_perform;
    decltype(&::curl_easy_escape) easy_escape;
    decltype(&::curl_easy_strerror) easy_strerror;
    decltype(&::curl_slist_append) slist_append;
    decltype(&::curl_slist_free_all) slist_free_all;
    decltype(&::curl_url) url;
    decltype(&::curl_url_set) url_set;
    decltype(&::curl_url_get) url_get;
    decltype(&::curl_url_cleanup) url_cleanup;
};

/// The functions of the shared library `file`, found as dlopen(3) finds it; it stays loaded as long
/// as the process lives. The Error names what is missing.
[[nodiscard]] base::Result<Libcurl> load_libcurl(const char* file);

/// The one libcurl of the process, loaded and made ready by the first call. From any thread.
[[nodiscard]] const base::Result<Libcurl>& libcurl();

}  // namespace exporter
