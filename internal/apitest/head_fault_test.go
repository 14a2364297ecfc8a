package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// failing are relations of which some rows can't be computed: the third ones.
const failing = `
	CREATE TABLE archive.lots (id int PRIMARY KEY, n int, t text, j jsonb, a int[], parent int REFERENCES archive.lots);
	INSERT INTO archive.lots SELECT g, 3 - g, CASE g WHEN 3 THEN '(' ELSE g::text END, jsonb_build_object('n', CASE g WHEN 3 THEN 'x' ELSE g::text END), ARRAY[g], 3
		FROM generate_series(1, 5) g;
	CREATE FUNCTION archive.share(archive.lots) RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 / $1.n $$;
	CREATE FUNCTION archive.slow_share(archive.lots) RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN 1 / $1.n; END $$;
	CREATE FUNCTION archive.broken_parent(archive.lots) RETURNS SETOF archive.lots ROWS 1 LANGUAGE plpgsql STABLE AS
		$$ BEGIN RETURN QUERY SELECT * FROM archive.lots p WHERE p.id = $1.parent / ($1.n * 0 + 1) AND 1 / $1.n IS NOT NULL; END $$;
	CREATE VIEW archive.shares AS SELECT id, 1 / n AS share, parent FROM archive.lots;
	CREATE VIEW archive.all_shares AS SELECT sum(share) AS sum FROM archive.shares;
	CREATE FUNCTION archive.lots_before(last int) RETURNS SETOF archive.lots LANGUAGE sql STABLE AS $$ SELECT * FROM archive.lots WHERE id <= last $$;
	CREATE FUNCTION archive.shares_before(last int) RETURNS TABLE (id int, share int) LANGUAGE sql STABLE AS $$ SELECT id, 1 / n FROM archive.lots WHERE id <= last $$;
	CREATE FUNCTION archive.ids_before(last int) RETURNS SETOF int LANGUAGE sql STABLE AS $$ SELECT 1 / n FROM archive.lots WHERE id <= last $$;
	CREATE FUNCTION archive.share_of(lot int) RETURNS int LANGUAGE sql STABLE AS $$ SELECT 1 / n FROM archive.lots WHERE id = lot $$;
	CREATE FUNCTION archive.nothing_of(lot int) RETURNS void LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM 1 / n FROM archive.lots WHERE id = lot; END $$;

	CREATE TYPE archive.odd AS ENUM ('2', '1', '0', '-1', '-2');
	CREATE FUNCTION archive.odd_json(archive.odd) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN to_json(1 / $1::text::int); END $$;
	CREATE CAST (archive.odd AS json) WITH FUNCTION archive.odd_json(archive.odd);
	CREATE TABLE archive.oddities (id int PRIMARY KEY, odd archive.odd, lot int REFERENCES archive.lots);
	INSERT INTO archive.oddities SELECT g, (3 - g)::text::archive.odd, 1 FROM generate_series(1, 5) g;

	CREATE TABLE archive.guarded (id int PRIMARY KEY, lot int REFERENCES archive.lots);
	ALTER TABLE archive.guarded ENABLE ROW LEVEL SECURITY;
	CREATE POLICY mine ON archive.guarded USING (current_setting('app.user', true)::int = lot OR id > 3);
	INSERT INTO archive.guarded SELECT g, g FROM generate_series(1, 5) g;

	CREATE DOMAIN archive."text/vnd.archive.shares" AS text;
	CREATE FUNCTION archive.add_share(sum archive."text/vnd.archive.shares", lot archive.lots) RETURNS archive."text/vnd.archive.shares" LANGUAGE sql STABLE AS
		$$ SELECT (sum || (1 / lot.n)::text)::archive."text/vnd.archive.shares" $$;
	CREATE AGGREGATE archive.shares_of(archive.lots) (SFUNC = archive.add_share, STYPE = archive."text/vnd.archive.shares", INITCOND = '');
	GRANT SELECT ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon;`

