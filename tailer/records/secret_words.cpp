// SPDX-License-Identifier: MIT
#include "tailer/records/secret_words.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"
#include "tailer/records/listed.h"
#include "tailer/records/redaction_hints.h"

namespace tailer {
namespace {

using rules::Follows;
using rules::kSecretWords;

constexpr std::uint32_t hash_of(std::string_view word) {
    std::uint32_t hash = 2166136261;  // FNV-1a
    for (const char c : word) {
        hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619;
    }
    return hash ^ hash >> 15U;
}

/// Rows of kSecretWords plus one, by the hash of their word; what is taken goes to the next place.
constexpr std::size_t kPlaces = 512;
constexpr std::array<std::uint8_t, kPlaces> kRowsByWord = [] {
    std::array<std::uint8_t, kPlaces> rows{};
    for (std::size_t row = 0; row < std::size(kSecretWords); ++row) {
        std::size_t at = hash_of(kSecretWords[row].word) % kPlaces;
        while (rows[at] != 0) {
            at = (at + 1) % kPlaces;
        }
        rows[at] = static_cast<std::uint8_t>(row + 1);
    }
    return rows;
}();
static_assert(std::size(kSecretWords) < 255);

const rules::SecretWord* find_word(std::string_view word) {
    for (std::size_t at = hash_of(word) % kPlaces; kRowsByWord[at] != 0; at = (at + 1) % kPlaces) {
        const auto& row = kSecretWords[kRowsByWord[at] - 1];
        if (row.word == word) {
            return &row;
        }
    }
    return nullptr;
}

/// A word without the number or the version at its end: token2, tokenv2. cvv2 has no version.
std::string_view without_number(std::string_view word) {
    const auto trimmed = [](std::string_view text) {
        while (!text.empty() && base::is_digit(text.back())) {
            text.remove_suffix(1);
        }
        return text;
    };
    const std::string_view shorter = trimmed(word);
    const bool version = shorter.size() < word.size() && shorter.size() > 1 &&
                         shorter.back() == 'v' && find_word(shorter) == nullptr;
    return version ? trimmed(shorter.substr(0, shorter.size() - 1)) : shorter;
}

/// Whether a row stands for words that segments end or begin with, as `Place` says.
template <rules::Where Place>
constexpr bool is_of(const rules::SecretWord& row) {
    return (row.in_paths & Place) != 0;
}

template <rules::Where Place>
constexpr auto kRowsOf = [] {
    std::array<const rules::SecretWord*, std::ranges::count_if(kSecretWords, is_of<Place>)> rows{};
    auto* row = rows.begin();
    for (const auto& word : kSecretWords) {
        if (is_of<Place>(word)) {
            *row++ = &word;
        }
    }
    return rows;
}();

/// What a segment ends with that has a word of kEnd at its end, or that word's plural.
constexpr HintSet kSegmentEnds = [] {
    HintSet set;
    for (const auto* row : kRowsOf<rules::kEnd>) {
        const std::string_view word = row->word;
        set.add_end(word);
        set.add(word[word.size() - 2], word[word.size() - 1], 's');
    }
    return set;
}();

/// The words of a name or a segment in lower case, and all of them in a row.
class Words {
public:
    explicit Words(std::string_view text) {
        text = text.substr(0, kLongest);
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            const bool letter = base::is_letter(c) || base::is_digit(c);
            if (!letter || (i > 0 && base::is_upper(c) && base::is_lower(text[i - 1]))) {
                end_word();
            }
            if (letter) {
                folded_[size_++] = base::lower(c);
            }
        }
        end_word();
    }

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::string_view all() const { return {folded_.data(), size_}; }
    /// Up to the end of a word, without the number at that.
    [[nodiscard]] std::string_view up_to(std::size_t word) const {
        return without_number({folded_.data(), ends_[word]});
    }
    /// One word, without the number at its end.
    [[nodiscard]] std::string_view word(std::size_t word) const {
        const std::size_t begin = word == 0 ? 0 : ends_[word - 1];
        return without_number(all().substr(begin, ends_[word] - begin));
    }

private:
    static constexpr std::size_t kLongest = 128;

