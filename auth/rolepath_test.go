package auth_test

import (
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/auth"
)

func TestRoleClaimKey(t *testing.T) {
	t.Parallel()
	const (
		app   = `{"app":{"role":"editor","roles":["guest","app_editor","app_admin",7]},"role":"other"}`
		named = `{"https://films.example/role":{"key":"editor"}}`
	)
	for _, c := range []struct {
		name, path, payload string
		want                string // empty means that there is none
	}{
		{"default", "", `{"role":"editor"}`, "editor"},
		{"member", "$.role", `{"role":"editor"}`, "editor"},
		{"members", "$.app.role", app, "editor"},
		{"index", "$.app.roles[1]", app, "app_editor"},
		{"index_from_the_end", "$.app.roles[-2]", app, "app_admin"},
		{"index_beyond_the_end", "$.app.roles[9]", app, ""},
		{"slice", "$.app.roles[1:3]", app, "app_editor"},
		{"slice_backwards", "$.app.roles[2::-1]", app, "app_admin"},
		{"name_in_double_quotes", `$["https://films.example/role"].key`, named, "editor"},
		{"name_in_single_quotes", `$['https://films.example/role']['key']`, named, "editor"},
		{"absent", "$.nothing", app, ""},
		{"member_of_a_string", "$.role.name", app, ""},
		{"number", "$.app.roles[3]", app, "7"},
		{"number_keeps_its_digits", "$.n[0]", `{"n":[12345678901234567890.10]}`, "12345678901234567890.10"},
		{"object_is_its_text", "$.app", `{"app":{"b":"<","a":[1]}}`, `{"a":[1],"b":"<"}`},
		{"null_is_its_text", "$.app", `{"app":null}`, "null"},
		{"filter_equal", "$.app.roles[?(@ == 'app_admin')]", app, "app_admin"},
		{"filter_unequal", `$.app.roles[?@ != "guest"]`, app, "app_editor"},
		{"filter_search", `$.app.roles[?search(@, "^app_")]`, app, "app_editor"},
		{"filter_search_in_parentheses", `$.app.roles[?(search(@, 'min$'))]`, app, "app_admin"},
		{"filter_that_nothing_passes", "$.app.roles[?@ == 'nobody']", app, ""},
		{"filter_with_a_wrong_expression", "$.app.roles[?search(@, '(')]", app, ""},
		{"filter_of_objects", `$.grants[?@.on == 'films'].role`, `{"grants":[{"on":"books","role":"a"},{"on":"films","role":"b"}]}`, "b"},
		{"filter_with_the_root", `$.grants[?@.on == $.site].role`, `{"site":"films","grants":[{"on":"films","role":"b"}]}`, "b"},
		{"members_in_order_of_their_names", "$.m.*", `{"m":{"c":"3","a":"1","b":"2"}}`, "1"},
		{"filtered_members_in_order_of_their_names", "$.m[?@ != '1']", `{"m":{"c":"3","a":"1","b":"2"}}`, "2"},
		{"names_in_order_of_the_path", "$.m['c','a']", `{"m":{"c":"3","a":"1"}}`, "3"},
		{"descendants_in_order", "$..r", `{"z":{"r":"3"},"b":[{"r":"1"},{"r":"2"}]}`, "1"},
		{"whole_array_in_order", "$.a[*]", `{"a":["x","y"]}`, "x"},

		{"dotted_default", ".role", `{"role":"editor"}`, "editor"},
		{"dotted_members", ".app.role", app, "editor"},
		{"dotted_index", ".app.roles[1]", app, "app_editor"},
		{"dotted_index_beyond_the_end", ".app.roles[9]", app, ""},
		{"dotted_quotes", `."https://films.example/role".key`, named, "editor"},
		{"dotted_signs", ".a_$@1", `{"a_$@1":"editor"}`, "editor"},
		{"dotted_index_of_an_object", ".app[0]", app, ""},
		{"dotted_member_of_an_array", ".app.roles.x", app, ""},
		{"dotted_member_of_a_string", ".role.x", app, ""},
		{"dotted_absent", ".nothing", app, ""},
		{"dotted_equal", `.app.roles[?(@ == "app_admin")]`, app, "app_admin"},
		{"dotted_unequal", `.app.roles[?(@ != "guest")]`, app, "app_editor"},
		{"dotted_unequal_passes_over_numbers", `.a[?(@ != "x")]`, `{"a":[1,"x","y"]}`, "y"},
		{"dotted_starts_with", `.app.roles[?(@ ^== "app_")]`, app, "app_editor"},
		{"dotted_ends_with", `.app.roles[?(@ ==^ "min")]`, app, "app_admin"},
		{"dotted_contains", `.app.roles[?(@ *== "_a")]`, app, "app_admin"},
		{"dotted_filter_without_spaces", `.app.roles[?(@=="guest")]`, app, "guest"},
		{"dotted_filter_of_an_object", `.app[?(@ == "guest")]`, app, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", RoleClaimKey: c.path})
			id, err := v.Authenticate(t.Context(), bearer(t, c.payload))
			require.NoError(t, err)
			if c.want == "" {
				require.True(t, id.Anonymous)
				require.Equal(t, "anon", id.Role)
				return
			}
			require.False(t, id.Anonymous)
			require.Equal(t, c.want, id.Role)
		})
	}
}

