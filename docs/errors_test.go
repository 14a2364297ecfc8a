//go:build unix

package docs_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// tableRow is a row of a table of errors.md: a code, or a pattern of codes, and its statuses.
type tableRow struct {
	code     string
	statuses []int
}

var errorRow = regexp.MustCompile(`^\| (\S+) \| ([0-9, ]+) \| .+ \|$`)

// errorTable returns the rows below a heading of errors.md, up to the next one of its level.
func errorTable(t *testing.T, heading string) []tableRow {
	t.Helper()
	text, err := os.ReadFile("errors.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	require.True(t, found, "no heading %q", heading)
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []tableRow
	for line := range strings.Lines(section) {
		m := errorRow.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		row := tableRow{code: m[1]}
		for s := range strings.SplitSeq(m[2], ", ") {
			status, err := strconv.Atoi(s)
			require.NoError(t, err, line)
			row.statuses = append(row.statuses, status)
		}
		rows = append(rows, row)
	}
	require.NotEmpty(t, rows)
	return rows
}

// stringsIn are the strings in the Go files below a folder, tests left out, that match.
func stringsIn(t *testing.T, folder string, pattern *regexp.Regexp) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && pattern.MatchString(text) {
					found[text] = true
				}
			}
			return true
		})
		return nil
	}))
	return found
}

// The page has each of the library's codes, and no other.
func TestErrors_codes(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`^PGRST[0-9X]\d\d$`)
	raised := map[string]bool{}
	for _, folder := range []string{"internal", "auth", "filter"} {
		maps.Copy(raised, stringsIn(t, filepath.Join(root, folder), code))
	}
	var listed []string
	for _, row := range errorTable(t, "Codes that begin with PGRST") {
		listed = append(listed, row.code)
	}
	require.ElementsMatch(t, slices.Sorted(maps.Keys(raised)), listed)
}

// The page has the status of each SQLSTATE: what it says of a class holds for all of its
// codes but for those that it names, and it names those that the library knows, or makes.
func TestErrors_sqlstates(t *testing.T) {
	t.Parallel()
	status := func(code string) int { return apierror.From(&pgconn.PgError{Code: code}, false).Status }
	listed := map[string]int{}
	for _, row := range errorTable(t, "SQLSTATEs: what PostgreSQL says") {
		require.Len(t, row.statuses, 1)
		listed[row.code] = row.statuses[0]
	}
	all := maps.Clone(listed)
	for _, row := range errorTable(t, "SQLSTATEs: what the library says") {
		all[row.code] = row.statuses[0]
	}
	named := stringsIn(t, filepath.Join(root, "internal", "apierror"), regexp.MustCompile(`^[0-9A-Z]{5}$`))
	for _, other := range []string{"54000", "22P02", "XX000", "P0002", "P0003", "PGRST"} {
		delete(named, other) // looked at for what else they tell
	}
	for code := range named {
		require.Contains(t, all, code)
	}
	for code, want := range listed {
		require.Equal(t, want, status(strings.ReplaceAll(code, "*", "0")), code)
	}
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, a := range digits {
		for _, b := range digits {
			class := string(a) + string(b)
			want, ok := listed[class+"***"]
			if !ok {
				want = http.StatusBadRequest
			}
			if class != "PT" {
				require.Equal(t, want, status(class+"Q7Z"), class)
			}
		}
	}
}