    void end_word() {
        if (size_ > (count_ == 0 ? 0 : ends_[count_ - 1])) {
            ends_[count_++] = static_cast<std::uint8_t>(size_);
        }
    }

    std::array<char, kLongest> folded_{};
    std::array<std::uint8_t, kLongest> ends_{};
    std::size_t size_ = 0;
    std::size_t count_ = 0;
};

std::string_view singular(std::string_view word) {
    return word.substr(0, word.size() - (word.ends_with('s') ? 1 : 0));
}

bool ends_with_row(std::string_view text, std::string_view word) {
    return text.ends_with(word) || singular(text).ends_with(word);
}

}  // namespace

bool is_secret_name(std::string_view name) noexcept {
    const Words words(name);
    const auto means_secret = [](std::string_view word) {
        const auto* const row = find_word(word);
        return row != nullptr && row->in_names != rules::kNowhere;
    };
    for (std::size_t i = 0; i < words.count(); ++i) {
        const std::string_view word = words.word(i);
        if (means_secret(word) || means_secret(singular(word))) {
            return true;
        }
        if (is_listed(rules::kOtherWords, word)) {
            continue;
        }
        for (const auto& row : kSecretWords) {
            if (((row.in_names & rules::kEnd) != 0 && ends_with_row(word, row.word)) ||
                ((row.in_names & rules::kBegin) != 0 && word.starts_with(row.word))) {
                return true;
            }
        }
    }
    const std::string_view whole = words.all();
    return std::ranges::any_of(kSecretWords, [whole](const rules::SecretWord& row) {
        return (row.in_names & rules::kInside) != 0 &&
               whole.find(row.word) != std::string_view::npos;
    });
}

Follows follows_segment(std::string_view segment) noexcept {
    if (!hints_at_word(segment)) {
        return Follows::Nothing;
    }
    const Words words(segment);
    std::size_t count = words.count();
    // token-v2, token-2, token-id
    while (count > 1 && (words.word(count - 1).empty() || words.word(count - 1) == "v" ||
                         is_listed(rules::kAfterWords, words.word(count - 1)))) {
        --count;
    }
    if (count == 0) {
        return Follows::Nothing;
    }
    const std::string_view last = words.word(count - 1);
    const std::string_view whole = words.up_to(count - 1);
    Follows follows = Follows::Nothing;
    const auto consider = [&](std::string_view word) {
        const auto* const row = find_word(word);
        if (row != nullptr && ((row->in_paths & (rules::kWord | rules::kEnd)) != 0 ||
                               ((row->in_paths & rules::kWhole) != 0 && count == 1))) {
            follows = std::max(follows, row->follows);
        }
    };
    consider(last);
    consider(singular(last));
    if (kSegmentEnds.holds_end_of(whole) && !is_listed(rules::kOtherWords, last)) {
        for (const auto* row : kRowsOf<rules::kEnd>) {
            if (ends_with_row(whole, row->word)) {
                follows = std::max(follows, row->follows);
            }
        }
    }
    if (whole.size() >= 3 && kWordBegins.holds(whole.data())) {
        for (const auto* row : kRowsOf<rules::kBegin>) {
            if (whole.starts_with(row->word)) {
                follows = std::max(follows, row->follows);
            }
        }
    }
    return follows;
}

Follows follows_host(std::string_view host) noexcept {
    while (!host.empty()) {
        const std::size_t end = std::min(host.find('.'), host.size());
        if (is_listed(rules::kSecretHosts, host.substr(0, end))) {
            return Follows::Names;
        }
        host.remove_prefix(std::min(end + 1, host.size()));
    }
    return Follows::Nothing;
}

bool is_verb(std::string_view segment) noexcept { return is_listed_folded(rules::kVerbs, segment); }

bool is_project_word(std::string_view segment) noexcept {
    return is_listed_folded(rules::kProjectWords, segment);
}

}  // namespace tailer
