// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

/// What the redaction goes by: tables only, each row with where it is from.
namespace tailer::rules {

/// How the credentials of an issuer begin. In a query nothing of their kind leaves anyway; these
/// are for paths, host names and free text, where a short one would pass for a word.
struct TokenPrefix {
    /// From so many bytes on, the prefix is one that others use, too: plain words may follow it.
    static constexpr std::uint8_t kCommon = 12;

    std::string_view prefix;  ///< as issued; compared without regard to case
    std::uint8_t rest = 8;    ///< bytes that must follow at least
    std::string_view source;
};

// Sorted by the first byte, in lower case; secret_shape.cpp checks that at compile time.
inline constexpr TokenPrefix kTokenPrefixes[] = {
    {"AGE-SECRET-KEY-", 8, "age-encryption.org/v1"},
    {"AIza", 8, "Google: API keys"},
    {"AKC", 20, "JFrog Artifactory: API key"},
    {"AKIA", 8, "AWS IAM: reference_identifiers, unique ids"},
    {"ABIA", 12, "AWS IAM: unique ids"},
    {"ACCA", 12, "AWS IAM: unique ids"},
    {"AROA", 12, "AWS IAM: unique ids"},
    {"ASIA", 8, "AWS STS: temporary key id"},
    {"ATATT3", 8, "Atlassian: API token"},
    {"ATBB", 12, "Bitbucket: app password"},
    {"ATCTT3", 8, "Bitbucket: repository token"},
    {"atlasv1.", 8, "HashiCorp: HCP Terraform token"},
    {"api_org_", 8, "Hugging Face: organisation token"},
    {"BBDC-", 8, "Bitbucket Data Center: HTTP access token"},
    {"bearer-", 12, "RFC 6750, as written into paths"},
    {"CFPAT-", 8, "Contentful: personal access token"},
    {"CLOJARS_", 8, "Clojars: deploy token"},
    {"dapi", 16, "Databricks: personal access token"},
    {"dckr_", 8, "Docker Hub: access tokens"},
    {"doo_v1_", 8, "DigitalOcean: OAuth token"},
    {"dop_v1_", 8, "DigitalOcean: personal access token"},
    {"dor_v1_", 8, "DigitalOcean: refresh token"},
    {"dp.pt.", 8, "Doppler: personal token"},
    {"dp.st.", 8, "Doppler: service token"},
    {"dt0c01.", 8, "Dynatrace: access token"},
    {"duffel_", 12, "Duffel: access token"},
    {"EAACEdEose0cBA", 4, "Facebook: access token"},
    {"EAAA", 16, "Square: access token"},
    {"eyJ", 12, "RFC 7519: a JSON object in base64url"},
    {"EZAK", 16, "EasyPost: API key"},
    {"EZTK", 16, "EasyPost: test key"},
    {"figd_", 8, "Figma: personal access token"},
    {"FlyV1", 8, "Fly.io: macaroon"},
    {"fm1_", 8, "Fly.io: macaroon"},
    {"fm2_", 8, "Fly.io: macaroon"},
    {"fo1_", 8, "Fly.io: token"},
    {"ghp_", 8, "GitHub: token formats"},
    {"gho_", 8, "GitHub: token formats"},
    {"ghu_", 8, "GitHub: token formats"},
    {"ghs_", 8, "GitHub: token formats"},
    {"ghr_", 8, "GitHub: token formats"},
    {"github_pat_", 8, "GitHub: token formats"},
    {"glagent-", 8, "GitLab: token overview"},
    {"glcbt-", 8, "GitLab: token overview"},
    {"gldt-", 8, "GitLab: token overview"},
    {"glffct-", 8, "GitLab: token overview"},
    {"glft-", 8, "GitLab: token overview"},
    {"glimt-", 8, "GitLab: token overview"},
    {"gloas-", 8, "GitLab: token overview"},
    {"glpat-", 8, "GitLab: token overview"},
    {"glptt-", 8, "GitLab: token overview"},
    {"glrt-", 8, "GitLab: token overview"},
    {"glsoat-", 8, "GitLab: token overview"},
    {"glc_", 8, "Grafana Cloud: access policy token"},
    {"glsa_", 8, "Grafana: service account token"},
    {"GOCSPX-", 8, "Google: OAuth client secret"},
    {"gsk_", 8, "Groq: API key"},
    {"hf_", 8, "Hugging Face: user token"},
    {"hvb.", 8, "HashiCorp Vault: batch token"},
    {"hvr.", 8, "HashiCorp Vault: recovery token"},
    {"hvs.", 8, "HashiCorp Vault: service token"},
    {"key-", 16, "Mailgun: API key"},
    {"lin_api_", 8, "Linear: API key"},
    {"lin_oauth_", 8, "Linear: OAuth token"},
    {"LTAI", 12, "Alibaba Cloud: AccessKey id"},
    {"mfa.", 12, "Discord: user token"},
    {"nfp_", 8, "Netlify: personal access token"},
    {"npm_", 8, "npm: access token"},
    {"NRAK-", 8, "New Relic: user key"},
    {"NRII-", 8, "New Relic: insert key"},
    {"NRJS-", 8, "New Relic: browser key"},
    {"ntn_", 8, "Notion: integration secret"},
    {"ops_", 12, "1Password: service account token"},
    {"oy2", 16, "NuGet: API key"},
    {"pat-na1-", 8, "HubSpot: private app token"},
    {"pat-eu1-", 8, "HubSpot: private app token"},
    {"phc_", 8, "PostHog: project key"},
    {"phx_", 8, "PostHog: personal key"},
    {"pk_live_", 8, "Stripe: keys"},
    {"pk_test_", 8, "Stripe: keys"},
    {"PMAK-", 8, "Postman: API key"},
    {"pplx-", 8, "Perplexity: API key"},
    {"private-", 12, "Google Calendar: secret address"},
    {"ptrcat_", 8, "Portainer: access token"},
    {"pul-", 12, "Pulumi: access token"},
    {"pypi-", 8, "PyPI: API token"},
    {"r8_", 8, "Replicate: API token"},
    {"rk_live_", 8, "Stripe: restricted key"},
    {"rk_test_", 8, "Stripe: restricted key"},
    {"rnd_", 8, "Render: API key"},
    {"rpa_", 12, "RunPod: API key"},
    {"rubygems_", 8, "RubyGems: API key"},
    {"sb_secret_", 8, "Supabase: secret key"},
    {"sbp_", 8, "Supabase: access token"},
    {"secret_", 12, "Notion: integration secret, until 2024"},
    {"SG.", 16, "Twilio SendGrid: API key"},
    {"sgp_", 8, "Sourcegraph: access token"},
    {"shippo_", 12, "Shippo: API token"},
    {"shpat_", 8, "Shopify: access tokens"},
    {"shpca_", 8, "Shopify: access tokens"},
    {"shppa_", 8, "Shopify: access tokens"},
    {"shpss_", 8, "Shopify: shared secret"},
    {"sk-", 8, "OpenAI, Anthropic and others: API key"},
    {"sk_live_", 8, "Stripe: keys"},
    {"sk_test_", 8, "Stripe: keys"},
    {"sk_", 16, "Stripe's form, as others use it"},
    {"sl.", 20, "Dropbox: short-lived access token"},
    {"sntrys_", 8, "Sentry: organisation token"},
    {"sntryu_", 8, "Sentry: user token"},
    {"sq0atp-", 8, "Square: access token"},
    {"sq0csp-", 8, "Square: OAuth secret"},
    {"tskey-", 8, "Tailscale: keys"},
    {"tvly-", 8, "Tavily: API key"},
    {"waka_", 8, "WakaTime: API key"},
    {"whsec_", 8, "Stripe and Svix: webhook signing secret"},
    {"xai-", 8, "xAI: API key"},
    {"xapp-", 8, "Slack: app-level token"},
    {"xkeysib-", 8, "Brevo: API key"},
    {"xoxa-", 8, "Slack: token types"},
    {"xoxb-", 8, "Slack: token types"},
    {"xoxe-", 8, "Slack: token types"},
    {"xoxe.", 8, "Slack: token types"},
    {"xoxo-", 8, "Slack: token types"},
    {"xoxp-", 8, "Slack: token types"},
    {"xoxr-", 8, "Slack: token types"},
    {"xoxs-", 8, "Slack: token types"},
    {"ya29.", 8, "Google: OAuth access token"},
};

/// What a word in a path says of the segments behind it.
enum class Follows : std::uint8_t {
    Nothing,
    Names,   ///< what is not made of plain words is secret, to the end of the path
    Secret,  ///< the next segment is secret, whatever it looks like; then as Names
};

enum class Where : std::uint8_t {
    Whole,  ///< the segment is the word
    End,    ///< the segment ends with it
    Begin,  ///< the segment begins with it
};

struct PathWord {
    std::string_view word;  ///< in lower case, without `-` and `_`; 8 bytes at most
    Where where = Where::Whole;
    Follows follows = Follows::Secret;
    std::string_view source;
};

inline constexpr PathWord kPathWords[] = {
    {"token", Where::End, Follows::Secret, "Django, Rails: a token as a path segment"},
    {"tokens", Where::End, Follows::Secret, "the same, in the plural"},
    {"password", Where::End, Follows::Secret, "reset links"},
    {"passwd", Where::End, Follows::Secret, "reset links"},
    {"passcode", Where::End, Follows::Secret, "meeting links"},
    {"apikey", Where::End, Follows::Secret,
     "keys in the path, as Alchemy's and Infura's older ones"},
    {"apikeys", Where::End, Follows::Secret, "the same, in the plural"},
    {"ccesskey", Where::End, Follows::Secret, "access-key"},
    {"ecretkey", Where::End, Follows::Secret, "secret-key"},
    {"secret", Where::End, Follows::Names,
     "client-secret; names of secrets stay when they are words"},
    {"bearer", Where::Whole, Follows::Secret, "RFC 6750"},
    {"jwt", Where::Whole, Follows::Names, "RFC 7519"},
    {"pin", Where::Whole, Follows::Secret, "one-time passwords"},
    {"bot", Where::Whole, Follows::Secret, "Telegram Bot API, behind some proxies"},
    {"reset", Where::Whole, Follows::Secret, "Django: PasswordResetConfirmView"},
    {"resetpas", Where::Begin, Follows::Secret, "reset-password"},
    {"passwor", Where::Begin, Follows::Secret, "password-reset"},
    {"forgot", Where::Begin, Follows::Secret, "forgot-password"},
    {"magic", Where::Whole, Follows::Secret, "magic links"},
    {"agiclink", Where::End, Follows::Secret, "magic-link"},
    {"oginlink", Where::End, Follows::Secret, "login-link"},
    {"unlock", Where::Whole, Follows::Secret, "Devise: unlock links"},
    {"services", Where::Whole, Follows::Names, "Slack: incoming webhooks, /services/T/B/X"},
    {"triggers", Where::Whole, Follows::Names, "Slack: workflow webhooks"},
    {"workflow", Where::Begin, Follows::Names, "Slack and Power Automate: workflow webhooks"},
    {"webhook", Where::Begin, Follows::Names, "Discord, Microsoft Teams (webhookb2): webhooks"},
    {"webhook", Where::End, Follows::Names, "incomingwebhook and others"},
    {"ebhookb2", Where::End, Follows::Names, "Microsoft Teams: webhookb2"},
    {"webhooks", Where::End, Follows::Names, "Discord: /api/webhooks/<id>/<token>"},
    {"hook", Where::Whole, Follows::Names, "webhooks"},
    {"hooks", Where::Whole, Follows::Names, "Zapier, Mattermost: /hooks/<key>"},
    {"key", Where::End, Follows::Names, "keys in the path"},
    {"keys", Where::End, Follows::Names, "keys in the path"},
    {"secrets", Where::End, Follows::Names, "names of secrets stay when they are words"},
    {"auth", Where::End, Follows::Names, "OAuth callbacks and device flows"},
    {"oauth", Where::Begin, Follows::Names, "OAuth callbacks and device flows"},
    {"callback", Where::End, Follows::Names, "OAuth callbacks"},
    {"sso", Where::Whole, Follows::Names, "sign-on links"},
    {"saml", Where::Begin, Follows::Names, "sign-on links"},
    {"session", Where::End, Follows::Names, "session ids"},
    {"sessions", Where::End, Follows::Names, "session ids"},
    {"sess", Where::Whole, Follows::Names, "session ids"},
    {"sid", Where::Whole, Follows::Names, "session ids"},
    {"cookie", Where::End, Follows::Names, "session ids"},
    {"ticket", Where::Whole, Follows::Names, "CAS: service tickets"},
    {"code", Where::Whole, Follows::Names, "RFC 6749: authorization codes"},
    {"signatur", Where::Begin, Follows::Names, "signed links"},
    {"signed", Where::Whole, Follows::Names, "signed links"},
    {"sig", Where::Whole, Follows::Names, "signed links"},
    {"hmac", Where::End, Follows::Names, "signed links"},
    {"share", Where::Whole, Follows::Names, "share links"},
    {"shared", Where::Whole, Follows::Names, "share links"},
    {"invite", Where::Begin, Follows::Names, "invitation links"},
    {"invitat", Where::Begin, Follows::Names, "invitation links"},
    {"join", Where::Whole, Follows::Names, "invitation links"},
    {"accept", Where::Whole, Follows::Names, "invitation links"},
    {"verify", Where::Begin, Follows::Names, "links that confirm an address"},
    {"verifica", Where::Begin, Follows::Names, "links that confirm an address"},
    {"confirm", Where::Begin, Follows::Names, "links that confirm an address"},
    {"activat", Where::Begin, Follows::Names, "links that activate an account"},
    {"nsubscri", Where::End, Follows::Names, "unsubscribe links"},
    {"nsubscrb", Where::End, Follows::Names, "unsubscribe links"},
    {"bscribe", Where::End, Follows::Names, "unsubscribe links"},
    {"private", Where::Whole, Follows::Names, "private feeds"},
    {"feed", Where::Whole, Follows::Names, "private feeds"},
    {"ical", Where::Whole, Follows::Names, "Google Calendar: secret addresses"},
    {"license", Where::End, Follows::Names, "licence keys"},
    {"edential", Where::End, Follows::Names, "credentials"},
    {"dentials", Where::End, Follows::Names, "credentials"},
    {"nonce", Where::Whole, Follows::Names, "one-time values"},
    {"login", Where::Whole, Follows::Names, "login links"},
    {"signin", Where::Whole, Follows::Names, "login links"},
};

/// What may follow a word of Follows::Secret: what is done with it, not the thing itself.
inline constexpr std::string_view kVerbs[] = {
    "info",   "refresh", "revoke",   "create",   "new",      "verify",   "introspect",    "list",
    "delete", "status",  "validate", "exchange", "generate", "rotate",   "login",         "logout",
    "me",     "self",    "current",  "request",  "reset",    "forgot",   "change",        "update",
    "edit",   "confirm", "form",     "config",   "policy",   "policies", "settings",      "count",
    "search", "auth",    "oauth",    "obtain",   "issue",    "users",    "user",          "v1",
    "v2",     "v3",      "email",    "token",    "tokens",   "password", "introspection", "done",
};

/// Names of parameters whose value is secret, whatever it looks like; from OAuth 2.0 (RFC 6749),
/// the presigned URLs of AWS, Azure and Google, and common logins. A name is split where a word
/// ends: `X-Amz-Signature`, `accessToken`.
inline constexpr std::string_view kSecretNames[] = {
    "token",       "secret",      "password",  "passwd",     "passwort",      "pwd",
    "pw",          "pass",        "psw",       "psk",        "passphrase",    "passcode",
    "credential",  "credentials", "cred",      "creds",      "signature",     "sign",
    "sig",         "apikey",      "key",       "keys",       "private",       "session",
    "sessionid",   "sess",        "sid",       "cookie",     "cookies",       "jwt",
    "auth",        "oauth",       "authz",     "authn",      "authorization", "authentication",
    "bearer",      "basic",       "pin",       "code",       "hmac",          "otp",
    "totp",        "mfa",         "sas",       "nonce",      "salt",          "seed",
    "mnemonic",    "hash",        "digest",    "assertion",  "saml",          "samlresponse",
    "samlrequest", "ticket",      "csrf",      "xsrf",       "verifier",      "challenge",
    "license",     "licence",     "serial",    "invite",     "cvv",           "cvc",
    "ssn",         "iban",        "card",      "cert",       "certificate",   "hook",
    "webhook",     "refresh",     "phpsessid", "jsessionid", "subscription",  "userinfo",
    "tok",         "tkn",         "appid",     "accesskey",
};

/// The same anywhere in a name, for names that are written as one word.
inline constexpr std::string_view kSecretNameParts[] = {
    "token",     "secret",     "passw",         "passphrase", "credential", "signature", "apikey",
    "session",   "cookie",     "jwt",           "accesskey",  "privatekey", "authkey",   "authcode",
    "sharedkey", "signingkey", "encryptionkey", "bearer",     "otp_",       "passkey",
};

/// Values that are harmless though no shape of harmless_value() fits them.
inline constexpr std::string_view kHarmlessValues[] = {
    "True", "False",  "TRUE",  "FALSE", "None",   "ASC",    "DESC",   "UTF-8",  "utf-8",
    "utf8", "oauth2", "http2", "ipv4",  "ipv6",   "base64", "sha1",   "sha256", "sha512",
    "md5",  "amd64",  "arm64", "x86",   "x64",    "x86_64", "mp4",    "mp3",    "GET",
    "POST", "PUT",    "HEAD",  "PATCH", "DELETE", "h264",   "es2022", "es2020", "py3",
    "i18n", "l10n",   "k8s",   "v8",    "S256",
};

/// Words with a digit that free text may hold.
inline constexpr std::string_view kTechnicalWords[] = {
    "x509",   "http2",  "ipv4",  "ipv6",     "tcp4",   "tcp6",      "sha1",
    "sha256", "sha512", "utf8",  "base64",   "oauth2", "amd64",     "arm64",
    "x86_64", "tls13",  "tls12", "ecdsa256", "socks5", "webhookb2", "http3",
};

/// Keys of free text whose value is a command, a document or a header: it goes to the text's end.
inline constexpr std::string_view kFreeTextKeys[] = {
    "command",    "cmd",    "cmdline", "commandline", "args",   "argv",
    "arguments",  "config", "body",    "prompt",      "header", "headers",
    "stdin",      "stdout", "stderr",  "input",       "output", "content",
    "user-agent", "env",    "environ", "environment",
};

}  // namespace tailer::rules
