package apitest_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// modesVariable is the environment variable that says in which modes run and runInTurn
// ask their exchanges again: the names of some, or parts of names, between commas, "all"
// or "none". Without it they are asked in a few.
const modesVariable = "PGREST_TEST_MODES"

// fewModes are those without the variable: every way to send a statement, and every
// setting at once.
var fewModes = []string{"threshold", "unprepared", "login/all", "role/all"}

// mode is a way to open an API in which it has to answer as it does in the plain one:
// with the same status, headers and body.
type mode struct {
	name string
	// settings are those that somebody makes, by their names in lower case.
	settings map[string]string
	// change is what is different in the options.
	change option
	// connect is what is different in the connections.
	connect func(t *testing.T, config *pgxpool.Config)
	// sql makes a variant of the fixture for the mode; without it, it is the database
	// that the test has.
	sql string
	// times is how often each exchange is asked.
	times int
	// streamed says that the body goes out before the answer is known to its end.
	streamed bool
}

// settingsOfModes are the settings that databases, roles, functions and pre-request
// functions have in the modes.
var settingsOfModes = map[string]string{
	"default_transaction_read_only": "on",
	"default_transaction_isolation": "serializable",
	"datestyle":                     "German",
	"intervalstyle":                 "sql_standard",
	"bytea_output":                  "escape",
	"extra_float_digits":            "0",
	"timezone":                      "Asia/Kolkata",
	"standard_conforming_strings":   "off",
	"search_path":                   "",
	"client_encoding":               "LATIN1",
}

// allModes lists the modes. Whoever sets a setting does it alone and with all others.
func allModes() []mode {
	modes := []mode{
		{name: "threshold", change: func(o *pgrest.Options) { o.BodyThreshold = 1 }, streamed: true},
		{name: "unprepared", change: withoutStatements},
		{name: "twice", times: 2, connect: func(_ *testing.T, c *pgxpool.Config) { c.MaxConns = 1 }},
		{name: "encoders", change: encoding("text/tab-separated-values", newTabSeparated)},
		{name: "pooler/prepared", times: 2, connect: connectThroughPooler(1.21, "max_prepared_statements = 20\n")},
		{name: "pooler/unprepared", times: 2, connect: connectThroughPooler(0, ""), change: withoutStatements},
	}
	names := slices.Sorted(maps.Keys(settingsOfModes))
	for _, name := range names {
		modes = append(modes, settingModes(name, map[string]string{name: settingsOfModes[name]})...)
	}
	return append(modes, settingModes("all", settingsOfModes)...)
}

// settingModes are the ways in which somebody can make settings.
func settingModes(name string, settings map[string]string) []mode {
	set := map[string]func(name, value string) string{
		"database": func(name, value string) string {
			return fmt.Sprintf("EXECUTE format('ALTER DATABASE %%I SET %s = %%L', current_database(), '%s');", name, value)
		},
		"role": func(name, value string) string {
			return fmt.Sprintf(`FOREACH whose IN ARRAY '{anon,visitor,curator}'::text[] LOOP
				EXECUTE format('ALTER ROLE %%I IN DATABASE %%I SET %s = %%L', 'pgrest_test_' || whose, current_database(), '%s'); END LOOP;`, name, value)
		},
		"function": func(name, value string) string {
			return fmt.Sprintf(`FOR whose IN SELECT oid::regprocedure::text FROM pg_proc WHERE prokind = 'f'
				AND prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql')) AND pronamespace IN ('archive'::regnamespace, 'archive_v2'::regnamespace) LOOP
				EXECUTE format('ALTER FUNCTION %%s SET %s = %%L', whose, '%s'); END LOOP;`, name, value)
		},
	}
	modes := []mode{
		{name: "login/" + name, settings: settings, connect: func(_ *testing.T, c *pgxpool.Config) { maps.Copy(c.ConnConfig.RuntimeParams, settings) }},
		{name: "pre-request/" + name, settings: settings, sql: preRequestOf(settings), change: func(o *pgrest.Options) { o.PreRequest = "modes.pre_request" }},
	}
	for _, who := range slices.Sorted(maps.Keys(set)) {
		sql := "DO $$ DECLARE whose text; BEGIN "
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			if who == "function" && name == "search_path" && len(settings) > 1 {
				continue // of functions whose texts don't qualify names
			}
			sql += set[who](name, settings[name])
		}
		modes = append(modes, mode{name: who + "/" + name, settings: settings, sql: sql + " END $$"})
	}
	return modes
}

