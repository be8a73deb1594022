// SPDX-License-Identifier: MIT
#include "tailer/records/path_redaction.h"

#include <algorithm>
#include <optional>

#include "base/byte_set.h"
#include "tailer/records/parameter_redaction.h"
#include "tailer/records/plain_shape.h"
#include "tailer/records/plain_url.h"
#include "tailer/records/public_names.h"
#include "tailer/records/secret_shape.h"
#include "tailer/records/secret_words.h"

namespace tailer {
namespace {

using rules::Follows;

/// A path on its way through the redaction, in decoded coordinates.
class Path {
public:
    Path(std::string& out, const PercentDecoded& path, const PathOrigin& origin)
        : out_(out), path_(path), text_(path.text()), context_(origin.follows) {
        limit_ = kPathEnds.first_in(text_);
        const std::string_view whole = text_.substr(0, limit_);
        last_at_ = whole.rfind('@');
        if (origin.behind_userinfo && last_at_ != std::string_view::npos) {
            password_ends_ = last_at_;
        }
        const std::string_view file = whole.substr(whole.find_last_of("/\\") + 1);
        of_sources_ = is_source_file(file);
        of_project_ = of_sources_ || is_package_file(file);
    }

    void redact() {
        std::size_t begin = 0;
        while (true) {
            const std::size_t end = find_in(begin, limit_, kSlashes);
            segment(begin, end);
            if (end == limit_) {
                break;
            }
            keep(end, end + 1);
            begin = end + 1;
        }
        if (limit_ < text_.size()) {
            keep(limit_, limit_ + 1);
            if (limit_ + 1 < text_.size()) {
                out_ += kRedacted;
            }
        }
    }

private:
    [[nodiscard]] std::string_view piece(std::size_t begin, std::size_t end) const {
        return text_.substr(begin, end - begin);
    }
    /// The first of these in the piece, or its end. Never looks further: a path may have a hundred
    /// thousand pieces.
    [[nodiscard]] std::size_t find_in(std::size_t begin, std::size_t end,
                                      const base::ByteSet& any_of) const {
        return begin + any_of.first_in(piece(begin, end));
    }
    [[nodiscard]] std::size_t find_in(std::size_t begin, std::size_t end, char c) const {
        return begin + std::min(piece(begin, end).find(c), end - begin);
    }
    void keep(std::size_t begin, std::size_t end) { out_ += path_.raw(begin, end); }
    void put(std::size_t begin, std::size_t end, bool secret) {
        if (begin == end) {
            return;
        }
        if (secret) {
            out_ += kRedacted;
        } else {
            keep(begin, end);
        }
    }

    /// What is known of the next piece. The files of a project are named by those who wrote it:
    /// among them `token` is a folder as another, and what follows it a name.
    [[nodiscard]] Follows context() const {
        if (!of_project_) {
            return context_;
        }
        return context_ >= Follows::Secret ? Follows::Names : Follows::Nothing;
    }

    void segment(std::size_t begin, std::size_t end) {
        if (begin == end) {
            return;
        }
        const std::string_view text = piece(begin, end);
        if (context_ == Follows::Nothing && !nested_ && !password_ends_ && is_plain_path(text)) {
            keep(begin, end);
        } else if (text == kRedacted || (password_ends_ && begin <= *password_ends_)) {
            put(begin, end, true);
            consumed();
        } else if (context() >= Follows::Secret) {
            secret(begin, end);
        } else {
            readable(begin, end);
        }
        of_project_ = of_project_ || (context_ <= Follows::Names && !before_.first.empty() &&
                                      is_source_folder(text));
        before_ = {text, before_.first};
    }

    /// A segment of which nothing but what is done with the secret stays.
    void secret(std::size_t begin, std::size_t end) {
        const std::string_view text = piece(begin, end);
        if (is_verb(text)) {
            keep(begin, end);
            return;
        }
        const bool project = context() == Follows::Secret &&
                             (is_project_word(text) || std::ranges::count(text, '.') > 1) &&
                             (is_project_word(text) || is_package_tag(text));
        put(begin, end, !project);
        consumed();
    }

    void readable(std::size_t begin, std::size_t end) {
        const std::size_t params = find_in(begin, end, ';');
        if (piece(begin, params).find('=') != std::string_view::npos) {
            parameters(begin, params);
        } else {
            names(begin, params);
        }
        if (params < end) {
            keep(params, params + 1);
            parameters(params + 1, end);
        }
        nested_ = piece(begin, end).ends_with(':');
    }

    /// name=value;name=value, also with commas and ampersands.
    void parameters(std::size_t begin, std::size_t end) {
        while (true) {
            if (context() >= Follows::Secret) {
                put(begin, end, true);
                return;
            }
            const std::size_t next = find_in(begin, end, kPairEnds);
            const std::size_t equals = text_.substr(0, next).find('=', begin);
            if (equals == std::string_view::npos) {
                put(begin, next, !is_harmless_bare(piece(begin, next)) || !fits(begin, next));
            } else {
                const Parameter stays =
                    judge_parameter(piece(begin, equals), piece(equals + 1, next));
                const bool named = stays.name && fits(begin, equals);
                put(begin, equals, !named);
                keep(equals, equals + 1);
                put(equals + 1, next, !named || !stays.value || !fits(equals + 1, next));
                if (next == equals + 1) {  // /password=/...
                    context_ = std::max(context_, follows_segment(piece(begin, equals)));
                }
            }
            if (next == end) {
                return;
            }
            keep(next, next + 1);
            begin = next + 1;
        }
    }

