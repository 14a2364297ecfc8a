package apitest_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// misconfigured opens an API over pool whose options name what may not be there.
func misconfigured(t *testing.T, pool pgrest.Pool, log *journal, o pgrest.Options) *pgrest.Handler {
	t.Helper()
	o.DisableListener, o.Logger = true, slog.New(slog.NewTextHandler(log, nil))
	if o.ExtraSearchPath == nil {
		o.ExtraSearchPath = []string{"extra"}
	}
	api, err := pgrest.New(pool, o)
	require.NoError(t, err)
	t.Cleanup(api.Close)
	return api
}

// What options name and the database hasn't got is logged at each load with what to do,
// told by Health, and refused by Ready where that is wanted.
func TestMisconfiguration(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE FUNCTION archive.greet(name text DEFAULT 'you') RETURNS text LANGUAGE sql AS 'SELECT name';
		CREATE FUNCTION archive.square(n int) RETURNS int LANGUAGE sql AS 'SELECT n * n';
		CREATE FUNCTION archive.sum_of(VARIADIC n int[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE PROCEDURE archive.tidy() LANGUAGE sql AS '';
		CREATE FUNCTION extra.check_in() RETURNS void LANGUAGE sql AS ''`)
	require.NoError(t, err)
	found := func(option, key, problem, remedy string) []pgrest.Misconfiguration {
		return []pgrest.Misconfiguration{{Option: option, Key: key, Problem: problem, Remedy: remedy}}
	}
	archive := []string{"archive"}
	const (
		create   = "create it there, or take it out"
		argument = "make it a function, and no procedure, without parameters or with defaults for all"
	)
	for name, tt := range map[string]struct {
		options pgrest.Options
		want    []pgrest.Misconfiguration
	}{
		"nothing wrong":    {pgrest.Options{Schemas: archive, AnonRole: anon}, nil},
		"no role":          {pgrest.Options{Schemas: archive}, nil},
		"qualified":        {pgrest.Options{Schemas: archive, PreRequest: "archive.greet"}, nil},
		"in the path":      {pgrest.Options{Schemas: archive, PreRequest: "check_in"}, nil},
		"of PostgreSQL":    {pgrest.Options{Schemas: archive, PreRequest: "now"}, nil},
		"root":             {pgrest.Options{Schemas: archive, RootSpec: "greet"}, nil},
		"root of a schema": {pgrest.Options{Schemas: archive, RootSpec: "archive.greet"}, nil},
		"schema": {pgrest.Options{Schemas: []string{"archive", `no "where"`}}, found("Schemas", "db-schemas",
			`schema "no ""where""" isn't there`, `CREATE SCHEMA "no ""where""", or take it out`)},
		"extra search path": {pgrest.Options{Schemas: archive, ExtraSearchPath: []string{"extra", "nowhere"}}, found("ExtraSearchPath",
			"db-extra-search-path", `schema "nowhere" isn't there`, `CREATE SCHEMA "nowhere", or take it out`)},
		"role that isn't there": {pgrest.Options{Schemas: archive, AnonRole: "nobody at all"}, found("AnonRole", "db-anon-role",
			`role "nobody at all" isn't there`, `CREATE ROLE "nobody at all" NOLOGIN, and GRANT it to the role that the pool logs in as`)},
		"role that one may not become": {pgrest.Options{Schemas: archive, AnonRole: "pg_monitor"}, found("AnonRole", "db-anon-role",
			`the role that the pool logs in as may not become "pg_monitor"`,
			`GRANT "pg_monitor" to the role that the pool logs in as, from PostgreSQL 16 on WITH SET TRUE`)},
		"pre-request that isn't there": {pgrest.Options{Schemas: archive, PreRequest: "archive.not_there"}, found("PreRequest", "db-pre-request",
			`function "archive"."not_there" isn't there`, create)},
		"pre-request in each schema": {pgrest.Options{Schemas: []string{"archive", "extra"}, ExtraSearchPath: []string{}, PreRequest: "greet"},
			found("PreRequest", "db-pre-request", `function "extra"."greet" isn't there, nor one of its name in the extra search path`, create)},
		"pre-request that wants an argument": {pgrest.Options{Schemas: archive, PreRequest: "archive.square"}, found("PreRequest", "db-pre-request",
			`function "archive"."square" can't be called without arguments`, argument)},
		"pre-request that wants one or more": {pgrest.Options{Schemas: archive, PreRequest: "sum_of"}, found("PreRequest", "db-pre-request",
			`function "archive"."sum_of" can't be called without arguments`, argument)},
		"pre-request that is a procedure": {pgrest.Options{Schemas: archive, PreRequest: "archive.tidy"}, found("PreRequest", "db-pre-request",
			`function "archive"."tidy" can't be called without arguments`, argument)},
		"root that isn't there": {pgrest.Options{Schemas: archive, RootSpec: "check_in"}, found("RootSpec", "db-root-spec",
			`function "archive"."check_in" isn't there`, create)},
		"root that wants an argument": {pgrest.Options{Schemas: archive, RootSpec: "square"}, found("RootSpec", "db-root-spec",
			`function "archive"."square" can't be called without arguments`, argument)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := db.Pool(t)
			var log journal
			api := misconfigured(t, pool, &log, tt.options)
			require.NoError(t, api.Ready(t.Context()))
			require.Equal(t, tt.want, api.Health().Misconfigured)
			require.NoError(t, api.Health().SchemaError)
			require.NoError(t, api.Reload(t.Context()))
			require.Equal(t, 2*len(tt.want), log.lines("misconfigured"), log.String())
			for _, m := range tt.want {
				require.Contains(t, log.String(), "option="+m.Option+" key="+m.Key)
				require.Contains(t, log.String(), "remedy=")
			}

			tt.options.Strict = true
			strict := misconfigured(t, pool, new(journal), tt.options)
			err := strict.Ready(t.Context())
			require.Equal(t, len(tt.want) > 0, err != nil)
			for _, m := range tt.want {
				require.ErrorIs(t, err, m)
				require.ErrorContains(t, err, m.Option+" ("+m.Key+"): "+m.Problem+": "+m.Remedy)
			}
			require.NotNil(t, strict.SchemaCache(), "requests are answered all the same")
		})
	}
}

