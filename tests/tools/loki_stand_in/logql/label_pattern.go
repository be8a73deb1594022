// SPDX-License-Identifier: MIT

package logql

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// labelPattern is what a label filter's expression matches. Loki anchors it, but for what it takes a short cut to: an
// empty one matches all, and a text with .* before or behind it matches wherever the text is, so that `b.*` matches ab.
func labelPattern(text string) (func(string) bool, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if short := shortCut(tree.Simplify()); short != nil {
		return short, nil
	}
	anchored, err := regexp.Compile("^(?:" + text + ")$")
	if err != nil {
		return nil, err
	}
	return anchored.MatchString, nil
}

func always(string) bool { return true }

func shortCut(tree *syntax.Regexp) func(string) bool {
	switch tree.Op {
	case syntax.OpEmptyMatch:
		return always
	case syntax.OpCapture:
		return shortCut(tree.Sub[0])
	case syntax.OpLiteral:
		return equalTo(string(tree.Rune), ignoresCase(tree))
	case syntax.OpStar:
		if isAny(tree) {
			return always
		}
	case syntax.OpPlus:
		if tree.Sub[0].Op == syntax.OpAnyCharNotNL {
			return func(text string) bool { return text != "" }
		}
	case syntax.OpAlternate:
		var all []func(string) bool
		for _, one := range tree.Sub {
			short := shortCut(one)
			if short == nil {
				return nil
			}
			all = append(all, short)
		}
		return anyOf(all)
	case syntax.OpConcat:
		return shortCutOfParts(tree.Sub, "", false)
	}
	return nil
}

func isAny(tree *syntax.Regexp) bool {
	return tree.Op == syntax.OpStar && tree.Sub[0].Op == syntax.OpAnyCharNotNL
}

func ignoresCase(tree *syntax.Regexp) bool { return tree.Flags&syntax.FoldCase != 0 }

func equalTo(wanted string, fold bool) func(string) bool {
	return func(text string) bool { return text == wanted || fold && strings.EqualFold(text, wanted) }
}

func holding(part string, fold bool) func(string) bool {
	return func(text string) bool {
		return strings.Contains(text, part) || fold && strings.Contains(strings.ToLower(text), strings.ToLower(part))
	}
}

func anyOf(all []func(string) bool) func(string) bool {
	return func(text string) bool {
		for _, one := range all {
			if one(text) {
				return true
			}
		}
		return false
	}
}

// shortCutOfParts: at most three parts, one text among them, and alternatives only behind the text.
func shortCutOfParts(parts []*syntax.Regexp, literal string, fold bool) func(string) bool {
	var all []func(string) bool
	count, texts := 0, 0
	for _, part := range parts {
		for part.Op == syntax.OpCapture {
			part = part.Sub[0]
		}
		if part.Op == syntax.OpEmptyMatch {
			continue
		}
		if count++; count > 3 {
			return nil
		}
		switch {
		case part.Op == syntax.OpLiteral && texts == 0:
			texts++
			literal += string(part.Rune)
			fold = ignoresCase(part)
		case part.Op == syntax.OpAlternate && literal != "":
			for _, one := range part.Sub {
				short := shortCutBehind(one, literal, fold)
				if short == nil {
					return nil
				}
				all = append(all, short)
			}
		case isAny(part):
		default:
			return nil
		}
	}
	switch {
	case len(all) > 0:
		return anyOf(all)
	case literal != "":
		return holding(literal, fold)
	}
	return nil
}

func shortCutBehind(tree *syntax.Regexp, literal string, fold bool) func(string) bool {
	if !fold && ignoresCase(tree) {
		return nil
	}
	switch {
	case tree.Op == syntax.OpEmptyMatch || isAny(tree):
		return holding(literal, fold)
	case tree.Op == syntax.OpLiteral:
		return holding(literal+string(tree.Rune), fold)
	case tree.Op == syntax.OpConcat:
		return shortCutOfParts(tree.Sub, literal, fold)
	}
	return nil
}