// preRequestOf makes a pre-request function that makes the settings.
func preRequestOf(settings map[string]string) string {
	var calls []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		calls = append(calls, fmt.Sprintf("pg_catalog.set_config('%s', '%s', true)", name, settings[name]))
	}
	return `CREATE SCHEMA modes; GRANT USAGE ON SCHEMA modes TO PUBLIC;
		CREATE FUNCTION modes.pre_request() RETURNS void LANGUAGE sql AS $$ SELECT ` + strings.Join(calls, ", ") + ` $$`
}

// modes are those that are asked for.
var modes = sync.OnceValue(func() []mode {
	wanted, ok := os.LookupEnv(modesVariable)
	switch {
	case wanted == "all":
		return allModes()
	case wanted == "none":
		return nil
	case !ok:
		wanted = strings.Join(fewModes, ",")
	}
	return slices.DeleteFunc(allModes(), func(m mode) bool {
		return !slices.ContainsFunc(strings.Split(wanted, ","), func(part string) bool { return strings.Contains(m.name, part) })
	})
})

// opening is how an API was opened, for it to be opened again in modes.
type opening struct {
	pool    *pgxpool.Pool
	options pgrest.Options
	fixture bool // over the fixture that tests share
}

// openings has the opening of each API that can be opened again.
var openings sync.Map

// remember takes note of how an API was opened. One whose connections go another way than
// those of pgtest, as through a pooler, isn't opened again.
func remember(t testing.TB, api *pgrest.Handler, pool pgrest.Pool, options pgrest.Options) {
	t.Helper()
	plain, ok := pool.(*pgxpool.Pool)
	if !ok {
		return
	}
	fixture := pgtest.Fixture(t).AuthenticatorURL
	direct, err := pgxpool.ParseConfig(fixture)
	require.NoError(t, err)
	config := plain.Config()
	if to, usual := config.ConnConfig, direct.ConnConfig; to.Host == usual.Host && to.Port == usual.Port {
		openings.Store(api, opening{pool: plain, options: options, fixture: config.ConnString() == fixture})
	}
}

// asker is an exchange or a write.
type asker interface {
	request(t testing.TB) *http.Request
}

// runInModes asks the exchanges again in each mode, and wants the plain answers. Those
// that would leave a trace are asked only of an API that lets them leave none.
func runInModes[A asker](t *testing.T, api http.Handler, parallel bool, exchanges []A) {
	t.Helper()
	handler, ok := api.(*pgrest.Handler)
	if !ok {
		return
	}
	found, ok := openings.Load(handler)
	if !ok {
		return
	}
	o := found.(opening)
	plain := make([]func() recorded, len(exchanges))
	for i, x := range exchanges {
		plain[i] = sync.OnceValue(func() recorded { return record(handler, x.request(t)) })
	}
	for _, m := range modes() {
		if m.sql != "" && (!o.fixture || m.change != nil && o.options.PreRequest != "") {
			continue
		}
		t.Run("mode="+m.name, func(t *testing.T) {
			if parallel {
				t.Parallel()
			}
			again := m.open(t, o)
			for i, x := range exchanges {
				r := x.request(t)
				if o.leavesTraces(r) || m.rightly(r, plain[i]()) {
					continue
				}
				for range max(m.times, 1) {
					m.compare(t, r, plain[i](), record(again, x.request(t)))
				}
			}
		})
	}
}

