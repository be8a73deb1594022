// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

/// What the redaction goes by: tables only, each secret word with where it is from. Those of
/// issuers' tokens are in token_prefixes.h.
namespace tailer::rules {

/// What a word in a path says of the segments behind it.
enum class Follows : std::uint8_t {
    Nothing,
    Names,   ///< what is not made of plain words is secret, to the end of the path
    Secret,  ///< the next segment is secret, whatever it looks like; then as Names
    Rest,    ///< all segments are secret, to the end of the path: a user and a password
};

/// How a word shows what it shows. In names and segments alike a word ends where letters change
/// from small to capital and at whatever is no letter or digit; a number at its end does not count.
enum Where : std::uint8_t {
    kNowhere = 0,
    kWord = 1,    ///< of a name: one of its words; of a segment: its last one
    kEnd = 2,     ///< the end of it: accesstoken, userpwd
    kBegin = 4,   ///< the beginning of it: password-reset
    kInside = 8,  ///< anywhere in it: csrfmiddlewaretoken
    kWhole = 16,  ///< all of it
};

/// A word that says that something secret is near: as the name of a parameter, a key or a flag
/// that its value is, as a segment of a path that what follows is.
struct SecretWord {
    std::string_view word;  ///< in lower case, letters and digits only
    std::uint8_t in_names = kNowhere;
    std::uint8_t in_paths = kNowhere;
    Follows follows = Follows::Nothing;
    std::string_view source;
};

inline constexpr SecretWord kSecretWords[] = {
    // Passwords and what stands for them.
    {"password", kInside, kEnd | kBegin, Follows::Rest, "logins, reset links"},
    {"passwd", kInside, kEnd | kBegin, Follows::Rest, "logins, reset links"},
    {"passw", kInside, kNowhere, Follows::Nothing, "passwort, passwrd and their kind"},
    {"passwort", kInside, kEnd | kBegin, Follows::Rest, "German"},
    {"kennwort", kInside, kEnd | kBegin, Follows::Rest, "German"},
    {"motdepasse", kInside, kEnd, Follows::Rest, "French"},
    {"mdp", kEnd, kWord, Follows::Rest, "French: mot de passe"},
    {"senha", kEnd, kWord, Follows::Rest, "Portuguese"},
    {"contrasena", kInside, kEnd, Follows::Rest, "Spanish"},
    {"clave", kWord, kWord, Follows::Rest, "Spanish"},
    {"parola", kEnd, kWord, Follows::Rest, "Italian, Turkish"},
    {"sifre", kEnd, kWord, Follows::Rest, "Turkish"},
    {"wachtwoord", kInside, kEnd, Follows::Rest, "Dutch"},
    {"losenord", kInside, kEnd, Follows::Rest, "Swedish"},
    {"haslo", kWord, kWord, Follows::Rest, "Polish"},
    {"heslo", kWord, kWord, Follows::Rest, "Czech"},
    {"parol", kEnd, kWord, Follows::Rest, "Russian"},
    {"pass", kEnd, kEnd, Follows::Rest, "logins: userpass, dbpass"},
    {"pwd", kEnd | kBegin, kEnd, Follows::Rest, "logins"},
    {"pw", kEnd, kWord, Follows::Rest, "logins"},
    {"pwreset", kNowhere, kBegin, Follows::Rest, "reset links"},
    {"pwdreset", kNowhere, kBegin, Follows::Rest, "reset links"},
    {"psw", kEnd, kWord, Follows::Rest, "logins"},
    {"pswd", kEnd, kWord, Follows::Rest, "logins"},
    {"psk", kEnd, kWord, Follows::Secret, "pre-shared keys"},
    {"newpass", kBegin, kBegin, Follows::Rest, "changes of a password"},
    {"oldpass", kBegin, kBegin, Follows::Rest, "changes of a password"},
    {"passphrase", kInside, kEnd, Follows::Rest, "keys"},
    {"passcode", kInside, kEnd, Follows::Secret, "meeting links"},
    {"passkey", kInside, kEnd, Follows::Secret, "WebAuthn; private trackers"},
    {"credential", kInside, kEnd, Follows::Rest, "logins"},
    {"cred", kWord, kWord, Follows::Rest, "logins; in the plural, too"},
    {"userinfo", kWord, kNowhere, Follows::Nothing, "RFC 3986 section 3.2.1"},
    {"basic", kWord, kNowhere, Follows::Nothing, "RFC 7617"},
    // One-time passwords and numbers.
    {"pin", kWord, kWord, Follows::Secret, "one-time passwords"},
    {"mpin", kEnd, kWord, Follows::Secret, "mobile banking"},
    {"pinno", kWord, kWord, Follows::Secret, "the same"},
    {"tan", kWord, kWord, Follows::Secret, "transaction numbers"},
    {"otp", kWord | kEnd | kBegin, kWord, Follows::Secret, "RFC 6238 and 4226"},
    {"totp", kInside, kWord, Follows::Secret, "RFC 6238"},
    {"hotp", kWord, kWord, Follows::Secret, "RFC 4226"},
    {"mfa", kWord | kBegin, kWord, Follows::Secret, "second factors"},
    {"2fa", kWord | kEnd | kBegin, kEnd, Follows::Secret, "second factors"},
    {"tfa", kWord, kWord, Follows::Secret, "second factors"},
    {"otc", kWord, kWord, Follows::Secret, "one-time codes"},
    {"ott", kWord, kWord, Follows::Secret, "one-time tokens"},
    {"twofactor", kBegin, kBegin, Follows::Secret, "second factors"},
    {"twostep", kBegin, kBegin, Follows::Secret, "second factors"},
    {"sms", kNowhere, kWhole, Follows::Secret, "one-time passwords"},
    {"onetime", kBegin, kBegin, Follows::Secret, "one-time secrets"},
    {"pincode", kInside, kEnd, Follows::Secret, "one-time passwords"},
    {"smscode", kInside, kEnd, Follows::Secret, "one-time passwords"},
    {"otpcode", kInside, kEnd, Follows::Secret, "one-time passwords"},
    {"authcode", kInside, kEnd, Follows::Secret, "RFC 6749 section 4.1"},
    {"usercode", kInside, kEnd, Follows::Secret, "RFC 8628"},
    {"devicecode", kInside, kEnd, Follows::Secret, "RFC 8628"},
    {"backupcode", kInside, kEnd, Follows::Secret, "second factors"},
    {"recoverycode", kInside, kEnd, Follows::Secret, "second factors"},
    {"code", kEnd, kWord, Follows::Names, "RFC 6749: authorization codes"},
    {"verification", kWord, kBegin, Follows::Names, "links that confirm an address"},
    {"nonce", kEnd, kWhole, Follows::Names, "one-time values"},
    {"salt", kWord, kNowhere, Follows::Nothing, "password hashing"},
    {"seed", kWord, kWhole, Follows::Secret, "BIP 39; RFC 6238"},
    {"seedphrase", kEnd, kEnd, Follows::Rest, "BIP 39"},
    {"recoveryphrase", kEnd, kEnd, Follows::Rest, "BIP 39"},
    {"mnemonic", kEnd, kEnd, Follows::Rest, "BIP 39"},
    {"card", kWord, kWord, Follows::Names, "ISO/IEC 7812"},
    {"cardno", kEnd, kEnd, Follows::Secret, "ISO/IEC 7812"},
    {"cardnumber", kEnd, kEnd, Follows::Secret, "ISO/IEC 7812"},
    {"cvv", kWord, kWord, Follows::Secret, "payment cards"},
    {"cvc", kWord, kWord, Follows::Secret, "payment cards"},
    {"ssn", kWord, kWord, Follows::Secret, "social security numbers"},
    {"iban", kWord, kWord, Follows::Secret, "ISO 13616"},
    // Keys and tokens.
    {"token", kInside, kEnd, Follows::Secret, "Django, Rails: a token as a path segment"},
    {"tok", kWord, kWord, Follows::Secret, "the same"},
    {"tkn", kEnd, kWord, Follows::Secret, "the same"},
    {"apikey", kInside, kEnd, Follows::Secret, "keys in the path, as Alchemy's and Infura's older"},
    {"accesskey", kInside, kEnd, Follows::Secret, "access-key"},
    {"secretkey", kInside, kEnd, Follows::Secret, "secret-key"},
    {"privatekey", kInside, kEnd, Follows::Secret, "private-key"},
    {"authkey", kInside, kEnd, Follows::Secret, "auth-key"},
    {"sharedkey", kInside, kEnd, Follows::Secret, "Azure Storage"},
    {"signingkey", kInside, kEnd, Follows::Secret, "signing keys"},
    {"encryptionkey", kInside, kEnd, Follows::Secret, "encryption keys"},
    {"masterkey", kInside, kEnd, Follows::Secret, "master keys"},
    {"productkey", kInside, kEnd, Follows::Secret, "licence keys"},
    {"licensekey", kInside, kEnd, Follows::Secret, "licence keys"},
    {"clientsecret", kInside, kEnd, Follows::Secret, "RFC 6749 section 2.3.1"},
    {"secret", kInside, kEnd, Follows::Names, "names of secrets stay when they are words"},
    {"key", kEnd, kEnd, Follows::Names, "keys in the path"},
    {"keys", kWord, kNowhere, Follows::Nothing, "keys"},
    {"private", kWord, kWhole, Follows::Names, "private feeds"},
    {"bearer", kInside, kWord, Follows::Secret, "RFC 6750"},
    {"jwt", kInside, kWord, Follows::Names, "RFC 7519"},
    {"bot", kNowhere, kWhole, Follows::Secret, "Telegram Bot API, behind some proxies"},
    {"sas", kWord, kNowhere, Follows::Nothing, "Azure Storage: shared access signatures"},
    {"appid", kWord, kNowhere, Follows::Nothing, "OpenWeather: its key is called so"},
    {"subscription", kWord, kNowhere, Follows::Nothing, "Azure: subscription-key"},
    {"refresh", kWord, kNowhere, Follows::Nothing, "RFC 6749 section 1.5"},
    {"cert", kWord, kNowhere, Follows::Nothing, "certificates"},
    {"certificate", kWord, kNowhere, Follows::Nothing, "certificates"},
    {"serial", kWord, kNowhere, Follows::Nothing, "licence keys"},
    {"license", kWord, kEnd, Follows::Names, "licence keys"},
    {"licence", kWord, kEnd, Follows::Names, "licence keys"},
    // Sign-on, sessions and signatures.
    {"auth", kWord, kEnd, Follows::Names, "OAuth callbacks and device flows"},
    {"oauth", kWord, kBegin, Follows::Names, "OAuth callbacks and device flows"},
    {"authz", kWord, kNowhere, Follows::Nothing, "logins"},
    {"authn", kWord, kNowhere, Follows::Nothing, "logins"},
    {"authorization", kWord, kNowhere, Follows::Nothing, "RFC 9110 section 11.6.2"},
    {"authentication", kWord, kNowhere, Follows::Nothing, "logins"},
    {"callback", kNowhere, kEnd, Follows::Names, "OAuth callbacks"},
    {"login", kNowhere, kWhole, Follows::Names, "login links"},
    {"signin", kNowhere, kWhole, Follows::Names, "login links"},
    {"autologin", kWord, kEnd, Follows::Secret, "login links"},
    {"impersonate", kNowhere, kWhole, Follows::Names, "login links"},
    {"signinlink", kWord, kEnd, Follows::Secret, "login links"},
    {"loginlink", kWord, kEnd, Follows::Secret, "login links"},
    {"magiclink", kWord, kEnd, Follows::Secret, "magic links"},
    {"magic", kNowhere, kWhole, Follows::Secret, "magic links"},
    {"reset", kNowhere, kWhole, Follows::Secret, "Django: PasswordResetConfirmView"},
    {"resetpas", kNowhere, kBegin, Follows::Secret, "reset links"},
    {"forgot", kNowhere, kWhole, Follows::Secret, "reset links"},
    {"forgotpas", kNowhere, kBegin, Follows::Secret, "reset links"},
    {"unlock", kNowhere, kBegin, Follows::Secret, "Devise: unlock links"},
    {"sso", kNowhere, kWhole, Follows::Names, "sign-on links"},
    {"saml", kBegin, kBegin, Follows::Names, "SAML 2.0 bindings"},
    {"assertion", kWord, kNowhere, Follows::Nothing, "RFC 7521"},
    {"session", kInside, kEnd, Follows::Names, "session ids"},
    {"sess", kWord, kWhole, Follows::Names, "session ids"},
    {"sid", kWord, kWhole, Follows::Names, "session ids"},
    {"sessid", kEnd, kEnd, Follows::Names, "PHP: PHPSESSID"},
    {"cookie", kInside, kEnd, Follows::Names, "session ids"},
    {"ticket", kWord, kWhole, Follows::Names, "CAS: service tickets"},
    {"csrf", kWord | kBegin, kWord, Follows::Names, "forms"},
    {"xsrf", kWord | kBegin, kWord, Follows::Names, "forms"},
    {"verifier", kWord, kNowhere, Follows::Nothing, "RFC 7636"},
    {"challenge", kWord, kNowhere, Follows::Nothing, "RFC 7636"},
    {"signature", kInside, kBegin, Follows::Names, "presigned URLs"},
    {"sign", kWord, kNowhere, Follows::Nothing, "presigned URLs"},
    {"signed", kNowhere, kWhole, Follows::Names, "signed links"},
    {"sig", kWord, kWhole, Follows::Names, "presigned URLs"},
    {"hmac", kEnd, kEnd, Follows::Names, "RFC 2104"},
    {"hash", kWord, kNowhere, Follows::Nothing, "signed links"},
    {"digest", kWord, kNowhere, Follows::Nothing, "RFC 7616"},
    // Addresses that are secrets themselves.
    {"hook", kWord, kWhole, Follows::Names, "webhooks; Zapier, Mattermost: /hooks/<key>"},
    {"webhook", kWord, kBegin | kEnd, Follows::Names, "Discord, Microsoft Teams: webhooks"},
    {"services", kNowhere, kWhole, Follows::Names, "Slack: incoming webhooks, /services/T/B/X"},
    {"trigger", kNowhere, kWhole, Follows::Names, "Slack: workflow webhooks; IFTTT"},
    {"workflow", kNowhere, kBegin, Follows::Names, "Slack and Power Automate: workflow webhooks"},
    {"incoming", kNowhere, kWhole, Follows::Names, "webhooks"},
    {"coupon", kWord, kWord, Follows::Names, "shops"},
    {"voucher", kWord, kWord, Follows::Names, "shops"},
    {"inputs", kNowhere, kWhole, Follows::Names, "Loggly: /inputs/<token>"},
    {"ping", kNowhere, kWhole, Follows::Names, "Healthchecks: /ping/<uuid>"},
    {"invite", kWord, kBegin, Follows::Names, "invitation links"},
    {"invitation", kWord, kBegin, Follows::Names, "invitation links"},
    {"join", kNowhere, kWhole, Follows::Names, "invitation links"},
    {"accept", kNowhere, kWhole, Follows::Names, "invitation links"},
    {"share", kNowhere, kWhole, Follows::Names, "share links"},
    {"shared", kNowhere, kWhole, Follows::Names, "share links"},
    {"verify", kNowhere, kBegin, Follows::Names, "links that confirm an address"},
    {"confirm", kNowhere, kBegin, Follows::Names, "links that confirm an address"},
    {"activat", kNowhere, kBegin, Follows::Names, "links that activate an account"},
    {"unsubscri", kNowhere, kBegin, Follows::Names, "unsubscribe links"},
    {"subscribe", kNowhere, kEnd, Follows::Names, "unsubscribe links"},
    {"feed", kNowhere, kWhole, Follows::Names, "private feeds"},
    {"ical", kNowhere, kWhole, Follows::Names, "Google Calendar: secret addresses"},
};

/// Words that end as one of kSecretWords does and mean something else.
inline constexpr std::string_view kOtherWords[] = {
    "monkey",  "donkey",       "turkey",    "hockey",     "jockey",    "whiskey",    "hotkey",
    "bypass",  "overpass",     "underpass", "compass",    "encompass", "trespass",   "encode",
    "decode",  "transcode",    "unicode",   "opcode",     "bytecode",  "vscode",     "xcode",
    "geocode", "jsonwebtoken", "sslkey",    "sourcecode", "leetcode",  "claudecode", "opencode",
};

/// What may stand behind a word of kSecretWords, as its last word: token-id, password_hash.
inline constexpr std::string_view kAfterWords[] = {"id",  "value", "val", "hash", "string",
                                                   "str", "php",   "jsp", "aspx", "cgi"};

/// Labels of host names whose whole path is an address that nobody else must know.
inline constexpr std::string_view kSecretHosts[] = {
    "webhook", "webhooks",     "hook", "hooks",      "hookdeck",  "incoming", "loggly",
    "hc-ping", "healthchecks", "ntfy", "requestbin", "pipedream", "inbound",  "callback",
};

/// What may follow a word of Follows::Secret: what is done with it, not the thing itself.
inline constexpr std::string_view kVerbs[] = {
    "info",        "refresh",     "revoke",        "create",
    "new",         "verify",      "introspect",    "list",
    "delete",      "status",      "validate",      "exchange",
    "generate",    "rotate",      "login",         "logout",
    "me",          "self",        "current",       "request",
    "reset",       "forgot",      "change",        "update",
    "edit",        "confirm",     "form",          "config",
    "policy",      "policies",    "settings",      "count",
    "search",      "auth",        "oauth",         "obtain",
    "issue",       "users",       "user",          "v1",
    "v2",          "v3",          "email",         "token",
    "tokens",      "password",    "introspection", "done",
    "latest",      "lookup",      "renew",         "renew-self",
    "lookup-self", "revoke-self",
};

/// What may follow it where it is the name of a package or of a project: from there on it is as
/// Follows::Names. npm (`/-/`), Go's module proxy (`/@v/`), GitHub, GitLab, Cargo, PyPI.
inline constexpr std::string_view kProjectWords[] = {
    "-",       "@v",       "@latest", "blob",  "tree",   "raw",       "commit", "commits",
    "compare", "releases", "issues",  "pulls", "pull",   "archive",   "tags",   "branches",
    "actions", "download", "json",    "wiki",  "owners", "manifests", "blobs",
};

/// Keys of free text whose value is a command, a document or a header: it goes to the text's end.
inline constexpr std::string_view kFreeTextKeys[] = {
    "command",    "cmd",    "cmdline", "commandline", "args",   "argv",
    "arguments",  "config", "body",    "prompt",      "header", "headers",
    "stdin",      "stdout", "stderr",  "input",       "output", "content",
    "user-agent", "env",    "environ", "environment",
};

/// What a sentence may say behind a word of Follows::Secret without telling the secret.
inline constexpr std::string_view kSpeech[] = {
    "and",
    "as",
    "at",
    "be",
    "been",
    "by",
    "can",
    "cannot",
    "did",
    "do",
    "does",
    "for",
    "from",
    "had",
    "has",
    "have",
    "if",
    "in",
    "into",
    "may",
    "must",
    "no",
    "not",
    "of",
    "on",
    "or",
    "should",
    "than",
    "that",
    "to",
    "too",
    "when",
    "will",
    "with",
    "without",
    "are",
    "were",
    "expired",
    "expires",
    "invalid",
    "missing",
    "required",
    "refused",
    "rejected",
    "denied",
    "failed",
    "error",
    "found",
    "provided",
    "given",
    "empty",
    "expected",
    "mismatch",
    "malformed",
    "unknown",
    "revoked",
    "exchange",
    "request",
    "response",
    "endpoint",
    "type",
    "field",
    "header",
    "name",
    "file",
    "format",
    "length",
    "authentication",
    "authorization",
    "verification",
    "validation",
    "refresh",
    "reset",
    "source",
    "provider",
    "service",
    "server",
    "store",
    "limit",
    "policy",
    "valid",
    "accepted",
    "changed",
};

/// What stands between it and the secret itself.
inline constexpr std::string_view kCopulas[] = {"is", "was", "equals", "-", "=", "=>"};

}  // namespace tailer::rules
