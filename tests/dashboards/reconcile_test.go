// SPDX-License-Identifier: MIT

package dashboards

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen is one request of the fleet: in the log, at coderd, or at both.
type seen struct {
	decision
	session  string
	seq      int
	here     bool
	atCoderd bool
}

// kind is what the dashboard knows a request by on both sides.
func (s seen) kind() string {
	return labelsOf(s.decision, []string{"owner", "workspace_name", "decision", "http_method", "domain"})
}

// madeUpFleet is 100 workspaces with three sessions each around the range. Some sockets lose whole short sessions, some single
// requests; some logs lost what coderd has, and one workspace runs no daemon. Where something is missing at coderd and
// something else in the log, they are of different kinds: of one kind they would cancel out in the dashboard.
func madeUpFleet() []seen {
	dice := rand.New(rand.NewPCG(7, 8))
	var all []seen
	for n := range 100 {
		w := workspace{fmt.Sprintf("owner%d", n%13), fmt.Sprintf("fleet-%02d", n), "firewalled"}
		for session := range 3 {
			lossy := n%4 == 1 && session == 1
			// The first begins before the range; the last ends with it.
			at := from.Add(time.Duration(session)*29*time.Minute - 2*time.Second + time.Duration(n)*time.Millisecond)
			for seq := range 4 + dice.IntN(4) {
				d := decision{at: at, workspace: w, allowed: dice.IntN(3) > 0, method: []string{"GET", "POST"}[dice.IntN(2)]}
				d.request = plain(fmt.Sprintf("d%d.example", dice.IntN(6)), fmt.Sprintf("/p/%d", seq))
				if dice.IntN(5) == 0 {
					d.request = odd[dice.IntN(len(odd))]
				}
				if d.allowed {
					d.rule = "domain=" + d.domain
				}
				one := seen{decision: d, session: fmt.Sprintf("boundary-2026-06-09_12-00-00-%d", 100*n+session), seq: seq, here: true, atCoderd: !lossy}
				if n%5 == 2 && dice.IntN(4) == 0 {
					one.atCoderd = false
				}
				all = append(all, one)
				at = at.Add(1500 * time.Millisecond)
			}
			if session == 2 {
				// Its record comes to coderd when the range is over.
				d := decision{at: to.Add(-time.Second), workspace: w, method: "GET", request: plain("late.example", "/")}
				all = append(all, seen{decision: d, session: fmt.Sprintf("boundary-2026-06-09_12-00-00-%d", 100*n+session), seq: all[len(all)-1].seq + 1, here: true, atCoderd: true})
			}
		}
		if n%10 == 3 {
			d := decision{at: from.Add(10 * time.Minute), workspace: w, method: "GET", request: plain("gone.example", "/x")}
			for range 1 + n%3 {
				d.at = d.at.Add(7 * time.Second)
				all = append(all, seen{decision: d, atCoderd: true})
			}
		}
	}
	unseen := workspace{"owner1", "no-daemon", "firewalled"}
	for i := range 5 {
		d := decision{at: from.Add(time.Duration(20+i) * time.Minute), workspace: unseen, method: "GET", allowed: true, request: plain("d1.example", "/")}
		d.rule = "domain=d1.example"
		all = append(all, seen{decision: d, atCoderd: true})
	}
	return all
}

// coderdsLine is what coderd logs of a request: some microseconds after the log's stamp, with slog's escapes.
func (s seen) coderdsLine(event time.Time) string {
	raw := s.url
	fields := []string{fmt.Sprintf(`"owner":%q,"workspace_name":%q,"agent_name":"main","decision":%q,"workspace_id":"5c1d","template_id":"9d2e","template_version_id":"1a7b","http_method":%q`,
		s.owner, s.name, s.verdict(), s.method)}
	fields = append(fields, `"http_url":`+string(must(json.Marshal(raw))), fmt.Sprintf(`"event_time":%q`, event.Format(time.RFC3339Nano)))
	if s.allowed {
		fields = append(fields, fmt.Sprintf(`"matched_rule":%q`, s.rule))
	}
	return fmt.Sprintf(`{"ts":%q,"level":"INFO","msg":"boundary_request","caller":"coderd/agentapi/boundary_logs.go:94","func":"ReportBoundaryLogs","logger_names":["coderd","agentrpc"],"fields":{%s,"request_id":"0b6c"}}`,
		event.Format(time.RFC3339Nano), strings.Join(fields, ","))
}

