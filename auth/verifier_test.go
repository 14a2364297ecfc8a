package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
)

const (
	secret      = "a secret for tests, and for nothing else"
	otherSecret = "another secret, that nobody has configured"
)

// now is the time of the verifiers in the tests.
var now = time.Unix(1_700_000_000, 0)

func newVerifier(t testing.TB, cfg auth.VerifierConfig) *auth.Verifier {
	t.Helper()
	cfg.Now = func() time.Time { return now }
	v, err := auth.NewVerifier(cfg)
	require.NoError(t, err)
	return v
}

// sign makes a token of a payload.
func sign(t testing.TB, payload string, alg jwa.SignatureAlgorithm, key any) string {
	t.Helper()
	token, err := jws.Sign([]byte(payload), jws.WithKey(alg, key))
	require.NoError(t, err)
	return string(token)
}

func bearer(t testing.TB, payload string) string {
	t.Helper()
	return "Bearer " + sign(t, payload, jwa.HS256, []byte(secret))
}

// withHeader makes a token with the given header, signed with the secret.
func withHeader(t testing.TB, header, payload string) string {
	t.Helper()
	signer, err := jws.NewSigner(jwa.HS256)
	require.NoError(t, err)
	signed := encode(header) + "." + encode(payload)
	signature, err := signer.Sign([]byte(signed), []byte(secret))
	require.NoError(t, err)
	return signed + "." + encode(string(signature))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func requireError(t testing.TB, err error) *auth.Error {
	t.Helper()
	var e *auth.Error
	require.ErrorAs(t, err, &e)
	return e
}

func TestNewVerifier(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		cfg     auth.VerifierConfig
		wantErr string // a part of it; empty means none
	}{
		{"nothing_set", auth.VerifierConfig{}, ""},
		{"secret_of_32_bytes", auth.VerifierConfig{Secret: []byte(strings.Repeat("x", 32))}, ""},
		{"secret_of_31_bytes", auth.VerifierConfig{Secret: []byte(strings.Repeat("x", 31))}, "The JWT secret must be at least 32 characters long."},
		{"short_key", auth.VerifierConfig{Secret: []byte(`{"kty":"oct","k":"c2hvcnQ"}`)}, ""},
		{"text_that_is_JSON_but_no_key", auth.VerifierConfig{Secret: []byte(`{"purpose": "a passphrase all the same"}`)}, ""},
		{"malformed_key", auth.VerifierConfig{Secret: []byte(`{"kty":"RSA","n":"AQAB"}`)}, "parsing key 1 of the JWT secret"},
		{"malformed_second_key", auth.VerifierConfig{Secret: []byte(`{"keys":[{"kty":"oct","k":"AQAB"},{"kty":7}]}`)}, "parsing key 2 of the JWT secret"},
		{"key_for_encryption", auth.VerifierConfig{Secret: []byte(`{"kty":"oct","k":"AQAB","use":"enc"}`)}, "no key that verifies signatures"},
		{"key_for_another_algorithm", auth.VerifierConfig{Secret: []byte(`{"kty":"oct","k":"AQAB","alg":"A128KW"}`)}, "no key that verifies signatures"},
		{"empty_symmetric_key", auth.VerifierConfig{Secret: []byte(`{"kty":"oct","k":""}`)}, "parsing key 1 of the JWT secret"},
		{"key_for_deriving", auth.VerifierConfig{Secret: []byte(`{"kty":"oct","k":"AQAB","key_ops":["deriveKey"]}`)}, "no key that verifies signatures"},
		{"role_path_malformed", auth.VerifierConfig{RoleClaimKey: "$.role;"}, "failed to parse role-claim-key value ($.role;)"},
		{"key_set_over_http", auth.VerifierConfig{KeySetURL: "http://films.example/keys"}, "has to begin with https://"},
		{"key_set_in_a_file", auth.VerifierConfig{KeySetURL: "file:///etc/keys"}, "has to begin with https://"},
		{"key_set_without_host", auth.VerifierConfig{KeySetURL: "https:keys"}, "has to begin with https://"},
		{"key_set_with_user", auth.VerifierConfig{KeySetURL: "https://jane:hush@films.example/keys"}, `"https://jane:xxxxx@films.example/keys", and can't have a user`},
		{"key_set_that_is_no_URL", auth.VerifierConfig{KeySetURL: "https://films example"}, "parse the URL of the key set"},
		{"empty_key_set", auth.VerifierConfig{Secret: []byte(`{"keys":[]}`)}, "no key that verifies signatures"},
		{"audience_string", auth.VerifierConfig{Audience: "films"}, ""},
		{"audience_URI", auth.VerifierConfig{Audience: "https://films.example"}, ""},
		{"audience_URN", auth.VerifierConfig{Audience: "urn:films:archive"}, ""},
		{"audience_with_a_space", auth.VerifierConfig{Audience: "the films"}, ""},
		{"audience_URI_with_a_space", auth.VerifierConfig{Audience: "urn:the films"}, "jwt-aud should be a string or a valid URI"},
		{"audience_URI_with_half_an_escape", auth.VerifierConfig{Audience: "urn:films%2"}, "jwt-aud should be a string or a valid URI"},
		{"audience_that_is_no_URI", auth.VerifierConfig{Audience: "://films"}, "jwt-aud should be a string or a valid URI"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, err := auth.NewVerifier(c.cfg)
			if c.wantErr != "" {
				require.ErrorContains(t, err, c.wantErr)
				return
			}
			require.NoError(t, err)
			require.NotNil(t, v)
		})
	}
}

