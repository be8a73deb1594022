// SPDX-License-Identifier: MIT
#include "tailer/records/public_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/text.h"
#include "tailer/records/character_runs.h"
#include "tailer/records/hint_set.h"
#include "tailer/records/listed.h"
#include "tailer/records/plain_rules.h"
#include "tailer/records/plain_shape.h"
#include "tailer/records/secret_shape.h"

namespace tailer {
namespace {

/// Endings of names, and a hint at them: nearly no name has one.
template <std::size_t N>
class Endings {
public:
    constexpr explicit Endings(const std::string_view (&endings)[N])
        : endings_(std::to_array(endings)) {
        for (const std::string_view ending : endings) {
            hint_.add_end(ending);
        }
    }
    /// `text` without the ending that it has; empty when it has none.
    [[nodiscard]] std::string_view stem_of(std::string_view text) const {
        if (!hint_.holds_end_of(text)) {
            return {};
        }
        const auto found = std::ranges::find_if(
            endings_, [text](std::string_view ending) { return text.ends_with(ending); });
        return found == endings_.end() ? std::string_view{}
                                       : text.substr(0, text.size() - found->size());
    }

private:
    std::array<std::string_view, N> endings_;
    HintSet hint_;
};

/// dpkg, rpm, apk, npm, PyPI, conda, RubyGems, Cargo, Maven, NuGet, Go; and plain archives.
constexpr Endings kPackageEnds({
    ".tgz",  ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".zip",   ".whl",   ".egg",
    ".gem",  ".crate",  ".deb",    ".udeb",    ".dsc",     ".rpm",   ".drpm",  ".apk",
    ".jar",  ".pom",    ".aar",    ".war",     ".module",  ".nupkg", ".conda", ".mod",
    ".info", ".phar",   ".msi",    ".dmg",     ".pkg",     ".iso",   ".exe",   ".vsix",
});

/// What stands beside a package under its name.
constexpr Endings kBesideEnds({".asc", ".sig", ".sha1", ".sha256", ".sha512", ".md5", ".metadata",
                               ".provenance", ".prov", ".sbom"});

/// Files that list a package's versions.
constexpr std::string_view kIndexFiles[] = {"maven-metadata.xml", "repomd.xml"};

constexpr Endings kSourceEnds({
    ".go",   ".rs",  ".py",   ".c",     ".h",   ".cc",    ".cpp",  ".hpp", ".cxx", ".hh",
    ".java", ".kt",  ".kts",  ".scala", ".rb",  ".ts",    ".tsx",  ".jsx", ".cs",  ".fs",
    ".ex",   ".exs", ".erl",  ".hrl",   ".hs",  ".ml",    ".mli",  ".lua", ".pl",  ".pm",
    ".sh",   ".sql", ".tf",   ".proto", ".md",  ".rst",   ".adoc", ".nix", ".bzl", ".cmake",
    ".mm",   ".zig", ".dart", ".swift", ".clj", ".patch", ".diff", ".pyi", ".vue", ".svelte",
});

/// GitHub, GitLab, Gitea and their APIs.
constexpr std::string_view kSourceFolders[] = {"blob", "tree", "raw", "contents", "blame"};

/// What a revision stands behind, in git's short or full length.
constexpr std::string_view kRevisionWords[] = {
    "commit",  "commits", "blob",    "blobs",   "tree",     "trees", "raw",      "compare",
    "archive", "zipball", "tarball", "resolve", "statuses", "sha",   "+archive", "blame",
};

/// What a digest stands behind, in hexadecimal digits; 0 = of any digest.
struct DigestWord {
    std::string_view word;
    std::size_t digits;
};
constexpr DigestWord kDigestWords[] = {
    {"md5", 32},    {"md5sum", 32},  {"sha1", 40},   {"sha224", 56},  {"sha256", 64},
    {"sha384", 96}, {"sha512", 128}, {"objects", 0}, {"repodata", 0},
};

constexpr std::string_view kTags[] = {
    "latest", "next", "beta", "alpha", "canary",  "rc",      "stable",       "dev",  "main",
    "master", "head", "lts",  "edge",  "nightly", "rolling", "experimental", "trunk"};

bool is_small_hex(char c) { return base::is_digit(c) || (c >= 'a' && c <= 'f'); }

std::size_t hex_digits(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_small_hex) - text.begin());
}

