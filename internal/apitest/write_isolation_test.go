package apitest_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// contended are functions and roles whose transactions get in each other's way.
// Each attempt takes a number of a sequence, which no rollback gives back.
const contended = `
	CREATE SEQUENCE private.attempts;
	CREATE FUNCTION private.attempt() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
		AS $$ BEGIN PERFORM nextval('private.attempts'); RETURN NULL; END $$;
	CREATE TABLE archive.seats (id int PRIMARY KEY, taken int NOT NULL DEFAULT 0);
	INSERT INTO archive.seats SELECT n FROM generate_series(1, 10) AS n;
	CREATE TRIGGER attempted BEFORE UPDATE OR DELETE ON archive.seats FOR EACH STATEMENT EXECUTE FUNCTION private.attempt();
	GRANT ALL ON archive.seats TO pgrest_test_curator, pgrest_test_auditor;

	CREATE FUNCTION archive.take_last_seat(id int) RETURNS void LANGUAGE plpgsql SET default_transaction_isolation = 'serializable' AS $$
	BEGIN
		IF (SELECT sum(s.taken) FROM archive.seats s) > 0 THEN
			RAISE SQLSTATE 'PT410';
		END IF;
		PERFORM pg_advisory_xact_lock_shared(1); -- both have seen that there is one
		UPDATE archive.seats s SET taken = 1 WHERE s.id = take_last_seat.id;
	END $$;
	CREATE FUNCTION archive.swap_seats(a int, b int) RETURNS void LANGUAGE plpgsql AS $$
	BEGIN
		UPDATE archive.seats SET taken = 1 WHERE id = a;
		PERFORM pg_advisory_xact_lock_shared(1); -- both have got their first
		UPDATE archive.seats SET taken = 1 WHERE id = b;
	END $$;`

func (f *faulty) attempts(t *testing.T) int {
	t.Helper()
	return count(t, f.admin, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM private.attempts`)
}

func (f *faulty) seatsTaken(t *testing.T) int {
	t.Helper()
	return count(t, f.admin, `SELECT sum(taken) FROM archive.seats`)
}

// locked takes a lock with a statement, and gives what releases it. When it has
// ended the transaction with end.
func (f *faulty) locked(t *testing.T, statement string) (release func(end string)) {
	t.Helper()
	conn, err := f.admin.Acquire(t.Context())
	require.NoError(t, err)
	run := func(sql string) {
		_, err := conn.Exec(context.WithoutCancel(t.Context()), sql)
		require.NoError(t, err)
	}
	run(`BEGIN`)
	run(statement)
	released := false
	release = func(end string) {
		if !released {
			released = true
			run(end)
			conn.Release()
		}
	}
	t.Cleanup(func() { release(`ROLLBACK`) })
	return release
}

func (f *faulty) waitForLocks(t *testing.T, n int) {
	t.Helper()
	waitFor(t, func() bool {
		return n == count(t, f.admin, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)
	}, fmt.Sprintf("%d writes wait", n))
}

// outcome is what became of a request.
type outcome struct {
	status int
	body   string
}

// begin sends a request, and gives its outcome when there is one.
func (f *faulty) begin(t *testing.T, x write) <-chan outcome {
	t.Helper()
	r, outcomes := x.request(t), make(chan outcome, 1)
	go func() {
		w := answer(f, r)
		outcomes <- outcome{w.Code, w.Body.String()}
	}()
	return outcomes
}

// A role whose transactions are repeatable reads is told when another's write
// came first. It is for the client to try again.
func TestWrite_concurrent_update(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]write{
		"update":         {method: "PATCH", target: "/seats?id=eq.1", payload: `{"taken": 5}`},
		"update_shown":   {method: "PATCH", target: "/seats?id=eq.1", prefer: representation, payload: `{"taken": 5}`},
		"update_of_one":  {method: "PATCH", target: "/seats?id=eq.1", send: acceptOne, payload: `{"taken": 5}`},
		"delete_bounded": {method: "DELETE", target: "/seats?id=eq.1", prefer: "handling=strict, max-affected=1"},
		"upsert":         {target: "/seats", prefer: "resolution=merge-duplicates", payload: `{"id": 1, "taken": 5}`},
		"put":            {method: "PUT", target: "/seats?id=eq.1", payload: `{"id": 1, "taken": 5}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := openFaulty(t, contended)
			release := api.locked(t, `UPDATE archive.seats SET taken = 1 WHERE id = 1`)
			before := api.attempts(t)
			x.token = `{"role": "pgrest_test_auditor"}`
			outcomes := api.begin(t, x)
			api.waitForLocks(t, 1)
			release(`COMMIT`)
			got := <-outcomes
			require.Equal(t, http.StatusInternalServerError, got.status)
			require.Equal(t, compact(fault("40001", "could not serialize access due to concurrent update", "", "")), compact(got.body))
			require.Equal(t, before+1, api.attempts(t), "the write was repeated")
			require.Equal(t, 1, api.seatsTaken(t))
		})
	}
}

// Of two serializable transactions that can't both be, one is told so.
func TestWrite_serialization_failure(t *testing.T) {
	t.Parallel()
	api := openFaulty(t, contended)
	release := api.locked(t, `SELECT pg_advisory_xact_lock(1)`)
	first := api.begin(t, write{target: "/rpc/take_last_seat", payload: `{"id": 1}`})
	second := api.begin(t, write{target: "/rpc/take_last_seat", payload: `{"id": 2}`})
	api.waitForLocks(t, 2)
	release(`COMMIT`)
	requireOneFails(t, "40001", <-first, <-second)
	require.Equal(t, 2, api.attempts(t), "the write was repeated")
	require.Equal(t, 1, api.seatsTaken(t))
}

// Of two transactions that wait for each other, PostgreSQL ends one.
func TestWrite_deadlock(t *testing.T) {
	t.Parallel()
	api := openFaulty(t, contended)
	release := api.locked(t, `SELECT pg_advisory_xact_lock(1)`)
	first := api.begin(t, write{target: "/rpc/swap_seats", payload: `{"a": 1, "b": 2}`})
	second := api.begin(t, write{target: "/rpc/swap_seats", payload: `{"a": 2, "b": 1}`})
	api.waitForLocks(t, 2)
	release(`COMMIT`)
	requireOneFails(t, "40P01", <-first, <-second)
	require.Equal(t, 4, api.attempts(t), "the write was repeated")
	require.Equal(t, 2, api.seatsTaken(t))
}

// requireOneFails checks that one of two outcomes is an error of this SQLSTATE, and
// the other the success of a function without a result.
func requireOneFails(t *testing.T, code string, a, b outcome) {
	t.Helper()
	if a.status == http.StatusNoContent {
		a, b = b, a
	}
	require.Equal(t, outcome{status: http.StatusNoContent}, b)
	require.Equal(t, http.StatusInternalServerError, a.status, a.body)
	require.Contains(t, a.body, `"code":"`+code+`"`)
}
