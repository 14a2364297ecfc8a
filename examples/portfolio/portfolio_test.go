package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/pgresttest"
)

var server pgresttest.Server // its databases are empty: the program migrates

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// The whole program runs only once, on a new database, since its roles belong to the server.
func TestPortfolio(t *testing.T) {
	t.Parallel()
	s := start(t)
	t.Run("printed_lines_do_what_they_say", s.testTour)
	t.Run("answers_equal_the_database", s.testReads)
	t.Run("all_digits_of_a_number_survive", s.testDigits)
	t.Run("assets_are_masked", s.testMasked)
	t.Run("csv", s.testCSV)
	t.Run("private_tables_are_hidden", s.testHidden)
	t.Run("all_trades_needs_a_producer", s.testProducer)
	t.Run("content_location_knows_the_mount", s.testContentLocation)
	t.Run("host_has_its_own_pages", s.testHost)
	t.Run("migrating_again_changes_nothing", s.testMigrateAgain)
}

// running is the running program, as seen from outside.
type running struct {
	url   string
	token string // read from what the program prints
	text  string
	db    *pgxpool.Pool // a superuser's, to compare with
}

// printed sends what is written to it.
type printed chan string

func (p printed) Write(text []byte) (int, error) {
	p <- string(text)
	return len(text), nil
}

// start runs the program until the test ends, and then checks that it stops.
func start(t *testing.T) *running {
	t.Helper()
	database := server.Clone(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	out, stopped := make(printed, 1), make(chan error, 1)
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	go func() { stopped <- serve(ctx, listener, database.URL, out, logger) }()

	s := &running{url: "http://" + listener.Addr().String(), db: database.Pool(t, "")}
	select {
	case s.text = <-out:
	case err := <-stopped:
		require.FailNow(t, "the program ended", "%v", err)
	}
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-stopped)
		_, err := net.Dial("tcp", listener.Addr().String())
		require.Error(t, err, "nobody listens any more")
	})
	token := regexp.MustCompile(`(?m)^TOKEN=(.+)$`).FindStringSubmatch(s.text)
	require.NotNil(t, token)
	s.token = token[1]
	return s
}

// get asks for a path, with headers given as name, value, name, value.
func (s *running) get(t *testing.T, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

// query asks the database for one value's text.
func (s *running) query(t *testing.T, sql string) string {
	t.Helper()
	var text string
	require.NoError(t, s.db.QueryRow(t.Context(), sql).Scan(&text))
	return text
}

// decode keeps the digits of numbers, which the usual float64 would not.
func decode(t *testing.T, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), text)
	return v
}

func (s *running) testTour(t *testing.T) {
	t.Parallel()
	for _, step := range tour {
		t.Run(step.Note, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, s.text, "# "+step.title()+"\n"+step.curl(s.url)+"\n")
			var headers []string
			if step.Accept != "" {
				headers = append(headers, "Accept", step.Accept)
			}
			if step.Producer {
				headers = append(headers, "Authorization", "Bearer "+s.token)
			}
			response, body := s.get(t, step.Path, headers...)
			require.Equal(t, cmp.Or(step.Refused, http.StatusOK), response.StatusCode, body)
			require.NotEqual(t, "[]", body, "a line that is worth trying has an answer")
		})
	}
}

func (s *running) testReads(t *testing.T) {
	t.Parallel()
	object := []string{"Accept", "application/vnd.pgrst.object+json"}
	tests := map[string]struct {
		path    string
		headers []string
		want    string // SQL of the rows
	}{
		"hello_world": {
			path: "/api/hello_world",
			want: `SELECT 'Hello, world!' AS greeting, 'api_anon' AS role`,
		},
		"filter_order_and_limit": {
			path: "/api/portfolio_history?market=eq.BTC-USD&interval=eq.1d&order=timestamp.desc&limit=5",
			want: `SELECT * FROM portfolio.portfolio_history WHERE market = 'BTC-USD' AND interval = '1d'
			       ORDER BY timestamp DESC LIMIT 5`,
		},
		"filter_by_a_long_number": {
			path: "/api/portfolio_history?select=market,value&value=gte.150000.000000000000000001&order=value,market&limit=20&offset=3",
			want: `SELECT market, value FROM portfolio.portfolio_history WHERE value >= 150000.000000000000000001
			       ORDER BY value, market LIMIT 20 OFFSET 3`,
		},
		"logic": {
			path: "/api/portfolio_history?select=timestamp,price&interval=eq.1h&or=(market.eq.SOL-USD,and(market.eq.DOGE-USD,price.lt.0.09))&order=timestamp,price",
			want: `SELECT timestamp, price FROM portfolio.portfolio_history WHERE interval = '1h'
			       AND (market = 'SOL-USD' OR market = 'DOGE-USD' AND price < 0.09) ORDER BY timestamp, price`,
		},
		"in_a_list": {
			path: "/api/latest_trades?base_asset=in.(BTC,ETH)&side=eq.buy&order=timestamp.desc,price",
			want: `SELECT * FROM api.latest_trades WHERE base_asset IN ('BTC', 'ETH') AND side = 'buy' ORDER BY timestamp DESC, price`,
		},
		"renamed_and_cast": {
			path: "/api/latest_trades?select=when:timestamp,price::text&order=timestamp.desc,price&limit=3",
			want: `SELECT timestamp AS "when", price::text FROM api.latest_trades ORDER BY timestamp DESC, latest_trades.price LIMIT 3`,
		},
		"one_row_as_an_object": {
			path:    "/api/portfolio_summary",
			headers: object,
			want:    `SELECT * FROM api.portfolio_summary`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, body := s.get(t, test.path, test.headers...)
			require.Equal(t, http.StatusOK, response.StatusCode, body)
			aggregate := `json_agg(r)`
			if test.headers != nil {
				aggregate = `to_json(r)`
			}
			want := s.query(t, `SELECT `+aggregate+`::text FROM (`+test.want+`) AS r`)
			require.Equal(t, decode(t, want), decode(t, body))
		})
	}
}

