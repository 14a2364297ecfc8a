package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
)

// publisher serves a key set that can be changed, and counts its requests.
type publisher struct {
	*httptest.Server
	answer  atomic.Pointer[http.HandlerFunc]
	fetches atomic.Int32
}

func publish(t testing.TB, answer http.HandlerFunc) *publisher {
	t.Helper()
	p := &publisher{}
	p.answer.Store(&answer)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fetches.Add(1)
		(*p.answer.Load())(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// issuer has a key pair, and signs tokens with it.
type issuer struct {
	private *ecdsa.PrivateKey
	kid     string
}

func newIssuer(t testing.TB, kid string) issuer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return issuer{private, kid}
}

// public is the issuer's key as a set publishes it.
func (i issuer) public(t testing.TB) string {
	t.Helper()
	k, err := jwk.FromRaw(i.private.Public())
	require.NoError(t, err)
	require.NoError(t, k.Set(jwk.KeyIDKey, i.kid))
	b, err := json.Marshal(k)
	require.NoError(t, err)
	return string(b)
}

func (i issuer) bearer(t testing.TB) string {
	t.Helper()
	headers := jws.NewHeaders()
	require.NoError(t, headers.Set(jws.KeyIDKey, i.kid))
	token, err := jws.Sign([]byte(`{"role":"author"}`), jws.WithKey(jwa.ES256, i.private, jws.WithProtectedHeaders(headers)))
	require.NoError(t, err)
	return "Bearer " + string(token)
}

func keys(members ...string) string { return `{"keys":[` + strings.Join(members, ",") + `]}` }

// fetching opens a verifier with keys from a URL, and closes it when the test ends.
func fetching(t testing.TB, cfg auth.VerifierConfig) *auth.Verifier {
	t.Helper()
	cfg.Logger = slog.New(slog.DiscardHandler)
	v := newVerifier(t, cfg)
	t.Cleanup(v.Close)
	return v
}

func TestKeySetURL(t *testing.T) {
	t.Parallel()
	known, stranger := newIssuer(t, "known"), newIssuer(t, "known")
	symmetric := fmt.Sprintf(`{"kty":"oct","k":%q,"kid":"shared"}`, encode(secret))
	p := publish(t, text(keys(`{"kty":"unheard-of"}`, `{"kty":"EC"}`, symmetric, known.public(t))))
	v := fetching(t, auth.VerifierConfig{Secret: []byte(otherSecret), KeySetURL: p.URL + "/keys.json"})

	t.Run("the_first_token_waits_for_the_keys", func(t *testing.T) {
		id, err := v.Authenticate(t.Context(), known.bearer(t))
		require.NoError(t, err)
		require.Equal(t, "author", id.Role)
	})
	t.Run("the_secret_verifies_too", func(t *testing.T) {
		_, err := v.Authenticate(t.Context(), "Bearer "+sign(t, `{"role":"author"}`, jwa.HS256, []byte(otherSecret)))
		require.NoError(t, err)
	})
	t.Run("a_stranger's_token", func(t *testing.T) {
		_, err := v.Authenticate(t.Context(), stranger.bearer(t))
		e := requireError(t, err)
		require.Equal(t, "PGRST301", e.Code)
		require.Equal(t, "None of the keys was able to decode the JWT", e.Details)
	})
	t.Run("a_published_symmetric_key_is_no_secret", func(t *testing.T) {
		_, err := v.Authenticate(t.Context(), "Bearer "+withHeader(t, `{"alg":"HS256","kid":"shared"}`, `{"role":"author"}`))
		require.Equal(t, "No suitable key was found to decode the JWT", requireError(t, err).Details)
	})
	t.Run("names_that_nobody_has_don't_flood_the_publisher", func(t *testing.T) {
		for n := range 50 {
			_, err := v.Authenticate(t.Context(), newIssuer(t, fmt.Sprint(n)).bearer(t))
			require.Equal(t, 401, requireError(t, err).Status)
		}
		require.EqualValues(t, 1, p.fetches.Load())
	})
}

func TestKeySetURL_that_has_no_keys(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, "known")
	for _, c := range []struct {
		name    string
		answer  http.HandlerFunc
		wantErr string
	}{
		{"status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "418 I'm a teapot"},
		{"not_JSON", text("<html>"), "parse the key set"},
		{"not_a_set", text(`{"issuer":"https://films.example"}`), "no public key"},
		{"empty_set", text(keys()), "no public key"},
		{"too_large", text(keys(i.public(t)) + strings.Repeat(" ", 256<<10)), "more than 262144 bytes"},
		{"redirect_to_a_place_that_others_can_change", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://films.example/keys", http.StatusFound)
		}, "has to begin with https://"},
		{"redirect_in_circles", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, "too many redirects"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := fetching(t, auth.VerifierConfig{KeySetURL: publish(t, c.answer).URL, AnonRole: "anon"})
			_, err := v.Authenticate(t.Context(), i.bearer(t))
			e := requireError(t, err)
			require.Equal(t, "PGRST300", e.Code)
			require.Equal(t, "Server could not fetch its JWT keys", e.Message)
			require.Equal(t, 503, e.Status)
			require.Empty(t, e.Challenge)
			require.ErrorContains(t, e.Err, c.wantErr)

			_, err = v.Authenticate(t.Context(), "Bearer a.b.c")
			require.Equal(t, 401, requireError(t, err).Status, "a token that no key could verify")
			_, err = v.Authenticate(t.Context(), "")
			require.NoError(t, err, "the anonymous need no keys")
		})
	}
}

