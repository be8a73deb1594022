// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// rule is one allow specification. An empty list matches everything.
type rule struct {
	raw                     string
	domains, paths, methods []string
}

func parseRules(specifications []string) ([]rule, error) {
	var rules []rule
	for _, raw := range specifications {
		r := rule{raw: raw}
		for _, field := range strings.Fields(raw) {
			key, value, _ := strings.Cut(field, "=")
			values := strings.Split(value, ",")
			switch key {
			case "domain":
				r.domains = values
			case "path":
				r.paths = values
			case "method":
				r.methods = values
			default:
				return nil, fmt.Errorf("unknown key %q in allow rule %q", key, raw)
			}
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func (r rule) matches(request *http.Request) bool {
	domain := request.Host
	if host, _, err := net.SplitHostPort(domain); err == nil {
		domain = host
	}
	return anyMatches(r.domains, func(pattern string) bool { return domainMatches(pattern, domain) }) &&
		anyMatches(r.paths, func(pattern string) bool { return pathMatches(pattern, request.URL.Path) }) &&
		anyMatches(r.methods, func(pattern string) bool { return pattern == "*" || pattern == request.Method })
}

func anyMatches(patterns []string, matches func(string) bool) bool {
	for _, pattern := range patterns {
		if matches(pattern) {
			return true
		}
	}
	return len(patterns) == 0
}

func domainMatches(pattern, domain string) bool {
	pattern, domain = strings.ToLower(pattern), strings.ToLower(domain)
	if suffix, wild := strings.CutPrefix(pattern, "*"); wild {
		return strings.HasSuffix(domain, suffix)
	}
	return pattern == domain
}

func pathMatches(pattern, path string) bool {
	if prefix, wild := strings.CutSuffix(pattern, "*"); wild {
		return strings.HasPrefix(path, prefix)
	}
	return pattern == path
}