func (s *running) testDigits(t *testing.T) {
	t.Parallel()
	_, body := s.get(t, "/api/portfolio_summary", "Accept", "application/vnd.pgrst.object+json")
	var summary struct {
		LastTimestamp int64       `json:"last_timestamp"`
		Volume        json.Number `json:"volume_30d"`
		Trades        int         `json:"trades_30d"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &summary))
	want := s.query(t, `SELECT volume_30d::text FROM api.portfolio_summary`)
	require.Equal(t, want, summary.Volume.String())
	require.Regexp(t, `^\d{6,}\.\d{18}$`, want, "more digits than a float64 has")
	require.Positive(t, summary.LastTimestamp)
	require.Greater(t, summary.Trades, 1000)
}

func (s *running) testMasked(t *testing.T) {
	t.Parallel()
	_, body := s.get(t, "/api/latest_trades?select=base_asset")
	var trades []struct {
		BaseAsset string `json:"base_asset"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &trades))
	require.Len(t, trades, 100)
	seen := map[string]bool{}
	for _, trade := range trades {
		seen[trade.BaseAsset] = true
	}
	require.Equal(t, map[string]bool{"BTC": true, "ETH": true, "???": true}, seen)
}

func (s *running) testCSV(t *testing.T) {
	t.Parallel()
	response, body := s.get(t, "/api/latest_trades?order=timestamp.desc&limit=1", "Accept", "text/csv")
	require.Equal(t, "text/csv; charset=utf-8", response.Header.Get("Content-Type"))
	records, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	require.NoError(t, err)
	price := s.query(t, `SELECT price::text FROM api.latest_trades LIMIT 1`)
	amount := s.query(t, `SELECT amount::text FROM api.latest_trades LIMIT 1`)
	require.Len(t, records, 2)
	require.Equal(t, []string{"timestamp", "base_asset", "quote_asset", "side", "price", "amount"}, records[0])
	require.Equal(t, []string{price, amount}, records[1][4:])
}

func (s *running) testHidden(t *testing.T) {
	t.Parallel()
	bearer := []string{"Authorization", "Bearer " + s.token}
	for _, headers := range [][]string{nil, bearer} {
		response, body := s.get(t, "/api/trades", headers...)
		require.Equal(t, http.StatusNotFound, response.StatusCode, body)
		response, body = s.get(t, "/api/portfolio.trades", headers...)
		require.Equal(t, http.StatusNotFound, response.StatusCode, body)
		response, body = s.get(t, "/api/trades", append(headers, "Accept-Profile", "portfolio")...)
		require.Equal(t, http.StatusNotAcceptable, response.StatusCode, body)
	}
}

func (s *running) testProducer(t *testing.T) {
	t.Parallel()
	response, body := s.get(t, "/api/all_trades?limit=1")
	require.Equal(t, http.StatusUnauthorized, response.StatusCode, body)

	response, body = s.get(t, "/api/all_trades?limit=1", "Authorization", "Bearer "+s.token[:len(s.token)-2])
	require.Equal(t, http.StatusUnauthorized, response.StatusCode, body)

	response, body = s.get(t, "/api/all_trades?order=id&limit=2", "Authorization", "Bearer "+s.token, "Prefer", "count=exact")
	require.Equal(t, http.StatusPartialContent, response.StatusCode, body)
	require.Equal(t, "0-1/4000", response.Header.Get("Content-Range"))
	want := s.query(t, `SELECT json_agg(r)::text FROM (SELECT * FROM portfolio.trades ORDER BY id LIMIT 2) AS r`)
	require.Equal(t, decode(t, want), decode(t, body))

	_, body = s.get(t, "/api/hello_world?select=role", "Authorization", "Bearer "+s.token)
	require.JSONEq(t, `[{"role":"api_data_producer"}]`, body)
}

func (s *running) testContentLocation(t *testing.T) {
	t.Parallel()
	response, _ := s.get(t, "/api/portfolio_history?order=timestamp&limit=1")
	require.Equal(t, "/api/portfolio_history?limit=1&order=timestamp", response.Header.Get("Content-Location"))
}

func (s *running) testHost(t *testing.T) {
	t.Parallel()
	response, body := s.get(t, "/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	require.Contains(t, body, `<a href="/api/hello_world">`)

	response, _ = s.get(t, "/hello_world")
	require.Equal(t, http.StatusNotFound, response.StatusCode, "the API has no paths but its own")
}

func (s *running) testMigrateAgain(t *testing.T) {
	t.Parallel()
	const rows = `SELECT count(*) || ' ' || (SELECT count(*) FROM portfolio.portfolio_history) FROM portfolio.trades`
	before := s.query(t, rows)
	conn, err := s.db.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.NoError(t, migrate(t.Context(), conn.Conn()))
	require.Equal(t, before, s.query(t, rows))
}
