package replica_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/replica"
)

// pairsVariable says how many pairs of a write and a read TestPosition_never_stale makes.
// 20000 take some minutes.
const pairsVariable = "PGREST_TEST_REPLICA_PAIRS"

const readers = 16

// Whoever brings the position of a write reads what was written, though one of two replicas
// stands still all the time, or from time to time.
func TestPosition_never_stale(t *testing.T) {
	t.Parallel()
	pairs, err := strconv.Atoi(cmp.Or(os.Getenv(pairsVariable), "1600"))
	require.NoError(t, err)
	s := open(t, pgtest.Replicate(t, 2, schemaSQL, "synchronous_commit=on"))
	stalled := s.Replicas[0]
	stalled.PauseReplay(t)

	var stale, failed, done atomic.Int64
	var clients sync.WaitGroup
	began := time.Now()
	for client := range readers {
		clients.Go(func() {
			for n := range pairs / readers {
				id := 1000 + client*1_000_000 + n
				written := ask(t, s, "POST /notes", fmt.Sprintf(`{"id": %d}`, id))
				if written.Code != 201 || written.position() == "" {
					failed.Add(1)
					continue
				}
				line := fmt.Sprintf("GET /notes?select=id&id=eq.%d", id)
				headers := []string{written.after()}
				if n%5 == 4 { // which has another form of transaction
					headers = append(headers, "Prefer: count=exact")
				}
				read := ask(t, s.Handler, line, "", headers...)
				switch {
				case read.Code != 200:
					failed.Add(1)
				case read.Body.String() != fmt.Sprintf(`[{"id":%d}]`, id):
					stale.Add(1)
				}
				done.Add(1)
			}
		})
	}
	finished := make(chan struct{})
	go func() {
		clients.Wait()
		close(finished)
	}()
	for paused := true; ; paused = !paused {
		select {
		case <-finished:
		case <-time.After(1500 * time.Millisecond):
			if done.Load() > int64(pairs)/2 { // the second half
				if paused {
					stalled.ResumeReplay(t)
				} else {
					stalled.PauseReplay(t)
				}
			}
			continue
		}
		break
	}
	took := time.Since(began)
	served := map[string]int{}
	for _, f := range s.Stats().Servers {
		served[f.Name] = int(f.Requests)
	}
	t.Logf("%d pairs in %s: %d stale, %d failed; transactions %v, behind %d and %d", done.Load(), took.Round(time.Millisecond), stale.Load(), failed.Load(),
		served, s.figures(t, "replica-1").Behind, s.figures(t, "replica-2").Behind)
	require.Zero(t, stale.Load(), "stale reads")
	require.Zero(t, failed.Load())
	require.EqualValues(t, pairs/readers*readers, done.Load())
	require.NotZero(t, s.figures(t, "replica-1").Behind, "the paused replica was asked")
	require.Greater(t, served["replica-2"], pairs/4, "the other replica answers")
}