// errorSchema is what the requests of TestErrors_provoked go to.
const errorSchema = `
	CREATE SCHEMA api;
	CREATE TABLE api.people (id int PRIMARY KEY, name text);
	CREATE TABLE api.films (id int PRIMARY KEY, title text NOT NULL, director int REFERENCES api.people, writer int REFERENCES api.people);
	CREATE TABLE api.roles (id int PRIMARY KEY, film int REFERENCES api.films, name text);
	INSERT INTO api.people VALUES (1, 'Fritz Lang');
	INSERT INTO api.films VALUES (1, 'Metropolis', 1, 1), (2, 'M', 1, 1);
	CREATE FUNCTION api.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
	CREATE FUNCTION api.over(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
	CREATE FUNCTION api.over(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
	CREATE FUNCTION api.sleep() RETURNS void LANGUAGE sql AS 'SELECT pg_sleep(60)';
	CREATE FUNCTION api.headers() RETURNS text LANGUAGE sql AS $$ SELECT set_config('response.headers', 'no JSON', true) $$;
	CREATE FUNCTION api.status() RETURNS text LANGUAGE sql AS $$ SELECT set_config('response.status', 'fine', true) $$;
	CREATE FUNCTION api.raise() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE 'PGRST' USING MESSAGE = 'no JSON'; END $$;
	GRANT USAGE ON SCHEMA api TO pgrest_test_anon, pgrest_test_visitor;
	GRANT ALL ON ALL TABLES IN SCHEMA api TO pgrest_test_anon, pgrest_test_visitor`

// provocation is a request that is answered with an error.
type provocation struct {
	code    string
	status  int
	method  string // default: GET
	target  string // default: /films
	body    io.Reader
	header  map[string]string
	options func(*pgrest.Options)
	// pool takes the place of the database's; broken, if not nil, breaks its connections.
	pool   func(t *testing.T) pgrest.Pool
	during func(t *testing.T) // runs while the request does
	// patience is how long the client waits, if not forever; a negative one leaves at once.
	patience time.Duration
}

// slow is a body that doesn't come in time.
type slow struct{}