// leavesTraces reports a request that may change what later ones see.
func (o opening) leavesTraces(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	rollsBack := o.options.TxEnd == pgrest.TxRollback || o.options.TxEnd == pgrest.TxRollbackAllowOverride
	return !rollsBack || strings.Contains(strings.Join(r.Header.Values("Prefer"), ","), "tx=commit")
}

// open opens an API as o was, in the mode.
func (m mode) open(t *testing.T, o opening) *pgrest.Handler {
	t.Helper()
	config := o.pool.Config()
	if m.sql != "" {
		variant, err := pgxpool.ParseConfig(pgtest.Variant(t, m.sql).AuthenticatorURL)
		require.NoError(t, err)
		config.ConnConfig.Database = variant.ConnConfig.Database
	}
	config.MaxConns, config.MaxConnIdleTime, config.HealthCheckPeriod = 4, time.Second, time.Second
	if m.connect != nil {
		m.connect(t, config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	options := o.options
	if m.change != nil {
		encoders := options.Encoders
		m.change(&options)
		if len(encoders) > 0 { // beside those of the mode
			options.Encoders = maps.Clone(options.Encoders)
			maps.Copy(options.Encoders, encoders)
		}
	}
	api, err := pgrest.New(pool, options)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, api.Ready(ctx))
	return api
}

// recorded is an answer.
type recorded struct {
	status  int
	header  http.Header
	trailer http.Header
	body    string
	broken  bool // off
}

func record(api http.Handler, r *http.Request) (answer recorded) {
	w := httptest.NewRecorder()
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler {
			panic(v)
		} else if v != nil {
			answer = recorded{broken: true}
		}
	}()
	api.ServeHTTP(w, r)
	result := w.Result()
	answer = recorded{status: w.Code, header: result.Header, trailer: result.Trailer, body: w.Body.String()}
	if r.Method == http.MethodHead {
		answer.body = ""
	}
	return answer
}

// asked counts the answers that were compared, by mode.
var asked sync.Map

// tellModes tells how many answers were compared, if the modes were asked for.
func tellModes() {
	if _, ok := os.LookupEnv(modesVariable); !ok {
		return
	}
	total := int64(0)
	for _, m := range modes() {
		if n, ok := asked.Load(m.name); ok {
			count := n.(*atomic.Int64).Load()
			total += count
			fmt.Fprintf(os.Stderr, "%6d answers in the mode %s\n", count, m.name)
		}
	}
	fmt.Fprintf(os.Stderr, "%6d answers in %d modes\n", total, len(modes()))
}

