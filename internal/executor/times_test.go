package executor_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/query"
)

// wholeDays and instants are expressions for dates and timestamps of all kinds: both
// ends of what PostgreSQL knows, both eras, leap days, and some thousand others.
const (
	wholeDays = `SELECT v::date FROM (VALUES ('infinity'), ('-infinity'), (NULL), ('4714-11-24 BC'), ('0001-12-31 BC'),
			('0044-03-15 BC'), ('0001-01-01'), ('1999-12-31'), ('2000-01-01'), ('2020-02-29'), ('9999-12-31'), ('10000-01-01'), ('5874897-12-31')) one(v)
		UNION ALL SELECT '2000-01-01'::date + i * 977 FROM generate_series(-2000, 4000) i`
	instants = `SELECT v::timestamp FROM (VALUES ('infinity'), ('-infinity'), (NULL), ('4714-11-24 00:00:00 BC'), ('0044-03-15 12:00:00.5 BC'),
			('0001-12-31 23:59:59.999999 BC'), ('0001-01-01'), ('1969-12-31 23:59:59.999999'), ('1999-12-31 23:59:59.9'), ('2000-01-01'),
			('2020-02-29 10:00:00.000001'), ('2020-02-29 10:00:00.12'), ('9999-12-31 23:59:59'), ('10000-01-01'), ('294276-12-31 23:59:59.999999')) one(v)
		UNION ALL SELECT '2000-01-01'::timestamp + i * interval '1003 days 17:13:19.000123' FROM generate_series(-700, 4000) i`
)

// timed has the times of cmd's result come in binary format where they may; the types
// of its columns are these, 0 standing for any other.
func timed(cmd task, oids ...uint32) task {
	cmd.Program.Times = query.NewTimes(oids)
	return cmd
}

// What comes in binary format reads as PostgreSQL would have written it, on the first
// use of a statement as on later ones, prepared or not.
func TestOnce_times(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sql  string
		oids []uint32
	}{
		"date":        {wholeDays, []uint32{oid.Date}},
		"timestamp":   {instants, []uint32{oid.Timestamp}},
		"timestamptz": {`SELECT v::timestamptz, v::text FROM (` + instants + `) all_of_them(v)`, []uint32{oid.TimestampTZ, 0}},
		"domain":      {`SELECT v::information_schema.time_stamp FROM (` + instants + `) all_of_them(v)`, []uint32{oid.TimestampTZ}},
		"among others": {`SELECT 1, v, 'text', NULL::date, v::date, v, NULL FROM (` + instants + `) all_of_them(v)`,
			[]uint32{0, oid.Timestamp, 0, oid.Date, oid.Date, oid.Timestamp, 0}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			asWritten, _ := run(t, pool, command(anon, tt.sql))
			require.Greater(t, len(asWritten), 4000)
			for _, prepares := range []bool{true, true, false} {
				result, err := once(t.Context(), executor.New(pool, prepares), timed(command(anon, tt.sql), tt.oids...))
				require.NoError(t, err)
				require.Equal(t, asWritten, collect(result))
				result.Close()
			}
		})
	}
}

