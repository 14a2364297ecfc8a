package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Passwords are not for URLs: these functions are called with POST alone, and not offered
// otherwise.
func TestLogin_post_only(t *testing.T) {
	t.Parallel()
	shop := open(t)
	alice := shop.login(t, "ALICE")
	for _, target := range []string{
		"/rpc/login?email=alice@example.com&password=x", "/rpc/change_password?current_password=x&new_password=y", "/rpc/renew_token",
	} {
		alice.Get(target).Status(405)
		alice.Head(target).Status(405)
	}
	var described struct {
		Paths map[string]map[string]json.RawMessage
	}
	shop.nobody.With("Accept", "application/openapi+json").Get("/").Status(200).Decode(&described)
	require.Contains(t, described.Paths["/rpc/login"], "post")
	require.NotContains(t, described.Paths["/rpc/login"], "get")
}

// A token has the claims that policies read, and ends when the database says.
func TestLogin_token(t *testing.T) {
	t.Parallel()
	shop := open(t)
	var got issued
	shop.nobody.Post("/rpc/login", `{"email": "ALICE@example.com", "password": "alice likes light roasts"}`).Status(200).Decode(&got)
	parts := strings.Split(got.Token, ".")
	require.Len(t, parts, 3)
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims struct {
		Role, Sub  string
		Subscriber bool
		Exp        int64
	}
	require.NoError(t, json.Unmarshal(text, &claims))
	require.Equal(t, "shop_customer", claims.Role)
	require.Equal(t, shop.one(t, `SELECT id FROM api.customers WHERE email = 'alice@example.com'`), claims.Sub)
	require.True(t, claims.Subscriber)
	expires, err := time.Parse(time.RFC3339, got.ExpiresAt)
	require.NoError(t, err)
	require.Equal(t, expires.Unix(), claims.Exp)
	require.WithinDuration(t, time.Now().Add(15*time.Minute), expires, time.Minute)
}

// A token expires and can't be renewed then. In time it can, and the next one lasts longer.
func TestLogin_expiry(t *testing.T) {
	t.Parallel()
	shop := open(t)
	id := shop.one(t, `SELECT id FROM api.customers WHERE email = 'bob@example.com'`)
	token := func(lasts time.Duration, version int) string {
		return sign(shop.database.secret, fmt.Sprintf(`{"role": "shop_customer", "sub": %q, "version": %d, "exp": %d}`, id, version, time.Now().Add(lasts).Unix()))
	}
	expired := shop.as(token(-time.Minute, 1))
	expired.Get("/orders").Status(401).Error("PGRST303")
	expired.Post("/rpc/renew_token", `{}`).Status(401).Error("PGRST303")

	short := shop.as(token(30*time.Second, 1))
	short.Get("/customers?select=name").Status(200).JSON(`[{"name": "Bob"}]`)
	var next issued
	short.Post("/rpc/renew_token", `{}`).Status(200).Decode(&next)
	expires, err := time.Parse(time.RFC3339, next.ExpiresAt)
	require.NoError(t, err)
	require.Greater(t, time.Until(expires), 10*time.Minute)
	shop.as(next.Token).Get("/customers?select=name").Status(200).JSON(`[{"name": "Bob"}]`)

	shop.as(token(time.Minute, 0)).Post("/rpc/renew_token", `{}`).Status(401).Error("PT401")
	shop.nobody.Post("/rpc/renew_token", `{}`).Status(401).Error("42501")
	forged := sign([]byte("another secret of the same length as a real one"), `{"role": "shop_operator", "sub": "1"}`)
	shop.as(forged).Get("/customers").Status(401).Error("PGRST301")
}

