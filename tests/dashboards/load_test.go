// SPDX-License-Identifier: MIT

package dashboards

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// askedOnLoad are the queries that Grafana sends to Loki when the dashboard is opened: those of its open rows, the shared ones
// once, and the annotations'.
func askedOnLoad(board dashboard) []panel {
	var asked []panel
	for _, p := range board.Panels {
		if p.Datasource.Type == "loki" {
			asked = append(asked, p)
		}
	}
	for _, one := range board.Annotations.List {
		if one.BuiltIn != 1 {
			asked = append(asked, panel{Title: "mark: " + one.Name, Targets: []target{{Expr: one.Expr, MaxLines: 100}}})
		}
	}
	return asked
}

// What it costs to open the dashboard on a day of a fleet of 20, pushed by two hours, as Loki cuts chunks of what comes in. Among
// the tests it is a small day, and the number of queries is what is held; the figures of README.md are those of
//
//	BOUNDARY_LOKI_LOAD_DECISIONS=100000 go test -run CostOfALoad -v
//
// with BOUNDARY_LOKI_LOAD_DASHBOARD=FILE for another version of the dashboard.
func TestCostOfALoad(t *testing.T) {
	const fleet = 20
	count, slices := 2400, 2
	if wanted := os.Getenv("BOUNDARY_LOKI_LOAD_DECISIONS"); wanted != "" {
		count, slices = must(strconv.Atoi(wanted)), 12
	}
	board := loadDashboard()
	if path := os.Getenv("BOUNDARY_LOKI_LOAD_DASHBOARD"); path != "" {
		board = readDashboard(must(filepath.Rel(dashboards, must(filepath.Abs(path)))))
	} else if asked := len(askedOnLoad(board)); asked > 13 {
		t.Errorf("a load asks %d times", asked)
	}
	day := 24 * time.Hour
	begin, end := to.Add(-day), to
	loki := startLoki(t, t.TempDir()).of("load")
	dice := rand.New(rand.NewPCG(5, 6))
	for slice := range slices {
		for n := range fleet {
			folder, journal := t.TempDir(), ""
			logs, calls := map[int]string{}, map[int]bool{}
			for i := range count / fleet / slices {
				of := (slice*(count/fleet/slices) + i) / 25 // requests of a tool call
				pid := 1
				if of%4 != 0 {
					pid = 1000 + of
				}
				d := decision{at: begin.Add(day*time.Duration(slice)/time.Duration(slices) + day/time.Duration(slices)*time.Duration(i)/time.Duration(count/fleet/slices) + time.Duration(n+1)*time.Millisecond),
					method: "GET", allowed: dice.IntN(4) > 0}
				d.request = plain(fmt.Sprintf("d%d.example", dice.IntN(1+dice.IntN(400))), fmt.Sprintf("/some/longer/path/%d", dice.IntN(20)))
				if d.allowed {
					d.rule = "domain=*.example"
				}
				logs[pid] += d.line()
				if pid != 1 && !calls[pid] {
					calls[pid] = true
					journal += fmt.Sprintf(`{"v":1,"event":"start","id":"w%d-call-%d","tool":%q,"source":"exec","time":%q,"pids":[%d],"chat_id":"chat-%d"}`+"\n",
						n, of, kinds[of%len(kinds)].name, d.at.Add(-time.Second).Format(time.RFC3339), pid, of/20)
				}
			}
			for pid, text := range logs {
				write(t, filepath.Join(folder, fmt.Sprintf("boundary-2026-06-09_%02d-00-00-%d.log", slice, pid)), text)
			}
			write(t, filepath.Join(folder, "toolcalls", "toolcalls-2026-06-09.jsonl"), journal)
			run(t, bridgeBinary(), "replay", "--loki-url", loki.base, "--tenant", loki.tenant, "--stream-rate", "0", "--template", "firewalled",
				"--owner", fmt.Sprintf("owner%d", n%8), "--workspace", fmt.Sprintf("w%d", n), "--namespace", "coder-workspaces",
				"--journal-dir", filepath.Join(folder, "toolcalls"), folder)
			_ = os.RemoveAll(folder)
		}
		must(http.Post(loki.base+"/flush", "", strings.NewReader(""))).Body.Close()
	}
	stored := `sum(count_over_time({job="boundary"}[25h]))`
	eventually(t, "all is found", func() bool {
		seen, err := instantOf(loki, stored, end.Add(time.Minute))
		return err == nil && seen[""] == float64(count/fleet/slices*slices*fleet)
	})

	var all stats
	began := time.Now()
	fmt.Println("| query | lines | bytes | seconds |\n| --- | --- | --- | --- |")
	asked := askedOnLoad(board)
	for _, p := range asked {
		query := p.Targets[0]
		instant := query.QueryType == "instant"
		expr := board.interpolate(query.Expr, nil, begin, end, time.Minute, instant)
		path, parameters := "/query_range", url.Values{"query": {expr}, "start": {unix(begin)}, "end": {unix(end)}, "step": {"60"},
			"limit": {strconv.Itoa(max(query.MaxLines, 100))}}
		if instant {
			path, parameters = "/query", url.Values{"query": {expr}, "time": {end.Format(time.RFC3339)}}
		}
		results, cost, err := loki.query(path, parameters)
		if err != nil || (len(results) == 0 && strings.Contains(query.Expr, `job="boundary", decision=`) && !strings.HasPrefix(p.Title, "mark")) {
			t.Errorf("%s: %v, %d results", p.Title, err, len(results))
		}
		all.Summary.TotalBytesProcessed += cost.Summary.TotalBytesProcessed
		all.Summary.TotalLinesProcessed += cost.Summary.TotalLinesProcessed
		fmt.Printf("| %s | %d | %d | %.2f |\n", p.Title, cost.Summary.TotalLinesProcessed, cost.Summary.TotalBytesProcessed, cost.Summary.ExecTime)
	}
	fmt.Printf("| all %d | %d | %d | %.2f |\n", len(asked), all.Summary.TotalLinesProcessed, all.Summary.TotalBytesProcessed, time.Since(began).Seconds())
}
