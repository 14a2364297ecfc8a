package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
)

func TestAuthenticate_token_that_can_not_be_verified(t *testing.T) {
	t.Parallel()
	const (
		malformed = "JWT cryptographic operation failed"
		noKey     = "No suitable key or wrong key type"
		badAlg    = "Wrong or unsupported encoding algorithm"
		none      = "None of the keys was able to decode the JWT"
		notFound  = "No suitable key was found to decode the JWT"
		unsecured = "JWT is unsecured but expected 'alg' was not 'none'"
	)
	payload := `{"role":"author"}`
	good := sign(t, payload, jwa.HS256, []byte(secret))
	parts := strings.Split(good, ".")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon"})
	for _, c := range []struct {
		name, token              string
		wantMessage, wantDetails string
	}{
		{"one_part", "token", "Expected 3 parts in JWT; got 1", ""},
		{"two_parts", parts[0] + "." + parts[1], "Expected 3 parts in JWT; got 2", ""},
		{"four_parts", good + ".", "Expected 3 parts in JWT; got 4", ""},
		{"dots_alone", "..", malformed, ""},
		{"random_text", "one.two.three", malformed, ""},

		{"header_not_base64", "!." + parts[1] + "." + parts[2], malformed, ""},
		{"header_not_an_object", encode(`"HS256"`) + "." + parts[1] + "." + parts[2], malformed, ""},
		{"header_null", withHeader(t, `null`, payload), malformed, ""},
		{"header_without_alg", withHeader(t, `{"typ":"JWT"}`, payload), malformed, ""},
		{"alg_not_a_string", withHeader(t, `{"alg":256}`, payload), malformed, ""},
		{"alg_in_another_case", withHeader(t, `{"alg":"hs256"}`, payload), malformed, ""},
		{"alg_under_another_name", withHeader(t, `{"ALG":"HS256"}`, payload), malformed, ""},
		{"alg_unknown", withHeader(t, `{"alg":"HS1024"}`, payload), malformed, ""},
		{"two_algs", withHeader(t, `{"alg":"none","alg":"HS256"}`, payload), malformed, ""},
		{"two_kids", withHeader(t, `{"alg":"HS256","kid":"a","kid":null}`, payload), malformed, ""},
		{"behind_the_header", withHeader(t, `{"alg":"HS256"}{}`, payload), malformed, ""},
		{"encrypted", withHeader(t, `{"alg":"HS256","enc":"A128GCM"}`, payload), malformed, ""},
		{"critical_extension", withHeader(t, `{"alg":"HS256","crit":["b64"],"b64":false}`, payload), malformed, ""},
		{"kid_not_a_string", withHeader(t, `{"alg":"HS256","kid":1}`, payload), malformed, ""},
		{"payload_not_base64", parts[0] + ".!." + parts[2], malformed, ""},
		{"payload_with_padding", parts[0] + "." + parts[1] + "=." + parts[2], malformed, ""},
		{"signature_not_base64", parts[0] + "." + parts[1] + ".!", malformed, ""},
		{"line_break_in_signature", good + "\n", malformed, ""},
		{"space_behind", good + " ", malformed, ""},

		{"alg_none", encode(`{"alg":"none"}`) + "." + parts[1] + ".", badAlg, unsecured},
		{"alg_none_with_signature", withHeader(t, `{"alg":"none"}`, payload), badAlg, unsecured},
		{"alg_none_and_payload_not_base64", encode(`{"alg":"none"}`) + ".!.", malformed, ""},

		{"wrong_secret", sign(t, payload, jwa.HS256, []byte(otherSecret)), noKey, none},
		{"signature_missing", parts[0] + "." + parts[1] + ".", noKey, none},
		{"signature_cut", good[:len(good)-4], noKey, none},
		{"signature_of_another_payload", parts[0] + "." + encode(`{"role":"admin"}`) + "." + parts[2], noKey, none},
		{"other_HMAC", sign(t, payload, jwa.HS512, []byte(secret)), noKey, notFound},
		{"alg_claimed_RS256", withHeader(t, `{"alg":"RS256"}`, payload), noKey, notFound},
		{"alg_RS256", sign(t, payload, jwa.RS256, rsaKey), noKey, notFound},
		{"kid_for_a_key_without_one", withHeader(t, `{"alg":"HS256","kid":"a"}`, payload), noKey, notFound},
		{"kid_that_is_a_path", withHeader(t, `{"alg":"HS256","kid":"../../../dev/null"}`, payload), noKey, notFound},
		{"kid_that_is_SQL", withHeader(t, `{"alg":"HS256","kid":"' UNION SELECT 'key"}`, payload), noKey, notFound},
		{"alg_none_in_another_case", encode(`{"alg":"None"}`) + "." + parts[1] + ".", malformed, ""},
		{"signed_by_a_key_of_its_own", withHeader(t, `{"alg":"RS256","jwk":{"kty":"oct","k":"`+encode(secret)+`"}}`, payload), noKey, notFound},
		{"keys_from_a_URL_of_its_own", withHeader(t, `{"alg":"HS384","jku":"https://evil.example/keys"}`, payload), noKey, notFound},
		{"empty_kid", withHeader(t, `{"alg":"HS256","kid":""}`, payload), noKey, notFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := v.Authenticate(t.Context(), "Bearer "+c.token)
			e := requireError(t, err)
			require.Equal(t, "PGRST301", e.Code)
			require.Equal(t, c.wantMessage, e.Message)
			require.Equal(t, c.wantDetails, e.Details)
			require.Equal(t, 401, e.Status)
			require.Equal(t, fmt.Sprintf(`Bearer error="invalid_token", error_description="%s"`, c.wantMessage), e.Challenge)
		})
	}
	t.Run("null_kid_is_none", func(t *testing.T) {
		t.Parallel()
		_, err := v.Authenticate(t.Context(), "Bearer "+withHeader(t, `{"alg":"HS256","kid":null}`, payload))
		require.NoError(t, err)
	})
}

