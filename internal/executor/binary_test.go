package executor_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/pgtest"
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

// What comes in binary format reads as PostgreSQL would have written it: from the
// second run on, for the first has it from PostgreSQL.
func TestRun_times(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"date":         wholeDays,
		"timestamp":    instants,
		"timestamptz":  `SELECT v::timestamptz, v::text FROM (` + instants + `) all_of_them(v)`,
		"domain":       `SELECT v::information_schema.time_stamp FROM (` + instants + `) all_of_them(v)`,
		"among others": `SELECT 1, v, 'text', NULL::date, v::date, v, NULL FROM (` + instants + `) all_of_them(v)`,
	}
	for name, sql := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			asWritten, _ := run(t, pool, command(anon, sql))
			require.Greater(t, len(asWritten), 4000)
			for range 2 {
				rows, _ := run(t, pool, command(anon, sql))
				require.Equal(t, asWritten, rows)
			}
		})
	}
}

// The text of a timestamptz is that of the session's time zone, whoever sets it.
func TestRun_times_of_zones(t *testing.T) {
	t.Parallel()
	const (
		sql   = `SELECT '2020-01-01 12:00:00+00'::timestamptz`
		utc   = "2020-01-01 12:00:00+00"
		tokyo = "2020-01-01 21:00:00+09"
	)
	prefer := func(zone string) func(*executor.Command) {
		return func(c *executor.Command) {
			c.Settings = append(c.Settings, auth.Setting{Name: "timezone", Value: zone})
		}
	}
	tests := map[string]struct {
		session string
		change  func(*executor.Command)
		want    string
	}{
		"UTC":                     {"UTC", func(*executor.Command) {}, utc},
		"UTC by another name":     {"Etc/UTC", func(*executor.Command) {}, utc},
		"another for the session": {"Asia/Tokyo", func(*executor.Command) {}, tokyo},
		"preferred":               {"UTC", prefer("Asia/Tokyo"), tokyo},
		"UTC preferred":           {"Asia/Tokyo", prefer("UTC"), utc},
		"set before": {"UTC", func(c *executor.Command) {
			c.PreRequest = `SELECT set_config('TimeZone', 'Asia/Tokyo', true)`
		}, tokyo},
		"set by the routine": {"UTC", func(c *executor.Command) {
			c.Program.Routine = true
			c.Program.Main = *statement(`SELECT '2020-01-01 12:00:00+00'::timestamptz FROM set_config('TimeZone', 'Asia/Tokyo', true)`)
		}, tokyo},
		"set while writing": {"UTC", func(c *executor.Command) {
			*c = writing(`SELECT '2020-01-01 12:00:00+00'::timestamptz FROM set_config('TimeZone', 'Asia/Tokyo', true)`, nil)
		}, tokyo},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := oneConnection(t)
			_, err := pool.Exec(t.Context(), fmt.Sprintf(`SET TimeZone = '%s'`, tt.session))
			require.NoError(t, err)
			for range 3 {
				cmd := command(anon, sql)
				tt.change(&cmd)
				require.Equal(t, tt.want, value(t, pool, cmd))
			}
		})
	}
}

// A zone that the session gets later counts from then on.
func TestRun_times_after_change(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	cmd := command(anon, `SELECT '2020-01-01 12:00:00+00'::timestamptz`)
	for _, zone := range []string{"UTC", "Asia/Tokyo", "UTC"} {
		set := command(anon, `SELECT set_config('TimeZone', $1, false)`, zone)
		require.Equal(t, zone, value(t, pool, set))
		for range 2 {
			require.Equal(t, zone == "UTC", strings.HasSuffix(value(t, pool, cmd), "+00"))
		}
	}
}

// Behind the number of all rows the columns are counted anew.
func TestRun_times_with_totals(t *testing.T) {
	t.Parallel()
	pool := oneConnection(t)
	cmd := command(anon, `SELECT 1, true, '2020-01-01'::date`)
	cmd.Program.Totals = true
	for range 2 {
		require.Equal(t, "2020-01-01", value(t, pool, cmd))
	}
}

// Times do come in binary format: PostgreSQL's 8 bytes in place of 29.
func TestRun_times_on_the_wire(t *testing.T) {
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
	asText := received.Swap(0)
	run(t, pool, cmd)
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
