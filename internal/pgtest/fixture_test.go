package pgtest_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// What each role may do in the fixture, in the form "value or SQLSTATE".
func TestFixture_as_role(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Pool(t)
	tests := map[string]struct {
		role  string
		query string
		want  string
	}{
		"anon reads the archive":                {"anon", `SELECT count(*) FROM archive.films`, "13"},
		"anon reads the second schema":          {"anon", `SELECT count(*) FROM archive_v2.reviews`, "3"},
		"anon doesn't read acquisitions":        {"anon", `SELECT count(*) FROM archive.acquisitions`, "42501"},
		"anon reads some columns of donors":     {"anon", `SELECT max(name) FROM archive.donors`, "Grace"},
		"anon doesn't read others":              {"anon", `SELECT max(email) FROM archive.donors`, "42501"},
		"anon doesn't read the hidden schema":   {"anon", `SELECT count(*) FROM private.staff`, "42501"},
		"anon reads a view over it":             {"anon", `SELECT count(*) FROM archive.staff`, "2"},
		"anon writes to the visitors' book":     {"anon", `INSERT INTO archive.visitors_book VALUES (now(), 'x', 'y') RETURNING name`, "x"},
		"anon writes nowhere else":              {"anon", `DELETE FROM archive.films RETURNING title`, "42501"},
		"anon doesn't call what curators call":  {"anon", `SELECT archive.curators_only()`, "42501"},
		"visitor sees their watchlist":          {"visitor", `SELECT count(*) FROM archive.watchlists`, "2"},
		"visitor adds to their watchlist":       {"visitor", `INSERT INTO archive.watchlists (film_id) VALUES (7) RETURNING owner`, "ada"},
		"visitor doesn't add to another's":      {"visitor", `INSERT INTO archive.watchlists VALUES ('grace', 7) RETURNING owner`, "42501"},
		"curator writes":                        {"curator", `INSERT INTO archive.films (title, year) VALUES ('Nosferatu', 1922) RETURNING id`, "101"},
		"curator updates a view":                {"curator", `UPDATE archive.classic_films SET rating = 9 WHERE id = 2 RETURNING rating`, "9.0"},
		"curator is held to a view's check":     {"curator", `UPDATE archive.classic_films SET year = 1999 WHERE id = 2 RETURNING id`, "44000"},
		"curator inserts by a view's trigger":   {"curator", `INSERT INTO archive.casting (film_id, actor, character) VALUES (10, 'Liv Ullmann', 'x') RETURNING actor_id`, "9"},
		"curator calls what curators call":      {"curator", `SELECT archive.curators_only()`, "welcome"},
		"curator can't set a generated id":      {"curator", `INSERT INTO archive.tickets (id) VALUES (1) RETURNING id`, "428C9"},
		"auditor reads":                         {"auditor", `SELECT count(*) FROM archive.acquisitions`, "2"},
		"nobody becomes a stranger":             {"stranger", `SELECT 1`, "42501"},
		"a fault is raised when it is selected": {"anon", `SELECT raised FROM archive.faults WHERE sqlstate = 'PT402'`, "PT402"},
		"a fault is quiet when it isn't":        {"anon", `SELECT message FROM archive.faults WHERE sqlstate = 'PT402'`, "Payment Required"},
		"whoami knows the role":                 {"anon", `SELECT "current_user" FROM archive.whoami`, "pgrest_test_anon"},
		"whoami knows the claims":               {"anon", `SELECT claims::json ->> 'sub' FROM archive.whoami`, "ada"},
		"ticks are many":                        {"anon", `SELECT count(*) FROM archive.ticks`, "100000"},
		"a colour is shown as text":             {"anon", `SELECT extra.colour_to_json(colour) FROM archive.genres WHERE id = 1`, `"#800000"`},
		"a colour is read from text":            {"anon", `SELECT id FROM archive.genres WHERE colour = extra.colour_from_text('#0000ff')`, "2"},
		"a colour is read from JSON":            {"anon", `SELECT extra.colour_from_json('"#0000ff"')`, "255"},
		"a film has computed fields":            {"anon", `SELECT extra.full_title(f) || archive.is_long(f) FROM archive.films f WHERE id = 3`, "Seven Samurai (1954)true"},
		"a film has computed relationships":     {"anon", `SELECT o.title FROM archive.films f, archive.original(f) o WHERE f.id = 8`, "The Godfather"},
		"films aggregate into a media type":     {"anon", `SELECT archive.titles(f) FROM archive.films f WHERE f.id < 3`, "Metropolis\nM\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tx, err := pool.Begin(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
			require.Equal(t, tt.want, ask(t, tx, "pgrest_test_"+tt.role, tt.query))
		})
	}
}

// ask runs a query as a role, for Ada, and returns the text of its one value or
// the SQLSTATE that it failed with.
func ask(t *testing.T, tx pgx.Tx, role, query string) string {
	t.Helper()
	_, err := tx.Exec(t.Context(), `SELECT set_config('request.jwt.claims', '{"sub": "ada"}', true)`)
	require.NoError(t, err)
	var results []*pgconn.Result
	if _, err = tx.Exec(t.Context(), `SELECT set_config('role', $1, true)`, role); err == nil {
		results, err = tx.Conn().PgConn().Exec(t.Context(), query).ReadAll()
	}
	if failed := (*pgconn.PgError)(nil); errors.As(err, &failed) {
		return failed.Code
	}
	require.NoError(t, err)
	require.Len(t, results, 1)
	require.Len(t, results[0].Rows, 1)
	return string(results[0].Rows[0][0])
}

// The auditor's role has settings, which a login applies and a change to the role doesn't.
func TestFixture_role_settings(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Superuser(t)
	require.Equal(t, []string{"statement_timeout=7s", "default_transaction_isolation=repeatable read"},
		one[[]string](t, pool, `SELECT rolconfig FROM pg_roles WHERE rolname = 'pgrest_test_auditor'`))
}

// Every specimen has a row of ordinary values, one of extreme values, and one of nulls.
func TestFixture_specimens(t *testing.T) {
	t.Parallel()
	pool := pgtest.Fixture(t).Superuser(t)
	nulls := `SELECT count(*) FROM archive.specimens s, to_jsonb(s) AS j, jsonb_each(j) AS c WHERE s.id = $1 AND c.value = 'null'`
	columns := one[int](t, pool, `SELECT count(*) - 1 FROM pg_attribute WHERE attrelid = 'archive.specimens'::regclass AND attnum > 0`)
	require.Equal(t, 0, one[int](t, pool, nulls, 1))
	require.Equal(t, 0, one[int](t, pool, nulls, 2))
	require.Equal(t, columns, one[int](t, pool, nulls, 3))
}
