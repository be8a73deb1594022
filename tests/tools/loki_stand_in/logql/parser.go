// SPDX-License-Identifier: MIT

package logql

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

type parser struct {
	tokens []token
	at     int
}

// Parse reads a query.
func Parse(query string) (Expr, error) {
	tokens, err := scan(query)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	if p.peek().kind == kindEnd {
		return nil, failure(0, "syntax error: unexpected $end")
	}
	expr, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if p.peek().kind != kindEnd {
		return nil, p.unexpected()
	}
	return expr, nil
}

// ParseSelector reads {a="b"} alone, as label and series queries have it.
// They may fit all streams.
func ParseSelector(text string) ([]*Matcher, error) {
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	all, _, err := p.matchers()
	if err == nil && p.peek().kind != kindEnd {
		err = p.unexpected()
	}
	return all, err
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	one := p.tokens[p.at]
	if one.kind != kindEnd {
		p.at++
	}
	return one
}

// takes moves past a sign or word if it comes next.
func (p *parser) takes(text string) bool {
	if one := p.peek(); (one.kind == kindSign || one.kind == kindName) && one.text == text {
		p.at++
		return true
	}
	return false
}

func (p *parser) unexpected() error {
	one := p.peek()
	if one.kind == kindEnd {
		return failure(one.at, "syntax error: unexpected $end")
	}
	return failure(one.at, "syntax error: unexpected %q, or not known to the stand-in", one.text)
}

func (p *parser) want(text string) error {
	if !p.takes(text) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) wantKind(k kind) (token, error) {
	if p.peek().kind != k {
		return token{}, p.unexpected()
	}
	return p.next(), nil
}

// The weaker first; of one row from left to right, but ^.
var precedences = [][]string{{"or"}, {"and", "unless"}, {"==", "!=", ">", ">=", "<", "<="}, {"+", "-"}, {"*", "/", "%"}, {"^"}}

func (p *parser) binary(level int) (Expr, error) {
	if level == len(precedences) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		op := p.peek()
		if (op.kind != kindSign && op.kind != kindName) || !slices.Contains(precedences[level], op.text) {
			break
		}
		p.next()
		made := &binaryExpr{op: op.text, left: left}
		if err = p.matching(made, level); err != nil {
			break
		}
		below := level + 1
		if op.text == "^" {
			below = level
		}
		if made.right, err = p.binary(below); err != nil {
			break
		}
		for _, side := range []Expr{made.left, made.right} {
			if _, log := side.(*LogExpr); log {
				return nil, failure(op.at, "unexpected type for a leg of binary operation (%s): a log query", op.text)
			}
			if _, number := side.(numberExpr); number && level < 2 {
				return nil, failure(op.at, "unexpected literal for a leg of logical/set binary operation (%s)", op.text)
			}
		}
		left = made
	}
	return left, err
}

func (p *parser) matching(made *binaryExpr, level int) error {
	if p.takes("bool") {
		if level < 2 {
			return p.unexpected()
		}
		made.returnBool = true
	}
	for _, word := range []string{"on", "ignoring"} {
		if p.takes(word) {
			var err error
			made.on = word == "on"
			made.names, err = p.names()
			return err // group_left and group_right are unexpected
		}
	}
	return nil
}

func (p *parser) names() ([]string, error) {
	if err := p.want("("); err != nil {
		return nil, err
	}
	names := []string{}
	for !p.takes(")") {
		if len(names) > 0 {
			if err := p.want(","); err != nil {
				return nil, err
			}
		}
		name, err := p.wantKind(kindName)
		if err != nil {
			return nil, err
		}
		names = append(names, name.text)
	}
	return names, nil
}

func (p *parser) unary() (Expr, error) {
	if p.takes("-") {
		number, err := p.wantKind(kindNumber)
		if err != nil {
			return nil, err
		}
		value, err := strconv.ParseFloat(number.text, 64)
		return numberExpr(-value), err
	}
	p.takes("+")
	return p.primary()
}

var (
	vectorOps = []string{"sum", "min", "max", "avg", "count", "topk", "bottomk"}
	rangeOps  = []string{"count_over_time", "rate", "bytes_over_time", "bytes_rate",
		"sum_over_time", "avg_over_time", "max_over_time", "min_over_time", "last_over_time"}
)

func (p *parser) primary() (Expr, error) {
	one := p.peek()
	switch {
	case one.kind == kindNumber:
		p.next()
		value, err := strconv.ParseFloat(one.text, 64)
		return numberExpr(value), err
	case one.text == "{" && one.kind == kindSign:
		return p.log()
	case one.text == "(" && one.kind == kindSign:
		p.next()
		inner, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		return inner, p.want(")")
	case one.kind != kindName:
		return nil, p.unexpected()
	case one.text == "vector":
		return p.constant()
	case one.text == "label_replace":
		return p.replace()
	case slices.Contains(vectorOps, one.text):
		return p.vector()
	case slices.Contains(rangeOps, one.text):
		return p.rangeAggregation()
	}
	return nil, p.unexpected()
}

func (p *parser) constant() (Expr, error) {
	p.next()
	if err := p.want("("); err != nil {
		return nil, err
	}
	number, err := p.wantKind(kindNumber)
	if err != nil {
		return nil, err
	}
	value, err := strconv.ParseFloat(number.text, 64)
	if err != nil {
		return nil, err
	}
	return constantExpr(value), p.want(")")
}

