// SPDX-License-Identifier: MIT

package logql

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"
)

// stage works on a line, and says whether to keep it.
type stage interface{ process(*line) bool }

// A parser stage reads labels out of the line. A query that asks for none of them does not run it.
type parserStage interface{ isParser() }

type lineFilter struct {
	negative bool
	fits     func(string) bool
}

func (f *lineFilter) process(l *line) bool { return f.fits(l.text) != f.negative }

func newLineFilter(op string, texts []string) (stage, error) {
	made := &lineFilter{negative: op[0] == '!'}
	var all []func(string) bool
	for _, text := range texts {
		if op[1] == '=' {
			all = append(all, func(line string) bool { return strings.Contains(line, text) })
			continue
		}
		expression, err := regexp.Compile(text)
		if err != nil {
			return nil, err
		}
		all = append(all, expression.MatchString)
	}
	made.fits = func(line string) bool {
		return slices.ContainsFunc(all, func(one func(string) bool) bool { return one(line) })
	}
	return made, nil
}

type labelTest func(*line) bool

type labelFilterStage struct {
	test  labelTest
	names []string
}

func (f *labelFilterStage) looksAt() []string { return f.names }

func (f *labelFilterStage) process(l *line) bool { return f.test(l) }

func numberTest(name, op string, number float64) labelTest {
	return func(l *line) bool {
		if l.err != "" {
			return true // one fault is enough
		}
		text, found := l.get(name)
		if !found {
			return false
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			l.fail("LabelFilterErr", err.Error())
			return true
		}
		if op == "=" {
			op = "=="
		}
		return compare(op, value, number)
	}
}

func compare(op string, a, b float64) bool {
	switch op {
	case "==":
		return a == b
	case "!=":
		return a != b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "<":
		return a < b
	default:
		return a <= b
	}
}

type regexpStage struct{ expression *regexp.Regexp }

func (*regexpStage) isParser() {}

func newRegexpStage(text string) (stage, error) {
	expression, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, name := range expression.SubexpNames() {
		switch {
		case name == "":
		case !validName(name):
			return nil, fmt.Errorf("invalid extracted label name '%s'", name)
		case named[name]:
			return nil, fmt.Errorf("duplicate extracted label name '%s'", name)
		default:
			named[name] = true
		}
	}
	if len(named) == 0 {
		return nil, errors.New("at least one named capture must be supplied")
	}
	return &regexpStage{expression}, nil
}

func (s *regexpStage) process(l *line) bool {
	taken := l.extracted()
	names := s.expression.SubexpNames()
	for i, value := range s.expression.FindStringSubmatch(l.text) {
		if name := l.free(names[i]); names[i] != "" && !taken[name] {
			l.set(name, value)
		}
	}
	return true
}

type dropStage struct {
	names []string
	keep  bool
}

func (s *dropStage) process(l *line) bool {
	if s.keep {
		for _, one := range l.all() {
			if !slices.Contains(s.names, one.Name) && !strings.HasPrefix(one.Name, "__") {
				l.remove(one.Name)
			}
		}
		return true
	}
	for _, name := range s.names {
		switch name {
		case errorLabel:
			l.err, l.details = "", ""
		case detailsLabel:
			l.details = ""
		default:
			l.remove(name)
		}
	}
	return true
}

