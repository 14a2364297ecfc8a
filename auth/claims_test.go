package auth_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
)

func TestAuthenticate_identity(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, payload string
		wantRole      string
		wantAnonymous bool
		wantClaims    string
	}{
		{"role", `{"role":"author"}`, "author", false, `{"role":"author"}`},
		{"no_role", `{"id":1}`, "anon", true, `{"id":1,"role":"anon"}`},
		{"no_claims", `{}`, "anon", true, `{"role":"anon"}`},
		{"anonymous_role_named", `{"role":"anon"}`, "anon", true, `{"role":"anon"}`},
		{"empty_role", `{"role":""}`, "", false, `{"role":""}`},
		{"role_in_another_case", `{"Role":"author"}`, "anon", true, `{"Role":"author","role":"anon"}`},
		{"role_with_escapes", `{"role":"a\"b\u00e9"}`, `a"bé`, false, `{"role":"a\"bé"}`},
		{"null_role", `{"role":null}`, "null", false, `{"role":"null"}`},
		{"number_for_a_role", `{"role":12}`, "12", false, `{"role":"12"}`},
		{"object_for_a_role", `{"role": {"a": [1, 2]} }`, `{"a":[1,2]}`, false, `{"role":"{\"a\":[1,2]}"}`},
		{"last_of_two_roles", `{"role":"first","role":"second"}`, "second", false, `{"role":"second"}`},
		{"numbers_keep_their_digits", `{"n":12345678901234567890.10,"m":1E400}`, "anon", true, `{"m":1E400,"n":12345678901234567890.10,"role":"anon"}`},
		{"strings_keep_their_spelling", `{"s":"<&>\u0041\/"}`, "anon", true, `{"role":"anon","s":"<&>\u0041\/"}`},
		{"names_in_order", `{"z":1,"a":{"y":1,"b":2}}`, "anon", true, `{"a":{"y":1,"b":2},"role":"anon","z":1}`},
		{"names_escaped", `{"a\"b":1}`, "anon", true, `{"a\"b":1,"role":"anon"}`},
		{"space_around_values", " { \"n\" : 1 ,\n\"role\" : \"author\" } ", "author", false, `{"n":1,"role":"author"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon"})
			id, err := v.Authenticate(t.Context(), bearer(t, c.payload))
			require.NoError(t, err)
			require.Equal(t, c.wantRole, id.Role)
			require.Equal(t, c.wantAnonymous, id.Anonymous)
			require.Equal(t, c.payload, string(id.Claims))
			require.Equal(t, c.wantClaims, string(id.ClaimsJSON()))
		})
	}
}

func TestAuthenticate_claims(t *testing.T) {
	t.Parallel()
	const (
		expired     = "JWT expired"
		notYet      = "JWT not yet valid"
		future      = "JWT issued at future"
		notAudience = "JWT not in audience"
		badExp      = "The JWT 'exp' claim must be a number"
		badNbf      = "The JWT 'nbf' claim must be a number"
		badIat      = "The JWT 'iat' claim must be a number"
		badAud      = "The JWT 'aud' claim must be a string or an array of strings"
		parsing     = "Parsing claims failed"
	)
	at := func(claim string, seconds int64) string {
		return fmt.Sprintf(`{"role":"author",%q:%d}`, claim, now.Unix()+seconds)
	}
	for _, c := range []struct {
		name, payload string
		audience      string
		want          string // empty means that the claims hold
	}{
		{"exp_ahead", at("exp", 1), "", ""},
		{"exp_past_within_leeway", at("exp", -30), "", ""},
		{"exp_past", at("exp", -31), "", expired},
		{"exp_null", `{"exp":null}`, "", ""},
		{"exp_string", `{"exp":"9999999999"}`, "", badExp},
		{"exp_bool", `{"exp":true}`, "", badExp},
		{"exp_with_fraction", `{"exp":1700000000.5}`, "", ""},
		{"exp_with_exponent", `{"exp":1.7e9}`, "", ""},
		{"exp_zero", `{"exp":0}`, "", expired},
		{"exp_beyond_an_integer", `{"exp":1e30}`, "", ""},
		{"exp_beyond_a_float", `{"exp":1e999}`, "", ""},
		{"exp_far_below_zero", `{"exp":-1e999}`, "", expired},

		{"nbf_past", at("nbf", -1), "", ""},
		{"nbf_ahead_within_leeway", at("nbf", 30), "", ""},
		{"nbf_ahead", at("nbf", 31), "", notYet},
		{"nbf_null", `{"nbf":null}`, "", ""},
		{"nbf_array", `{"nbf":[1]}`, "", badNbf},
		{"nbf_beyond_an_integer", `{"nbf":1e30}`, "", notYet},

		{"iat_past", at("iat", -1), "", ""},
		{"iat_ahead_within_leeway", at("iat", 30), "", ""},
		{"iat_ahead", at("iat", 31), "", future},
		{"iat_null", `{"iat":null}`, "", ""},
		{"iat_object", `{"iat":{}}`, "", badIat},

		{"aud_absent", `{}`, "films", ""},
		{"aud_null", `{"aud":null}`, "films", ""},
		{"aud_empty_array", `{"aud":[]}`, "films", ""},
		{"aud_string", `{"aud":"films"}`, "films", ""},
		{"aud_string_of_another", `{"aud":"books"}`, "films", notAudience},
		{"aud_string_that_contains_it", `{"aud":"films2"}`, "films", notAudience},
		{"aud_in_another_case", `{"aud":"Films"}`, "films", notAudience},
		{"aud_empty_string", `{"aud":""}`, "films", notAudience},
		{"aud_array", `{"aud":["books","films"]}`, "films", ""},
		{"aud_array_of_others", `{"aud":["books","music"]}`, "films", notAudience},
		{"aud_any", `{"aud":"books"}`, "", ""},
		{"aud_any_of_array", `{"aud":["books"]}`, "", ""},
		{"aud_number", `{"aud":1}`, "", badAud},
		{"aud_object", `{"aud":{"films":true}}`, "", badAud},
		{"aud_array_with_a_number", `{"aud":["films",1]}`, "films", badAud},
		{"aud_array_with_null", `{"aud":["films",null]}`, "films", badAud},

		{"first_of_several_faults", `{"aud":1,"iat":"x","nbf":"x","exp":"x"}`, "", badExp},
		{"fault_of_time_before_audience", fmt.Sprintf(`{"aud":"books","iat":%d}`, now.Unix()+31), "films", future},

		{"payload_empty", ``, "", parsing},
		{"payload_not_JSON", `role=author`, "", parsing},
		{"payload_cut", `{"role":"author"`, "", parsing},
		{"payload_array", `[]`, "", parsing},
		{"payload_null", `null`, "", parsing},
		{"payload_not_UTF-8", "{\"role\":\"a\xff\"}", "", parsing},
		{"payload_nested_too_deep", strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), "", parsing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", Audience: c.audience})
			_, err := v.Authenticate(t.Context(), bearer(t, c.payload))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			e := requireError(t, err)
			require.Equal(t, "PGRST303", e.Code)
			require.Equal(t, c.want, e.Message)
			require.Empty(t, e.Details)
			require.Equal(t, 401, e.Status)
			require.Equal(t, fmt.Sprintf(`Bearer error="invalid_token", error_description="%s"`, c.want), e.Challenge)
		})
	}
}

// FuzzAuthenticate_payload has every payload signed, which Fuzz wouldn't find a
// way to.
func FuzzAuthenticate_payload(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"role":"author"}`, `{"role":[1]}`, `{"exp":1e999,"nbf":-0.0,"iat":null}`, `{"aud":["a",null]}`, `null`, "{\"a\":\"\xff\"}",
	} {
		f.Add(seed)
	}
	v := newVerifier(f, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", CacheMaxEntries: 4})
	f.Fuzz(func(t *testing.T, payload string) {
		id, err := v.Authenticate(t.Context(), bearer(t, payload))
		if err != nil {
			require.Equal(t, "PGRST303", requireError(t, err).Code)
			return
		}
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(id.ClaimsJSON(), &members))
		var role string
		require.NoError(t, json.Unmarshal(members["role"], &role))
		require.Equal(t, id.Role, role)
	})
}