// loadFleet brings one side to Loki by the bridge, and the other as promtail ships coderd's log: in one stream, when it was
// written.
func loadFleet(t *testing.T, loki server, fleet []seen) {
	t.Helper()
	logs := map[workspace]map[string]string{}
	var values [][2]string
	dice := rand.New(rand.NewPCG(9, 10))
	for _, s := range fleet {
		if s.here {
			if logs[s.workspace] == nil {
				logs[s.workspace] = map[string]string{}
			}
			logs[s.workspace][s.session] += s.line()
		}
		if s.atCoderd {
			event := s.at.Add(time.Duration(20+dice.IntN(400)) * time.Microsecond)
			written := event.Add(time.Duration(1+dice.IntN(5000)) * time.Millisecond)
			values = append(values, [2]string{unix(written), s.coderdsLine(event)})
		}
	}
	// What else coderd logs.
	values = append(values, [2]string{unix(from.Add(time.Minute)), `{"ts":"2026-06-09T12:01:00Z","level":"INFO","msg":"GET","fields":{"path":"/boundary_request"}}`})
	slices.SortFunc(values, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	var replays sync.WaitGroup
	free := make(chan struct{}, 4)
	for w, sessions := range logs {
		folder := t.TempDir()
		for session, text := range sessions {
			write(t, filepath.Join(folder, session+".log"), text)
		}
		replays.Add(1)
		free <- struct{}{}
		go func() {
			defer func() { <-free; replays.Done() }()
			if _, err := output(bridgeBinary(), "replay", "--loki-url", loki.base, "--tenant", loki.tenant, "--owner", w.owner,
				"--workspace", w.name, "--template", w.template, "--namespace", "coder-workspaces", folder); err != nil {
				t.Errorf("%s: %v", w.name, err)
			}
		}()
	}
	replays.Wait()
	loki.push(t, &stream{map[string]string{"namespace": "coder", "app": "coder", "pod": "coder-0", "container": "coder"}, values})
}

// reconcilePanels: the answer of each query, by title and query.
var reconcilePanels = map[string]map[string]func([]seen) answer{
	"Log and coderd by workspace": {
		"A": func(fleet []seen) answer {
			both := answer{}
			for _, s := range fleet {
				if s.here {
					both[labelsOf(s.decision, []string{"owner", "workspace_name"})] += count(s.atCoderd)
				}
			}
			return both
		},
		"B": func(fleet []seen) answer {
			return above(0, tally(fleet, []string{"owner", "workspace_name"}, func(s seen) bool { return s.here && !s.atCoderd }))
		},
		"C": func(fleet []seen) answer {
			return above(0, tally(fleet, []string{"owner", "workspace_name"}, func(s seen) bool { return !s.here }))
		},
	},
	"Missing at coderd": {"A": func(fleet []seen) answer {
		return tally(fleet, kinds5, func(s seen) bool { return s.here && !s.atCoderd })
	}},
	"Missing in the log": {"A": func(fleet []seen) answer { return tally(fleet, kinds5, func(s seen) bool { return !s.here }) }},
	"Sessions with what coderd lacks": {"A": func(fleet []seen) answer {
		lacks := tally(fleet, kinds5, func(s seen) bool { return s.here && !s.atCoderd })
		found := answer{}
		for _, s := range fleet {
			if s.here && lacks[s.kind()] > 0 {
				found[labelText(map[string]string{"owner": s.owner, "workspace_name": s.name, "session": s.session})]++
			}
		}
		return found
	}},
}

var kinds5 = []string{"owner", "workspace_name", "decision", "http_method", "domain"}

func count(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func tally(fleet []seen, by []string, holds func(seen) bool) answer {
	found := answer{}
	for _, s := range fleet {
		if holds(s) {
			found[labelsOf(s.decision, by)]++
		}
	}
	return found
}

// Both in one Loki: what each side lacks is named exactly, by the dashboard's queries and by verify.
func TestReconcilingAFleetNamesEachDifference(t *testing.T) {
	board, fleet := loadDashboard(), madeUpFleet()
	loki := startLoki(t, t.TempDir()).of("reconcile")
	loadFleet(t, loki, fleet)
	choices := map[string]choice{"defaults": {}, "some": {"owner": {"owner1", "owner2"}, "decision": {"deny"}, "domain": {"D1.exam", "2001:db8::1"}},
		"a workspace": {"workspace": {"fleet-13"}}, "coderd elsewhere": {"coderd_namespace": {"other"}}}
	known := map[string]bool{}
	for _, p := range board.all() {
		checks := reconcilePanels[p.Title]
		known[p.Title] = checks != nil
		for _, query := range p.Targets {
			if checks == nil {
				continue
			}
			check := checks[query.RefID]
			if check == nil || len(p.Targets) != len(checks) {
				t.Errorf("no check for %s/%s", p.Title, query.RefID)
				continue
			}
			for name, picked := range choices {
				t.Run(p.Title+"/"+query.RefID+"/"+name, func(t *testing.T) {
					var fitting []seen
					for _, s := range fleet {
						if picked["coderd_namespace"] != nil {
							s.atCoderd = false
						}
						if inRange(s.decision) && s.fits(only(picked, "owner", "workspace", "decision", "domain")) && (s.here || s.atCoderd) {
							fitting = append(fitting, s)
						}
					}
					got, err := ask(loki, board, query, picked, nil)
					if err != nil {
						t.Fatal(err)
					}
					want := expected{answer: check(fitting)}
					if strings.HasPrefix(query.Expr, "topk") {
						want.top = 100
					}
					want.check(t, got)
				})
			}
		}
	}
	for title := range reconcilePanels {
		if !known[title] {
			t.Errorf("no panel %q", title)
		}
	}
	verifyNamesEachDifference(t, loki, fleet)
}

func verifyNamesEachDifference(t *testing.T, loki server, fleet []seen) {
	t.Helper()
	text, err := output(bridgeBinary(), "verify", "--json", "--loki-url", loki.base, "--tenant", loki.tenant, "--against-coderd", `{namespace="coder"}`,
		"--since", from.Format(time.RFC3339), "--until", to.Format(time.RFC3339))
	if err == nil {
		t.Error("verify is content although there are differences")
	}
	var verdict struct {
		Coderd []struct {
			Owner       string
			Workspace   string `json:"workspace_name"`
			Both        int
			MissingHere int `json:"missing_here"`
			Sessions    []struct {
				Session         string
				MissingAtCoderd struct {
					Count int
					Runs  [][2]int
				} `json:"missing_at_coderd"`
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &verdict); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if len(verdict.Coderd) == 0 {
		t.Fatal(text[:min(len(text), 3000)])
	}
	got, want := answer{}, answer{}
	for _, w := range verdict.Coderd {
		place := w.Owner + "/" + w.Workspace
		got[place+" both"], got[place+" missing here"] = float64(w.Both), float64(w.MissingHere)
		for _, session := range w.Sessions {
			for _, run := range session.MissingAtCoderd.Runs {
				for seq := run[0]; seq <= run[1]; seq++ {
					got[fmt.Sprintf("%s missing at coderd %s %d", place, session.Session, seq)] = 1
				}
			}
		}
	}
	for _, s := range fleet {
		if s.at.Before(from) || !s.at.Before(to) {
			continue
		}
		place := s.owner + "/" + s.name
		want[place+" both"] += count(s.here && s.atCoderd)
		want[place+" missing here"] += count(!s.here)
		if s.here && !s.atCoderd {
			want[fmt.Sprintf("%s missing at coderd %s %d", place, s.session, s.seq)] = 1
		}
	}
	expected{answer: want}.check(t, got)
}
