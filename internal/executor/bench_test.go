package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

// asked gives a task the settings of a usual request.
func asked(of task) task {
	of.Context.Headers = []byte(`{"host":"films.example.org","accept":"application/json","accept-encoding":"gzip","user-agent":"` + strings.Repeat("x", 100) + `"}`)
	of.Context.Cookies = []byte(`{}`)
	of.Context.RoleSettings = []auth.Setting{{Name: "statement_timeout", Value: "5s"}}
	return of
}

// BenchmarkOnce is a command in a transaction of its own.
func BenchmarkOnce(b *testing.B) {
	pool := pgtest.Clone(b).Pool(b, pgtest.MaxConns(1))
	row := asked(command(anon, `SELECT id, title, year FROM films WHERE id = $1`, "2"))
	days := asked(command(anon, `SELECT '2020-01-01'::date + n FROM generate_series(1, 100) AS n`))
	days.Program.Times = query.NewTimes([]uint32{oid.Date})
	write := asked(writing(`UPDATE films SET rating = 9 WHERE id = $1`, func(t *task) {
		t.Program.Form, t.Program.Main.Args = query.FormTag, []value.Arg{value.Constant("2")}
	}))
	deciding := write
	deciding.Expect.MaxAffected = 1
	for _, bb := range []struct {
		name string
		task task
	}{
		{"row", row}, {"100_days", days}, {"write", write}, {"deciding_write", deciding},
	} {
		b.Run(bb.name, func(b *testing.B) {
			e := executor.New(pool, true)
			b.ReportAllocs()
			for b.Loop() {
				result, err := once(b.Context(), e, bb.task)
				require.NoError(b, err)
				for result.Next() {
				}
				require.NoError(b, result.Err())
				result.Close()
			}
		})
	}
}

// BenchmarkTx is a transaction of some commands.
func BenchmarkTx(b *testing.B) {
	pool := pgtest.Clone(b).Pool(b, pgtest.MaxConns(1))
	row := asked(command(anon, `SELECT id, title, year FROM films WHERE id = $1`, "2"))
	for _, n := range []int{0, 1, 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := executor.New(pool, true)
			b.ReportAllocs()
			for b.Loop() {
				tx, err := e.Begin(b.Context(), row.Session)
				require.NoError(b, err)
				for range n {
					result, err := tx.Run(b.Context(), row.Command)
					require.NoError(b, err)
					result.Close()
				}
				require.NoError(b, tx.End(b.Context(), nil))
			}
		})
	}
}
