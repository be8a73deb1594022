// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// rule is one allow specification: `method=GET,HEAD domain=*.example.com path=/a/*,/b`. What is not given matches all.
type rule struct {
	raw     string
	methods []string
	domain  []string   // labels
	paths   [][]string // segments
}

var (
	ruleKey     = regexp.MustCompile(`^(method|domain|path)=`)
	ruleMethod  = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]*")
	ruleLabel   = regexp.MustCompile(`^(\*|[0-9A-Za-z][-0-9A-Za-z]*)`)
	ruleSegment = regexp.MustCompile(`^([-._~!$&'()*+;=:@0-9A-Za-z]|%[0-9A-Fa-f]{2})*`)
)

func parseRules(specifications []string) ([]rule, error) {
	var rules []rule
	for _, specification := range specifications {
		r, err := parseRule(specification)
		if err != nil {
			return nil, fmt.Errorf("failed to parse allow '%s': %w", specification, err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func parseRule(specification string) (rule, error) {
	r := rule{raw: specification}
	rest := specification
	for rest != "" {
		match := ruleKey.FindStringSubmatch(rest)
		if match == nil {
			return r, errors.New("failed to parse key: expected key")
		}
		var err error
		rest = rest[len(match[0]):]
		switch match[1] {
		case "method":
			rest, err = r.readMethods(rest)
		case "domain":
			rest, err = r.readDomain(rest)
		case "path":
			rest, err = r.readPaths(rest)
		}
		if err != nil {
			return r, fmt.Errorf("failed to parse %s: %w", match[1], err)
		}
		rest = strings.TrimLeft(rest, " \t\n")
	}
	return r, nil
}

func (r *rule) readMethods(rest string) (string, error) {
	for more := true; more; rest, more = strings.CutPrefix(rest, ",") {
		if rest == "" {
			return "", errors.New("expected http token, got empty string")
		}
		method := ruleMethod.FindString(rest)
		r.methods = append(r.methods, method)
		rest = rest[len(method):]
	}
	return rest, nil
}

func (r *rule) readDomain(rest string) (string, error) {
	if rest == "" {
		return "", errors.New("expected host, got empty string")
	}
	var labels []string
	for more := true; more; rest, more = strings.CutPrefix(rest, ".") {
		if rest == "" {
			return "", errors.New("expected label, got empty string")
		}
		label := ruleLabel.FindString(rest)
		if label == "" {
			return "", fmt.Errorf("could not pull label from front of string: %s", rest)
		}
		if strings.HasSuffix(label, "-") {
			return "", fmt.Errorf("invalid label: %s", label)
		}
		labels = append(labels, label)
		rest = rest[len(label):]
	}
	if len(labels) > 1 && labels[len(labels)-1] == "*" {
		return "", errors.New("host patterns cannot end with asterisk")
	}
	r.domain = append(r.domain, labels...)
	return rest, nil
}

func (r *rule) readPaths(rest string) (string, error) {
	for more := true; more; rest, more = strings.CutPrefix(rest, ",") {
		segments := []string{}
		for rest = strings.TrimPrefix(rest, "/"); rest != ""; rest = rest[1:] {
			segment := ruleSegment.FindString(rest)
			if segment == "" {
				break
			}
			if segment[0] == '*' && !strings.ContainsAny(rest[1:min(2, len(rest))], "/, \t\n") && len(rest) > 1 {
				return "", fmt.Errorf("path segment wildcards must be for the entire segment, got: %s", rest)
			}
			segments = append(segments, segment)
			rest = rest[len(segment):]
			if !strings.HasPrefix(rest, "/") {
				break
			}
		}
		r.paths = append(r.paths, segments)
	}
	return rest, nil
}

// matches logs why, as Boundary does at level debug.
func (r *rule) matches(logger *slog.Logger, method, target string) bool {
	reason, details := r.mismatch(method, target)
	result := "rule does not match"
	if reason == "" {
		result, reason = "rule matches", "all patterns matched"
	} else if reason == silently {
		return false
	}
	facts := append([]any{"reason", reason, "rule", r.raw, "method", method, "url", target}, details...)
	logger.Debug(result, facts...)
	return result == "rule matches"
}

const silently = "silently" // a mismatch that Boundary does not log

func (r *rule) mismatch(method, target string) (reason string, details []any) {
	if r.methods != nil && !slices.Contains(r.methods, method) && !slices.Contains(r.methods, "*") {
		return "method pattern mismatch", nil
	}
	if !strings.Contains(target, "://") {
		target = "https://" + target
	}
	parsed, err := url.Parse(target)
	if err != nil {
		return "invalid URL", []any{"error", err}
	}
	if r.domain != nil {
		if reason, details := r.domainMismatch(strings.Split(parsed.Hostname(), ".")); reason != "" {
			return reason, details
		}
	}
	segments := strings.Split(strings.TrimPrefix(parsed.Path, "/"), "/")
	matches := func(path []string) bool { return pathMatches(path, segments) }
	if r.paths != nil && !slices.ContainsFunc(r.paths, matches) {
		return "no path pattern matches", nil
	}
	return "", nil
}

// domainMismatch compares label by label from the end. Only a leading `*` stands for more labels than one.
func (r *rule) domainMismatch(host []string) (reason string, details []any) {
	more := len(host) - len(r.domain)
	if more < 0 {
		return "host pattern too long", []any{"pattern_length", len(r.domain), "hostname_labels", len(host)}
	}
	for i, label := range r.domain {
		if label != "*" && label != host[more+i] {
			return "host pattern label mismatch", []any{"expected", label, "actual", host[more+i]}
		}
	}
	if more > 0 && r.domain[0] != "*" {
		return silently, nil
	}
	return "", nil
}

// pathMatches: `*` stands for one segment, at the end for one or more; an empty pattern for all.
func pathMatches(pattern, segments []string) bool {
	if len(pattern) > len(segments) {
		return false
	}
	for i, segment := range pattern {
		if segment != "*" && segment != segments[i] {
			return false
		}
	}
	return len(pattern) == 0 || len(pattern) == len(segments) || pattern[len(pattern)-1] == "*"
}