// After five wrong passwords an account is closed for a minute, whoever knows its password by
// then. Accounts that aren't there look the same.
func TestLogin_rate(t *testing.T) {
	t.Parallel()
	shop := open(t)
	try := func(email, password string, status int) failure {
		t.Helper()
		return failed(t, shop.nobody.Post("/rpc/login", map[string]string{"email": email, "password": password}), status)
	}
	for _, email := range []string{"alice@example.com", "nobody@example.com"} {
		for range 5 {
			require.Equal(t, "The address or the password is wrong.", try(email, "guess", 401).Message)
		}
		got := try(strings.ToUpper(email), "guess", 429)
		require.Equal(t, "PT429", got.Code)
		require.Equal(t, "Wait a minute.", *got.Hint)
	}
	require.Equal(t, "60", shop.nobody.Post("/rpc/login", `{"email": "alice@example.com", "password": "alice likes light roasts"}`).Status(429).Header.Get("Retry-After"))
	shop.login(t, "BOB") // who has his own account

	shop.exec(t, `UPDATE private.login_attempts SET at = at - interval '1 minute'`)
	shop.login(t, "ALICE")
	require.Equal(t, "0", shop.one(t, `SELECT count(*) FROM private.login_attempts WHERE email = 'alice@example.com'`))
	shop.exec(t, `UPDATE private.login_attempts SET at = at - interval '1 hour'`)
	shop.login(t, "BOB")
	require.Equal(t, "0", shop.one(t, `SELECT count(*) FROM private.login_attempts`), "old attempts don't stay")

	try("", "", 401)
	failed(t, shop.nobody.Post("/rpc/login", `{"email": null, "password": "x"}`), 400)
}

// No guess is taken back with its transaction, by whatever has the request fail after the
// function has run.
func TestLogin_rate_of_calls_that_fail(t *testing.T) {
	t.Parallel()
	shop := open(t)
	alice, olga := shop.login(t, "ALICE"), shop.login(t, "OLGA")
	guess := map[string]string{"email": "bob@example.com", "password": "guess"}
	change := map[string]string{"current_password": "guess", "new_password": "a password"}
	for name, with := range map[string]struct{ query, header, value string }{
		"cast":              {query: "?select=pgrst_scalar:pgrst_scalar-%3E%3Ecode::int"},
		"page":              {query: "?offset=5", header: "Prefer", value: "count=exact"},
		"range":             {header: "Range", value: "5-9"},
		"filter":            {query: "?pgrst_scalar-%3E%3Ecode=eq.PT401"},
		"unknown column":    {query: "?select=x"},
		"plan":              {header: "Accept", value: planType + "; options=analyze"},
		"plan, in capitals": {header: "Accept", value: "text/html, Application/Vnd.PGRST.Plan+json"},
	} {
		t.Run(name, func(t *testing.T) {
			header := cmp.Or(with.header, "Accept")
			for _, target := range []string{"/rpc/login", "/rpc/%6Cogin"} {
				require.Equal(t, "PT400", failed(t, olga.With(header, cmp.Or(with.value, "*/*")).Post(target+with.query, guess), 400).Code)
			}
			require.Equal(t, "PT400", failed(t, alice.With(header, cmp.Or(with.value, "*/*")).Post("/rpc/change_password"+with.query, change), 400).Code)
		})
	}
	require.Equal(t, "0", shop.one(t, `SELECT count(*) FROM private.login_attempts`), "they have not come to a guess")
}

