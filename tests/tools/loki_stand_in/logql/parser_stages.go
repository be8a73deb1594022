// SPDX-License-Identifier: MIT

package logql

import (
	"slices"
	"strconv"
)

// stages reads | ... | ... into the expression. Only where there is somewhere to put it, it takes an unwrap.
func (p *parser) stages(into *LogExpr, unwrap *string) error {
	for p.peek().kind == kindSign {
		var made stage
		var err error
		switch p.peek().text {
		case "|=", "!=", "|~", "!~":
			made, err = p.lineFilter()
		case "|":
			if next := p.tokens[p.at+1]; next.text == "unwrap" && unwrap != nil && *unwrap == "" {
				p.at += 2
				name, err := p.wantKind(kindName)
				if err != nil {
					return err
				}
				*unwrap = name.text
				continue
			}
			made, err = p.stage()
		default:
			return nil
		}
		if err != nil {
			return err
		}
		into.stages = append(into.stages, made)
	}
	return nil
}

func (p *parser) lineFilter() (stage, error) {
	op := p.next()
	var all []string
	for len(all) == 0 || p.takes("or") {
		text, err := p.wantKind(kindString)
		if err != nil {
			return nil, err
		}
		all = append(all, text.text)
	}
	made, err := newLineFilter(op.text, all)
	if err != nil {
		return nil, failure(op.at, "%v", err)
	}
	return made, nil
}

func (p *parser) stage() (stage, error) {
	if err := p.want("|"); err != nil {
		return nil, err
	}
	word := p.peek()
	if word.kind != kindName {
		return p.labelFilter()
	}
	if after := p.tokens[p.at+1]; after.kind == kindSign && slices.Contains(comparisons, after.text) {
		return p.labelFilter()
	}
	p.next()
	var made stage
	var err error
	switch word.text {
	case "json":
		made, err = p.expressions(func(all []assignment) (stage, error) { return newJSONStage(all) })
	case "logfmt":
		if p.peek().text == "-" {
			return nil, p.unexpected()
		}
		made, err = p.expressions(func(all []assignment) (stage, error) { return newLogfmtStage(all) })
	case "regexp":
		made, err = p.ofString(func(text string) (stage, error) { return newRegexpStage(text) })
	case "line_format":
		made, err = p.ofString(func(text string) (stage, error) { return newLineFormat(text) })
	case "label_format":
		made, err = p.labelFormat()
	case "drop", "keep":
		made, err = p.dropOrKeep(word.text)
	default:
		p.at--
		err = p.unexpected()
	}
	return made, err
}

type assignment struct{ name, value string }

func (p *parser) expressions(make func([]assignment) (stage, error)) (stage, error) {
	var all []assignment
	start := p.peek().at
	for p.peek().kind == kindName {
		name := p.next().text
		value := name
		if p.takes("=") {
			text, err := p.wantKind(kindString)
			if err != nil {
				return nil, err
			}
			value = text.text
		}
		all = append(all, assignment{name, value})
		if !p.takes(",") {
			break
		}
		if p.peek().kind != kindName {
			return nil, p.unexpected()
		}
	}
	made, err := make(all)
	if err != nil {
		return nil, failure(start, "%v", err)
	}
	return made, nil
}

func (p *parser) ofString(make func(string) (stage, error)) (stage, error) {
	text, err := p.wantKind(kindString)
	if err != nil {
		return nil, err
	}
	made, err := make(text.text)
	if err != nil {
		return nil, failure(text.at, "%v", err)
	}
	return made, nil
}

func (p *parser) labelFormat() (stage, error) {
	start := p.peek().at
	var all []labelFormat
	for {
		name, err := p.wantKind(kindName)
		if err != nil {
			return nil, err
		}
		if err := p.want("="); err != nil {
			return nil, err
		}
		value := p.next()
		if value.kind != kindName && value.kind != kindString {
			p.at--
			return nil, p.unexpected()
		}
		all = append(all, labelFormat{name: name.text, value: value.text, rename: value.kind == kindName})
		if !p.takes(",") {
			break
		}
	}
	made, err := newLabelFormats(all)
	if err != nil {
		return nil, failure(start, "%v", err)
	}
	return made, nil
}

func (p *parser) dropOrKeep(word string) (stage, error) {
	var names []string
	for {
		name, err := p.wantKind(kindName)
		if err != nil {
			return nil, err
		}
		names = append(names, name.text)
		if !p.takes(",") {
			return &dropStage{names: names, keep: word == "keep"}, nil
		}
	}
}

var comparisons = []string{"=", "==", "!=", "=~", "!~", ">", ">=", "<", "<="}

// labelFilter is a or b, c and d, (e): `and` and a comma bind more closely than `or`.
func (p *parser) labelFilter() (stage, error) {
	first := p.at
	left, err := p.labelFilterAnd()
	for err == nil && p.takes("or") {
		var right labelTest
		if right, err = p.labelFilterAnd(); err == nil {
			a, b := left, right
			left = func(l *line) bool { return a(l) || b(l) }
		}
	}
	if err != nil {
		return nil, err
	}
	made := &labelFilterStage{test: left}
	for i, one := range p.tokens[first:p.at] {
		if after := p.tokens[first+i+1]; one.kind == kindName && after.kind == kindSign && slices.Contains(comparisons, after.text) {
			made.names = append(made.names, one.text)
		}
	}
	return made, nil
}

func (p *parser) labelFilterAnd() (labelTest, error) {
	left, err := p.labelFilterOne()
	for err == nil && (p.takes("and") || p.takes(",") || p.peek().kind == kindName && p.peek().text != "or" && p.peek().text != "offset") {
		var right labelTest
		if right, err = p.labelFilterOne(); err == nil {
			a, b := left, right
			left = func(l *line) bool { return a(l) && b(l) }
		}
	}
	return left, err
}

func (p *parser) labelFilterOne() (labelTest, error) {
	if p.takes("(") {
		inner, err := p.labelFilter()
		if err != nil {
			return nil, err
		}
		return inner.(*labelFilterStage).test, p.want(")")
	}
	if value := p.tokens[min(p.at+2, len(p.tokens)-1)]; value.kind == kindNumber {
		name, op := p.next(), p.next()
		p.next()
		number, err := strconv.ParseFloat(value.text, 64)
		if err != nil || name.kind != kindName || !slices.Contains(comparisons, op.text) || op.text == "=~" || op.text == "!~" {
			p.at -= 3
			return nil, p.unexpected()
		}
		return numberTest(name.text, op.text, number), nil
	}
	made, err := p.matcher()
	if err != nil {
		return nil, err
	}
	if made.Op == "=" || made.Op == "!=" {
		return func(l *line) bool { return made.Matches(l.valueOf(made.Name)) }, nil
	}
	fits, err := labelPattern(made.Value)
	if err != nil {
		return nil, failure(p.peek().at, "%v", err)
	}
	return func(l *line) bool { return fits(l.valueOf(made.Name)) == (made.Op == "=~") }, nil
}