// What GET can't answer, HEAD can't: it has PostgreSQL compute what GET would, in the page
// that GET would. Where GET can, it does.
func TestHead_faults(t *testing.T) {
	t.Parallel()
	targets := map[string]bool{ // whether GET can answer
		"/shares": false, "/shares?id=lt.3": true, "/shares?order=id&limit=2": true, "/shares?order=id&limit=2&offset=1": false, "/shares?order=id.desc&limit=2": true,
		"/shares?select=id": true, "/shares?select=id&share=gt.0": false, "/shares?select=id&order=share": false, "/all_shares": false,
		"/lots?select=id,share": false, "/lots?select=id,slow_share": false, "/lots?select=id,slow_share&id=neq.3": true, "/lots?select=id,slow_share&order=id&limit=2": true,
		"/lots?select=id,slow_share&order=id&limit=1&offset=2": false, "/lots?select=id,slow_share&order=id&limit=1&offset=3": false, "/lots?select=id,slow_share&limit=0": true,
		"/lots?select=id&order=share": false, "/lots?select=id&order=slow_share&limit=1": false, "/lots?select=id&order=slow_share&id=lt.3": true,
		"/lots?select=id,t::int": false, "/lots?select=id,t::int&id=neq.3": true, "/lots?select=id,x:j->>n::int": false, "/lots?select=j->n::int": false,
		"/lots?select=id&t=match.(": false, "/lots?select=id&t=match.(&id=gt.9": false, "/lots?select=id&id=in.(3,4)&slow_share=gt.0": false,
		"/lots?select=id&t=like.*\\": false,

		"/oddities": false, "/oddities?select=id": true, "/oddities?id=lt.3": true, "/oddities?select=odd->>n": false,
		"/lots?select=id,lots(id,share)&id=eq.3": false, "/lots?select=id,lots(id,share)&id=neq.3": true, "/lots?select=id,lots(id,share)&id=eq.3&lots.id=neq.3": true,
		"/lots?select=id,lots(id,share)&id=eq.3&lots.order=id&lots.limit=2": false, "/lots?select=id,lots(id)&lots.order=share&id=eq.3": false,
		"/lots?select=id,parent(share)": false, "/lots?select=id,...parent(share)": false, "/lots?select=id,...parent(id)": true, "/lots?select=id,...lots(share)": false,
		"/lots?select=id,parent(id)&order=parent(share)": false, "/lots?select=id,parent(id)&parent.t=match.(": false, "/lots?select=id,parent(id)&parent.id=gt.9&parent.t=match.(": false,
		"/lots?select=id,parent()&parent.t=match.(": true, "/lots?select=id,parent()&parent.t=match.(&parent=is.null": false, "/lots?select=id,parent!inner(id)&parent.t=match.(": false,
		"/lots?select=id,lots(id)&lots.t=match.(": false, "/lots?select=id,lots!inner(id)&lots.t=match.(": false, "/lots?select=id,lots!inner(id)&lots.share=gt.0": false,
		"/lots?select=id,oddities(id)": true, "/lots?select=id,oddities(odd)": false, "/lots?select=id,oddities(odd)&id=gt.1": true, "/oddities?select=lots(oddities(odd))": false,
		"/lots?select=id,broken_parent(id)": false, "/lots?select=id,broken_parent(id)&id=lt.3": true,

		"/guarded": false, "/lots?select=id,guarded(id)": false, "/lots?select=id,guarded()": true, "/lots?select=id,guarded!inner()": false, "/lots?select=id,...guarded(id)": false,
		"/guarded?select=id&order=id.desc&limit=1": false, "/guarded?select=id,lots!inner(id)": false,

		"/lots?select=share.sum()": false, "/lots?select=n.sum()": true, "/lots?select=slow_share,count()": false, "/lots?select=count(),...parent(share)": false, "/lots?select=count": true,
		"/lots?select=t::int.max()": false, "/lots?select=lots(share.max())&id=eq.3": false, "/lots?select=n.avg(),a&order=a": true,

		"/rpc/lots_before?last=3&select=id,share": false, "/rpc/lots_before?last=2&select=id,share": true, "/rpc/lots_before?last=5&select=id,share&order=id&limit=2": true,
		"/rpc/lots_before?last=5&select=id&order=share": false, "/rpc/lots_before?last=3&select=id,parent(share)": false, "/rpc/lots_before?last=3&select=t::int": false,
		"/rpc/lots_before?last=5&select=id,t::int&order=id&limit=1&offset=2": false, "/rpc/lots_before?last=5&select=id,t::int&order=id&limit=1&offset=1": true,
		"/rpc/shares_before?last=3": false, "/rpc/shares_before?last=2": true, "/rpc/ids_before?last=3": false, "/rpc/ids_before?last=2": true, "/rpc/share_of?lot=3": false, "/rpc/share_of?lot=2": true,
		"/rpc/nothing_of?lot=3": false, "/rpc/nothing_of?lot=2": true,
	}
	sends := []headers{
		{}, {"Prefer": "count=exact"}, {"Prefer": "count=planned"}, {"Prefer": "count=estimated"}, {"Prefer": "count=exact", "Accept": "text/csv"},
		{"Accept": "application/vnd.pgrst.object+json"}, {"Prefer": "count=exact", "Accept": "application/vnd.pgrst.array+json;nulls=stripped"},
	}
	stranger := func(o *pgrest.Options) { o.AppSettings = map[string]string{"app.user": "nobody"} } // to whom the policy fails
	for name, change := range map[string]option{"prepared": func(*pgrest.Options) {}, "unprepared": func(o *pgrest.Options) { o.DisablePreparedStatements = true }} {
		api := serveClone(t, failing, aggregating, stranger, change)
		for target, answered := range targets {
			t.Run(name+target, func(t *testing.T) {
				t.Parallel()
				for i, send := range sends {
					get := requireHeadAsGet(t, api, exchange{target: encodeBlanks(target), send: send})
					if i == 0 {
						require.Equal(t, answered, get.StatusCode < 300, get.Status)
					}
				}
			})
		}
	}
}

// A handler's fault is HEAD's, too.
func TestHead_faults_of_handlers(t *testing.T) {
	t.Parallel()
	api := serveClone(t, failing)
	for target, status := range map[string]int{"/lots": 400, "/lots?id=lt.3": 200, "/lots?order=id&limit=2": 200, "/lots?order=id&limit=3": 400,
		"/rpc/lots_before?last=3": 400, "/rpc/lots_before?last=2": 200} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			for _, prefer := range []string{"", "count=exact", "count=estimated"} {
				get := requireHeadAsGet(t, api, exchange{target: target, send: headers{"Accept": "text/vnd.archive.shares", "Prefer": prefer}})
				if prefer == "" {
					require.Equal(t, status, get.StatusCode)
				}
			}
		})
	}
}

// requireHeadAsGet asks for x by GET and HEAD, and gives the answer of both.
func requireHeadAsGet(t *testing.T, api http.Handler, x exchange) *http.Response {
	t.Helper()
	get := ask(t, api, x)
	body := read(t, get)
	x.method = http.MethodHead
	head := ask(t, api, x)
	get.Header.Del("Content-Length")
	get.Header.Del("Etag")            // which takes the body
	head.Header.Del("Content-Length") // of an error
	require.Equal(t, get.StatusCode, head.StatusCode, "%v: %s", x.send, body)
	require.Equal(t, get.Header, head.Header, "%v: %s", x.send, body)
	return get
}