// Guesses at the same time don't come to more.
func TestLogin_rate_at_once(t *testing.T) {
	t.Parallel()
	shop := open(t)
	var mu sync.Mutex
	count := map[int]int{}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			status := shop.nobody.Post("/rpc/login", `{"email": "bob@example.com", "password": "guess"}`).StatusCode
			mu.Lock()
			count[status]++
			mu.Unlock()
		})
	}
	all.Wait()
	require.Equal(t, 40, count[401]+count[429], count)
	require.LessOrEqual(t, count[401], 5)
	require.Positive(t, count[401])
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	shop := open(t)
	bob := shop.login(t, "BOB")
	change := func(current, next string) any {
		return map[string]string{"current_password": current, "new_password": next}
	}
	const old, next = "bob likes dark roasts", "bob changed his mind"
	failed(t, bob.Post("/rpc/change_password", change("wrong", next)), 403)
	got := failed(t, bob.Post("/rpc/change_password", change(old, "short")), 400)
	require.Equal(t, "A password has at least 8 characters, and at most 72 bytes.", got.Message)
	failed(t, bob.Post("/rpc/change_password", change(old, strings.Repeat("é", 37))), 400)
	failed(t, shop.nobody.Post("/rpc/change_password", change(old, next)), 401)

	var fresh issued
	bob.Post("/rpc/change_password", change(old, next)).Status(200).Decode(&fresh)
	shop.as(fresh.Token).Post("/rpc/renew_token", `{}`).Status(200)
	bob.Post("/rpc/renew_token", `{}`).Status(401).Error("PT401") // of before
	bob.Get("/customers").Status(200)                             // until it expires
	shop.nobody.Post("/rpc/login", map[string]string{"email": "bob@example.com", "password": old}).Status(401)
	shop.nobody.Post("/rpc/login", map[string]string{"email": "bob@example.com", "password": next}).Status(200)

	renewed := shop.as(fresh.Token)
	for range 5 {
		failed(t, renewed.Post("/rpc/change_password", change("guess", next)), 403)
	}
	failed(t, renewed.Post("/rpc/change_password", change(next, old)), 429)
}

// A token isn't renewed while its password is being changed: the new one would outlive the change.
func TestLogin_renewal_during_a_change(t *testing.T) {
	t.Parallel()
	shop := open(t)
	bob := shop.login(t, "BOB")
	change, err := shop.db.Begin(t.Context())
	require.NoError(t, err)
	_, err = change.Exec(t.Context(), `UPDATE private.accounts SET token_version = token_version + 1
		WHERE customer_id = (SELECT id FROM api.customers WHERE email = 'bob@example.com')`)
	require.NoError(t, err)
	renewed := make(chan int)
	go func() { renewed <- bob.Post("/rpc/renew_token", `{}`).StatusCode }()
	require.Eventually(t, func() bool {
		return shop.one(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == "1"
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, change.Commit(t.Context()))
	require.Equal(t, 401, <-renewed)
}

// The functions that run with their owner's rights have a search path that nobody else can put
// an object into, and that owner is no superuser.
func TestSecurityDefiner(t *testing.T) {
	t.Parallel()
	shop := open(t)
	require.Empty(t, shop.one(t, `
		SELECT coalesce(string_agg(p.oid::regprocedure::text, ', '), '')
		FROM pg_proc AS p JOIN pg_roles AS owner ON owner.oid = p.proowner
		WHERE p.prosecdef AND p.pronamespace IN ('api'::regnamespace, 'private'::regnamespace, 'net'::regnamespace)
		AND (owner.rolsuper OR NOT coalesce(p.proconfig, '{}') && '{"search_path=pg_catalog, pg_temp"}')`))
	require.Empty(t, shop.one(t, `
		SELECT coalesce(string_agg(p.oid::regprocedure::text, ', '), '') FROM pg_proc AS p
		WHERE p.pronamespace = 'private'::regnamespace AND p.proowner = 'shop_owner'::regrole AND has_function_privilege('shop_anon', p.oid, 'EXECUTE')`))
	for role, want := range map[string]string{
		anonymous:       "login(text,text)",
		"shop_customer": "change_password(text,text) login(text,text) place_order(jsonb) renew_token()",
		operator:        "change_password(text,text) index_orders() login(text,text) renew_token() unindex_orders()",
	} {
		require.Equal(t, want, shop.one(t, `
			SELECT string_agg(replace(p.oid::regprocedure::text, 'api.', ''), ' ' ORDER BY p.proname) FROM pg_proc AS p
			WHERE p.pronamespace = 'api'::regnamespace AND has_function_privilege($1, p.oid, 'EXECUTE')
			AND p.proname IN ('login', 'change_password', 'renew_token', 'place_order', 'index_orders', 'unindex_orders')`, role))
	}
}

// sign makes a token as somebody else would who knows the secret.
func sign(secret []byte, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}
