package apitest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Who names a schema that is not exposed learns of no others, if the host wants that.
func TestSchema_hidden(t *testing.T) {
	t.Parallel()
	invalid := fault("PGRST106", "Invalid schema: private", "", "")
	run(t, serve(t, func(o *pgrest.Options) {
		o.Schemas, o.SchemaList = []string{"archive", "archive_v2"}, pgrest.SchemasHidden
	}),
		exchange{name: "read", target: "/films", send: headers{"Accept-Profile": "private"}, status: 406, body: invalid},
		exchange{name: "write", method: http.MethodPost, target: "/films", data: "{}", send: headers{"Content-Profile": "private"}, status: 406, body: invalid},
		exchange{name: "root", target: "/", send: headers{"Accept-Profile": "private"}, status: 406, body: invalid},
		exchange{name: "exposed", target: "/films?id=eq.2&select=name", send: headers{"Accept-Profile": "archive_v2"},
			want: headers{"Content-Profile": "archive_v2"}, body: `[{"name": "M"}]`},
	)
}

// Or of those that its role may use.
func TestSchema_usable(t *testing.T) {
	t.Parallel()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), `
		CREATE SCHEMA one; CREATE SCHEMA "two, three"; CREATE SCHEMA four;
		GRANT USAGE ON SCHEMA one, "two, three" TO `+anon+`; GRANT USAGE ON SCHEMA four TO `+visitor)
	require.NoError(t, err)
	api := open(t, pool, func(o *pgrest.Options) {
		o.Schemas, o.ExtraSearchPath, o.SchemaList = []string{"one", "two, three", "four", "nowhere"}, nil, pgrest.SchemasUsable
	})
	private := headers{"Accept-Profile": "private"}
	invalid := func(list string) string { return fault("PGRST106", "Invalid schema: private", "", list) }
	run(t, api,
		exchange{name: "two", target: "/x", send: private, status: 406, body: invalid("Only the following schemas are exposed: one, two, three")},
		exchange{name: "another", target: "/x", send: private, token: `{"role":"` + visitor + `"}`, status: 406,
			body: invalid("Only the following schemas are exposed: four")},
		exchange{name: "none", target: "/x", send: private, token: `{"role":"` + curator + `"}`, status: 406, body: invalid("")},
		exchange{name: "no such role", target: "/x", send: private, token: `{"role":"nobody at all"}`, status: 406, body: invalid("")},
	)
}

// byTenant is a pool that chooses among those of tenants by the context.
type byTenant map[string]*pgxpool.Pool

func (p byTenant) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	name, ok := ctx.Value(tenantKey{}).(string)
	if !ok {
		name = "first"
	}
	if pool := p[name]; pool != nil {
		return pool.Acquire(ctx)
	}
	return nil, errors.New("no such tenant")
}

type tenantKey struct{}

// A handler over databases of one template asks each request's own, types of the database's
// own included.
func TestPool_by_context(t *testing.T) {
	t.Parallel()
	pools := byTenant{}
	for _, name := range []string{"first", "second"} {
		db := pgtest.Clone(t)
		_, err := db.Superuser(t).Exec(t.Context(), `
			UPDATE archive.films SET title = '`+name+`', language = 'de' WHERE id = 2;
			CREATE TABLE archive.odd (id int PRIMARY KEY, language archive.language);
			GRANT SELECT ON archive.odd TO `+anon)
		require.NoError(t, err)
		pools[name] = db.Pool(t)
	}
	var log journal
	api := open(t, pools, log.kept)
	get := func(tenant, target string) *http.Response {
		r := exchange{target: target}.request(t)
		return answer(api, r.WithContext(context.WithValue(r.Context(), tenantKey{}, tenant))).Result()
	}
	loads := api.Stats().SchemaLoads
	for range 3 {
		for _, name := range []string{"first", "second"} {
			response := get(name, "/films?select=title,language&id=eq.2&language=eq.de")
			require.JSONEq(t, `[{"title": "`+name+`", "language": "de"}]`, read(t, response))
		}
	}
	require.Equal(t, loads, api.Stats().SchemaLoads, "the schema of one is that of the other")
	// In a database with other OIDs requests are answered, and cost loads that don't help.
	other := pgtest.Clone(t)
	_, err := other.Superuser(t).Exec(t.Context(), `
		CREATE TYPE archive.tongue AS ENUM ('de', 'en');
		CREATE TABLE archive.odd (id int PRIMARY KEY, language archive.tongue);
		INSERT INTO archive.odd VALUES (1, 'de');
		GRANT SELECT ON archive.odd TO `+anon)
	require.NoError(t, err)
	pools["other"] = other.Pool(t)
	response := get("other", "/odd?select=language")
	require.JSONEq(t, `[{"language": "de"}]`, read(t, response))
	require.Greater(t, api.Stats().SchemaLoads, loads)

	response = get("third", "/films")
	require.GreaterOrEqual(t, response.StatusCode, 500)
	require.NoError(t, response.Body.Close())
}

// A tenant comes and goes while others are served.
func TestTenants_come_and_go(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	pool, admin := db.Pool(t), db.Superuser(t)
	l := listener(t, pool)
	add := func(i int) *pgrest.Handler {
		_, err := admin.Exec(t.Context(), tenantSQL(i))
		require.NoError(t, err)
		return open(t, pool, having(l, ""), func(o *pgrest.Options) { o.Schemas, o.ExtraSearchPath = []string{tenantName(i)}, []string{} })
	}
	stays := add(0)
	status := func(api *pgrest.Handler) int {
		response := ask(t, api, exchange{target: "/t1?select=id,t0(id)"})
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	for range 3 {
		goes := add(1)
		require.Equal(t, []int{200, 200}, []int{status(stays), status(goes)})
		goes.Close()
		_, err := admin.Exec(t.Context(), "DROP SCHEMA "+tenantName(1)+" CASCADE")
		require.NoError(t, err)
		require.Equal(t, 200, status(stays))
	}
}