// The text of a timestamptz is that of the session's time zone, whoever sets it. Where
// the DateStyle isn't known to be ISO, its JSON is PostgreSQL's.
func TestOnce_times_of_sessions(t *testing.T) {
	t.Parallel()
	const (
		sql    = `SELECT '2020-01-01 12:00:00+00'::timestamptz`
		inJSON = `SELECT to_json('2020-01-01 12:00:00+00'::timestamptz)`
		utc    = "2020-01-01 12:00:00+00"
		tokyo  = "2020-01-01 21:00:00+09"
	)
	setting := func(name, value string) func(task) task {
		return func(c task) task { return set(c, name, value) }
	}
	before := func(sql string) func(task) task {
		return func(c task) task { return prepared(c, sql) }
	}
	text := func(c task) task {
		c.Program.Times.Text, c.Program.Times.JSON = true, nil
		return c
	}
	as := func(c task) task { return c }
	tests := map[string]struct {
		session string
		change  func(task) task
		want    string
	}{
		"UTC":                        {"SET TimeZone = 'UTC'", as, utc},
		"UTC by another name":        {"SET TimeZone = 'Etc/UTC'", as, utc},
		"another for the session":    {"SET TimeZone = 'Asia/Tokyo'", as, tokyo},
		"preferred":                  {"SET TimeZone = 'UTC'", setting("timezone", "Asia/Tokyo"), tokyo},
		"UTC preferred":              {"SET TimeZone = 'Asia/Tokyo'", setting("timezone", "UTC"), utc},
		"set before":                 {"SET TimeZone = 'UTC'", before(`SELECT set_config('TimeZone', 'Asia/Tokyo', true)`), `"2020-01-01T21:00:00+09:00"`},
		"something before":           {"SET TimeZone = 'UTC'", before(`SELECT 1`), `"2020-01-01T12:00:00+00:00"`},
		"German":                     {"SET DateStyle = 'German'", setting("timezone", "Asia/Tokyo"), `"2020-01-01T21:00:00+09:00"`},
		"German in UTC":              {"SET DateStyle = 'German'", as, utc},
		"German for the transaction": {"SET TimeZone = 'Asia/Tokyo'", setting("datestyle", "German"), `"2020-01-01T21:00:00+09:00"`},
		"shown as text":              {"SET TimeZone = 'Asia/Tokyo'", text, tokyo},
		"shown as German text":       {"SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'", text, "01.01.2020 21:00:00 JST"},
		"shown as text in UTC":       {"SET DateStyle = 'German'", text, "01.01.2020 12:00:00 UTC"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			_, err := pool.Exec(t.Context(), tt.session)
			require.NoError(t, err)
			for range 3 {
				cmd := timed(command(anon, sql), oid.TimestampTZ)
				cmd.Program.Times.JSON = &query.Variant{SQL: inJSON, Columns: []query.Column{{Encoding: query.TimeJSON}}}
				require.Equal(t, tt.want, valueOf(t, pool, tt.change(cmd)))
			}
		})
	}
}

// A zone that the session gets later counts from then on.
func TestOnce_times_after_change(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	cmd := timed(command(anon, `SELECT '2020-01-01 12:00:00+00'::timestamptz`), oid.TimestampTZ)
	for _, zone := range []string{"UTC", "Asia/Tokyo", "UTC"} {
		_, err := pool.Exec(t.Context(), `SELECT set_config('TimeZone', $1, false)`, zone)
		require.NoError(t, err)
		for range 2 {
			require.Equal(t, zone == "UTC", strings.HasSuffix(valueOf(t, pool, cmd), "+00"))
		}
	}
}

// A column that is of another type by now comes as text.
func TestOnce_times_of_another_type(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ sql, want string }{
		"number": {`SELECT '2020-01-01'::date, 7`, "7"},
		"zoned":  {`SELECT '2020-01-01'::date, '2020-01-01 12:00:00+00'::timestamptz`, "2020-01-01 12:00:00+00"},
		"text":   {`SELECT '2020-01-01'::date, 'once'`, "once"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			backend := backendOf(t, pool)
			for range 2 {
				rows, _ := run(t, pool, timed(command(anon, tt.sql), oid.Date, oid.Timestamp))
				require.Equal(t, [][]string{{"2020-01-01", tt.want}}, rows)
			}
			requireUsable(t, pool, backend)
		})
	}
}

// Times do come in binary format: PostgreSQL's 8 bytes in place of 29.
func TestOnce_times_on_the_wire(t *testing.T) {
	t.Parallel()
	var received atomic.Int64
	pool := pgtest.Fixture(t).Pool(t, pgtest.MaxConns(1), func(config *pgxpool.Config) {
		dial := config.ConnConfig.DialFunc
		config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return countingConn{conn, &received}, err
		}
	})
	cmd := command(anon, `SELECT '2020-01-01 12:34:56.123456+00'::timestamptz FROM generate_series(1, 1000)`)
	run(t, pool, cmd)
	received.Store(0)
	run(t, pool, cmd)
	asText := received.Swap(0)
	run(t, pool, timed(cmd, oid.TimestampTZ))
	require.Less(t, received.Load(), asText-20*1000)
}

// countingConn counts the bytes that it reads.
type countingConn struct {
	net.Conn
	received *atomic.Int64
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}
