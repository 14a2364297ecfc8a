package apitest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// What the client got wrong has the schema loaded for nobody, though PostgreSQL has the
// same words for what an outdated schema gets wrong.
func TestStale_client_errors(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE TABLE archive.stamps (id int PRIMARY KEY, name text, ready bool, j json);
		CREATE FUNCTION archive.broken() RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT nope FROM archive.films); END $$;
		CREATE FUNCTION archive.broken(archive.films) RETURNS int STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN nope($1.id); END $$;
		GRANT ALL ON archive.stamps TO pgrest_test_anon`, func(o *pgrest.Options) { o.Aggregates = true })
	before := api.Stats().SchemaLoads
	var all sync.WaitGroup
	for _, x := range []exchange{
		{target: "/films?year=like.19*", status: 404, body: "42883"},
		{target: "/films?select=id&or=(year.like.19*,id.eq.1)", status: 404, body: "42883"},
		{target: "/films?year=match.19", status: 404, body: "42883"},
		{target: "/films?title=cs.{a}", status: 404, body: "42883"},
		{target: "/films?info->>a->b=eq.1", status: 404, body: "42883"},
		{target: "/films?select=title.sum()", status: 404, body: "42883"},
		{target: "/stamps?order=j", status: 404, body: "42883"},
		{target: "/stamps?select=id.sum(),j&order=j", status: 404, body: "42883"},
		{target: "/films", send: headers{"Accept": "application/geo+json"}, status: 404, body: "42883"},
		{target: "/films?select=id,directors(name)&directors.id=like.1*", status: 404, body: "42883"},
		{target: "/films?year=is.true", status: 400, body: "42804"},
		{target: "/films?select=year::uuid", status: 400, body: "42846"},
		{target: "/films?select=tags::int", status: 400, body: "42846"},
		{target: "/films?select=year::parsec", status: 400, body: "42704"},
		{target: "/films?title=fts(klingon).word", status: 400, body: "42704"},
		{target: "/films?select=nope", status: 400, body: "42703"},
		{target: "/films?select=id,directors(nope)", status: 400, body: "42703"},
		{target: "/rpc/broken", status: 400, body: "42703"},
		{target: "/films?select=broken", status: 404, body: "42883"},
		{method: http.MethodPatch, target: "/stamps?name=is.true", data: `{"id": 1}`, status: 400, body: "42804"},
		{method: http.MethodPatch, target: "/stamps?or=(id.eq.1,name.is.not_null,name.is.unknown)", data: `{"id": 1}`, status: 400, body: "42804"},
		{method: http.MethodPatch, target: "/stamps?id=like.1*", data: `{"id": 1}`, status: 404, body: "42883"},
		{method: http.MethodDelete, target: "/stamps?id=like.1*", status: 404, body: "42883"},
		{method: http.MethodPost, target: "/stamps?on_conflict=name", send: headers{"Prefer": "resolution=merge-duplicates"},
			data: `{"id": 1, "name": "a"}`, status: 400, body: "42P10"},
		{method: http.MethodPost, target: "/stamps?select=id::uuid", send: headers{"Prefer": "return=representation"},
			data: `{"id": 1, "name": "a"}`, status: 400, body: "42846"},
	} {
		for range 20 {
			all.Go(func() {
				w := answer(api, x.request(t))
				if w.Code != x.status || !strings.Contains(w.Body.String(), `"code":"`+x.body+`"`) {
					t.Errorf("%s is answered with %d %.200s", x.target, w.Code, w.Body)
				}
			})
		}
	}
	all.Wait()
	require.Equal(t, before, api.Stats().SchemaLoads)
}

// What the schema cache got wrong is put right within the request.
func TestStale_recovers(t *testing.T) {
	t.Parallel()
	const schema = `
		CREATE TYPE archive.grade AS ENUM ('mint', 'used');
		CREATE TABLE archive.stamps (id int PRIMARY KEY, name text, grade archive.grade, info jsonb, series int);
		CREATE TABLE archive.series (id int PRIMARY KEY, name text);
		INSERT INTO archive.series VALUES (1, 'Penny');
		INSERT INTO archive.stamps VALUES (1, 'Penny Black', 'mint', '{"a": "b"}', 1);
		CREATE FUNCTION archive.times_two(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2 * n';
		CREATE FUNCTION archive.of_series(archive.stamps) RETURNS SETOF archive.series ROWS 1 STABLE LANGUAGE sql AS 'SELECT * FROM archive.series WHERE id = $1.series';
		GRANT ALL ON archive.stamps, archive.series TO pgrest_test_anon`
	for name, tt := range map[string]struct {
		change string
		x      exchange
	}{
		"a column of JSON is text": {`ALTER TABLE archive.stamps ALTER info TYPE text USING info->>'a'`,
			exchange{target: "/stamps?select=id&info->>a=is.null", body: `[{"id": 1}]`}},
		"a function takes another type": {`DROP FUNCTION archive.times_two; CREATE FUNCTION archive.times_two(n text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT n || n'`,
			exchange{target: "/rpc/times_two?n=7", body: `"77"`}},
		"a function has another parameter": {`DROP FUNCTION archive.times_two; CREATE FUNCTION archive.times_two(m int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 2 * m'`,
			exchange{target: "/rpc/times_two?n=7", status: 404, body: fault("PGRST202", "Could not find the function archive.times_two(n) in the schema cache",
				"Searched for the function archive.times_two with parameter n, but no matches were found in the schema cache.", "")}},
		"a function is gone": {`DROP FUNCTION archive.times_two`,
			exchange{target: "/rpc/times_two?n=7", status: 404, body: fault("PGRST202", "Could not find the function archive.times_two(n) in the schema cache",
				"Searched for the function archive.times_two with parameter n, but no matches were found in the schema cache.", "")}},
		"a relationship's function is gone": {`DROP FUNCTION archive.of_series(archive.stamps)`,
			exchange{target: "/stamps?select=id,of_series(name)", status: 400, body: fault("PGRST200",
				"Could not find a relationship between 'stamps' and 'of_series' in the schema cache",
				"Searched for a foreign key relationship between 'stamps' and 'of_series' in the schema 'archive', but no matches were found.",
				"Perhaps you meant 'staff' instead of 'stamps'.")}},
		"a type has another name": {`ALTER TYPE archive.grade RENAME TO condition`,
			exchange{method: http.MethodPost, target: "/stamps", data: `[{"id": 2, "grade": "used"}, {"id": 3, "grade": "mint"}]`, status: 201, want: headers{"Content-Type": ""}}},
		"a column to write has another type": {`ALTER TABLE archive.stamps ALTER series TYPE jsonb USING to_jsonb(series)`,
			exchange{method: http.MethodPost, target: "/stamps", data: `[{"id": 2, "series": 7}]`, status: 201, want: headers{"Content-Type": ""}}},
		"a column to update has another type": {`ALTER TABLE archive.stamps ALTER name TYPE int USING 1`,
			exchange{method: http.MethodPatch, target: "/stamps?series=eq.1", data: `{"name": 7}`, status: 204}},
		"the primary key is another": {`ALTER TABLE archive.stamps DROP CONSTRAINT stamps_pkey, ADD PRIMARY KEY (id, series)`,
			exchange{method: http.MethodPost, target: "/stamps", send: headers{"Prefer": "resolution=merge-duplicates"},
				data: `{"id": 1, "series": 1, "name": "Penny Red"}`, status: 200, want: headers{"Content-Type": ""}}},
		"a column to write is gone": {`ALTER TABLE archive.stamps DROP name`,
			exchange{method: http.MethodPatch, target: "/stamps?id=eq.1", data: `{"name": "a"}`, status: 400,
				body: fault("PGRST204", "Could not find the 'name' column of 'stamps' in the schema cache", "", "")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.Clone(t)
			admin := db.Superuser(t)
			_, err := admin.Exec(t.Context(), schema)
			require.NoError(t, err)
			api := open(t, db.Pool(t))
			before := api.Stats().SchemaLoads
			_, err = admin.Exec(t.Context(), tt.change)
			require.NoError(t, err)
			w := answer(api, tt.x.request(t))
			status := tt.x.status
			if status == 0 {
				status = http.StatusOK
			}
			require.Equal(t, status, w.Code, w.Body)
			require.Equal(t, compact(tt.x.body), compact(w.Body.String()))
			require.Equal(t, before+1, api.Stats().SchemaLoads)
		})
	}
}

