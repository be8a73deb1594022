// SPDX-License-Identifier: MIT

package logql

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

func parseNumber(text string) (float64, error) { return strconv.ParseFloat(text, 64) }

// of gives the labels of the group in which a series is.
func (g *grouping) of(labels Labels) Labels {
	if g == nil {
		return nil
	}
	return labels.filtered(func(name string) bool { return slices.Contains(g.names, name) != g.without })
}

func (e *Engine) evalVector(x *vectorExpr, steps []int64) (Result, error) {
	of, err := e.evalOf(x, steps)
	if err != nil {
		return of, err
	}
	if x.op == "topk" || x.op == "bottomk" {
		return topOf(x, of, len(steps)), nil
	}
	groups := map[string]*Series{}
	counts := map[string][]float64{}
	var result Result
	for _, one := range of.Series {
		labels := x.grouping.of(one.Labels)
		key := labels.String()
		group := groups[key]
		if group == nil {
			group = newSeries(labels, len(steps))
			groups[key], counts[key] = group, make([]float64, len(steps))
			result.Series = append(result.Series, group)
		}
		for i, there := range one.There {
			if !there {
				continue
			}
			value := one.Values[i]
			switch {
			case x.op == "count":
				group.Values[i]++
			case !group.There[i]:
				group.Values[i] = value
			case x.op == "min":
				group.Values[i] = min(group.Values[i], value)
			case x.op == "max":
				group.Values[i] = max(group.Values[i], value)
			default:
				group.Values[i] += value
			}
			group.There[i] = true
			counts[key][i]++
		}
	}
	if x.op == "avg" {
		for key, group := range groups {
			for i := range group.Values {
				group.Values[i] /= counts[key][i]
			}
		}
	}
	return result, nil
}

// evalOf evaluates what is aggregated. As Loki does, it reads no labels from lines for a sum that shows none.
func (e *Engine) evalOf(x *vectorExpr, steps []int64) (Result, error) {
	if inner, direct := x.of.(*rangeExpr); direct && x.op == "sum" {
		shown := []string{}
		if x.grouping != nil {
			shown = x.grouping.names
			if x.grouping.without {
				shown = nil
			}
		}
		return e.evalRange(inner, steps, shown)
	}
	of, err := e.eval(x.of, steps)
	if err == nil && of.Scalar {
		err = errors.New("parse error : expected a vector to aggregate, got a scalar")
	}
	return of, err
}

func topOf(x *vectorExpr, of Result, steps int) Result {
	var result Result
	groups := map[string][]*Series{}
	for _, one := range of.Series {
		key := x.grouping.of(one.Labels).String()
		groups[key] = append(groups[key], one)
	}
	for _, group := range groups {
		slices.SortFunc(group, func(a, b *Series) int { return strings.Compare(a.Labels.String(), b.Labels.String()) })
		kept := map[*Series]*Series{}
		for i := range steps {
			var there []*Series
			for _, one := range group {
				if one.There[i] {
					there = append(there, one)
				}
			}
			slices.SortStableFunc(there, func(a, b *Series) int {
				if x.op == "bottomk" {
					a, b = b, a
				}
				return cmp.Compare(b.Values[i], a.Values[i])
			})
			for _, one := range there[:min(x.k, len(there))] {
				if kept[one] == nil {
					kept[one] = newSeries(one.Labels, steps)
					result.Series = append(result.Series, kept[one])
				}
				kept[one].Values[i], kept[one].There[i] = one.Values[i], true
			}
		}
	}
	return result
}

func (e *Engine) evalReplace(x *replaceExpr, steps []int64) (Result, error) {
	of, err := e.eval(x.of, steps)
	if err != nil {
		return of, err
	}
	result := Result{}
	for _, one := range of.Series {
		value, _ := one.Labels.Get(x.source)
		labels := one.Labels
		if at := x.expression.FindStringSubmatchIndex(value); at != nil {
			text := string(x.expression.ExpandString(nil, x.replacement, value, at))
			labels = labels.filtered(func(name string) bool { return name != x.target })
			labels = append(labels, Label{x.target, text}).Sort()
		}
		result.Series = append(result.Series, &Series{labels, one.Values, one.There})
	}
	return result, nil
}

var errMany = errors.New("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")

// key of the labels by which two sides are matched.
func (x *binaryExpr) matchKey(labels Labels) string {
	if x.names == nil {
		return labels.String()
	}
	return labels.filtered(func(name string) bool { return slices.Contains(x.names, name) == x.on }).String()
}

func (e *Engine) evalBinary(x *binaryExpr, steps []int64) (Result, error) {
	left, err := e.eval(x.left, steps)
	if err != nil {
		return left, err
	}
	right, err := e.eval(x.right, steps)
	if err != nil {
		return right, err
	}
	switch {
	case left.Scalar && right.Scalar:
		made := newSeries(nil, len(steps))
		for i := range steps {
			made.Values[i], made.There[i] = operate(x, left.Series[0].Values[i], right.Series[0].Values[i], true)
		}
		return Result{true, []*Series{made}}, nil
	case left.Scalar || right.Scalar:
		return x.withScalar(left, right), nil
	case x.op == "and" || x.op == "or" || x.op == "unless":
		return x.sets(left, right), nil
	default:
		return x.pairs(left, right)
	}
}

