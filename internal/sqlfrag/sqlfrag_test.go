package sqlfrag_test

import (
	"testing"

	"github.com/Masterminds/squirrel"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

func TestIdent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, want string }{
		"plain":          {"films", `"films"`},
		"capitals":       {"Films", `"Films"`},
		"key word":       {"select", `"select"`},
		"empty":          {"", `""`},
		"blank":          {"lost films", `"lost films"`},
		"dot":            {"a.b", `"a.b"`},
		"quote":          {`say "cut"`, `"say ""cut"""`},
		"single quote":   {"it's", `"it's"`},
		"backslash":      {`a\b`, `"a\b"`},
		"question mark":  {"is it?", `"is it??"`},
		"dollar":         {"$1", `"$1"`},
		"beyond ASCII":   {"映画", `"映画"`},
		"NUL":            {"a\x00b", `"ab"`},
		"invalid UTF-8":  {"a\xffb", "\"a\xffb\""},
		"end of a quote": {`"; DROP TABLE films; --`, `"""; DROP TABLE films; --"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, sqlfrag.Ident(tt.name))
			require.Equal(t, `"s".`+tt.want, sqlfrag.Qualified("s", tt.name))
			require.Equal(t, tt.want, sqlfrag.Qualified("", tt.name))
		})
	}
	require.Equal(t, `"a.b""??"."c"`, sqlfrag.Qualified(`a.b"?`, "c"))
}

// A question mark in a name is not taken for a placeholder.
func TestIdent_in_a_statement(t *testing.T) {
	t.Parallel()
	sql, err := squirrel.Dollar.ReplacePlaceholders("SELECT " + sqlfrag.Qualified("t?", "is it?") + " WHERE a = ?")
	require.NoError(t, err)
	require.Equal(t, `SELECT "t?"."is it?" WHERE a = $1`, sql)
}

func TestSearchPath(t *testing.T) {
	t.Parallel()
	require.Equal(t, ``, sqlfrag.SearchPath())
	require.Equal(t, `"api"`, sqlfrag.SearchPath("api"))
	require.Equal(t, `"api", "extra"`, sqlfrag.SearchPath("api", "extra"))
	require.Equal(t, `"a ""b""", "is it?", "$user"`, sqlfrag.SearchPath(`a "b"`, "is it?", "$us\x00er"))
}

func TestCutIdent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, name, rest string
		ok               bool
	}{
		{`"a"."b"`, "a", `."b"`, true},
		{`"say ""a""?" = 1`, `say "a"?`, " = 1", true},
		{`""`, "", "", true},
		{`"a`, "", `"a`, false},
		{`"a""`, "", `"a""`, false},
		{`a`, "", "a", false},
		{``, "", "", false},
	} {
		name, rest, ok := sqlfrag.CutIdent(tt.text)
		require.Equal(t, tt.name, name, tt.text)
		require.Equal(t, tt.rest, rest, tt.text)
		require.Equal(t, tt.ok, ok, tt.text)
	}
}

func TestCutQualified(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, qualifier, name string
		ok                    bool
	}{
		{`api.color`, "api", "color", true},
		{`api."Order Status"`, "api", "Order Status", true},
		{`"my.api"."a""b"`, "my.api", `a"b`, true},
		{`"My"."we.ird"`, "My", "we.ird", true},
		{`character varying`, "character varying", "", false},
	} {
		qualifier, name, ok := sqlfrag.CutQualified(tt.text)
		require.Equal(t, tt.qualifier, qualifier, tt.text)
		require.Equal(t, tt.name, name, tt.text)
		require.Equal(t, tt.ok, ok, tt.text)
	}
}
