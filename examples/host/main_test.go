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

// Each sees the rows of its shop, wherever they are read, and writes no others.
func TestHost(t *testing.T) {
	t.Parallel()
	pool := server.Clone(t).Pool(t, "")
	api := newAPI(pool, map[string]string{"one": `{"shop":1}`, "two": `{"shop":2}`})
	t.Cleanup(api.Close)
	nobody := pgresttest.NewClient(t, api)
	one, two := nobody.With("Cookie", "session=one"), nobody.With("Cookie", "session=two")
	requireThere := func(jobs, audited int) {
		t.Helper()
		var gotJobs, gotAudited int
		require.NoError(t, pool.QueryRow(t.Context(),
			`SELECT (SELECT count(*) FROM river_job WHERE kind = 'shipment'), (SELECT count(*) FROM audit)`).Scan(&gotJobs, &gotAudited))
		require.Equal(t, [2]int{jobs, audited}, [2]int{gotJobs, gotAudited}, "jobs and audit rows")
	}
	nobody.Get("/orders").Status(401)
	one.Get("/orders?select=id,parcels(id)").Status(200).JSON(`[{"id": 1, "parcels": [{"id": 1}]}]`)
	two.Get("/orders?select=id,parcels(id)").Status(200).JSON(`[{"id": 2, "parcels": [{"id": 3}]}]`)
	one.Post("/orders", `{"id": 3, "shop": 1, "article": "lamp"}`).Status(201)
	requireThere(1, 1)
	one.Post("/orders", `{"id": 4, "shop": 2, "article": "lamp"}`).Status(403).Error("42501")
	one.Patch("/orders?id=eq.1", `{"shop": 2}`).Status(403).Error("42501")
	one.Delete("/orders?id=eq.1").Status(403).Error("HOST1")
	requireThere(1, 1)
	one.Patch("/orders", `{"article": "stool"}`).Status(204)
	two.Get("/orders?select=article").Status(200).JSON(`[{"article": "table"}]`)
	requireThere(3, 2)
}