func (x *binaryExpr) withScalar(left, right Result) Result {
	var result Result
	of, scalar := left, right
	if left.Scalar {
		of, scalar = right, left
	}
	for _, one := range of.Series {
		made := newSeries(one.Labels, len(one.Values))
		for i, there := range one.There {
			if !there {
				continue
			}
			a, b := one.Values[i], scalar.Series[0].Values[i]
			if left.Scalar {
				a, b = b, a
			}
			made.Values[i], made.There[i] = operate(x, a, b, false)
			if isComparison(x.op) && !x.returnBool {
				made.Values[i] = one.Values[i]
			}
		}
		result.Series = append(result.Series, made)
	}
	return result
}

func isComparison(op string) bool { return slices.Contains(precedences[2], op) }

// operate gives the value, and whether there is one: a comparison filters.
func operate(x *binaryExpr, a, b float64, scalars bool) (float64, bool) {
	switch x.op {
	case "+":
		return a + b, true
	case "-":
		return a - b, true
	case "*":
		return a * b, true
	case "/":
		if b == 0 {
			return math.NaN(), true
		}
		return a / b, true
	case "%":
		if b == 0 {
			return math.NaN(), true
		}
		return math.Mod(a, b), true
	case "^":
		return math.Pow(a, b), true
	}
	holds := compare(x.op, a, b)
	if x.returnBool || scalars {
		if holds {
			return 1, true
		}
		return 0, true
	}
	return a, holds
}

func (x *binaryExpr) sets(left, right Result) Result {
	there := func(of Result) map[string][]bool {
		keys := map[string][]bool{}
		for _, one := range of.Series {
			key := x.matchKey(one.Labels)
			if keys[key] == nil {
				keys[key] = make([]bool, len(one.There))
			}
			for i, has := range one.There {
				keys[key][i] = keys[key][i] || has
			}
		}
		return keys
	}
	keep := func(of []*Series, keys map[string][]bool, wanted bool) []*Series {
		var kept []*Series
		for _, one := range of {
			made := newSeries(one.Labels, len(one.Values))
			has := keys[x.matchKey(one.Labels)]
			for i := range one.There {
				made.Values[i] = one.Values[i]
				made.There[i] = one.There[i] && (has != nil && has[i]) == wanted
			}
			kept = append(kept, made)
		}
		return kept
	}
	switch x.op {
	case "and":
		return Result{Series: keep(left.Series, there(right), true)}
	case "unless":
		return Result{Series: keep(left.Series, there(right), false)}
	default:
		return Result{Series: merge(slices.Clone(left.Series), keep(right.Series, there(left), false))}
	}
}

// merge joins series of the same labels, as an `or` can make them.
func merge(all, more []*Series) []*Series {
	byLabels := map[string]*Series{}
	for i, one := range all {
		copied := &Series{one.Labels, slices.Clone(one.Values), slices.Clone(one.There)}
		all[i] = copied
		byLabels[one.Labels.String()] = copied
	}
	for _, one := range more {
		known := byLabels[one.Labels.String()]
		if known == nil {
			all = append(all, one)
			continue
		}
		for i, there := range one.There {
			if there {
				known.Values[i], known.There[i] = one.Values[i], true
			}
		}
	}
	return all
}

func (x *binaryExpr) pairs(left, right Result) (Result, error) {
	var result Result
	lefts, rights := x.byKey(left), x.byKey(right)
	for _, same := range lefts {
		for i, l := range same {
			if slices.ContainsFunc(same[i+1:], func(other *Series) bool { return overlap(l, other) }) {
				return result, errMany
			}
		}
	}
	for _, l := range left.Series {
		labels := l.Labels
		if x.names != nil && (!isComparison(x.op) || x.returnBool) {
			labels = labels.filtered(func(name string) bool { return slices.Contains(x.names, name) == x.on })
		}
		made := newSeries(labels, len(l.Values))
		var matched []*Series
		for _, r := range rights[x.matchKey(l.Labels)] {
			for _, before := range matched {
				if overlap(before, r) {
					return result, errMany
				}
			}
			matched = append(matched, r)
			for i := range made.Values {
				if l.There[i] && r.There[i] {
					made.Values[i], made.There[i] = operate(x, l.Values[i], r.Values[i], false)
				}
			}
		}
		result.Series = append(result.Series, made)
	}
	return result, nil
}

func (x *binaryExpr) byKey(of Result) map[string][]*Series {
	keys := map[string][]*Series{}
	for _, one := range of.Series {
		key := x.matchKey(one.Labels)
		keys[key] = append(keys[key], one)
	}
	return keys
}

func overlap(a, b *Series) bool {
	for i := range a.There {
		if a.There[i] && b.There[i] {
			return true
		}
	}
	return false
}
