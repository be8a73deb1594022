// SPDX-License-Identifier: MIT

package dashboards

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What the panels cost over a week of a busy fleet, beside the same questions put to the lines. Prints, checks only
// that both give as many values. Among the tests it is a small week; the figures of README.md are those of
//
//	BOUNDARY_LOKI_COST_DECISIONS=5000000 go test -run CostOfAWeek -v -timeout 60m
func TestCostOfAWeek(t *testing.T) {
	count, err := 4000, error(nil)
	if wanted := os.Getenv("BOUNDARY_LOKI_COST_DECISIONS"); wanted != "" {
		if count, err = strconv.Atoi(wanted); err != nil {
			t.Fatal("BOUNDARY_LOKI_COST_DECISIONS: ", err)
		}
	}
	const fleet = 20
	week := 7 * 24 * time.Hour
	begin, end, apart := from.Add(-week), from, week/time.Duration(count/fleet)
	loki := startLoki(t, t.TempDir(), "server:\n", "server:\n  http_server_write_timeout: 15m\n", "limits_config:\n", `limits_config:
  query_timeout: 15m
  ingestion_rate_mb: 1000
  ingestion_burst_size_mb: 1000
  per_stream_rate_limit: 1GB
  per_stream_rate_limit_burst: 1GB
`, // The index of a chunk just flushed takes a while to be found.
		"ingester:\n", "ingester:\n  chunk_retain_period: 12h\n").of("cost")
	dice := rand.New(rand.NewPCG(3, 4))
	for n := range fleet {
		path := filepath.Join(t.TempDir(), "boundary-2026-06-02_12-00-00-1.log")
		file := must(os.Create(path))
		lines := bufio.NewWriter(file)
		for i := range count / fleet {
			d := decision{at: begin.Add(time.Duration(i)*apart + time.Millisecond), method: "GET", allowed: dice.IntN(4) > 0}
			d.request = plain(fmt.Sprintf("d%d.example", dice.IntN(1+dice.IntN(400))), fmt.Sprintf("/some/longer/path/%d", dice.IntN(20)))
			if d.allowed {
				d.rule = "domain=*.example"
			}
			_ = must(lines.WriteString(d.line()))
		}
		if err := lines.Flush(); err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		run(t, bridgeBinary(), "replay", "--loki-url", loki.base, "--tenant", loki.tenant, "--stream-rate", "0", "--template", "firewalled",
			"--owner", fmt.Sprintf("owner%d", n%8), "--workspace", fmt.Sprintf("w%d", n), "--namespace", "coder-workspaces", path)
		_ = os.Remove(path)
	}
	seen, err := instantOf(loki, fmt.Sprintf(`sum(count_over_time({job="boundary"}[%dh]))`, int(week.Hours())), end)
	if err != nil || seen[""] != float64(count/fleet*fleet) {
		t.Errorf("%v decisions in Loki, want %d: %v", seen, count, err)
	}

	board := loadDashboard()
	fields := func(names string) string {
		expressions := strings.Fields(names)
		for i, name := range expressions {
			expressions[i] = fmt.Sprintf("%s=%q", name, "fields."+name)
		}
		return " | json " + strings.Join(expressions, ", ")
	}
	everyone := `{job="boundary"} |= "boundary_request"` + fields("decision owner workspace_name domain tool_call_id chat_id")
	fmt.Println("| panel | | lines | bytes | seconds |\n| --- | --- | --- | --- | --- |")
	for title, fromLines := range map[string]string{
		"Decisions":           `sum by (decision) (count_over_time(` + everyone + ` [$__auto]))`,
		"Allowed":             `sum by (decision) (count_over_time(` + everyone + ` [$__range]))`,
		"Top allowed domains": `topk(20, sum by (domain) (count_over_time(` + everyone + ` | decision="allow" [$__range])))`,
		"Top denied domains":  `topk(20, sum by (domain) (count_over_time(` + everyone + ` | decision="deny" [$__range])))`,
		"Denied methods and paths": `topk(20, sum by (http_method, domain, path) (count_over_time(` + everyone + fields("http_method http_url") +
			" | decision=`deny` | label_format path=`{{ regexReplaceAll \"https?://[^/]+([^?#]*).*\" .http_url \"$1\" }}` [$__range])))",
	} {
		for _, p := range board.all() {
			if p.Title != title {
				continue
			}
			var answers [2]answer
			for i, expr := range []string{p.Targets[0].Expr, strings.ReplaceAll(fromLines, `"$1"`, `"${1}"`)} {
				kind := []string{"as shipped", "from lines"}[i]
				instant := p.Targets[0].QueryType == "instant"
				expr = strings.ReplaceAll(expr, "${1}", "\x00")
				expr = strings.ReplaceAll(board.interpolate(expr, nil, begin, end, 10*time.Minute, instant), "\x00", "${1}")
				path, parameters := "/query_range", url.Values{"query": {expr}, "start": {unix(begin)}, "end": {unix(end)}, "step": {"600"}}
				if instant {
					path, parameters = "/query", url.Values{"query": {expr}, "time": {end.Format(time.RFC3339)}}
				}
				results, cost, err := loki.query(path, parameters)
				if err != nil {
					t.Errorf("%s, %s: %v", title, kind, err)
					continue
				}
				answers[i] = answer{}
				for _, one := range results {
					for _, point := range append(one.Values, one.Value) {
						if point[0] != nil {
							answers[i][atSecond(labelText(one.Metric), int64(point[0].(float64)))] += number(point[1])
						}
					}
				}
				fmt.Printf("| %s | %s | %d | %d | %.1f |\n", title, kind, cost.Summary.TotalLinesProcessed, cost.Summary.TotalBytesProcessed, cost.Summary.ExecTime)
			}
			if len(answers[0]) == 0 || len(answers[0]) != len(answers[1]) {
				t.Errorf("%s: %d values as shipped, %d from lines", title, len(answers[0]), len(answers[1]))
			}
		}
	}
}