func TestKeySetURL_that_does_not_answer(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	p := publish(t, func(http.ResponseWriter, *http.Request) { <-released })
	t.Cleanup(func() { close(released) }) // before the server is closed
	i := newIssuer(t, "known")

	t.Run("a_request_waits_no_longer_than_it_lives", func(t *testing.T) {
		v := fetching(t, auth.VerifierConfig{KeySetURL: p.URL})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := v.Authenticate(ctx, i.bearer(t))
		require.Equal(t, 503, requireError(t, err).Status)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
	t.Run("closing_ends_the_fetch_and_the_waiting", func(t *testing.T) {
		v := fetching(t, auth.VerifierConfig{KeySetURL: p.URL})
		outcome := make(chan error, 1)
		go func() {
			_, err := v.Authenticate(context.Background(), i.bearer(t))
			outcome <- err
		}()
		v.Close()
		require.ErrorIs(t, <-outcome, context.Canceled)
		v.Close()
	})
}

// The test runs on synctest's clock, so that the minutes between two fetches take no time.
func TestKeySetURL_rotation(t *testing.T) {
	t.Parallel()
	before, after := newIssuer(t, "before"), newIssuer(t, "after")
	p := publish(t, text(keys(before.public(t))))
	set := func(answer http.HandlerFunc) { p.answer.Store(&answer) }
	synctest.Test(t, func(t *testing.T) {
		v := fetching(t, auth.VerifierConfig{KeySetURL: p.URL})
		accepts := func(i issuer) bool {
			_, err := v.Authenticate(t.Context(), i.bearer(t))
			return err == nil
		}
		remembered := before.bearer(t)
		_, err := v.Authenticate(t.Context(), remembered)
		require.NoError(t, err)

		set(text(keys(before.public(t), after.public(t))))
		require.False(t, accepts(after), "the last fetch was just now")
		time.Sleep(11 * time.Second)
		require.True(t, accepts(after), "a new name has the set fetched")

		set(text(keys(after.public(t))))
		require.True(t, accepts(before), "until the next fetch")
		time.Sleep(11 * time.Minute)
		_, err = v.Authenticate(t.Context(), remembered)
		require.Equal(t, 401, requireError(t, err).Status, "a token that was remembered goes with its key")
		require.True(t, accepts(after))

		set(http.NotFound)
		time.Sleep(time.Hour)
		require.True(t, accepts(after), "the keys stay while the next can't be had")
		require.False(t, accepts(before))

		set(text(keys(before.public(t))))
		time.Sleep(11 * time.Minute)
		require.True(t, accepts(before), "it goes on after failures")
		v.Close()
		require.True(t, accepts(before), "a closed verifier goes on with its keys")
		require.False(t, accepts(after))
	})
}