    [[nodiscard]] bool fits(std::size_t begin, std::size_t end) const {
        const std::string_view text = piece(begin, end);
        return context() == Follows::Nothing || text == kRedacted || is_plain_name(text);
    }

    /// A segment without parameters: `name`, `name:verb`, `@scope`, `name@version`, `user@host`.
    void names(std::size_t begin, std::size_t end) {
        const std::size_t in_piece = piece(begin, end).rfind('@');
        const std::size_t at = begin + in_piece;
        if (in_piece != std::string_view::npos && in_piece > 0 && !is_tagged(begin, at, end)) {
            put(begin, at, true);
            keep(at, at + 1);
            begin = at + 1;
        }
        const std::size_t colon = find_in(begin, end, ':');
        if (nested_ && colon < end && !is_port(piece(colon + 1, end))) {
            // `https://joe:pass/word@host`: the password goes on up to the `@`.
            if (last_at_ != std::string_view::npos && last_at_ >= end) {
                password_ends_ = last_at_;
            }
            put(begin, end, true);
            return;
        }
        words(begin, end);
    }

    /// `vue@3.4.21` is a package, `@scope` one's scope; any other `@` parts a user from a host.
    [[nodiscard]] bool is_tagged(std::size_t begin, std::size_t at, std::size_t end) const {
        const std::string_view user = piece(begin, at);
        const std::string_view tag = piece(at + 1, end);
        return !nested_ && user.find_first_of(":%") == std::string_view::npos &&
               user.find('@', 1) == std::string_view::npos &&
               (is_package_tag(tag) || is_content_address(tag, {}, false));
    }

    /// Names joined by colons, commas and the like, each judged by what stood before it.
    void words(std::size_t begin, std::size_t end) {
        if (is_content_address(piece(begin, end), before_, of_sources_) ||
            is_package_file(piece(begin, end)) || is_source_file(piece(begin, end))) {
            keep(begin, end);
            return;
        }
        if (is_grouped_secret(piece(begin, end))) {
            put(begin, end, true);
            return;
        }
        while (true) {
            const std::size_t stop = find_in(begin, end, kParts);
            const std::string_view rest = piece(begin, end);
            if (context() >= Follows::Secret || begins_as_token(rest)) {
                put(begin, end, true);
                consumed();
                return;
            }
            word(begin, stop);
            if (stop == end) {
                return;
            }
            keep(stop, stop + 1);
            begin = stop + 1;
        }
    }

    void word(std::size_t begin, std::size_t end) {
        const std::string_view text = piece(begin, end);
        const bool secret =
            (path_.deeper() && text.find('%') != std::string_view::npos) ||
            (context() == Follows::Nothing ? looks_secret(text) || is_capability(begin, end)
                                           : text != kRedacted && !is_plain_name(text));
        put(begin, end, secret);
        context_ = std::max(context_, follows_segment(text));
    }

    /// A UUID that is the whole path, or all but its last segment, or stands behind a single
    /// letter, as short links have it: who knows it may use it.
    [[nodiscard]] bool is_capability(std::size_t begin, std::size_t end) const {
        constexpr std::size_t kUuid = 36;
        if (end - begin != kUuid || !begins_with_uuid(piece(begin, end))) {
            return false;
        }
        const std::size_t next = std::min(text_.find('/', end), limit_);
        const bool whole = before_.first.empty() &&
                           text_.substr(0, limit_).find('/', next + 1) == std::string_view::npos;
        return whole || before_.first.size() == 1;
    }

    /// What was to be secret is behind us.
    void consumed() {
        if (context_ == Follows::Secret) {
            context_ = Follows::Names;
        }
        nested_ = false;
    }

    static constexpr base::ByteSet kPathEnds{"?#"};
    static constexpr base::ByteSet kSlashes{"/\\"};
    static constexpr base::ByteSet kPairEnds{";&,"};
    static constexpr base::ByteSet kParts{":,!|()'\"$+ &*<>{}[]`^\t\n\v\f\r\x7F"};

    std::string& out_;
    const PercentDecoded& path_;
    std::string_view text_;
    std::size_t limit_ = 0;
    std::size_t last_at_ = std::string_view::npos;
    std::optional<std::size_t> password_ends_;
    Follows context_ = Follows::Nothing;
    Before before_;
    bool nested_ = false;      ///< behind `https:`
    bool of_sources_ = false;  ///< the path ends in a file of source code
    bool of_project_ = false;  ///< or of a release, or stands below a forge's folder
};

}  // namespace

void redact_path(std::string& out, const PercentDecoded& path, const PathOrigin& origin) {
    Path(out, path, origin).redact();
}

}  // namespace tailer
