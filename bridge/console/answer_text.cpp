// SPDX-License-Identifier: MIT
#include "bridge/console/answer_text.h"

#include "tailer/records/text_redaction.h"

namespace bridge {

std::string without_secrets(std::string_view text) {
    std::string redacted;
    tailer::TextRedactor(tailer::QueryPolicy::Redact).append(redacted, text);
    return redacted;
}

std::string answer_text(const exporter::Reply& reply) {
    return without_secrets(exporter::reply_text(reply));
}

std::string code_of(const exporter::Reply& reply) {
    return reply.transport == exporter::Reply::Transport::Answered ? std::to_string(reply.status)
                                                                   : "error";
}

}  // namespace bridge