func TestAuthenticate_keys(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ec384Key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	ec521Key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	// asJWK renders a key, with members of its own.
	asJWK := func(raw any, members map[string]any) string {
		k, err := jwk.FromRaw(raw)
		require.NoError(t, err)
		for name, value := range members {
			require.NoError(t, k.Set(name, value))
		}
		text, err := json.Marshal(k)
		require.NoError(t, err)
		return string(text)
	}
	signed := func(alg jwa.SignatureAlgorithm, raw any, kid string) string {
		headers := jws.NewHeaders()
		if kid != "" {
			require.NoError(t, headers.Set(jws.KeyIDKey, kid))
		}
		token, err := jws.Sign([]byte(`{"role":"author"}`), jws.WithKey(alg, raw, jws.WithProtectedHeaders(headers)))
		require.NoError(t, err)
		return string(token)
	}
	public := asJWK(rsaKey.Public(), nil)
	set := `{"keys":[` + strings.Join([]string{
		asJWK([]byte(otherSecret), map[string]any{"kid": "old"}),
		asJWK([]byte(secret), map[string]any{"kid": "new"}),
		asJWK(rsaKey.Public(), nil),
		asJWK(ecKey.Public(), map[string]any{"use": "enc"}),
	}, ",") + `]}`
	twins := `{"keys":[` + asJWK(rsaKey.Public(), map[string]any{"kid": "twin"}) + "," +
		asJWK([]byte(secret), map[string]any{"kid": "twin"}) + `]}`

	for _, c := range []struct {
		name, secret, token string
		wantDetails         string // empty means that the token is good
	}{
		{"RSA_public_key", public, signed(jwa.RS256, rsaKey, ""), ""},
		{"RSA_private_key", asJWK(rsaKey, nil), signed(jwa.RS512, rsaKey, ""), ""},
		{"RSA_PSS", public, signed(jwa.PS256, rsaKey, ""), ""},
		{"RSA_PSS_for_another_algorithm", asJWK(rsaKey.Public(), map[string]any{"alg": "RS256"}), signed(jwa.PS256, rsaKey, ""), "No suitable key was found to decode the JWT"},
		{"EC_public_key_of_384_bits", asJWK(ec384Key.Public(), nil), signed(jwa.ES384, ec384Key, ""), ""},
		{"EC_public_key_of_521_bits", asJWK(ec521Key.Public(), nil), signed(jwa.ES512, ec521Key, ""), ""},
		{"key_for_verifying", asJWK(rsaKey.Public(), map[string]any{"key_ops": []string{"verify"}}), signed(jwa.RS384, rsaKey, ""), ""},
		{"EC_public_key", asJWK(ecKey.Public(), nil), signed(jwa.ES256, ecKey, ""), ""},
		{"Ed25519_public_key", asJWK(edKey.Public(), nil), signed(jwa.EdDSA, edKey, ""), ""},
		{"symmetric_key", asJWK([]byte(secret), nil), signed(jwa.HS384, []byte(secret), ""), ""},
		{"key_with_an_algorithm", asJWK(rsaKey.Public(), map[string]any{"alg": "RS256"}), signed(jwa.RS256, rsaKey, ""), ""},
		{"key_with_another_algorithm", asJWK(rsaKey.Public(), map[string]any{"alg": "RS256"}), signed(jwa.RS512, rsaKey, ""), "No suitable key was found to decode the JWT"},
		{"public_key_taken_for_an_HMAC_secret", public, signed(jwa.HS256, []byte(public), ""), "No suitable key was found to decode the JWT"},
		{"set_by_name", set, signed(jwa.HS256, []byte(secret), "new"), ""},
		{"set_without_name", set, signed(jwa.HS256, []byte(secret), ""), ""},
		{"set_by_name_of_another_key", set, signed(jwa.HS256, []byte(secret), "old"), "None of the keys was able to decode the JWT"},
		{"set_by_unknown_name", set, signed(jwa.HS256, []byte(secret), "lost"), "No suitable key was found to decode the JWT"},
		{"set_by_name_of_a_key_without_one", set, signed(jwa.RS256, rsaKey, "new"), "No suitable key was found to decode the JWT"},
		{"set_by_name_of_a_key_of_another_family", set, signed(jwa.RS256, rsaKey, "old"), "No suitable key was found to decode the JWT"},
		{"set_with_one_name_twice", twins, signed(jwa.RS256, rsaKey, "twin"), ""},
		{"set_with_one_name_twice_and_the_other_family", twins, signed(jwa.HS256, []byte(secret), "twin"), ""},
		{"set_with_one_name_twice_and_a_key_of_neither", twins, signed(jwa.HS256, []byte(public), "twin"), "None of the keys was able to decode the JWT"},
		{"set_with_a_key_for_encryption", set, signed(jwa.ES256, ecKey, ""), "No suitable key was found to decode the JWT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			id, err := newVerifier(t, auth.VerifierConfig{Secret: []byte(c.secret)}).Authenticate(t.Context(), "Bearer "+c.token)
			if c.wantDetails == "" {
				require.NoError(t, err)
				require.Equal(t, "author", id.Role)
				return
			}
			require.Equal(t, c.wantDetails, requireError(t, err).Details)
		})
	}
}

// BenchmarkAuthenticate_algorithms measures what the cache of verified tokens saves.
func BenchmarkAuthenticate_algorithms(b *testing.B) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(b, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(b, err)
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(b, err)
	for _, c := range []struct {
		alg             jwa.SignatureAlgorithm
		private, public any
	}{
		{jwa.HS256, []byte(secret), []byte(secret)},
		{jwa.RS256, rsaKey, rsaKey.Public()},
		{jwa.PS256, rsaKey, rsaKey.Public()},
		{jwa.ES256, ecKey, ecKey.Public()},
		{jwa.EdDSA, edKey, edPublic},
	} {
		b.Run(c.alg.String(), func(b *testing.B) {
			public, err := jwk.FromRaw(c.public)
			require.NoError(b, err)
			text, err := json.Marshal(public)
			require.NoError(b, err)
			v := newVerifier(b, auth.VerifierConfig{Secret: text, CacheMaxEntries: -1})
			header := "Bearer " + sign(b, `{"role":"author"}`, c.alg, c.private)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(b.Context(), header); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