func TestAuthenticate_header(t *testing.T) {
	t.Parallel()
	token := sign(t, `{"role":"author"}`, jwa.HS256, []byte(secret))
	v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon"})
	for _, c := range []struct {
		name, header string
		wantRole     string // empty means the error of an empty token
	}{
		{"none", "", "anon"},
		{"bearer", "Bearer " + token, "author"},
		{"lower_case", "bearer " + token, "author"},
		{"upper_case", "BEARER " + token, "author"},
		{"several_spaces", "Bearer \t  " + token, "author"},
		{"other_scheme", "Basic dXNlcjpwYXNz", "anon"},
		{"scheme_that_begins_alike", "Bearers " + token, "anon"},
		{"token_without_a_scheme", token, "anon"},
		{"space_in_front", " Bearer " + token, "anon"},
		{"scheme_alone", "Bearer", ""},
		{"scheme_and_spaces", "Bearer   ", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			id, err := v.Authenticate(t.Context(), c.header)
			if c.wantRole == "" {
				e := requireError(t, err)
				require.Equal(t, "PGRST301", e.Code)
				require.Equal(t, "Empty JWT is sent in Authorization header", e.Message)
				require.Equal(t, `Bearer error="invalid_token", error_description="Empty JWT is sent in Authorization header"`, e.Challenge)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.wantRole, id.Role)
		})
	}
}

func TestAuthenticate_without_token(t *testing.T) {
	t.Parallel()
	t.Run("anonymous_role", func(t *testing.T) {
		t.Parallel()
		for _, s := range []string{"", secret} {
			id, err := newVerifier(t, auth.VerifierConfig{Secret: []byte(s), AnonRole: "anon"}).Authenticate(t.Context(), "")
			require.NoError(t, err)
			require.Equal(t, "anon", id.Role)
			require.True(t, id.Anonymous)
			require.Empty(t, id.Claims)
			require.Equal(t, `{"role":"anon"}`, string(id.ClaimsJSON()))
		}
	})
	t.Run("no_anonymous_role", func(t *testing.T) {
		t.Parallel()
		v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret)})
		for _, header := range []string{"", "Basic dXNlcg==", bearer(t, `{"id":1}`)} {
			_, err := v.Authenticate(t.Context(), header)
			require.Equal(t, &auth.Error{
				Code: "PGRST302", Message: "Anonymous access is disabled", Status: 401, Challenge: "Bearer",
			}, err)
		}
		id, err := v.Authenticate(t.Context(), bearer(t, `{"role":"author"}`))
		require.NoError(t, err)
		require.False(t, id.Anonymous)
	})
	t.Run("empty_role_claim_is_not_anonymous", func(t *testing.T) {
		t.Parallel()
		id, err := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret)}).Authenticate(t.Context(), bearer(t, `{"role":""}`))
		require.NoError(t, err)
		require.False(t, id.Anonymous)
	})
}

func TestAuthenticate_without_secret(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, auth.VerifierConfig{AnonRole: "anon"})
	for _, header := range []string{"Bearer", "Bearer x", bearer(t, `{"role":"author"}`)} {
		_, err := v.Authenticate(t.Context(), header)
		require.Equal(t, &auth.Error{Code: "PGRST300", Message: "Server lacks JWT secret", Status: 500}, err)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	cause := fmt.Errorf("cause")
	err := &auth.Error{Code: "PGRST301", Message: "message", Details: "details", Err: cause}
	require.EqualError(t, err, "PGRST301: message: details: cause")
	require.ErrorIs(t, err, cause)
	require.EqualError(t, &auth.Error{Code: "PGRST303", Message: "JWT expired"}, "PGRST303: JWT expired")
}

func FuzzAuthenticate(f *testing.F) {
	for _, seed := range []string{
		"", "Bearer", "Bearer a.b.c", "Basic x", "bearer ..", "Bearer " + encode(`{"alg":"none"}`) + ".e30.",
		bearer(f, `{"role":"author","exp":1e9,"aud":["a"]}`), bearer(f, `{}`), bearer(f, `[`),
	} {
		f.Add(seed)
	}
	v := newVerifier(f, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", Audience: "films"})
	f.Fuzz(func(t *testing.T, header string) {
		id, err := v.Authenticate(t.Context(), header)
		if err != nil {
			e := requireError(t, err)
			require.NotEmpty(t, e.Code)
			require.NotEmpty(t, e.Message)
			return
		}
		require.True(t, json.Valid(id.ClaimsJSON()))
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	header := bearer(b, `{"role":"author","exp":9999999999,"email":"jane@films.example","sub":"1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"}`)
	for _, c := range []struct {
		name    string
		entries int
		header  string
	}{
		{"remembered", 0, header},
		{"verified", -1, header},
		{"no_token", 0, ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			v := newVerifier(b, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", CacheMaxEntries: c.entries})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(b.Context(), c.header); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
