// SPDX-License-Identifier: MIT
#include "exporter/loki/libcurl.h"

#include <string>

#include <dlfcn.h>

namespace exporter {
namespace {

/// The ABI that <curl/curl.h> describes: since 7.16.0 of 2006 (curl docs/libcurl/ABI.md).
constexpr const char* kFile = "libcurl.so.4";

template <typename Function>
void find(void* library, const char* name, Function*& function, const char*& missing) {
    function = reinterpret_cast<Function*>(::dlsym(library, name));
    if (function == nullptr) {
        missing = name;
    }
}

base::Result<Libcurl> load_and_initialise() {
    auto curl = load_libcurl(kFile);
    if (curl && curl->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return base::failure(std::string(kFile) + " cannot be initialised");
    }
    return curl;
}

}  // namespace

base::Result<Libcurl> load_libcurl(const char* file) {
    void* library = ::dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) {
        return base::failure(std::string("cannot load libcurl: ") + ::dlerror());
    }
    Libcurl curl{};
    const char* missing = nullptr;
    find(library, "curl_global_init", curl.global_init, missing);
    find(library, "curl_free", curl.free, missing);
    find(library, "curl_getdate", curl.getdate, missing);
    find(library, "curl_easy_init", curl.easy_init, missing);
    find(library, "curl_easy_reset", curl.easy_reset, missing);
    find(library, "curl_easy_cleanup", curl.easy_cleanup, missing);
    find(library, "curl_easy_setopt", curl.easy_setopt, missing);
    find(library, "curl_easy_getinfo", curl.easy_getinfo, missing);
    find(library, "curl_easy_perform", curl.easy_perform, missing);
    find(library, "curl_easy_escape", curl.easy_escape, missing);
    find(library, "curl_easy_strerror", curl.easy_strerror, missing);
    find(library, "curl_slist_append", curl.slist_append, missing);
    find(library, "curl_slist_free_all", curl.slist_free_all, missing);
    find(library, "curl_url", curl.url, missing);
    find(library, "curl_url_set", curl.url_set, missing);
    find(library, "curl_url_get", curl.url_get, missing);
    find(library, "curl_url_cleanup", curl.url_cleanup, missing);
    if (missing != nullptr) {
        return base::failure(std::string("cannot use ") + file + ": it has no " + missing);
    }
    return curl;
}

const base::Result<Libcurl>& libcurl() {
    // It is not to be undone while any handle lives, so never.
    static const base::Result<Libcurl> loaded = load_and_initialise();
    return loaded;
}

}  // namespace exporter
