package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/internal/migrate"
	"github.com/pgrest-go/pgrest/pgresttest"
)

var server = pgresttest.Server{Migrate: migrate.WithRiver}

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// There is one job for each order that a client was told is there, and none for others.
func TestStory_a_job_with_the_clients_write(t *testing.T) {
	t.Parallel()
	pool := server.Clone(t).Pool(t, "")
	api, err := newAPI(pool)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	client := pgresttest.NewClient(t, api)
	requireThere := func(jobs, audited int) {
		t.Helper()
		var gotJobs, gotAudited int
		require.NoError(t, pool.QueryRow(t.Context(),
			`SELECT (SELECT count(*) FROM river_job WHERE kind = 'confirm'), (SELECT count(*) FROM audit)`).Scan(&gotJobs, &gotAudited))
		require.Equal(t, [2]int{jobs, audited}, [2]int{gotJobs, gotAudited}, "jobs and audit rows")
	}
	client.Post("/orders", `{"id": 1, "article": "chair", "pieces": 4}`).Status(201)
	requireThere(1, 1)
	client.Post("/orders", `{"id": 1, "article": "chair", "pieces": 4}`).Status(409).Error("23505")
	client.Post("/orders", `{"id": 2, "article": "chair", "pieces": 0}`).Status(400).Error("23514")
	client.Post("/orders", `{"id": 2, "article": "chair", "colour": "red"}`).Status(400).Error("PGRST204")
	requireThere(1, 1)
	client.Post("/orders", `[{"id": 2, "article": "table", "pieces": 1}, {"id": 3, "article": "lamp", "pieces": 2}]`).Status(201)
	requireThere(3, 2)
	client.Patch("/orders?id=eq.3", `{"pieces": 3}`).Status(204)
	client.Delete("/orders?id=eq.3").Status(204)
	client.Get("/orders?select=id").Status(200).JSON(`[{"id": 1}, {"id": 2}]`)
	requireThere(3, 4)

	var pieces int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT args->'order'->'pieces' FROM river_job ORDER BY id LIMIT 1`).Scan(&pieces))
	require.Equal(t, 4, pieces)
}

// Jobs and audit rows are a part of a test's transaction, too.
func TestStory_a_job_inside_the_tests_transaction(t *testing.T) {
	t.Parallel()
	pool := server.Clone(t).Pool(t, "")
	api, err := newAPI(pool)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	client, tx := pgresttest.Within(t, api, pool)
	client.Post("/orders", `{"id": 1, "article": "chair", "pieces": 4}`).Status(201)
	client.Post("/orders", `{"id": 1, "article": "chair", "pieces": 4}`).Status(409)
	var jobs int
	require.NoError(t, tx.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&jobs))
	require.Equal(t, 1, jobs)
	require.NoError(t, tx.Rollback(t.Context()))
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job`).Scan(&jobs))
	require.Zero(t, jobs)
}
