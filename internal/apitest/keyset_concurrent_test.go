package apitest_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// crowd has rows that stay, which have even keys, and rows that come and go.
const crowd = `
	CREATE TABLE archive.crowd (id bigint PRIMARY KEY, rank int, grade text NOT NULL, info jsonb);
	INSERT INTO archive.crowd SELECT 2 * n, nullif(n % 9, 0), 'grade ' || n % 4, jsonb_build_object('n', n % 7) FROM generate_series(1, 300) n;
	CREATE INDEX ON archive.crowd (rank, id);
	CREATE VIEW archive.crowded AS SELECT * FROM archive.crowd;
	GRANT SELECT ON archive.crowd, archive.crowded TO pgrest_test_anon`

// comeAndGo inserts and deletes rows of odd keys, each of which comes once, until ctx ends.
// What stays is written, too, but for its values in the order.
func comeAndGo(ctx context.Context, pool *pgxpool.Pool, seed uint64) (changes int, err error) {
	random := rand.New(rand.NewPCG(seed, 0))
	var there []int64
	for next := int64(2*seed + 1); ctx.Err() == nil; next += 6 {
		_, err = pool.Exec(ctx, `INSERT INTO archive.crowd VALUES ($1 % 600 + 1 + 1000 * ($1 / 600) , nullif($2::int, 0), 'grade ' || $3::int, jsonb_build_object('n', $2::int))`,
			next-1, random.IntN(9), random.IntN(4))
		if there = append(there, (next-1)%600+1+1000*((next-1)/600)); err == nil && len(there) > 20 {
			i := random.IntN(len(there))
			_, err = pool.Exec(ctx, `DELETE FROM archive.crowd WHERE id = $1`, there[i])
			there = slices.Delete(there, i, i+1)
		}
		if err == nil {
			_, err = pool.Exec(ctx, `UPDATE archive.crowd SET info = info || '{"x": 1}' WHERE id = $1`, 2*(1+random.IntN(300)))
		}
		if err != nil && ctx.Err() == nil {
			return changes, err
		}
		changes++
	}
	return changes, nil
}

// Whatever comes and goes while a client walks pages, in either direction: no row comes twice,
// and none is lost that stays.
func TestKeyset_stable(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool := db.Superuser(t)
	_, err := pool.Exec(t.Context(), crowd)
	require.NoError(t, err)
	api := open(t, db.Pool(t))
	var stay []int64
	for n := range int64(300) {
		stay = append(stay, 2*(n+1))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var writers sync.WaitGroup
	for seed := range uint64(3) {
		writers.Go(func() {
			changes, err := comeAndGo(ctx, pool, seed)
			if err != nil {
				t.Error(err)
			}
			t.Logf("%d rows came", changes)
		})
	}
	var walkers sync.WaitGroup
	for _, target := range []string{
		"/crowd?select=id&limit=7", "/crowd?select=id&order=rank&limit=11", "/crowd?select=id&order=rank.desc,grade&limit=5", "/crowd?select=id&order=info->n.desc.nullslast&limit=13",
		"/crowded?select=id&order=grade.desc,rank.nullsfirst&limit=9",
	} {
		walkers.Go(func() {
			for range 2 {
				forward, last := seen(t, api, target, "next")
				requireStayed(t, target, stay, forward)
				back, _ := seen(t, api, last.previous, "prev")
				requireStayed(t, target+", back", stay, append(back, last.ids...))
			}
		})
	}
	walkers.Wait()
	cancel()
	writers.Wait()
}

// seenPage has the keys of a page's rows, and where the page before it is.
type seenPage struct {
	ids      []int64
	previous string
}

// seen walks pages and gives the keys of all rows, and the last page that had any.
func seen(t *testing.T, api http.Handler, target, relation string) (ids []int64, last seenPage) {
	for next := target; next != ""; {
		response := answer(api, exchange{target: next, send: asksKeyset}.request(t)).Result()
		var rows []struct{ ID int64 }
		if err := json.NewDecoder(response.Body).Decode(&rows); err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", next, response.StatusCode, err)
			return nil, last
		}
		page := seenPage{previous: linksOf(response)["prev"]}
		for _, row := range rows {
			page.ids = append(page.ids, row.ID)
		}
		if ids = append(ids, page.ids...); len(rows) > 0 {
			last = page
		}
		if len(ids) > 20_000 {
			t.Errorf("%s: no end in sight", target)
			return ids, last
		}
		next = linksOf(response)[relation]
	}
	return ids, last
}

func requireStayed(t *testing.T, what string, stay, got []int64) {
	t.Helper()
	got = slices.Sorted(slices.Values(got))
	if twice := len(got) - len(slices.Compact(slices.Clone(got))); twice != 0 {
		t.Errorf("%s: %d rows come twice", what, twice)
	}
	if lost := slices.DeleteFunc(slices.Clone(stay), func(id int64) bool { _, found := slices.BinarySearch(got, id); return found }); len(lost) > 0 {
		t.Errorf("%s: lost are %v", what, lost)
	}
}