bool is_hex(std::string_view text, std::size_t digits) {
    return text.size() == digits && hex_digits(text) == digits;
}

bool is_digest_length(std::size_t digits) {
    constexpr std::size_t kLengths[] = {32, 40, 56, 64, 96, 128};
    return std::ranges::find(kLengths, digits) != std::end(kLengths);
}

/// A run of letters and digits as names and versions of packages have them.
bool is_package_run(std::string_view run) {
    constexpr std::size_t kLongest = 20;
    constexpr std::size_t kLongestMixed = 14;  // py312heda63a1: conda-build's build string
    constexpr std::size_t kMostTurns = 3;
    std::size_t turns = 0;
    bool digits = false;
    bool uppers = false;
    bool lowers = false;
    for (std::size_t i = 0; i < run.size(); ++i) {
        digits = digits || base::is_digit(run[i]);
        uppers = uppers || base::is_upper(run[i]);
        lowers = lowers || base::is_lower(run[i]);
        turns += i > 0 && base::is_digit(run[i]) != base::is_digit(run[i - 1]) ? 1U : 0U;
    }
    if (!digits) {
        return is_word(run);
    }
    // 20230311ubuntu0
    constexpr std::size_t kLongestDated = 16;
    if (turns > 0 && turns <= 2 && run.size() <= kLongestDated && !uppers) {
        return true;
    }
    return turns == 0 ? run.size() <= kLongest
                      : run.size() <= kLongestMixed && !(uppers && lowers && turns > kMostTurns);
}

/// A run of letters and digits as names of source files have them: x509, s3, 0042.
bool is_source_run(std::string_view run) {
    constexpr std::size_t kShort = 4;
    const bool letters = std::ranges::all_of(run, base::is_letter);
    const bool digits = std::ranges::all_of(run, base::is_digit);
    return letters ? is_word(run)
                   : run.size() < kShort || (digits && run.size() == kShort) ||
                         is_listed(rules::kTechnicalWords, run);
}

/// `9f86d08`, perhaps with `.tar.gz`, `^` or `~1` behind it.
bool is_revision(std::string_view text) {
    constexpr std::size_t kShort = 7;
    constexpr std::size_t kLong = 12;
    const std::size_t digits = hex_digits(text);
    const bool sized = (digits >= kShort && digits <= kLong) || digits == 40 || digits == 64;
    return sized && (digits == text.size() ||
                     (std::string_view(".^~").find(text[digits]) != std::string_view::npos &&
                      is_plain_name(text.substr(digits + 1))));
}

bool is_comparison(std::string_view text) {
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos) {
        return false;
    }
    const std::size_t right = text.find_first_not_of('.', dots);
    const auto fits = [](std::string_view part) {
        return is_revision(part) || is_plain_name(part);
    };
    return right != std::string_view::npos && fits(text.substr(0, dots)) &&
           fits(text.substr(right));
}

/// Git's and others' folders of objects: `objects/9f/86d0...`, `9f/86/d081...`, `9f/9f86d0...`.
bool is_in_folders(std::string_view segment, const Before& before) {
    if (!is_hex(before.first, 2)) {
        return false;
    }
    const std::size_t digits = hex_digits(segment);
    return digits == segment.size() &&
           (digits == 38 || digits == 62 || (is_hex(before.second, 2) && digits == 60) ||
            ((digits == 40 || digits == 64) && segment.starts_with(before.first)));
}

/// Nix: the hash of a store path, in its base 32.
bool is_nix_file(std::string_view segment) {
    const std::size_t dot = std::min(segment.find('.'), segment.size());
    const std::string_view end = segment.substr(dot);
    const bool sized = (dot == 32 && end == ".narinfo") || (dot == 52 && end.starts_with(".nar"));
    return sized && std::ranges::all_of(segment.substr(0, dot), [](char c) {
               return base::is_lower(c) || base::is_digit(c);
           });
}

}  // namespace

bool begins_with_uuid(std::string_view text) noexcept {
    constexpr std::size_t kUuid = 36;
    if (text.size() < kUuid ||
        (text.size() > kUuid && (base::is_letter(text[kUuid]) || base::is_digit(text[kUuid])))) {
        return false;
    }
    for (std::size_t i = 0; i < kUuid; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !is_small_hex(base::lower(text[i]))) {
            return false;
        }
    }
    return true;
}