// lines counts the lines that have text.
func (j *journal) lines(text string) int {
	n := 0
	for line := range strings.Lines(j.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// A superuser may become everybody.
func TestMisconfiguration_superuser(t *testing.T) {
	t.Parallel()
	api := misconfigured(t, pgtest.Clone(t).Superuser(t), new(journal), pgrest.Options{Schemas: []string{"archive"}, AnonRole: "pg_monitor"})
	require.NoError(t, api.Ready(t.Context()))
	require.Empty(t, api.Health().Misconfigured)
}

// asAnon is a host's own authenticator, for which all are the same.
func asAnon(*http.Request) (auth.Identity, error) { return auth.Identity{Role: anon}, nil }

// The anonymous role is of no concern where the host says who makes a request.
func TestMisconfiguration_of_the_host(t *testing.T) {
	t.Parallel()
	var log journal
	api := misconfigured(t, pgtest.Clone(t).Pool(t), &log, pgrest.Options{Schemas: []string{"archive"}, AnonRole: "nobody", Authenticate: asAnon})
	require.NoError(t, api.Ready(t.Context()))
	require.Empty(t, api.Health().Misconfigured)
	require.Contains(t, log.String(), "AnonRole has no effect beside Authenticate")
}

// Where schemas are required, there is no schema cache without them: requests are told
// so until they are there.
func TestMisconfiguration_required(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	exec := func(sql string) {
		_, err := superuser.Exec(t.Context(), sql)
		require.NoError(t, err)
	}
	for name, options := range map[string]pgrest.Options{
		"schema":            {Schemas: []string{"archive", "later"}, AnonRole: anon},
		"extra search path": {Schemas: []string{"archive"}, ExtraSearchPath: []string{"later"}, AnonRole: anon},
	} {
		t.Run(name, func(t *testing.T) {
			exec(`DROP SCHEMA IF EXISTS later`)
			options.RequireSchemas = true
			var log journal
			api := misconfigured(t, db.Pool(t), &log, options)
			require.ErrorContains(t, api.Ready(t.Context()), `schema "later" isn't there: CREATE SCHEMA "later", or take it out`)
			unready := exchange{target: "/genres?select=id&id=eq.1", status: http.StatusServiceUnavailable,
				want: headers{"Retry-After": "1"},
				body: fault("PGRST002", "Could not query the database for the schema cache. Retrying.", "", "")}
			unready.check(t, ask(t, api, unready))
			require.ErrorContains(t, api.Health().SchemaError, `schema "later" isn't there`)
			require.Len(t, api.Health().Misconfigured, 1)
			waitFor(t, func() bool { return strings.Contains(log.String(), `msg="load the schema cache"`) }, "it is logged")

			exec(`CREATE SCHEMA later`)
			ready := exchange{target: "/genres?select=id&id=eq.1", body: `[{"id": 1}]`}
			waitFor(t, func() bool { return ask(t, api, ready).StatusCode == http.StatusOK }, "it is served")
			require.NoError(t, api.Ready(t.Context()))
			require.Empty(t, api.Health().Misconfigured)

			exec(`DROP SCHEMA later`)
			require.ErrorContains(t, api.Reload(t.Context()), `schema "later" isn't there`)
			require.ErrorContains(t, api.Ready(t.Context()), `schema "later" isn't there`)
			ready.check(t, ask(t, api, ready)) // from the old schema
		})
	}
}

// The role that the pool logs in as may become another one by PostgreSQL's own rule.
func TestMisconfiguration_grant(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	superuser := db.Superuser(t)
	role := "set_" + lastPart(superuser)
	exec := func(sql string) {
		_, err := superuser.Exec(context.WithoutCancel(t.Context()), sql)
		require.NoError(t, err)
	}
	exec(`CREATE ROLE ` + role)
	t.Cleanup(func() { exec(`DROP ROLE ` + role) })
	api := misconfigured(t, db.Pool(t), new(journal), pgrest.Options{Schemas: []string{"archive"}, AnonRole: role, Strict: true})
	require.ErrorContains(t, api.Ready(t.Context()), "may not become")
	exec(`GRANT ` + role + ` TO pgrest_test_authenticator`)
	require.NoError(t, api.Reload(t.Context()))
	require.NoError(t, api.Ready(t.Context()))
	if count(t, superuser, `SELECT current_setting('server_version_num')::int`) < 160000 {
		return
	}
	exec(`GRANT ` + role + ` TO pgrest_test_authenticator WITH SET FALSE`)
	require.NoError(t, api.Reload(t.Context()))
	require.ErrorContains(t, api.Ready(t.Context()), "may not become")
}

// lastPart is a part of a database's name that no other has.
func lastPart(pool *pgxpool.Pool) string {
	name := pool.Config().ConnConfig.Database
	return name[max(0, len(name)-12):]
}