// Of Loki's functions for templates, those that our queries use, and their like.
var functions = template.FuncMap{
	"regexReplaceAll": func(expression, text, by string) (string, error) {
		compiled, err := regexp.Compile(expression)
		if err != nil {
			return "", err
		}
		return compiled.ReplaceAllString(text, by), nil
	},
	"regexReplaceAllLiteral": func(expression, text, by string) (string, error) {
		compiled, err := regexp.Compile(expression)
		if err != nil {
			return "", err
		}
		return compiled.ReplaceAllLiteralString(text, by), nil
	},
	"lower": strings.ToLower, "upper": strings.ToUpper, "ToLower": strings.ToLower, "ToUpper": strings.ToUpper,
	"trim": strings.TrimSpace, "TrimSpace": strings.TrimSpace,
	"replace":   func(old, by, text string) string { return strings.ReplaceAll(text, old, by) },
	"contains":  func(part, text string) bool { return strings.Contains(text, part) },
	"hasPrefix": func(part, text string) bool { return strings.HasPrefix(text, part) },
	"hasSuffix": func(part, text string) bool { return strings.HasSuffix(text, part) },
	// As Loki's, a text that is no such time is the zero time.
	"toDateInZone": func(layout, zone, text string) time.Time {
		place, err := time.LoadLocation(zone)
		if err != nil {
			place = time.UTC
		}
		at, _ := time.ParseInLocation(layout, text, place)
		return at
	},
	"unixEpochMillis": func(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) },
	"default": func(other string, text string) string {
		if text == "" {
			return other
		}
		return text
	},
}

// parsed keeps templates, as a query fills each for every line.
var parsed sync.Map

func parse(text string) (*template.Template, error) {
	if known, found := parsed.Load(text); found {
		return known.(*template.Template), nil
	}
	made, err := template.New("").Option("missingkey=zero").Funcs(functions).Funcs(template.FuncMap{
		"__line__": func() string { return "" },
	}).Parse(text)
	if err == nil {
		parsed.Store(text, made)
	}
	return made, err
}

// run fills a template with the line's labels. A label that is not there is empty.
func run(text string, l *line) (string, error) {
	made, err := parse(text)
	if err == nil && strings.Contains(text, "__line__") {
		if made, err = made.Clone(); err == nil {
			made.Funcs(template.FuncMap{"__line__": func() string { return l.text }})
		}
	}
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = made.Execute(&out, l.all().Map())
	return out.String(), err
}

func checkTemplate(text string) error {
	_, err := parse(text)
	return err
}

var templateField = regexp.MustCompile(`\.(\w+)`)

// fieldsOf are the labels that a template names.
func fieldsOf(text string) []string {
	var names []string
	for _, one := range templateField.FindAllStringSubmatch(text, -1) {
		names = append(names, one[1])
	}
	return names
}

type lineFormat struct{ text string }

func (s *lineFormat) looksAt() []string { return fieldsOf(s.text) }

func newLineFormat(text string) (stage, error) {
	if err := checkTemplate(text); err != nil {
		return nil, fmt.Errorf("invalid line template: %w", err)
	}
	return &lineFormat{text}, nil
}

func (s *lineFormat) process(l *line) bool {
	text, err := run(s.text, l)
	if err != nil {
		l.fail("TemplateFormatErr", err.Error())
		return true
	}
	l.text = text
	return true
}

type labelFormat struct {
	name, value string
	rename      bool
}

type labelFormats []labelFormat

func (s labelFormats) looksAt() []string {
	var names []string
	for _, one := range s {
		if one.rename {
			names = append(names, one.value)
		} else {
			names = append(names, fieldsOf(one.value)...)
		}
	}
	return names
}

func newLabelFormats(all []labelFormat) (stage, error) {
	seen := map[string]bool{}
	for _, one := range all {
		if one.name == errorLabel {
			return nil, fmt.Errorf("%s cannot be formatted", one.name)
		}
		if seen[one.name] {
			return nil, fmt.Errorf("multiple label name '%s' not allowed in a single format operation", one.name)
		}
		seen[one.name] = true
		if !one.rename {
			if err := checkTemplate(one.value); err != nil {
				return nil, fmt.Errorf("invalid template for label '%s': %w", one.name, err)
			}
		}
	}
	return labelFormats(all), nil
}

func (s labelFormats) process(l *line) bool {
	for _, one := range s {
		if one.rename {
			if value, found := l.get(one.value); found {
				l.set(one.name, value)
				l.remove(one.value)
			}
			continue
		}
		text, err := run(one.value, l)
		if err != nil {
			l.fail("TemplateFormatErr", err.Error())
			continue
		}
		l.set(one.name, text)
	}
	return true
}