bool is_package_file(std::string_view segment) noexcept {
    constexpr std::size_t kLongest = 160;
    if (segment.size() > kLongest) {
        return false;
    }
    if (is_listed_folded(kIndexFiles, segment)) {
        return true;
    }
    const std::string_view named = kBesideEnds.stem_of(segment);
    const std::string_view stem = kPackageEnds.stem_of(named.empty() ? segment : named);
    bool versioned = false;
    for (std::size_t at = 0; at < stem.size();) {
        const auto* const stop = std::ranges::find_if_not(
            stem.substr(at), [](char c) { return base::is_letter(c) || base::is_digit(c); });
        const auto size = static_cast<std::size_t>(stop - stem.data()) - at;
        const std::string_view run = stem.substr(at, size);
        if (run.empty()) {
            if (std::string_view("-_.~+").find(stem[at]) == std::string_view::npos) {
                return false;
            }
            ++at;
            continue;
        }
        if (!is_package_run(run) || begins_as_token(stem.substr(at))) {
            return false;
        }
        versioned = versioned || base::is_digit(run.front()) ||
                    (run.size() > 1 && base::lower(run.front()) == 'v' && base::is_digit(run[1]));
        at += size;
    }
    return versioned;
}

bool is_source_file(std::string_view segment) noexcept {
    const std::string_view stem = kSourceEnds.stem_of(segment);
    return !stem.empty() && !looks_secret(stem) &&
           !any_run(stem, [](std::string_view run, std::size_t) { return !is_source_run(run); });
}

bool is_source_folder(std::string_view segment) noexcept {
    return is_listed_folded(kSourceFolders, segment);
}

bool is_content_address(std::string_view segment, const Before& before, bool in_sources) noexcept {
    if (const std::size_t colon = segment.find(':'); colon != std::string_view::npos) {
        // OCI distribution: sha256:9f86d0...
        const std::string_view digest = segment.substr(colon + 1);
        const auto* const row =
            std::ranges::find(kDigestWords, segment.substr(0, colon), &DigestWord::word);
        return row != std::end(kDigestWords) && row->digits > 0 && is_hex(digest, row->digits);
    }
    const std::size_t digits = hex_digits(segment);
    if (is_listed_folded(kRevisionWords, before.first) &&
        (is_revision(segment) || is_comparison(segment))) {
        return true;
    }
    const bool ends = digits == segment.size() ||
                      std::string_view("-.").find(segment[digits]) != std::string_view::npos;
    for (const auto& row : kDigestWords) {
        if (ends && is_digest_length(digits) && (row.digits == 0 || row.digits == digits) &&
            is_listed_folded(std::span(&row.word, 1), before.first) &&
            is_plain_name(segment.substr(std::min(digits + 1, segment.size())))) {
            return true;
        }
    }
    constexpr std::string_view kPack = "pack-";  // git: objects/pack
    return (in_sources && is_hex(segment, 40)) || is_in_folders(segment, before) ||
           is_nix_file(segment) ||
           (before.first == "pack" && segment.starts_with(kPack) &&
            is_revision(segment.substr(kPack.size())));
}

bool is_package_tag(std::string_view text) noexcept {
    constexpr std::size_t kLongest = 48;
    if (text.size() > kLongest || text.empty()) {
        return false;
    }
    if (is_listed_folded(kTags, text)) {
        return true;
    }
    while (!text.empty() &&
           std::string_view("^~=<>v").find(text.front()) != std::string_view::npos) {
        text.remove_prefix(1);
    }
    if (text.empty() || !base::is_digit(text.front())) {
        return false;
    }
    const auto dots = std::ranges::count(text, '.');
    const bool address =
        dots == 3 && text.find_first_not_of("0123456789.") == std::string_view::npos;
    for (std::size_t at = 0; at < text.size() && !address;) {
        const std::size_t end = std::min(text.find_first_of(".-_+~", at), text.size());
        const std::string_view run = text.substr(at, end - at);
        if (!run.empty() && (!std::ranges::all_of(run, [](char c) {
                return base::is_letter(c) || base::is_digit(c);
            }) || !is_package_run(run))) {
            return false;
        }
        at = end + 1;
    }
    return !address;
}

}  // namespace tailer
