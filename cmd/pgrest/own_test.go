package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// The settings that the reference doesn't have do what they say: reads go to the replica, and
// what is written tells its position; rows have versions by their column; a key has a write
// take effect once; and an extension that is disabled isn't there.
func TestServe_own(t *testing.T) {
	t.Parallel()
	db := pgtest.Clone(t)
	_, err := db.Superuser(t).Exec(t.Context(), `
		CREATE SCHEMA internals;
		CREATE TABLE internals.keys (identity bytea NOT NULL, key text NOT NULL, request bytea NOT NULL, status int, headers json, body bytea,
			expires timestamptz NOT NULL, PRIMARY KEY (identity, key));
		GRANT USAGE ON SCHEMA internals TO pgrest_test_authenticator;
		GRANT SELECT, INSERT, UPDATE, DELETE ON internals.keys TO pgrest_test_authenticator;
		CREATE TABLE archive.spare_reels (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version int NOT NULL DEFAULT 7);
		INSERT INTO archive.spare_reels DEFAULT VALUES;
		GRANT ALL ON archive.spare_reels TO pgrest_test_anon;
		CREATE FUNCTION archive.program() RETURNS text STABLE LANGUAGE sql AS $$ SELECT current_setting('application_name') $$`)
	require.NoError(t, err)
	separator := "?"
	if strings.Contains(db.AuthenticatorURL, "?") {
		separator = "&"
	}
	r := startFrom(t, sources{environ: environ("DB_URI=" + db.AuthenticatorURL + "; DB_SCHEMAS=archive; DB_ANON_ROLE=pgrest_test_anon" +
		"; SERVER_HOST=127.0.0.1; SERVER_PORT=0; ADMIN_SERVER_PORT=0" +
		"; DB_REPLICA_URIS=" + db.AuthenticatorURL + separator + "application_name=replica; DB_REPLICA_POSITIONS=true" +
		"; DB_VERSION_COLUMNS=archive.spare_reels=version; DB_IDEMPOTENCY_TABLE=internals.keys; EXTENSIONS_DISABLED=typescript")})

	_, body := r.get(t, "/rpc/program")
	require.Equal(t, `"replica"`, body)
	response, body := r.get(t, "/spare_reels?id=eq.1")
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	require.Contains(t, response.Header.Get("Etag"), "7")
	require.Contains(t, response.Header.Values("Access-Control-Expose-Headers"), "ETag")

	write := func() *http.Response {
		t.Helper()
		request, err := http.NewRequest(http.MethodPost, "http://"+(*r.address.Load()).String()+"/spare_reels", strings.NewReader(`{"version": 8}`))
		require.NoError(t, err)
		request.Header = http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {`"one"`}, "Origin": {"https://x.example"}, "Prefer": {"return=headers-only"}}
		response, err := r.client.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusCreated, response.StatusCode)
		return response
	}
	first, second := write(), write()
	require.Equal(t, first.Header.Get("Location"), second.Header.Get("Location"))
	require.NotEmpty(t, first.Header.Get("Pgrest-Position"))
	require.Contains(t, first.Header.Values("Access-Control-Expose-Headers"), "Pgrest-Position")
	_, body = r.get(t, "/spare_reels?version=eq.8&select=version")
	require.Equal(t, `[{"version":8}]`, body)

	request, err := http.NewRequest(http.MethodGet, "http://"+(*r.address.Load()).String()+"/", nil)
	require.NoError(t, err)
	request.Header.Set("Accept", "application/typescript")
	response, err = r.client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNotAcceptable, response.StatusCode)
}
