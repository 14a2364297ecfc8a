package auth_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
)

func TestClaimsJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		id   auth.Identity
		want string
	}{
		{"no_claims", auth.Identity{Role: "anon"}, `{"role":"anon"}`},
		{"role_added", auth.Identity{Role: "author", Claims: json.RawMessage(`{"sub":"jane","age":1.50}`)}, `{"age":1.50,"role":"author","sub":"jane"}`},
		{"role_replaced", auth.Identity{Role: "author", Claims: json.RawMessage(`{"role":["x"]}`)}, `{"role":"author"}`},
		{"claims_that_are_no_object", auth.Identity{Role: "author", Claims: json.RawMessage(`[1]`)}, `{"role":"author"}`},
		{"claims_that_are_null", auth.Identity{Role: "author", Claims: json.RawMessage(`null`)}, `{"role":"author"}`},
		{"role_that_needs_escapes", auth.Identity{Role: "a\"\\\n\x7fé\xff"}, "{\"role\":\"a\\\"\\\\\\n\x7fé\ufffd\"}"},
		{"zero", auth.Identity{}, `{"role":""}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, string(c.id.ClaimsJSON()))
		})
	}
}

func TestClaimsJSON_follows_changes_to_a_verified_identity(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret)})
	id, err := v.Authenticate(t.Context(), bearer(t, `{"role":"author"}`))
	require.NoError(t, err)

	other := id
	other.Role = "editor"
	require.Equal(t, `{"role":"editor"}`, string(other.ClaimsJSON()))
	other.Claims = json.RawMessage(`{"sub":"x"}`)
	require.Equal(t, `{"role":"editor","sub":"x"}`, string(other.ClaimsJSON()))
	require.Equal(t, `{"role":"author"}`, string(id.ClaimsJSON()))
}

func TestSettings(t *testing.T) {
	t.Parallel()
	id := auth.Identity{Role: "author", Claims: json.RawMessage(`{"sub":"jane"}`)}
	for _, c := range []struct {
		name string
		ctx  auth.Context
		want []auth.Setting
	}{
		{"everything_in_order", auth.Context{
			Schema: "api", ExtraSearchPath: []string{"public", `odd"name?`},
			Method: "POST", Path: "/rpc/films",
			Headers: []byte(`{"accept":"*/*"}`), Cookies: []byte(`{"a":"b"}`),
			Timezone:         "Asia/Tokyo",
			RoleSettings:     []auth.Setting{{Name: "statement_timeout", Value: "1s"}, {Name: "work_mem", Value: "8MB"}},
			FunctionSettings: []auth.Setting{{Name: "statement_timeout", Value: "2s"}},
			AppSettings:      []auth.Setting{{Name: "app.settings.site", Value: "films"}},
		}, []auth.Setting{
			{Name: "search_path", Value: `"api", "public", "odd""name?"`},
			{Name: "statement_timeout", Value: "1s"},
			{Name: "work_mem", Value: "8MB"},
			{Name: "role", Value: "author"},
			{Name: "request.jwt.claims", Value: `{"role":"author","sub":"jane"}`},
			{Name: "request.method", Value: "POST"},
			{Name: "request.path", Value: "/rpc/films"},
			{Name: "request.headers", Value: `{"accept":"*/*"}`},
			{Name: "request.cookies", Value: `{"a":"b"}`},
			{Name: "timezone", Value: "Asia/Tokyo"},
			{Name: "statement_timeout", Value: "2s"},
			{Name: "app.settings.site", Value: "films"},
		}},
		{"others_than_the_context's_own_left_out", auth.Context{
			RoleSettings:     []auth.Setting{{Name: "role", Value: "none"}, {Name: "Session_Authorization", Value: "postgres"}, {Name: "work_mem", Value: "8MB"}, {Name: "client_encoding", Value: "latin1"}},
			FunctionSettings: []auth.Setting{{Name: "ROLE", Value: "editor"}, {Name: "transaction_read_only", Value: "off"}, {Name: "statement_timeout", Value: "2s"}},
			AppSettings:      []auth.Setting{{Name: "Request.JWT.claims", Value: "{}"}, {Name: "app.role", Value: "x"}, {Name: "transaction_isolation", Value: "serializable"}},
		}, []auth.Setting{
			{Name: "search_path", Value: ""},
			{Name: "work_mem", Value: "8MB"},
			{Name: "role", Value: "author"},
			{Name: "request.jwt.claims", Value: `{"role":"author","sub":"jane"}`},
			{Name: "request.method", Value: ""},
			{Name: "request.path", Value: ""},
			{Name: "request.headers", Value: "{}"},
			{Name: "request.cookies", Value: "{}"},
			{Name: "statement_timeout", Value: "2s"},
			{Name: "app.role", Value: "x"},
		}},
		{"nothing_given", auth.Context{}, []auth.Setting{
			{Name: "search_path", Value: ""},
			{Name: "role", Value: "author"},
			{Name: "request.jwt.claims", Value: `{"role":"author","sub":"jane"}`},
			{Name: "request.method", Value: ""},
			{Name: "request.path", Value: ""},
			{Name: "request.headers", Value: "{}"},
			{Name: "request.cookies", Value: "{}"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, auth.Settings(id, c.ctx))
		})
	}
}

