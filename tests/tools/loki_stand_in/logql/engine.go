// SPDX-License-Identifier: MIT

package logql

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Stream is what a store holds of one label set: entries in order of time, equals in order of arrival.
type Stream struct {
	Labels  Labels
	Entries []Entry
}

// Source gives the streams that fit, with entries from..to, both included. Counted asks for them as metric queries see
// them: what was pushed again outside of its block twice.
type Source interface {
	Select(matchers []*Matcher, from, to int64, counted bool) []Stream
}

// Engine evaluates queries on a source.
type Engine struct {
	Source    Source
	MaxSeries int
	// As from 3.7 on: what is extracted goes beside structured metadata of its name, with _extracted behind the name.
	Doubles bool

	Lines, Bytes int64 // read so far
}

// Row is a line of an answer.
type Row struct {
	Nanos                    int64
	Line                     string
	Labels                   Labels
	Stream, Metadata, Parsed Labels
}

func (e *Engine) each(log *LogExpr, from, to int64, counted bool, required []string, use func(*line)) {
	for _, stream := range e.Source.Select(log.Matchers, from, to, counted) {
		for _, entry := range stream.Entries {
			e.Lines++
			e.Bytes += int64(len(entry.Line) + 8*len(entry.Metadata))
			one := newLine(stream.Labels, entry, e.Doubles)
			one.required = required
			kept := true
			for _, stage := range log.stages {
				if _, parser := stage.(parserStage); parser && one.complete() {
					continue
				}
				if kept = stage.process(one); !kept {
					break
				}
			}
			if kept {
				use(one)
			}
		}
	}
}

// Logs gives the first rows of [start, end), or the last when backward.
func (e *Engine) Logs(log *LogExpr, start, end int64, limit int, backward bool) []Row {
	var rows []Row
	e.each(log, start, end-1, false, nil, func(l *line) {
		row := Row{Nanos: l.nanos, Line: l.text, Labels: l.all()}
		row.Stream, row.Metadata, row.Parsed = l.labels()
		rows = append(rows, row)
	})
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(a.Nanos, b.Nanos) })
	if backward {
		slices.Reverse(rows)
	}
	return rows[:min(len(rows), limit)]
}

// Series is a result of a metric query: a value at each step, or none.
type Series struct {
	Labels Labels
	Values []float64
	There  []bool
}

// Result of a metric query: of a scalar, one series without labels.
type Result struct {
	Scalar bool
	Series []*Series
}

// LimitError is about a limit; the text is Loki's.
type LimitError struct{ Text string }

func (e *LimitError) Error() string { return e.Text }

// PipelineError is about a line that could not be parsed; the text is Loki's.
type PipelineError struct{ Err, Series string }

func (e *PipelineError) Error() string {
	return fmt.Sprintf("pipeline error: '%s' for series: '%s'.\n"+
		"Use a label filter to intentionally skip this error. (e.g | __error__!=\"%s\").\n"+
		"To skip all potential errors you can match empty errors.(e.g __error__=\"\")\n"+
		"The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n", e.Err, e.Series, e.Err)
}

// Metric evaluates a metric query at each of the steps, in nanoseconds.
func (e *Engine) Metric(expr Expr, steps []int64) (Result, error) {
	result, err := e.eval(expr, steps)
	if err != nil {
		return result, err
	}
	result.Series = slices.DeleteFunc(result.Series, func(s *Series) bool { return !slices.Contains(s.There, true) })
	if e.MaxSeries > 0 && len(result.Series) > e.MaxSeries {
		return result, &LimitError{fmt.Sprintf("maximum number of series (%d) reached for a single query; consider reducing query "+
			"cardinality by adding more specific stream selectors, reducing the time range, or aggregating results with functions "+
			"like sum(), count() or topk()", e.MaxSeries)}
	}
	return result, nil
}

func newSeries(labels Labels, steps int) *Series {
	return &Series{labels, make([]float64, steps), make([]bool, steps)}
}

func constant(value float64, steps int) *Series {
	made := newSeries(nil, steps)
	for i := range steps {
		made.Values[i], made.There[i] = value, true
	}
	return made
}