// compare wants the answer that the plain API gave. A body that goes out before its end
// is known has no length and no tag, tells its range behind it, and is broken off by an error.
// Other tags may be others: of a row that was written again, and of times in another zone.
func (m mode) compare(t *testing.T, r *http.Request, plain, got recorded) {
	t.Helper()
	n, _ := asked.LoadOrStore(m.name, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
	about := r.Method + " " + r.URL.String()
	if m.streamed {
		if got.broken {
			require.GreaterOrEqual(t, plain.status, http.StatusBadRequest, about)
			return
		}
		plain.header = plain.header.Clone()
		if got.header.Get("Content-Length") == "" {
			plain.header.Del("Content-Length")
		}
		got.header.Del("Trailer")
		if value := got.trailer.Get("Content-Range"); value != "" {
			got.header.Set("Content-Range", value)
		}
		got.trailer = nil
	}
	plain, got = plain.withoutTag(), got.withoutTag()
	if m.streamed {
		delete(plain.header, hasTag)
		delete(got.header, hasTag)
	}
	if _, ok := m.settings["timezone"]; ok {
		plain, got = plain.inUTC(), got.inUTC()
	}
	assert.Equal(t, plain, got, about)
}

// hasTag stands for a header Etag of whatever value.
const hasTag = "has a tag"

// withoutTag has the answer tell of its tag only that there is one.
func (a recorded) withoutTag() recorded {
	if tag := a.header.Get("Etag"); tag != "" {
		a.header = a.header.Clone()
		a.header.Del("Etag")
		a.header[hasTag] = []string{"yes"}
	}
	return a
}

// zoned is a time as JSON has it, with the offset of its zone.
var zoned = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\d(\.\d+)?(\+|-|%2B)\d\d(:|%3A)\d\d`)

// inUTC shows the times in an answer without the offset of their zone, which is all that
// a setting may change of them.
func (a recorded) inUTC() recorded {
	utc := func(text string) string {
		return zoned.ReplaceAllStringFunc(text, func(text string) string {
			plain := strings.NewReplacer("%3A", ":", "%2B", "+").Replace(text)
			at, err := time.Parse(time.RFC3339Nano, plain)
			if err != nil {
				return text
			}
			return at.UTC().Format(time.RFC3339Nano)
		})
	}
	a.header, a.body = a.header.Clone(), utc(a.body)
	for name, values := range a.header {
		a.header[name] = []string{utc(strings.Join(values, "\n"))}
	}
	a.header.Del("Content-Length")
	return a
}

// exception is what a mode may rightly change: an answer that PostgreSQL or a function
// writes as the setting says, or what cannot be told before the body goes out.
type exception struct {
	of            string // a setting, or a part of the modes' names; any for the empty one
	about, answer string // patterns of the request's method, URL and Accept, and of the plain answer
	why           string
}

// named are what is looked up along the search path: computed fields, types that aren't
// PostgreSQL's own, and what asks for the path itself.
const named = `search_path|full_title|is_long|colour=like|::(stars|language)`

var exceptions = []exception{
	{"", `POST /(directors|counters|lost%20%26|Case%20Numbers).*columns=`, ``, "the next number of a sequence, which no rollback gives back"},
	{"threshold", `GET /responses`, ``, "a read's rows make settings of the response, which comes before them"},
	{"intervalstyle", ``, `"\d\d:\d\d:\d\d|\d (year|day|hour)|row contains`, "an interval's text, as to_json has it"},
	{"bytea_output", ``, `\\\\x`, "the text of bytes, as to_json has it"},
	{"datestyle", ``, `row contains|[\[(,][\\"]*\d{4}-\d\d-\d\d`, "PostgreSQL's text of a row, or of a range"},
	{"datestyle", `text/csv|stamp\(\)(::|%3A%3A)text`, `\d{4}-\d\d-\d\d`, "PostgreSQL's text of a date"},
	{"datestyle", `POST /`, `text/csv.*\d{4}-\d\d-\d\d \d\d:`, "PostgreSQL's text of a time, in the CSV of a batch"},
	{"timezone", ``, ` \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d`, "PostgreSQL's text of a time, in a row or a range"},
	{"timezone", `setting\?name=timezone`, ``, "the zone's name"},
	{"standard_conforming_strings", `/rpc/(raw|bytes|bytes_hex|plain|some_bytes)|directors.*text/csv|octet-stream`, ``, "a function whose text has backslashes"},
	{"default_transaction_isolation", `isolation`, ``, "a role and a function have isolation levels of their own"},
	{"role/search_path", named, ``, "a role's own search path"},
	{"role/all", named, ``, "a role's own search path"},
	{"pre-request/search_path", named, ``, "a search path that the pre-request function chose"},
	{"pre-request/all", named, ``, "a search path that the pre-request function chose"},
	{"function/search_path", `setting\?name=search_path`, ``, "a function's own search path"},
}

// rightly reports an answer that may be another in the mode.
func (m mode) rightly(r *http.Request, plain recorded) bool {
	about := r.Method + " " + r.URL.RequestURI() + " " + strings.Join(r.Header.Values("Accept"), ",")
	return slices.ContainsFunc(exceptions, func(e exception) bool {
		_, set := m.settings[e.of]
		return (set || strings.Contains(m.name, e.of)) && regexp.MustCompile(e.about).MatchString(about) && regexp.MustCompile(e.answer).MatchString(plain.body)
	})
}

// withoutStatements is for poolers that give every transaction another connection.
func withoutStatements(o *pgrest.Options) { o.DisablePreparedStatements = true }