func TestIdentity_Check(t *testing.T) {
	t.Parallel()
	for role, ok := range map[string]bool{
		"author": true, "nonesuch": true, `"none"`: true, " none": true, "0": true, "none": false, "NONE": false, "nOne": false, "": false,
	} {
		err := auth.Identity{Role: role}.Check()
		if ok {
			require.NoError(t, err, role)
			continue
		}
		require.Equal(t, &auth.Error{Code: "22023", Message: `role "` + role + `" does not exist`, Status: 401, Challenge: "Bearer"}, err)
	}
}

func TestSettings_leaves_the_search_path_it_was_given_alone(t *testing.T) {
	t.Parallel()
	extra := append(make([]string, 0, 4), "public")
	auth.Settings(auth.Identity{}, auth.Context{Schema: "api", ExtraSearchPath: extra})
	require.Equal(t, []string{"public", "", "", ""}, extra[:4])
}

func TestHeadersJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		headers map[string][]string
		want    string
	}{
		{"none", nil, `{}`},
		{"names_in_lower_case_and_order", map[string][]string{"User-Agent": {"curl"}, "Accept": {"*/*"}, "X-B": {"1"}}, `{"accept":"*/*","user-agent":"curl","x-b":"1"}`},
		{"cookie_left_out", map[string][]string{"Cookie": {"a=b"}, "cookie": {"c=d"}, "Cookie2": {"x"}}, `{"cookie2":"x"}`},
		{"several_values", map[string][]string{"Prefer": {"count=exact", "tx=commit"}}, `{"prefer":"count=exact, tx=commit"}`},
		{"no_values", map[string][]string{"Prefer": {}}, `{}`},
		{"empty_value", map[string][]string{"X-A": {""}}, `{"x-a":""}`},
		{"name_in_two_cases", map[string][]string{"X-A": {"1"}, "x-a": {"2", "3"}}, `{"x-a":"1, 2, 3"}`},
		{"name_that_begins_another", map[string][]string{"X-Ab": {"2"}, "x-a": {"1"}}, `{"x-a":"1","x-ab":"2"}`},
		{"escapes", map[string][]string{"X-A": {"\"\\\t\x00<é"}}, `{"x-a":"\"\\\t\u0000<é"}`},
		{"not_UTF-8", map[string][]string{"X-A": {"caf\xe9!"}}, "{\"x-a\":\"caf\ufffd!\"}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, string(auth.HeadersJSON("", c.headers)))
		})
	}
}

func TestCookiesJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, cookie, want string }{
		{"none", "", `{}`},
		{"one", "a=b", `{"a":"b"}`},
		{"several_in_order", "z=1; a=2;m=3", `{"a":"2","m":"3","z":"1"}`},
		{"equal_signs_in_the_value", "a=b=c==", `{"a":"b=c=="}`},
		{"quotes_stay", `a="b c"`, `{"a":"\"b c\""}`},
		{"case_of_names_counts", "A=1; a=2", `{"A":"1","a":"2"}`},
		{"last_of_one_name", "a=1; b=2; a=3", `{"a":"3","b":"2"}`},
		{"no_value", "a; b=", `{"a":"","b":""}`},
		{"no_name", "=b", `{"":"b"}`},
		{"nothing_between", "; ;a=b;;", `{"a":"b"}`},
		{"not_UTF-8", "a=\xff", "{\"a\":\"\ufffd\"}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, string(auth.CookiesJSON(c.cookie)))
		})
	}
}

func FuzzCookiesJSON(f *testing.F) {
	f.Add("a=b; c=d; a=\"\xff\\\x00")
	f.Fuzz(func(t *testing.T, cookie string) {
		require.True(t, json.Valid(auth.CookiesJSON(cookie)))
		require.True(t, json.Valid(auth.HeadersJSON("", map[string][]string{cookie: {cookie, cookie}})))
	})
}

func BenchmarkSettings(b *testing.B) {
	v := newVerifier(b, auth.VerifierConfig{Secret: []byte(secret)})
	id, err := v.Authenticate(b.Context(), bearer(b, `{"role":"author","sub":"jane"}`))
	require.NoError(b, err)
	headers := map[string][]string{
		"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"Go-http-client/1.1"},
		"Authorization": {"Bearer " + secret}, "X-Forwarded-For": {"10.0.0.1"}, "Prefer": {"count=exact"},
	}
	b.ReportAllocs()
	for b.Loop() {
		auth.Settings(id, auth.Context{
			Schema: "api", ExtraSearchPath: []string{"public"}, Method: "GET", Path: "/films",
			Headers: auth.HeadersJSON("api.example.org", headers), Cookies: auth.CookiesJSON("session=1b9d6bcd; theme=dark"),
		})
	}
}
