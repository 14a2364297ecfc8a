package apitest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// keysetRows is how many rows the table of TestKeyset_cost has: 30,000, or as many as
// PGREST_TEST_KEYSET_ROWS says.
func keysetRows(t testing.TB) int {
	t.Helper()
	text := os.Getenv("PGREST_TEST_KEYSET_ROWS")
	if text == "" {
		return 30_000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// manyEvents has few kinds, a day in three that is null, and an index for each order of
// TestKeyset_cost.
const manyEvents = `
	CREATE TABLE archive.kinds (id int PRIMARY KEY, name text NOT NULL);
	INSERT INTO archive.kinds SELECT n, 'kind ' || n FROM generate_series(0, 4) n;
	CREATE TABLE archive.events (id int PRIMARY KEY, kind int NOT NULL REFERENCES archive.kinds, at timestamptz NOT NULL, day date, note text, data jsonb);
	INSERT INTO archive.events SELECT n, n % 5, timestamptz '2024-01-01' + n / 3 * interval '1 minute', CASE WHEN n % 3 > 0 THEN date '2024-01-01' + n / 1000 END, 'note ' || n, jsonb_build_object('n', n)
		FROM generate_series(1, current_setting('test.rows')::int) n;
	CREATE INDEX ON archive.events (at, id);
	CREATE INDEX ON archive.events (kind, at DESC, id DESC);
	CREATE INDEX ON archive.events (day, id);
	CREATE INDEX ON archive.events ((data -> 'n'), id);
	CREATE FUNCTION archive.loud(archive.events) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT upper($1.note) $$;
	CREATE INDEX ON archive.events ((upper(note)), id);
	CREATE VIEW archive.event_list AS SELECT id, kind, at, day FROM archive.events;
	ANALYZE archive.events, archive.kinds;
	GRANT SELECT ON archive.events, archive.kinds, archive.event_list TO pgrest_test_anon`

// readCost is what the run of a plan read: rows of relations, and pages of 8 KiB.
type readCost struct{ rows, blocks float64 }

// pageCost has PostgreSQL run a page and tell what it read.
func pageCost(t *testing.T, api http.Handler, target string) readCost {
	t.Helper()
	response := ask(t, api, exchange{target: target, send: headers{"Accept": "application/vnd.pgrst.plan+json; options=analyze|buffers", "Prefer": "pagination=keyset"}})
	body := read(t, response)
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	var plans []struct{ Plan map[string]any }
	require.NoError(t, json.Unmarshal([]byte(body), &plans))
	require.Len(t, plans, 1)
	root := plans[0].Plan
	return readCost{rows: rowsRead(root), blocks: root["Shared Hit Blocks"].(float64) + root["Shared Read Blocks"].(float64)}
}

// rowsRead is how many rows the scans of a plan gave, or left out.
func rowsRead(node map[string]any) float64 {
	n := 0.0
	if name := node["Node Type"].(string); strings.HasSuffix(name, "Scan") && name != "Subquery Scan" {
		number := func(key string) float64 { v, _ := node[key].(float64); return v }
		n += (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops")
	}
	children, _ := node["Plans"].([]any)
	for _, child := range children {
		n += rowsRead(child.(map[string]any))
	}
	return n
}

// The last page reads as many rows as the first one, where an index has the order: PostgreSQL
// begins right behind the row that the page follows. An order that takes several ranges reads
// one page of each.
func TestKeyset_cost(t *testing.T) {
	t.Parallel()
	rows := keysetRows(t)
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), "SET test.rows = "+strconv.Itoa(rows)+";"+manyEvents)
	require.NoError(t, err)
	api := open(t, db.Pool(t), explaining)
	const size = 20
	deep := min(1000*size, rows*2/3)
	for _, tt := range []struct {
		name, target string
		ranges       float64
		others       float64 // rows of the embed, or that PostgreSQL leaves out where it takes the index of all kinds
	}{
		{"key", "/events?select=id", 1, 0},
		{"key_descending", "/events?select=id&order=id.desc", 1, 0},
		{"two_columns", "/events?select=id&order=at", 1, 0},
		{"two_columns_descending", "/events?select=id&order=at.desc", 1, 0},
		{"filter", "/events?select=id&kind=eq.3&order=at.desc", 1, 4},
		{"several_directions", "/events?select=id&order=kind,at.desc", 2, 4},
		{"nulls_last", "/events?select=id&order=day", 2, 0},
		{"nulls_first", "/events?select=id&order=day.desc", 1, 0},
		{"json_path", "/events?select=id&order=data->n", 2, 0},
		{"computed_column", "/events?select=id&order=loud", 2, 0},
		{"view", "/event_list?select=id&order=at", 3, 0},
		{"to_one_embed", "/events?select=id,kinds(name)&order=at", 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := tt.target + "&limit=" + strconv.Itoa(size)
			far := deep
			if tt.name == "filter" {
				far /= 5
			}
			first := pageCost(t, api, target)
			next := linksOf(ask(t, api, exchange{target: target + "&offset=" + strconv.Itoa(far-size), send: asksKeyset}))["next"]
			require.NotEmpty(t, next)
			at, err := url.Parse(next)
			require.NoError(t, err)
			behind := pageCost(t, api, at.String())
			require.GreaterOrEqual(t, first.rows, float64(size))
			most := tt.ranges * (size + 1) * (1 + tt.others)
			t.Logf("first page: %+v; page behind %d rows: %+v", first, far, behind)
			require.LessOrEqual(t, behind.rows, most)
			require.LessOrEqual(t, behind.blocks, tt.ranges*(first.blocks+size*(1+tt.others)))
			before := linksOf(ask(t, api, exchange{target: next}))["prev"]
			back := pageCost(t, api, before)
			t.Logf("back: %+v", back)
			require.LessOrEqual(t, back.rows, 2*most, "what is last this way is first the other way")
			skipped := pageCost(t, api, target+"&offset="+strconv.Itoa(far))
			t.Logf("by offset: %+v", skipped)
			require.Greater(t, skipped.rows, float64(far), "an offset reads what it leaves out")
		})
	}
}
