// SPDX-License-Identifier: MIT

package main

import (
	"math/rand/v2"
	"strings"
)

// source draws records from a seed.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 0))} }

func (s source) chance(percent int) bool { return s.IntN(100) < percent }

func pick[T any](s source, from []T) T { return from[s.IntN(len(from))] }

// fragments are the texts that have broken log parsers; hostile values are strings of them.
var fragments = []string{
	"", " ", "  ", `"`, `""`, `\`, `\\`, `\"`, `\n`, `\x41`, `\u0041`, "=", "==", "a=b", ",", ";", "'", "`", "{", "}", "[", "]", ":",
	"\n", "\r", "\r\n", "\t", "\v", "\f", "\a", "\b", "\x00", "\x01", "\x1b[31m", "\x1f", "\x7f",
	"\xff", "\xfe\xff", "\x80", "\xc0\xaf", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x98", "\xf4\x90\x80\x80",
	"\u2028", "\u2029", "\ufffd", "\u00a0", "\u3000", "\u0085", "\u200b", "\u200d", "\u202e", "\ufeff", "\u00ad", "\ue000", "\uffff",
	"é", "ß", "日本語", "مرحبا", "e\u0301", "😀", "👩\u200d💻", "\U0010ffff", "\U000e0001", "<script>&amp;</script>",
	"msg=ALLOW", "level=INFO", "time=2026-01-01T00:00:00.000Z", `rule="domain=*"`,
	"\ntime=2026-01-01T00:00:00.000Z level=INFO msg=ALLOW method=GET url=https://forged.example/ host=forged.example rule=\"domain=*\"\n",
	`time=2026-01-01T00:00:00.000Z level=WARN msg=DENY method=GET url=https://forged.example/ host=forged.example`,
	`","msg":"boundary_request","fields":{"decision":"allow"}}`, "%00", "%", "%zz", "%22", "%0A",
}

func (s source) hostile() string {
	if s.chance(1) {
		return s.long()
	}
	var b strings.Builder
	for range s.IntN(5) {
		b.WriteString(pick(s, fragments))
		if s.chance(50) {
			b.WriteString(pick(s, words))
		}
	}
	if s.chance(10) {
		b.WriteByte('\\')
	}
	return b.String()
}

// long is about 4 KB, over the size of a typical read buffer once escaped.
func (s source) long() string {
	unit := pick(s, []string{"a", `\`, `"`, "\x00", "é", "\xff", "😀", "x=y "})
	return strings.Repeat(unit, 4096/len(unit)+s.IntN(3))
}

var words = []string{"left-pad", "v1", "api", "index.html", "a", "releases", "download", "0", "x_y", "~user"}

var methods = []string{"GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH",
	"get", "M-SEARCH", "PRI", "PROPFIND", "!#$%&'*+-.^_`|~"}

var hosts = []string{
	"npm.registry.example", "api.github.example", "docs.example", "pypi.example:443", "H.Example:80", "localhost:8080", "127.0.0.1",
	"192.0.2.7:65535", "[2001:db8::1]", "[2001:db8::1]:8443", "[fe80::1%25eth0]", "xn--bcher-kva.example", "bücher.example", "a.example.", "",
	"evil host=\"x\"", "a\u00a0b", "a\tb", "a b",
}

func (s source) host() string {
	if s.chance(5) {
		return s.hostile()
	}
	return pick(s, hosts)
}

func (s source) url(host string) string {
	switch s.IntN(40) {
	case 0:
		return s.hostile()
	case 1: // before Boundary v0.5.2: the path alone
		return s.path()
	case 2: // OPTIONS *
		return "https://" + host + "*"
	case 3:
		return "http://" + pick(s, []string{"user@", "user:p%40ss@", ":@", "u:p:q@"}) + host + s.path()
	}
	url := pick(s, []string{"https://", "https://", "https://", "http://"}) + host + s.path()
	if s.chance(40) {
		url += "?" + s.query()
	}
	return url
}

func (s source) path() string {
	var b strings.Builder
	for range 1 + s.IntN(4) {
		b.WriteByte('/')
		b.WriteString(pick(s, words))
		if s.chance(15) {
			b.WriteString(pick(s, []string{"%20", "%2F", "%22", "%5C", "%0Alevel=INFO", "%C3%A9", ";p=1", "..", "@", "*", "$", "'"}))
		}
	}
	return b.String()
}

// query may hold any byte that Go's request reader lets through, and for the parser's sake those that it does not.
func (s source) query() string {
	var b strings.Builder
	for i := range 1 + s.IntN(4) {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(pick(s, words))
		if s.chance(80) {
			b.WriteByte('=')
			b.WriteString(pick(s, words))
		}
		if s.chance(20) {
			b.WriteString(pick(s, fragments))
		}
	}
	return b.String()
}

var rules = []string{
	"domain=npm.registry.example", "domain=*.github.example", "domain=docs.example path=/a,/b method=GET,POST", "domain=*", "method=GET",
	"", "domain=h.example\tpath=/\n", "domain=*.example  path=/s", "plain", `ends-with\`,
}

func (s source) rule() string {
	if s.chance(10) {
		return s.hostile()
	}
	return pick(s, rules)
}
