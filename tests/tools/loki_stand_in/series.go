// SPDX-License-Identifier: MIT

package main

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"boundary-loki.invalid/tests/tools/loki_stand_in/logql"
)

const lately = 6 * time.Hour // what label and series queries look at when not told

// found gives the label sets that fit any of the selectors and have an entry in the span.
func (a *api) found(w http.ResponseWriter, r *http.Request, tenant string, selectors []string) ([]logql.Labels, bool) {
	start, end, err := span(r, lately)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return nil, false
	}
	if len(selectors) == 0 {
		selectors = []string{""}
	}
	all := map[string]logql.Labels{}
	for _, selector := range selectors {
		var matchers []*logql.Matcher
		if selector != "" {
			if matchers, err = logql.ParseSelector(selector); err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return nil, false
			}
		}
		for _, one := range (source{a.store, tenant}).Select(matchers, start.UnixNano(), end.UnixNano(), false) {
			all[one.Labels.String()] = one.Labels
		}
	}
	var sorted []logql.Labels
	for _, text := range slices.Sorted(maps.Keys(all)) {
		sorted = append(sorted, all[text])
	}
	return sorted, true
}

func (a *api) texts(w http.ResponseWriter, r *http.Request, tenant string, of func(logql.Label) string) {
	var selectors []string
	if query := r.FormValue("query"); query != "" {
		selectors = append(selectors, query)
	}
	found, good := a.found(w, r, tenant, selectors)
	if !good {
		return
	}
	texts := map[string]bool{}
	for _, labels := range found {
		for _, one := range labels {
			if text := of(one); text != "" {
				texts[text] = true
			}
		}
	}
	body := map[string]any{"status": "success"}
	if len(texts) > 0 {
		body["data"] = slices.Sorted(maps.Keys(texts))
	}
	answer(w, body)
}

func (a *api) labels(w http.ResponseWriter, r *http.Request, tenant string) {
	a.texts(w, r, tenant, func(one logql.Label) string { return one.Name })
}

func (a *api) values(w http.ResponseWriter, r *http.Request, tenant string) {
	name := r.PathValue("name")
	a.texts(w, r, tenant, func(one logql.Label) string {
		if one.Name == name {
			return one.Value
		}
		return ""
	})
}

func (a *api) series(w http.ResponseWriter, r *http.Request, tenant string) {
	selectors := append(r.Form["match[]"], r.Form["match"]...)
	if len(selectors) == 0 {
		refuse(w, http.StatusBadRequest, "0 matcher groups supplied")
		return
	}
	found, good := a.found(w, r, tenant, selectors)
	if !good {
		return
	}
	data := []map[string]string{}
	for _, labels := range found {
		data = append(data, labels.Map())
	}
	answer(w, map[string]any{"status": "success", "data": data})
}

// activeStreams is how many streams each tenant has in memory.
func (s *store) activeStreams() map[string]int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	counts := map[string]int{}
	for name, t := range s.tenants {
		counts[name] = t.active(time.Now())
	}
	return counts
}