func (e *Engine) eval(expr Expr, steps []int64) (Result, error) {
	switch x := expr.(type) {
	case numberExpr:
		return Result{true, []*Series{constant(float64(x), len(steps))}}, nil
	case constantExpr:
		return Result{false, []*Series{constant(float64(x), len(steps))}}, nil
	case *rangeExpr:
		return e.evalRange(x, steps, nil)
	case *vectorExpr:
		return e.evalVector(x, steps)
	case *binaryExpr:
		return e.evalBinary(x, steps)
	case *replaceExpr:
		return e.evalReplace(x, steps)
	}
	return Result{}, fmt.Errorf("the stand-in does not evaluate %T", expr)
}

// sample is one line's part in a range aggregation.
type sample struct {
	nanos int64
	value float64
}

// evalRange evaluates a range aggregation. `shown` are the only labels that a sum of it shows; nil = any.
func (e *Engine) evalRange(x *rangeExpr, steps []int64, shown []string) (Result, error) {
	window, offset := int64(x.window), int64(x.offset)
	first, last := steps[0]-offset-window+1, steps[len(steps)-1]-offset
	all := map[string]*struct {
		labels  Labels
		samples []sample
	}{}
	var failed error
	e.each(x.log, first, last, true, x.required(shown), func(l *line) {
		if failed != nil {
			return
		}
		value := x.valueOf(l)
		labels := l.all()
		if x.grouping != nil {
			labels = x.grouping.of(labels)
		}
		if l.err != "" {
			failed = &PipelineError{l.err, labels.String()}
			return
		}
		key := labels.String()
		if all[key] == nil {
			all[key] = &struct {
				labels  Labels
				samples []sample
			}{labels: labels}
		}
		all[key].samples = append(all[key].samples, sample{l.nanos, value})
	})
	if failed != nil {
		return Result{}, failed
	}
	var result Result
	for _, one := range all {
		slices.SortStableFunc(one.samples, func(a, b sample) int { return cmp.Compare(a.nanos, b.nanos) })
		made := newSeries(withoutEmpty(one.labels), len(steps))
		for i, step := range steps {
			begin := after(one.samples, step-offset-window)
			end := after(one.samples, step-offset)
			if begin < end {
				made.There[i] = true
				made.Values[i] = aggregate(x.op, one.samples[begin:end], x.window)
			}
		}
		result.Series = append(result.Series, made)
	}
	return result, nil
}

func withoutEmpty(labels Labels) Labels {
	return slices.DeleteFunc(slices.Clone(labels), func(one Label) bool { return one.Value == "" })
}

// after is the index of the first sample later than an instant.
func after(samples []sample, nanos int64) int {
	at, _ := slices.BinarySearchFunc(samples, nanos, func(one sample, nanos int64) int {
		if one.nanos <= nanos {
			return -1
		}
		return 1
	})
	return at
}

func aggregate(op string, samples []sample, window time.Duration) float64 {
	sum, highest, lowest := 0.0, math.Inf(-1), math.Inf(1)
	for _, one := range samples {
		sum += one.value
		highest, lowest = max(highest, one.value), min(lowest, one.value)
	}
	switch op {
	case "rate", "bytes_rate":
		return sum / window.Seconds()
	case "avg_over_time":
		return sum / float64(len(samples))
	case "max_over_time":
		return highest
	case "min_over_time":
		return lowest
	case "last_over_time":
		return samples[len(samples)-1].value
	default:
		return sum
	}
}

// required are the labels that are shown, and those that a stage looks at; nil = any.
func (x *rangeExpr) required(shown []string) []string {
	if shown == nil {
		return nil
	}
	names := slices.Clone(shown)
	for _, one := range x.log.stages {
		if looks, ok := one.(interface{ looksAt() []string }); ok {
			names = append(names, looks.looksAt()...)
		}
	}
	if x.unwrap != "" {
		names = append(names, x.unwrap)
	}
	return names
}

func (x *rangeExpr) valueOf(l *line) float64 {
	switch {
	case x.unwrap != "":
		text, _ := l.get(x.unwrap)
		l.remove(x.unwrap)
		value, err := parseNumber(text)
		if err != nil {
			l.fail("SampleExtractionErr", err.Error())
		}
		return value
	case x.op == "bytes_over_time" || x.op == "bytes_rate":
		return float64(len(l.text))
	default:
		return 1
	}
}