func TestRoleClaimKey_malformed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, path string }{
		{"bare_name", "role"},
		{"other_root", "@@.role.other"},
		{"signs", "$.my_role;;domain"},
		{"space_in_front", " $.role"},
		{"bracket_open", "$.roles[0"},
		{"unknown_function", "$.roles[?begins(@, 'a')]"},
		{"operator_of_the_older_form", `$.roles[?(@ ^== "a")]`},
		{"dotted_signs", ".my_role;;domain"},
		{"dotted_name_missing", ".a..b"},
		{"dotted_nothing", "."},
		{"dotted_quote_open", `."role`},
		{"dotted_index_open", ".a[0"},
		{"dotted_index_missing", ".a[]"},
		{"dotted_index_below_zero", ".a[-1]"},
		{"dotted_index_too_large", ".a[99999999999999999999]"},
		{"dotted_filter_in_the_middle", `.a[?(@ == "b")].c`},
		{"dotted_filter_of_a_member", `.a[?(@.b == "b")]`},
		{"dotted_filter_without_element", `.a[?("b" == @)]`},
		{"dotted_filter_without_operand", `.a[?(@ == )]`},
		{"dotted_filter_open", `.a[?(@ == "b"`},
		{"dotted_filter_in_single_quotes", `.a[?(@ == 'b')]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := auth.NewVerifier(auth.VerifierConfig{RoleClaimKey: c.path})
			require.ErrorContains(t, err, "failed to parse role-claim-key value ("+c.path+")")
		})
	}
}

// The anonymous role is recognized wherever the path finds it, and request.jwt.claims has
// the role that was found.
func TestRoleClaimKey_identity(t *testing.T) {
	t.Parallel()
	v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", RoleClaimKey: "$.app.role"})
	id, err := v.Authenticate(t.Context(), bearer(t, `{"app":{"role":"anon"}}`))
	require.NoError(t, err)
	require.True(t, id.Anonymous)

	id, err = v.Authenticate(t.Context(), bearer(t, `{"app":{"role":"editor"},"role":"owner"}`))
	require.NoError(t, err)
	require.Equal(t, `{"app":{"role":"editor"},"role":"editor"}`, string(id.ClaimsJSON()))
}

// PostgreSQL takes "none" for the role that the connection logged in as.
func TestRole_none(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "$.role"} {
		v := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", RoleClaimKey: path})
		for _, role := range []string{"none", "NONE", "None"} {
			_, err := v.Authenticate(t.Context(), bearer(t, `{"role":"`+role+`"}`))
			require.Equal(t, &auth.Error{Code: "22023", Message: `role "` + role + `" does not exist`, Status: 401, Challenge: "Bearer"}, err)
		}
	}
	for _, header := range []string{"", bearer(t, `{}`)} { // the anonymous role is a role, too
		_, err := newVerifier(t, auth.VerifierConfig{Secret: []byte(secret), AnonRole: "None"}).Authenticate(t.Context(), header)
		require.Equal(t, "22023", requireError(t, err).Code)
	}
}

func FuzzRoleClaimKey(f *testing.F) {
	payload := `{"role":"a","roles":["a",1,null,{"b":["c"]}],"x":{"y":"z","w":[[]]}}`
	for _, seed := range []string{
		"$", "$.role", "$..*", "$.roles[?search(@, '^a')]", "$[?@.b]", "$['x','roles'][::-1]", "$.roles[?length(@) > 0 && !(@ == $.role)]",
		"$.roles[?count(@..*) >= 1 || value(@.b) == 'c']", "$..[?match(@, '[')]", `$["\ud83d\ude00"]`,
		".role", ".roles[3].b[0]", `."x"`, `.roles[?(@ ==^ "a")]`, ".x[0]", "[0]", "$[99999999999999999999]",
	} {
		f.Add(seed, payload)
	}
	f.Fuzz(func(t *testing.T, path, payload string) {
		v, err := auth.NewVerifier(auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", RoleClaimKey: path})
		if err != nil {
			return
		}
		header := "Bearer " + sign(t, payload, jwa.HS256, []byte(secret))
		first, err := v.Authenticate(t.Context(), header)
		if err != nil {
			requireError(t, err)
			return
		}
		second, err := auth.NewVerifier(auth.VerifierConfig{Secret: []byte(secret), AnonRole: "anon", RoleClaimKey: path})
		require.NoError(t, err)
		again, err := second.Authenticate(t.Context(), header)
		require.NoError(t, err)
		require.Equal(t, first.Role, again.Role, "a role must not be a matter of chance")
	})
}

func BenchmarkRoleClaimKey(b *testing.B) {
	header := bearer(b, `{"role":"author","realm_access":{"roles":["guest","author","app_admin"]},"email":"jane@films.example"}`)
	for _, c := range []struct{ name, path string }{
		{"default", ""},
		{"index", "$.realm_access.roles[1]"},
		{"search", "$.realm_access.roles[?search(@, '^app_')]"},
		{"dotted", ".realm_access.roles[1]"},
	} {
		b.Run(c.name, func(b *testing.B) {
			v := newVerifier(b, auth.VerifierConfig{Secret: []byte(secret), RoleClaimKey: c.path, CacheMaxEntries: -1})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Authenticate(b.Context(), header); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