func (slow) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// Each code of the table comes with each of the statuses that the table says, and with no
// others as far as is known.
func TestErrors_provoked(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), errorSchema)
	require.NoError(t, err)
	pool := db.Pool(t)
	loaded := provoked(t, pool, nil)
	require.NoError(t, loaded.Ready(t.Context()))
	cache := loaded.SchemaCache()
	nowhere := func(t *testing.T) pgrest.Pool { return poolTo(t, "postgres://127.0.0.1:1/none?sslmode=disable", nil) }
	token := func(claims string) map[string]string {
		return map[string]string{"Authorization": "Bearer " + signed(t, claims)}
	}
	var lines wires
	seen := map[string][]int{}
	for _, p := range []provocation{
		{code: "PGRST000", status: 503, pool: nowhere, options: func(o *pgrest.Options) { o.SchemaCache = cache }},
		{code: "PGRST001", status: 503, method: "POST", target: "/rpc/sleep",
			pool:   func(t *testing.T) pgrest.Pool { return poolTo(t, db.AuthenticatorURL, &lines) },
			during: func(t *testing.T) { awaitSleep(t, db); lines.cut() }},
		{code: "PGRST002", status: 503, pool: nowhere},
		{code: "PGRST003", status: 504, options: func(o *pgrest.Options) { o.AcquireTimeout, o.SchemaCache = time.Millisecond, cache },
			pool: func(*testing.T) pgrest.Pool { return exhausted{} }},
		{code: "PGRST100", status: 400, target: "/films?id=equals.1"},
		{code: "PGRST100", status: 414, target: "/films?title=eq." + strings.Repeat("x", 70_000)},
		{code: "PGRST101", status: 405, method: "DELETE", target: "/rpc/one"},
		{code: "PGRST102", status: 400, method: "POST", body: strings.NewReader("{"), header: jsonBody},
		{code: "PGRST102", status: 408, method: "POST", body: slow{}, header: jsonBody},
		{code: "PGRST102", status: 413, method: "POST", body: strings.NewReader(`{"id": 3}`), header: jsonBody,
			options: func(o *pgrest.Options) { o.Limits.MaxBodyBytes = 3 }},
		{code: "PGRST102", status: 415, method: "QUERY", body: strings.NewReader("id=eq.1"), header: map[string]string{"Content-Type": "text/plain"}},
		{code: "PGRST103", status: 400, target: "/films?after=x"},
		{code: "PGRST103", status: 416, target: "/films?offset=3", header: map[string]string{"Prefer": "count=exact"}},
		{code: "PGRST105", status: 405, method: "PUT", target: "/films?title=eq.M", body: strings.NewReader(`{"id": 2}`), header: jsonBody},
		{code: "PGRST106", status: 406, header: map[string]string{"Accept-Profile": "private"}},
		{code: "PGRST107", status: 406, header: map[string]string{"Accept": "image/png"}},
		{code: "PGRST107", status: 431, header: map[string]string{"Accept": strings.Repeat("a/b,", 101) + "a/b"}},
		{code: "PGRST108", status: 400, target: "/films?people.id=eq.1"},
		{code: "PGRST111", status: 500, method: "POST", target: "/rpc/headers"},
		{code: "PGRST112", status: 500, method: "POST", target: "/rpc/status"},
		{code: "PGRST114", status: 400, method: "PUT", target: "/films?id=eq.1&limit=1", body: strings.NewReader(`{"id": 1}`), header: jsonBody},
		{code: "PGRST115", status: 400, method: "PUT", target: "/films?id=eq.1", body: strings.NewReader(`{"id": 2, "title": "M"}`), header: jsonBody},
		{code: "PGRST116", status: 406, header: map[string]string{"Accept": "application/vnd.pgrst.object+json"}},
		{code: "PGRST117", status: 405, method: "TRACE"},
		{code: "PGRST118", status: 400, target: "/films?select=*,roles(*)&order=roles(name)"},
		{code: "PGRST121", status: 500, method: "POST", target: "/rpc/raise"},
		{code: "PGRST122", status: 400, header: map[string]string{"Prefer": "handling=strict, colour=red"}},
		{code: "PGRST122", status: 431, header: map[string]string{"Prefer": strings.Repeat("a=b,", 101) + "a=b"}},
		{code: "PGRST123", status: 400, target: "/films?select=id.max()"},
		{code: "PGRST124", status: 400, method: "DELETE", target: "/films?id=gt.0", header: map[string]string{"Prefer": "handling=strict, max-affected=1"}},
		{code: "PGRST125", status: 404, target: "/films/1"},
		{code: "PGRST126", status: 404, target: "/", options: func(o *pgrest.Options) { o.OpenAPI = pgrest.OpenAPIDisabled }},
		{code: "PGRST127", status: 400, method: "PATCH", target: "/films?distinct=title", body: strings.NewReader(`{"title": "M"}`)},
		{code: "PGRST128", status: 400, method: "POST", target: "/rpc/one", header: map[string]string{"Prefer": "handling=strict, max-affected=1"}},
		{code: "PGRST200", status: 400, target: "/people?select=*,roles(*)"},
		{code: "PGRST201", status: 300, target: "/films?select=*,people(*)"},
		{code: "PGRST202", status: 404, target: "/rpc/one?a=1"},
		{code: "PGRST203", status: 300, target: "/rpc/over?a=1"},
		{code: "PGRST204", status: 400, method: "POST", target: "/films?columns=year", body: strings.NewReader(`{"year": 1}`), header: jsonBody},
		{code: "PGRST205", status: 404, target: "/film"},
		{code: "PGRST300", status: 500, header: token(`{}`), options: func(o *pgrest.Options) { o.JWTSecret = nil }},
		{code: "PGRST300", status: 503, header: token(`{}`), options: func(o *pgrest.Options) { o.JWTSecret, o.JWTKeySetURL = nil, "https://127.0.0.1:1/keys" }},
		{code: "PGRST301", status: 401, header: map[string]string{"Authorization": "Bearer nonsense"}},
		{code: "PGRST302", status: 401, options: func(o *pgrest.Options) { o.AnonRole = "" }},
		{code: "PGRST303", status: 401, header: token(`{"exp": 1}`)},
		{code: "PGRSTX00", status: 500, options: func(o *pgrest.Options) {
			o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) {
				return pgrest.Decision{}, errors.New("own")
			}
		}},
	} {
		seen[p.code] = append(seen[p.code], p.status)
		t.Run(fmt.Sprint(p.code, "_", p.status), func(t *testing.T) {
			t.Parallel()
			p.run(t, pool)
		})
	}
	listed := map[string][]int{}
	for _, row := range errorTable(t, "Codes that begin with PGRST") {
		listed[row.code] = row.statuses
	}
	require.Equal(t, listed, seen)
}