func (p *parser) replace() (Expr, error) {
	p.next()
	if err := p.want("("); err != nil {
		return nil, err
	}
	of, err := p.metric()
	if err != nil {
		return nil, err
	}
	var texts [4]string
	for i := range texts {
		if err := p.want(","); err != nil {
			return nil, err
		}
		text, err := p.wantKind(kindString)
		if err != nil {
			return nil, err
		}
		texts[i] = text.text
	}
	expression, err := regexp.Compile("^(?:" + texts[3] + ")$")
	if err != nil {
		return nil, failure(p.peek().at, "invalid regex in label_replace: %v", err)
	}
	if !validName(texts[0]) {
		return nil, failure(p.peek().at, "invalid destination label name in label_replace: %s", texts[0])
	}
	return &replaceExpr{of, texts[0], texts[1], texts[2], expression}, p.want(")")
}

// metric is any expression but a log query.
func (p *parser) metric() (Expr, error) {
	at := p.peek().at
	expr, err := p.binary(0)
	if _, log := expr.(*LogExpr); log && err == nil {
		return nil, failure(at, "syntax error: unexpected log query")
	}
	return expr, err
}

func (p *parser) grouping() (*grouping, error) {
	for _, word := range []string{"by", "without"} {
		if p.takes(word) {
			names, err := p.names()
			return &grouping{word == "without", names}, err
		}
	}
	return nil, nil
}

func (p *parser) vector() (Expr, error) {
	made := &vectorExpr{op: p.next().text}
	var err error
	if made.grouping, err = p.grouping(); err != nil {
		return nil, err
	}
	if err = p.want("("); err != nil {
		return nil, err
	}
	if made.op == "topk" || made.op == "bottomk" {
		number, err := p.wantKind(kindNumber)
		if err != nil {
			return nil, err
		}
		if made.k, err = strconv.Atoi(number.text); err != nil || made.k <= 0 {
			return nil, failure(number.at, "invalid parameter (must be greater than 0) %s(%s", made.op, number.text)
		}
		if err := p.want(","); err != nil {
			return nil, err
		}
	}
	if made.of, err = p.metric(); err != nil {
		return nil, err
	}
	if err = p.want(")"); err != nil {
		return nil, err
	}
	if made.grouping == nil {
		made.grouping, err = p.grouping()
	}
	return made, err
}

func (p *parser) rangeAggregation() (Expr, error) {
	made := &rangeExpr{op: p.next().text}
	start := p.peek().at
	if err := p.want("("); err != nil {
		return nil, err
	}
	if err := p.logRange(made); err != nil {
		return nil, err
	}
	if !made.windowed {
		return nil, p.unexpected()
	}
	if err := p.want(")"); err != nil {
		return nil, err
	}
	sums := slices.Index(rangeOps, made.op) >= slices.Index(rangeOps, "sum_over_time")
	if sums != (made.unwrap != "") {
		return nil, failure(start, "invalid aggregation %s: with unwrap %v", made.op, made.unwrap != "")
	}
	if sums && made.op != "sum_over_time" {
		var err error
		made.grouping, err = p.grouping()
		return made, err
	}
	return made, nil
}

// logRange is {...} | ... [5m] offset 1m, in parentheses or not, with the range before or after the stages.
func (p *parser) logRange(made *rangeExpr) error {
	if p.takes("(") {
		if err := p.logRange(made); err != nil {
			return err
		}
		if err := p.want(")"); err != nil {
			return err
		}
		return p.window(made)
	}
	matchers, err := p.selector()
	if err != nil {
		return err
	}
	made.log = &LogExpr{Matchers: matchers}
	if err := p.window(made); err != nil {
		return err
	}
	if err := p.stages(made.log, &made.unwrap); err != nil {
		return err
	}
	return p.window(made)
}

func (p *parser) window(made *rangeExpr) error {
	if made.windowed || !p.takes("[") {
		return nil
	}
	made.windowed = true
	var err error
	if made.window, err = p.duration(); err != nil {
		return err
	}
	if err := p.want("]"); err != nil {
		return err
	}
	if p.takes("offset") {
		sign := time.Duration(1)
		if p.takes("-") {
			sign = -1
		}
		made.offset, err = p.duration()
		made.offset *= sign
	}
	return err
}

func (p *parser) duration() (time.Duration, error) {
	text, err := p.wantKind(kindDuration)
	if err != nil {
		return 0, err
	}
	return ParseDuration(text.text)
}

func (p *parser) log() (Expr, error) {
	matchers, err := p.selector()
	if err != nil {
		return nil, err
	}
	made := &LogExpr{Matchers: matchers}
	return made, p.stages(made, nil)
}

func (p *parser) selector() ([]*Matcher, error) {
	start := p.peek().at
	all, selective, err := p.matchers()
	if err == nil && !selective {
		return nil, failure(start, "queries require at least one regexp or equality matcher that does not have an empty-compatible value. "+
			"For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will")
	}
	return all, err
}

// matchers reads {...}, and says whether not all streams fit.
func (p *parser) matchers() (all []*Matcher, selective bool, err error) {
	if err := p.want("{"); err != nil {
		return nil, false, err
	}
	for !p.takes("}") {
		if len(all) > 0 {
			if err := p.want(","); err != nil {
				return nil, false, err
			}
			if p.takes("}") {
				break
			}
		}
		one, err := p.matcher()
		if err != nil {
			return nil, false, err
		}
		selective = selective || !one.Matches("")
		all = append(all, one)
	}
	return all, selective, nil
}

func (p *parser) matcher() (*Matcher, error) {
	name, err := p.wantKind(kindName)
	if err != nil {
		return nil, err
	}
	op := p.next()
	if op.kind != kindSign || !slices.Contains([]string{"=", "!=", "=~", "!~"}, op.text) {
		p.at--
		return nil, p.unexpected()
	}
	value, err := p.wantKind(kindString)
	if err != nil {
		return nil, err
	}
	made, err := newMatcher(name.text, op.text, value.text)
	if err != nil {
		return nil, failure(value.at, "%v", err)
	}
	return made, nil
}
