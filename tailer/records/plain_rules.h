// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

/// What is plain, so that it stays though it stands where a secret may: tables only.
namespace tailer::rules {

/// Values that are harmless though no shape of is_harmless_value() fits them.
inline constexpr std::string_view kHarmlessValues[] = {
    "True", "False",  "TRUE",  "FALSE", "None",   "ASC",    "DESC",   "UTF-8",  "utf-8",
    "utf8", "oauth2", "http2", "ipv4",  "ipv6",   "base64", "sha1",   "sha256", "sha512",
    "md5",  "amd64",  "arm64", "x86",   "x64",    "x86_64", "mp4",    "mp3",    "GET",
    "POST", "PUT",    "HEAD",  "PATCH", "DELETE", "h264",   "es2022", "es2020", "py3",
    "i18n", "l10n",   "k8s",   "v8",    "S256",
};

/// Words with a digit that free text, names of parameters and of files may hold.
inline constexpr std::string_view kTechnicalWords[] = {
    "x509",      "http2",  "ipv4",    "ipv6",       "tcp4",       "tcp6",     "sha1",
    "oauth1",    "sha256", "sha512",  "utf8",       "base64",     "oauth2",   "amd64",
    "arm64",     "auth0",  "x86_64",  "tls13",      "tls12",      "ecdsa256", "socks5",
    "webhookb2", "http3",  "ed25519", "SHA256SUMS", "SHA512SUMS", "sha384",   "sha224",
    "base32",    "crc32",  "aes256",  "rs256",      "hs256",      "es256",    "argon2",
    "bcrypt2",   "pbkdf2", "openid2", "saml2",      "python3",    "python2",  "web3",
};

/// Longer than words are: kinds of resources in Kubernetes' API, which is asked for them by name.
inline constexpr std::string_view kLongWords[] = {
    "certificatesigningrequests",      "customresourcedefinitions",
    "horizontalpodautoscalers",        "localsubjectaccessreviews",
    "mutatingwebhookconfigurations",   "persistentvolumeclaims",
    "prioritylevelconfigurations",     "replicationcontrollers",
    "selfsubjectaccessreviews",        "selfsubjectrulesreviews",
    "validatingadmissionpolicies",     "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
};

/// Words that begin the name of a limit, whose value is a number: max_tokens, max-keys.
inline constexpr std::string_view kLimitWords[] = {"max", "min", "num", "limit", "total"};

/// Words that come with a number in names of parameters: address1.
inline constexpr std::string_view kNumberedNames[] = {
    "address", "addr", "line",  "street", "phone", "arg",  "param",  "value", "val",   "filter",
    "field",   "item", "image", "option", "name",  "sort", "order",  "page",  "step",  "part",
    "column",  "col",  "row",   "label",  "group", "lang", "series", "file",  "level", "point",
};

/// Methods of HTTP: IANA's HTTP Method Registry, and of those that are not there but in use what
/// UPnP (M-SEARCH, NOTIFY, SUBSCRIBE, UNSUBSCRIBE), caches (PURGE) and Icecast (SOURCE) speak. What
/// is none of them is text that a client chose.
inline constexpr std::string_view kMethods[] = {
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "M-SEARCH",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "NOTIFY",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PRI",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
};

}  // namespace tailer::rules