// What contradicts the schema cache for good, as nothing should, has the schema loaded
// rarely, however many requests meet it, and they don't wait for each other's loads.
func TestStale_for_good(t *testing.T) {
	t.Parallel()
	// Each request finds a column renamed, and takes that back when it fails.
	api := serveClone(t, `
		CREATE TABLE archive.stamps (id int PRIMARY KEY, name text);
		GRANT ALL ON archive.stamps TO pgrest_test_anon;
		CREATE FUNCTION archive.rename() RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$ BEGIN
			PERFORM pg_advisory_xact_lock(1);
			ALTER TABLE archive.stamps RENAME name TO label; END $$`, func(o *pgrest.Options) { o.PreRequest = "archive.rename" })
	ask := func() *httptest.ResponseRecorder {
		return answer(api, exchange{method: http.MethodPatch, target: "/stamps?id=eq.1", data: `{"name": "a"}`}.request(t))
	}
	before := api.Stats().SchemaLoads
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range 20 {
				if w := ask(); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "42703") {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
	began := time.Now()
	all.Wait()
	require.LessOrEqual(t, api.Stats().SchemaLoads-before, 3+uint64(time.Since(began)/time.Second))
}

// A load that fails is no reason for each request to try another.
func TestStale_failing_loads(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `CREATE TABLE archive.stamps (id int, name text); GRANT SELECT ON archive.stamps TO pgrest_test_anon`)
	require.NoError(t, err)
	var log journal
	api := open(t, db.Pool(t), log.kept)
	_, err = db.Superuser(t).Exec(t.Context(), `ALTER TABLE archive.stamps RENAME name TO label; REVOKE SELECT ON pg_catalog.pg_constraint FROM PUBLIC`)
	require.NoError(t, err)
	for range 100 {
		w := answer(api, exchange{target: "/stamps?select=name"}.request(t))
		require.Equal(t, http.StatusBadRequest, w.Code)
		require.Contains(t, w.Body.String(), "42703")
	}
	require.Less(t, strings.Count(log.String(), "load the schema cache"), 10)
}
