// SPDX-License-Identifier: MIT

package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAnUnknownParameterIsRefused(t *testing.T) {
	handler := (&api{config{limits: defaultLimits()}, newTestStore(t, t.TempDir())}).handler()
	for target, wanted := range map[string]int{
		"/loki/api/v1/query_range?query=vector(1)&step=60": http.StatusOK, "/loki/api/v1/query_range?query=vector(1)&interval=5": http.StatusBadRequest,
		"/loki/api/v1/query?query=vector(1)": http.StatusOK, "/loki/api/v1/query?query=vector(1)&shards=2": http.StatusBadRequest,
		"/loki/api/v1/labels": http.StatusOK, "/loki/api/v1/labels?delete=1": http.StatusBadRequest, "/loki/api/v1/rules": http.StatusNotFound,
		"/loki/api/v1/tail": http.StatusNotFound, "/api/prom/push": http.StatusNotFound,
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest("GET", target, nil))
		if recorder.Code != wanted {
			t.Errorf("%s: %d %s", target, recorder.Code, recorder.Body)
		}
	}
	recorder, form := httptest.NewRecorder(), url.Values{"query": {"vector(1)"}}
	request := httptest.NewRequest("POST", "/loki/api/v1/query", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if handler.ServeHTTP(recorder, request); recorder.Code != http.StatusOK {
		t.Errorf("a form: %d %s", recorder.Code, recorder.Body)
	}
}

func TestTimes(t *testing.T) {
	for text, wanted := range map[string]int64{"1781006400": 1781006400e9, "1781006400.5": 1781006400.5e9, "1781006400000000001": 1781006400000000001,
		"2026-06-09T12:00:00Z": 1781006400e9, "-5": -5e9} {
		if got, err := instant(text, time.Time{}); err != nil || got.UnixNano() != wanted {
			t.Errorf("%s: %v %v", text, got, err)
		}
	}
	if _, err := instant("noon", time.Time{}); err == nil {
		t.Error("noon")
	}
}
