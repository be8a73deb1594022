// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// api is Loki's HTTP interface, as far as it goes.
type api struct {
	config config
	store  *store
}

func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /loki/api/v1/push", a.ofTenant(a.push))
	for _, method := range []string{"GET", "POST"} {
		mux.Handle(method+" /loki/api/v1/query", a.ofTenant(taking("query time limit direction", a.query)))
		mux.Handle(method+" /loki/api/v1/query_range", a.ofTenant(taking("query start end since step limit direction", a.queryRange)))
		mux.Handle(method+" /loki/api/v1/labels", a.ofTenant(taking("query start end since", a.labels)))
		mux.Handle(method+" /loki/api/v1/series", a.ofTenant(taking("match match[] start end since", a.series)))
	}
	mux.Handle("GET /loki/api/v1/label/{name}/values", a.ofTenant(taking("query start end since", a.values)))
	mux.Handle("GET /loki/api/v1/rules", a.ofTenant(a.rules))
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "ready", http.StatusOK) })
	mux.HandleFunc("GET /loki/api/v1/status/buildinfo", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]string{"version": a.store.version.name, "revision": "stand-in", "branch": "", "buildUser": "",
			"buildDate": "", "goVersion": ""})
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { a.metrics(w) })
	mux.HandleFunc("POST /flush", func(w http.ResponseWriter, _ *http.Request) {
		if err := a.store.flush(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	return a.counted(mux)
}

// counted counts what was answered, by the name that Loki has for a path.
func (a *api) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply := &answered{w, http.StatusOK}
		next.ServeHTTP(reply, r)
		if reply.status != http.StatusNotFound {
			a.store.counters.add(1, "loki_request_duration_seconds_count", "method", r.Method, "route",
				strings.ReplaceAll(strings.Trim(r.URL.Path, "/"), "/", "_"), "status_code", strconv.Itoa(reply.status), "ws", "false")
		}
	})
}

type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *api) metrics(w http.ResponseWriter) {
	a.store.counters.write(w)
	for name, count := range a.store.activeStreams() {
		fmt.Fprintf(w, "loki_ingester_memory_streams{tenant=%q} %d\n", name, count)
	}
}

// What a tenant's name may hold.
var tenantName = regexp.MustCompile(`^[a-zA-Z0-9!\-_.*'()]*$`)

// ofTenant finds out whose request it is.
func (a *api) ofTenant(do handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := "fake"
		if a.config.auth {
			if name = r.Header.Get("X-Scope-OrgID"); name == "" {
				http.Error(w, "no org id", http.StatusUnauthorized)
				return
			}
			if text := badTenant(name); text != "" {
				status := http.StatusBadRequest
				if strings.Contains(name, "|") && r.Method == http.MethodGet {
					status = http.StatusInternalServerError // of a query
				}
				http.Error(w, text, status)
				return
			}
		}
		do(w, r, name)
	})
}

type handler func(w http.ResponseWriter, r *http.Request, tenant string)

// taking refuses what a request has beside these parameters.
func taking(names string, do handler) handler {
	return func(w http.ResponseWriter, r *http.Request, tenant string) {
		if err := r.ParseForm(); err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		for name := range r.Form {
			if !slices.Contains(strings.Fields(names), name) {
				refuse(w, http.StatusBadRequest, fmt.Sprintf("the stand-in knows no parameter %q here", name))
				return
			}
		}
		do(w, r, tenant)
	}
}

func badTenant(name string) string {
	switch {
	case strings.Contains(name, "|"):
		return "multiple org IDs present"
	case !tenantName.MatchString(name):
		bad := strings.IndexFunc(name, func(r rune) bool { return !tenantName.MatchString(string(r)) })
		return fmt.Sprintf("tenant ID '%s' contains unsupported character '%c'", name, []rune(name[bad:])[0])
	case len(name) > 150:
		return "tenant ID is too long: max 150 characters"
	case name == "." || name == "..":
		return "tenant ID is '.' or '..'"
	}
	return ""
}

func (a *api) push(w http.ResponseWriter, r *http.Request, tenant string) {
	streams, err := readPush(r, !a.store.version.unescapes)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if refusal := a.store.push(tenant, streams); refusal != nil {
		http.Error(w, refusal.text, refusal.status)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		log.Print("cannot answer: ", err)
	}
}

// refuse answers a query, whose errors end without a newline.
func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(text)); err != nil {
		log.Print("cannot answer: ", err)
	}
}