// So does each SQLSTATE that the library makes by itself.
func TestErrors_provoked_sqlstates(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), errorSchema)
	require.NoError(t, err)
	pool := db.Pool(t)
	token := func(role string) map[string]string {
		return map[string]string{"Authorization": "Bearer " + signed(t, `{"role": "`+role+`"}`)}
	}
	decide := func(d pgrest.Decision) func(*pgrest.Options) {
		return func(o *pgrest.Options) {
			o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) { return d, nil }
		}
	}
	visitor := token("pgrest_test_visitor")
	visitor["Content-Type"] = "application/json"
	onlyVagabond := pgrest.Decision{Filter: "title=eq.Vagabond"}
	unlimited := func(o *pgrest.Options) {
		o.Limits = pgrest.Limits{MaxQueryBytes: -1, MaxConditions: -1, MaxSelectItems: -1}
	}
	var rows strings.Builder
	for id := range 300 {
		fmt.Fprintf(&rows, `{"id": %d, "name": "%s"},`, id, strings.Repeat("x", 10_000))
	}
	var columns strings.Builder
	for n := range 1665 {
		fmt.Fprintf(&columns, ",c%d:id", n)
	}
	merge := map[string]string{"Content-Type": "application/json", "Prefer": "resolution=merge-duplicates"}
	matching := map[string]string{"Content-Type": "application/json", "If-Match": `"a"`}
	written := map[string]string{"Content-Type": "application/json", "Prefer": "return=representation"}
	seen := map[string][]int{
		"53400": {429, 503},                            // in limits_concurrency_test.go of internal/apitest
		"42710": {422}, "54000": {422}, "55P03": {409}, // in idempotency_test.go there
	}
	for _, p := range []provocation{
		{code: "02000", status: 404, method: "PUT", target: "/people?id=eq.9", body: strings.NewReader(`{"id": 9}`), header: matching},
		{code: "0A000", status: 400, target: "/films?select=id::any"},
		{code: "22023", status: 400, method: "DELETE", target: "/roles?id=eq.1", header: map[string]string{"Idempotency-Key": "no string"},
			options: func(o *pgrest.Options) { o.Idempotency.Schema = "private" }},
		{code: "22023", status: 401, header: token("none")},
		{code: "42501", status: 403, method: "POST", body: strings.NewReader(`{"id": 3, "title": "M"}`), header: visitor, options: decide(onlyVagabond)},
		{code: "42501", status: 401, method: "POST", body: strings.NewReader(`{"id": 3, "title": "M"}`), header: jsonBody, options: decide(onlyVagabond)},
		{code: "42703", status: 400, target: "/films?select=to_json", options: decide(pgrest.Decision{})},
		{code: "42704", status: 400, method: "POST", target: "/films?on_conflict=constraint(none)", body: strings.NewReader(`{"id": 1, "title": "M"}`), header: merge},
		{code: "42P10", status: 400, target: "/films?select=id&distinct=title&order=id"},
		{code: "53100", status: 500, method: "POST", target: "/roles", header: written,
			body:    strings.NewReader("[" + strings.TrimSuffix(rows.String(), ",") + "]"),
			options: func(o *pgrest.Options) { o.MaxSpoolBytes = -1 }},
		{code: "54001", status: 400, options: func(o *pgrest.Options) { o.Limits.MaxCost = 0.001 }},
		{code: "54011", status: 500, target: "/films?select=" + columns.String()[1:], options: unlimited},
		{code: "54023", status: 414, target: "/films?" + strings.Repeat("id=eq.1&", 65_536), options: unlimited},
		{code: "55000", status: 412, method: "DELETE", target: "/roles", header: matching},
		{code: "57014", status: 499, method: "POST", target: "/rpc/sleep", patience: -1},
		{code: "57014", status: 504, method: "POST", target: "/rpc/sleep", patience: 50 * time.Millisecond},
	} {
		seen[p.code] = append(seen[p.code], p.status)
		t.Run(fmt.Sprint(p.code, "_", p.status), func(t *testing.T) {
			t.Parallel()
			p.run(t, pool)
		})
	}
	listed := map[string][]int{}
	for _, row := range errorTable(t, "SQLSTATEs: what the library says") {
		listed[row.code] = row.statuses
	}
	require.Equal(t, listed, seen)
}

