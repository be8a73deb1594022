// SPDX-License-Identifier: MIT

package logql

import (
	"regexp"
	"time"
)

// Expr is a parsed query: *LogExpr, or a metric query.
type Expr interface{}

// Matcher compares one label: = != =~ !~.
type Matcher struct {
	Name, Op, Value string
	expression      *regexp.Regexp
}

// Matches says whether a value (empty when the label is not there) fits.
func (m *Matcher) Matches(value string) bool {
	switch m.Op {
	case "=":
		return value == m.Value
	case "!=":
		return value != m.Value
	case "=~":
		return m.expression.MatchString(value)
	default:
		return !m.expression.MatchString(value)
	}
}

func newMatcher(name, op, value string) (*Matcher, error) {
	m := &Matcher{Name: name, Op: op, Value: value}
	if op == "=~" || op == "!~" {
		var err error
		if m.expression, err = regexp.Compile("^(?s:" + value + ")$"); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// LogExpr selects streams and passes their lines through stages.
type LogExpr struct {
	Matchers []*Matcher
	stages   []stage
}

type rangeExpr struct {
	op       string // count_over_time, ...
	log      *LogExpr
	window   time.Duration
	windowed bool // it was said
	offset   time.Duration
	unwrap   string // the label whose number counts
	grouping *grouping
}

type grouping struct {
	without bool
	names   []string
}

type vectorExpr struct {
	op       string // sum, topk, ...
	k        int
	grouping *grouping
	of       Expr
}

type binaryExpr struct {
	op          string
	returnBool  bool
	on          bool // else ignoring
	names       []string
	left, right Expr
}

type replaceExpr struct {
	of                  Expr
	target, replacement string
	source              string
	expression          *regexp.Regexp
}

type numberExpr float64

type constantExpr float64 // vector(n)