// Each form of write tells its position, and what doesn't commit tells none.
func TestPosition_of_writes(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL), func(o *pgrest.Options) { o.TxEnd = pgrest.TxCommitAllowOverride })
	one := s.Replicas[0]
	one.PauseReplay(t)
	for _, tt := range []struct {
		name, line, body string
		headers          []string
		status           int
		read             string // what is there then
		want             string
	}{
		{"insert", "POST /notes", `{"id": 100}`, nil, 201, "id=eq.100", `[{"id":100}]`},
		{"insert with its row", "POST /notes", `{"id": 101}`, []string{"Prefer: return=representation"}, 201, "id=eq.101", `[{"id":101}]`},
		{"insert of many", "POST /notes", `[{"id": 102}, {"id": 103}]`, []string{"Prefer: return=representation"}, 201, "id=gte.102", `[{"id":102},{"id":103}]`},
		{"put", "PUT /notes?id=eq.104", `{"id": 104, "text": "x"}`, nil, 204, "id=eq.104", `[{"id":104}]`},
		{"one row", "PATCH /notes?id=eq.104", `{"id": 105}`, []string{"Accept: application/vnd.pgrst.object+json", "Prefer: return=representation"}, 200, "id=gte.104", `[{"id":105}]`},
		{"function", "POST /rpc/add_notes", `{"first": 200, "last": 201}`, nil, 200, "id=gte.200", `[{"id":200},{"id":201}]`},
		{"delete", "DELETE /notes?id=gte.100", "", nil, 204, "id=gte.100", `[]`},
	} {
		a := ask(t, s, tt.line, tt.body, tt.headers...)
		require.Equal(t, tt.status, a.Code, "%s: %s", tt.name, a.Body)
		require.NotEmpty(t, a.position(), tt.name)
		read := ask(t, s, "GET /notes?select=id&order=id&"+tt.read, "", a.after())
		require.JSONEq(t, tt.want, read.Body.String(), tt.name)
		require.Equal(t, "primary", read.server, tt.name)
	}
	// Without room for what is written, the commit waits for the last row.
	late := open(t, s.Replicated, func(o *pgrest.Options) { o.MaxSpoolBytes = -1 })
	a := ask(t, late, "POST /rpc/add_notes", `{"first": 400, "last": 401}`)
	require.NotEmpty(t, a.position())
	require.JSONEq(t, `[{"id":400},{"id":401}]`, ask(t, late, "GET /notes?select=id&order=id&id=gte.400", "", a.after()).Body.String())
	for name, a := range map[string]answer{
		"rolled back":  ask(t, s, "POST /notes", `{"id": 300}`, "Prefer: tx=rollback"),
		"failed":       ask(t, s, "POST /notes", `{"id": 1}`),
		"not expected": ask(t, s, "PATCH /notes?id=eq.4711", `{"text": ""}`, "Accept: application/vnd.pgrst.object+json"),
		"read":         ask(t, s, "GET /notes", ""),
	} {
		require.Empty(t, a.position(), name)
	}
	one.ResumeReplay(t)
}

// A replica that has what is wanted answers, at once or when it has come to it in time.
func TestPosition_on_replica(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL, "synchronous_commit=on"), func(o *pgrest.Options) {
		o.Replicas.PositionWait = 10 * time.Second
	})
	one := s.Replicas[0]
	for _, headers := range [][]string{nil, {"Prefer: count=exact"}} { // with another form of transaction
		one.PauseReplay(t)
		a := ask(t, s, "POST /notes", `{"id": `+strconv.Itoa(500+len(headers))+`}`)
		var read answer
		var waiting sync.WaitGroup
		waiting.Go(func() {
			read = ask(t, s, "GET /notes?select=id&id=eq."+strconv.Itoa(500+len(headers)), "", append(headers, a.after())...)
		})
		await(t, "it waits", func() bool {
			return one.Ask(t, `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'WITH RECURSIVE waiting%' AND state = 'active'`) == "1"
		})
		one.ResumeReplay(t)
		waiting.Wait()
		require.Equal(t, `[{"id":`+strconv.Itoa(500+len(headers))+`}]`, read.Body.String())
		require.Equal(t, "replica-1", read.server)
		require.Contains(t, read.Header().Values("Vary"), pgrest.PositionHeader)
	}
	require.Zero(t, s.figures(t, "replica-1").Behind)
}

// What isn't a position, or is several, or is one of another cluster or of a timeline that the replica
// doesn't know, has the primary answer.
func TestPosition_unknown(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL))
	good, err := replica.ParseToken(ask(t, s, "POST /notes", `{"id": 100}`).position())
	require.NoError(t, err)
	s.Primary.AwaitReplay(t, s.Replicas[0])
	once := pgrest.PositionHeader + ": " + good.Token()
	require.Equal(t, "replica-1", ask(t, s, "GET /notes", "", once).server)
	require.Equal(t, "primary", ask(t, s, "GET /notes", "", once, once).server)
	other, later := good, good
	other.System++
	later.Timeline++
	for _, token := range []string{"x", "AQ", other.Token(), later.Token(), good.Token() + "A"} {
		a := ask(t, s, "GET /notes?select=id&id=eq.100", "", pgrest.PositionHeader+": "+token)
		require.Equal(t, 200, a.Code)
		require.Equal(t, "primary", a.server, token)
	}
	await(t, "the replica is asked for positions again", func() bool {
		return ask(t, s, "GET /notes", "", pgrest.PositionHeader+": "+good.Token()).server == "replica-1"
	})
}

