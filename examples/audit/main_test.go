package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// openOrders opens the API over a database of its own, as a superuser who becomes anybody.
func openOrders(t *testing.T) (http.Handler, *pgxpool.Pool) {
	t.Helper()
	pool := pgtest.Empty(t)
	schema, err := os.ReadFile("schema.sql")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), string(schema)+`
		DO $$ BEGIN CREATE ROLE web_anon NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		GRANT USAGE ON SCHEMA api TO web_anon; GRANT ALL ON api.orders TO web_anon`)
	require.NoError(t, err)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	api, err := newAPI(pool)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	require.NoError(t, api.Ready(t.Context()))
	return api, pool
}

// There is one job for each order that a client was told is there, and none for others.
func TestStory_a_job_with_the_clients_write(t *testing.T) {
	t.Parallel()
	api, pool := openOrders(t)
	for _, tt := range []struct {
		method, target, body string
		status               int
		jobs, audited        int // in all
	}{
		{"POST", "/orders", `{"id": 1, "article": "chair", "pieces": 4}`, 201, 1, 1},
		{"POST", "/orders", `{"id": 1, "article": "chair", "pieces": 4}`, 409, 1, 1},
		{"POST", "/orders", `{"id": 2, "article": "chair", "pieces": 0}`, 400, 1, 1},
		{"POST", "/orders", `{"id": 2, "article": "chair", "colour": "red"}`, 400, 1, 1},
		{"POST", "/orders", `[{"id": 2, "article": "table", "pieces": 1}, {"id": 3, "article": "lamp", "pieces": 2}]`, 201, 3, 2},
		{"PATCH", "/orders?id=eq.3", `{"pieces": 3}`, 204, 3, 3},
		{"DELETE", "/orders?id=eq.3", ``, 204, 3, 4},
		{"GET", "/orders?select=id", ``, 200, 3, 4},
	} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body)))
		require.Equal(t, tt.status, w.Code, w.Body)
		var jobs, audited int
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM river_job WHERE kind = 'confirm'), (SELECT count(*) FROM audit)`).Scan(&jobs, &audited))
		require.Equal(t, tt.jobs, jobs, tt.body)
		require.Equal(t, tt.audited, audited, tt.body)
	}
	var pieces int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT args->'order'->'pieces' FROM river_job ORDER BY id LIMIT 1`).Scan(&pieces))
	require.Equal(t, 4, pieces)
}
