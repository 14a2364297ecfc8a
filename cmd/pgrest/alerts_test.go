package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// rules are those of alerts.yml.
type rules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

func readRules(t *testing.T) rules {
	t.Helper()
	file, err := os.Open("alerts.yml")
	require.NoError(t, err)
	defer file.Close()
	var r rules
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(&r))
	require.Len(t, r.Groups, 1)
	return r
}

// Alerts, and the page on running, are about metrics that the server has, with labels that
// these have.
func TestAlerts_metrics(t *testing.T) {
	t.Parallel()
	r := startServer(t, pgtest.Clone(t))
	r.status(t, "/genres")
	r.status(t, "/rpc/nothing_of_this_name")
	_, exposed := fetch(t, r.client, "http://"+r.admin.Addr().String()+"/metrics")
	selector := regexp.MustCompile(`(pgrst_\w+)(?:\{(\w+)=)?`)
	for _, rule := range readRules(t).Groups[0].Rules {
		found := selector.FindAllStringSubmatch(rule.Expr, -1)
		require.Equal(t, rule.Alert == "PgrestDown", len(found) == 0, rule.Alert)
		for _, m := range found {
			require.Regexp(t, `(?m)^`+m[1]+`(\{|\s)`, exposed, rule.Alert)
			if m[2] != "" {
				require.Regexp(t, `(?m)^`+m[1]+`\{(?:[^}]*,)?`+m[2]+`="`, exposed, rule.Alert)
			}
		}
	}
	page, err := os.ReadFile("../../docs/running.md")
	require.NoError(t, err)
	for _, name := range regexp.MustCompile(`pgrst_\w+`).FindAllString(string(page), -1) {
		require.Regexp(t, `(?m)^# TYPE `+name+` `, exposed)
	}
}

// The page on running names each alert, and no other.
func TestAlerts_page(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/running.md")
	require.NoError(t, err)
	var named, there []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| Pgrest") {
			named = append(named, strings.Fields(line)[1])
		}
	}
	for _, rule := range readRules(t).Groups[0].Rules {
		there = append(there, rule.Alert)
		require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
		require.True(t, slices.Contains([]string{"page", "ticket"}, rule.Labels["severity"]), rule.Alert)
	}
	require.Equal(t, there, named)
}

// cases is what Prometheus makes of the rules: none fires of a server that is well, and each
// of one that isn't.
const cases = `
rule_files: [RULES]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'up{job="pgrest", instance="a"}', values: '1x40'}
      - {series: 'pgrst_http_request_failures_total{code="57xxx", instance="a"}', values: '0+100x40'}
      - {series: 'pgrst_http_request_failures_total{code="PGRST205", instance="a"}', values: '0+500x40'}
      - {series: 'pgrst_http_request_duration_seconds_count{instance="a"}', values: '0+1000x40'}
      - {series: 'pgrst_http_request_duration_seconds_bucket{instance="a", le="0.5"}', values: '0+1000x40'}
      - {series: 'pgrst_http_request_duration_seconds_bucket{instance="a", le="+Inf"}', values: '0+1000x40'}
      - {series: 'pgrst_db_pool_timeouts_total{instance="a"}', values: '3x40'}
      - {series: 'pgrst_db_pool_waiting{instance="a"}', values: '0 5x1 0 5x1 0 5x1 0 5x1 0 5x1 0 5x1 0 5x1 0 5x1 0 5x1 0 5x1'}
      - {series: 'pgrst_schema_cache_loads_total{instance="a", status="FAIL"}', values: '2x40'}
      - {series: 'pgrst_schema_cache_loads_total{instance="a", status="SUCCESS"}', values: '0+1x40'}
    alert_rule_test:
      - {eval_time: 30m, alertname: PgrestDown}
      - {eval_time: 30m, alertname: PgrestFaults}
      - {eval_time: 30m, alertname: PgrestSlow}
      - {eval_time: 30m, alertname: PgrestPoolExhausted}
      - {eval_time: 30m, alertname: PgrestPoolWaiting}
      - {eval_time: 30m, alertname: PgrestSchemaStale}
      - {eval_time: 30m, alertname: PgrestSchemaStorm}
  - interval: 1m
    input_series:
      - {series: 'up{job="pgrest", instance="a"}', values: '0x40'}
      - {series: 'pgrst_http_request_failures_total{code="PGRST000", instance="a"}', values: '0+20x40'}
      - {series: 'pgrst_http_request_duration_seconds_count{instance="a"}', values: '0+1000x40'}
      - {series: 'pgrst_http_request_duration_seconds_bucket{instance="a", le="1"}', values: '0+900x40'}
      - {series: 'pgrst_http_request_duration_seconds_bucket{instance="a", le="2.5"}', values: '0+1000x40'}
      - {series: 'pgrst_http_request_duration_seconds_bucket{instance="a", le="+Inf"}', values: '0+1000x40'}
      - {series: 'pgrst_db_pool_timeouts_total{instance="a"}', values: '0+1x40'}
      - {series: 'pgrst_db_pool_waiting{instance="a"}', values: '5x40'}
      - {series: 'pgrst_schema_cache_loads_total{instance="a", status="FAIL"}', values: '0+1x40'}
      - {series: 'pgrst_schema_cache_loads_total{instance="a", status="SUCCESS"}', values: '0+10x40'}
    alert_rule_test:
      - {eval_time: 30m, alertname: PgrestDown, exp_alerts: [{exp_labels: {severity: page, job: pgrest, instance: a}, exp_annotations: {summary: "a can't be scraped"}}]}
      - {eval_time: 30m, alertname: PgrestFaults, exp_alerts: [{exp_labels: {severity: page}, exp_annotations: {summary: "2% of requests fail by a fault of the server or the database"}}]}
      - {eval_time: 30m, alertname: PgrestSlow, exp_alerts: [{exp_labels: {severity: ticket}, exp_annotations: {summary: "One request in a hundred takes more than 2.35s"}}]}
      - {eval_time: 30m, alertname: PgrestPoolExhausted, exp_alerts: [{exp_labels: {severity: page, instance: a}, exp_annotations: {summary: "Requests to a get no connection in time"}}]}
      - {eval_time: 30m, alertname: PgrestPoolWaiting, exp_alerts: [{exp_labels: {severity: ticket, instance: a}, exp_annotations: {summary: "Requests to a wait for connections all the time"}}]}
      - {eval_time: 30m, alertname: PgrestSchemaStale, exp_alerts: [{exp_labels: {severity: ticket, instance: a, status: FAIL}, exp_annotations: {summary: "a can't load the schema, and goes on with an old one"}}]}
      - {eval_time: 30m, alertname: PgrestSchemaStorm, exp_alerts: [{exp_labels: {severity: ticket, instance: a, status: SUCCESS}, exp_annotations: {summary: "a loads the schema all the time"}}]}
`

func TestAlerts_fire(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("there is no promtool on the PATH, which comes with Prometheus")
	}
	file, err := filepath.Abs("alerts.yml")
	require.NoError(t, err)
	tests := filepath.Join(t.TempDir(), "cases.yml")
	require.NoError(t, os.WriteFile(tests, []byte(strings.ReplaceAll(cases, "RULES", file)), 0o600))
	for _, arguments := range [][]string{{"check", "rules", file}, {"test", "rules", tests}} {
		out, err := exec.CommandContext(t.Context(), promtool, arguments...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
}
