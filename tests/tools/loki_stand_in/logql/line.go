// SPDX-License-Identifier: MIT

package logql

import "slices"

const (
	errorLabel   = "__error__"
	detailsLabel = "__error_details__"
	doubled      = "_extracted" // what an extracted label is called whose name the stream has
)

// Entry is a stored log line.
type Entry struct {
	Nanos    int64
	Line     string
	Metadata Labels
}

// line is an entry on its way through the stages.
type line struct {
	nanos    int64
	text     string
	stream   Labels
	metadata Labels
	parsed   Labels // in order of appearance
	deleted  []string
	err      string
	details  string

	// The labels that the query shows or looks at, when it is a sum that shows only some: parsers stop when they have them.
	required []string

	doubles bool // what is extracted goes beside metadata of its name, as from 3.7 on
}

func newLine(stream Labels, entry Entry, doubles bool) *line {
	l := &line{nanos: entry.Nanos, text: entry.Line, stream: stream}
	l.metadata = make(Labels, 0, len(entry.Metadata))
	for _, one := range entry.Metadata {
		put(&l.metadata, l.free(one.Name), one.Value)
	}
	l.doubles = doubles
	return l
}

func put(labels *Labels, name, value string) {
	for i, one := range *labels {
		if one.Name == name {
			(*labels)[i].Value = value
			return
		}
	}
	*labels = append(*labels, Label{name, value})
}

// free is the name under which something that is not of the stream goes.
func (l *line) free(name string) string {
	_, taken := l.stream.Get(name)
	if _, beside := l.metadata.Get(name); taken || beside && l.doubles {
		return name + doubled
	}
	return name
}

func (l *line) get(name string) (string, bool) {
	if value, found := l.metadata.Get(name); found {
		return value, true
	}
	if value, found := l.parsed.Get(name); found {
		return value, true
	}
	if slices.Contains(l.deleted, name) {
		return "", false
	}
	return l.stream.Get(name)
}

func (l *line) valueOf(name string) string {
	switch name {
	case errorLabel:
		return l.err
	case detailsLabel:
		return l.details
	}
	value, _ := l.get(name)
	return value
}

// set makes it a parsed label, in place of metadata of that name.
func (l *line) set(name, value string) {
	l.metadata = slices.DeleteFunc(l.metadata, func(one Label) bool { return one.Name == name })
	put(&l.parsed, name, value)
}

func (l *line) remove(name string) {
	same := func(one Label) bool { return one.Name == name }
	l.metadata = slices.DeleteFunc(l.metadata, same)
	l.parsed = slices.DeleteFunc(l.parsed, same)
	l.deleted = append(l.deleted, name)
}

func (l *line) fail(err, details string) { l.err, l.details = err, details }

// extracted are the names that a parser which takes whatever it finds leaves alone.
func (l *line) extracted() map[string]bool {
	names := map[string]bool{}
	for _, one := range l.parsed {
		names[one.Name] = true
	}
	if !l.doubles {
		for _, one := range l.metadata {
			names[one.Name] = true
		}
	}
	return names
}

// complete says whether all that is required was extracted, so that there is nothing more to parse.
func (l *line) complete() bool {
	if l.required == nil {
		return false
	}
	taken := l.extracted()
	return !slices.ContainsFunc(l.required, func(name string) bool { return !taken[name] })
}

// labels are all of them by category.
func (l *line) labels() (stream, metadata, parsed Labels) {
	for _, one := range l.stream {
		_, replaced := l.metadata.Get(one.Name)
		_, parsedToo := l.parsed.Get(one.Name)
		if !replaced && !parsedToo && !slices.Contains(l.deleted, one.Name) {
			stream = append(stream, one)
		}
	}
	metadata, parsed = slices.Clone(l.metadata), slices.Clone(l.parsed)
	if l.err != "" {
		parsed = append(parsed, Label{errorLabel, l.err})
	}
	if l.details != "" {
		parsed = append(parsed, Label{detailsLabel, l.details})
	}
	return stream, metadata, parsed
}

// all of the labels in order. Loki shows an empty one in log queries only.
func (l *line) all() Labels {
	stream, metadata, parsed := l.labels()
	all := append(append(append(Labels{}, stream...), metadata...), parsed...)
	slices.SortStableFunc(all, byName)
	return all
}

func byName(a, b Label) int {
	switch {
	case a.Name < b.Name:
		return -1
	case a.Name > b.Name:
		return 1
	}
	return 0
}