// A commit that doesn't wait for the disk has a position, too.
func TestPosition_asynchronous_commit(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL, "synchronous_commit=off", "wal_writer_delay=10s"), func(o *pgrest.Options) {
		o.Replicas.PositionWait = -1
	})
	for id := 100; id < 150; id++ {
		a := ask(t, s, "POST /notes", fmt.Sprintf(`{"id": %d}`, id))
		read := ask(t, s, fmt.Sprintf("GET /notes?select=id&id=eq.%d", id), "", a.after())
		require.Equal(t, fmt.Sprintf(`[{"id":%d}]`, id), read.Body.String(), read.server)
	}
}

// Where the server doesn't tell, which is logged, the position is one with which the primary
// answers.
func TestPosition_untold(t *testing.T) {
	t.Parallel()
	servers := pgtest.Replicate(t, 1, schemaSQL+`REVOKE EXECUTE ON FUNCTION pg_current_wal_insert_lsn() FROM PUBLIC;`)
	var log bytes.Buffer
	s := open(t, servers, func(o *pgrest.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for id := 100; id < 103; id++ {
		for _, headers := range [][]string{nil, {"Accept: application/vnd.pgrst.object+json", "Prefer: return=representation"}} {
			a := ask(t, s, "POST /notes", fmt.Sprintf(`{"id": %d}`, id+10*len(headers)), headers...)
			require.Equal(t, 201, a.Code, a.Body)
			require.Equal(t, "unknown", a.position())
			require.Equal(t, "primary", ask(t, s, "GET /notes?id=eq.1", "", a.after()).server)
		}
	}
	require.Contains(t, log.String(), "the position behind a commit can't be told")

	// When it tells again, so do the connections that know that it didn't.
	servers.Primary.Exec(t, `GRANT EXECUTE ON FUNCTION pg_current_wal_insert_lsn() TO PUBLIC`)
	for id := 200; id < 200+20*10; id++ {
		if ask(t, s, "POST /notes", fmt.Sprintf(`{"id": %d}`, id)).position() != "unknown" {
			return
		}
	}
	require.Fail(t, "no position is ever told again")
}

// However a transaction ends, its position comes with it, and where it fails at its end the
// connection is as before: with hooks, without prepared statements, and with tracers of each
// kind, which see what is asked for.
func TestPosition_of_endings(t *testing.T) {
	t.Parallel()
	servers := pgtest.Replicate(t, 1, schemaSQL+`
		CREATE TABLE api.replies (id bigint PRIMARY KEY, note bigint REFERENCES api.notes DEFERRABLE INITIALLY DEFERRED);
		GRANT ALL ON api.replies TO web_anon;`)
	nothing := func(context.Context, pgx.Tx, *pgrest.Request) error { return nil }
	behind := func(context.Context, pgx.Tx, *pgrest.Request, *pgrest.Outcome) error { return nil }
	sql := func(ctx context.Context, tx pgx.Tx, _ *pgrest.Request) error {
		_, err := tx.Exec(ctx, "SELECT 1")
		return err
	}
	queries, batches := new(queryTracer), new(batchTracer)
	for i, tt := range []struct {
		name   string
		tracer pgx.QueryTracer
		change func(*pgrest.Options)
	}{
		{"plain", nil, func(*pgrest.Options) {}},
		{"before", nil, func(o *pgrest.Options) { o.Hooks = []pgrest.Hook{{Before: nothing}} }},
		{"after", nil, func(o *pgrest.Options) { o.Hooks = []pgrest.Hook{{After: behind}} }},
		{"sql", nil, func(o *pgrest.Options) { o.Hooks = []pgrest.Hook{{Before: sql, After: behind, AsLogin: true}} }},
		{"late", nil, func(o *pgrest.Options) { o.MaxSpoolBytes = -1 }},
		{"unprepared", nil, func(o *pgrest.Options) { o.DisablePreparedStatements = true }},
		{"queries", queries, func(*pgrest.Options) {}},
		{"batches", batches, func(o *pgrest.Options) { o.MaxSpoolBytes = -1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := pool(t, servers.Primary.Host(), "").Config()
			config.MaxConns, config.ConnConfig.Tracer = 1, tt.tracer
			primary, err := pgxpool.NewWithConfig(t.Context(), config)
			require.NoError(t, err)
			t.Cleanup(primary.Close)
			s := &site{Replicated: servers}
			o := options()
			o.DisableListener = true
			o.Replicas.Pools = []pgrest.Replica{{Pool: pool(t, servers.Replicas[0].Host(), "")}}
			o.Replicas.PositionWait = 10 * time.Second
			tt.change(&o)
			s.openOn(t, primary, o)
			for round := range 3 {
				first := 10_000*(i+1) + 10*round
				for _, w := range []struct {
					line, body string
					headers    []string
				}{
					{"POST /notes", fmt.Sprintf(`{"id": %d}`, first), nil},
					{"POST /notes", fmt.Sprintf(`{"id": %d}`, first+1), []string{"Accept: application/vnd.pgrst.object+json", "Prefer: return=representation"}},
					{"POST /rpc/add_notes", fmt.Sprintf(`{"first": %d, "last": %d}`, first+2, first+2), nil},
				} {
					a := ask(t, s.Handler, w.line, w.body, w.headers...)
					require.Less(t, a.Code, 300, a.Body)
					p, err := replica.ParseToken(a.position())
					require.NoError(t, err)
					require.EqualValues(t, 1, p.Timeline)
					require.Equal(t, "t", servers.Primary.Ask(t, fmt.Sprintf(`SELECT pg_current_wal_insert_lsn() >= '%s'`, p.LSNText())))
					read := ask(t, s.Handler, fmt.Sprintf("GET /notes?select=id&id=gte.%d&id=lt.%d", first, first+10), "", a.after(), "Prefer: count=exact")
					require.Equal(t, 200, read.Code)
				}
				read := ask(t, s.Handler, fmt.Sprintf("GET /notes?select=id&order=id&id=gte.%d&id=lt.%d", first, first+10), "",
					ask(t, s.Handler, "DELETE /notes?id=eq.0", "").after())
				require.JSONEq(t, fmt.Sprintf(`[{"id":%d},{"id":%d},{"id":%d}]`, first, first+1, first+2), read.Body.String())
				for _, headers := range [][]string{nil, {"Accept: application/vnd.pgrst.object+json", "Prefer: return=representation"}} {
					a := ask(t, s.Handler, "POST /replies", fmt.Sprintf(`{"id": %d, "note": -1}`, first), headers...)
					require.Equal(t, 409, a.Code, a.Body)
					require.Empty(t, a.position())
				}
			}
		})
	}
	for _, traced := range []map[string]int{queries.ended, batches.ended} {
		require.NotZero(t, traced["SELECT lsn, pg_catalog.substr(pg_catalog.pg_walfile_name(lsn), 1, 8) FROM pg_catalog.pg_current_wal_insert_lsn() AS lsn"], "%v", traced)
	}
}

// queryTracer counts the statements that have ended, by their SQL.
type queryTracer struct{ ended map[string]int }

type tracedSQL struct{}

func (q *queryTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, tracedSQL{}, data.SQL)
}

func (q *queryTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if q.ended == nil {
		q.ended = map[string]int{}
	}
	sql, _ := ctx.Value(tracedSQL{}).(string)
	q.ended[sql]++
}

// batchTracer is the same for pipelines.
type batchTracer struct{ queryTracer }

func (b *batchTracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (b *batchTracer) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	b.TraceQueryEnd(context.WithValue(ctx, tracedSQL{}, data.SQL), conn, pgx.TraceQueryEndData{})
}

func (b *batchTracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