var jsonBody = map[string]string{"Content-Type": "application/json"}

func (p provocation) run(t *testing.T, pool pgrest.Pool) {
	if p.pool != nil {
		pool = p.pool(t)
	}
	api := provoked(t, pool, p.options)
	var background sync.WaitGroup
	defer background.Wait()
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	switch {
	case p.during != nil:
		background.Go(func() { p.during(t) })
	case p.patience != 0:
		require.NoError(t, api.Ready(ctx))
		if p.patience < 0 {
			leave()
		} else {
			ctx, leave = context.WithTimeout(ctx, p.patience)
			defer leave()
		}
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, p.request(ctx))
	require.Equal(t, p.status, w.Code, w.Body)
	var body struct{ Code string }
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body)
	require.Equal(t, p.code, body.Code)
	require.Equal(t, "PostgREST; error="+p.code, w.Header().Get("Proxy-Status"))
	if p.status == http.StatusServiceUnavailable {
		require.NotEmpty(t, w.Header().Get("Retry-After"))
	}
	if p.status == http.StatusUnauthorized {
		require.NotEmpty(t, w.Header().Get("WWW-Authenticate"))
	}
}

func (p provocation) request(ctx context.Context) *http.Request {
	r := httptest.NewRequestWithContext(ctx, cmp.Or(p.method, http.MethodGet), cmp.Or(p.target, "/films"), p.body)
	for name, value := range p.header {
		r.Header.Set(name, value)
	}
	return r
}

// provoked makes a handler.
func provoked(t *testing.T, pool pgrest.Pool, change func(*pgrest.Options)) *pgrest.Handler {
	t.Helper()
	opts := pgrest.Options{
		Schemas: []string{"api"}, AnonRole: "pgrest_test_anon", JWTSecret: []byte(secret), DisableListener: true,
		Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&opts)
	}
	api, err := pgrest.New(pool, opts)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	return api
}

// exhausted is a pool all of whose connections are in use.
type exhausted struct{}

func (exhausted) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// wires are the connections of a pool to the database, as the network has them.
type wires struct {
	mu  sync.Mutex
	all []net.Conn
}

func (w *wires) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.all {
		_ = c.Close()
	}
}

// poolTo makes a pool whose connections are noted in lines, if that isn't nil.
func poolTo(t *testing.T, url string, lines *wires) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	if dial := config.ConnConfig.DialFunc; lines != nil {
		config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			lines.mu.Lock()
			defer lines.mu.Unlock()
			lines.all = append(lines.all, c)
			return c, err
		}
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// awaitSleep waits until a request sleeps in the database.
func awaitSleep(t *testing.T, db *pgtest.Database) {
	t.Helper()
	pool := db.Superuser(t)
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		var asleep bool
		err := pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')`).Scan(&asleep)
		if err != nil || asleep {
			assert.NoError(t, err)
			return
		}
	}
	t.Error("no request sleeps")
}
