package sqlfrag_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/sqlfrag"
)

// rendered puts <n> in the place of each placeholder.
func rendered(t sqlfrag.Template) string {
	var b strings.Builder
	t.Each(func(sql string) { b.WriteString(sql) }, func(n int) { b.WriteString("<" + strconv.Itoa(n) + ">") })
	return b.String()
}

func TestParseTemplate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		sql, want string
		places    []int
	}{
		{"$0 OPERATOR(extensions.<->) $1", "<0> OPERATOR(extensions.<->) <1>", []int{0, 1}},
		{"f($0,$12,$0[$1])", "f(<0>,<12>,<0>[<1>])", []int{0, 12, 0, 1}},
		{"extensions.vector", "extensions.vector", nil},
		{"$0 ? $1", "<0> ?? <1>", []int{0, 1}},
		{`'$1 ('' ?' || "$2 ("" " || $0`, `'$1 ('' ??' || "$2 ("" " || <0>`, []int{0}},
		{`E'\'$1)' || e'a''$2(' || $0`, `E'\'$1)' || e'a''$2(' || <0>`, []int{0}},
		{`'\' || $0`, `'\' || <0>`, []int{0}}, // which escapes nothing without an E
		{"$$ $1 ) -- ; $$ || $a_1$ $$ ' $a_1$ || $0", "$$ $1 ) -- ; $$ || $a_1$ $$ ' $a_1$ || <0>", []int{0}},
		{"a$1 + größe$2 + $0", "a$1 + größe$2 + <0>", []int{0}}, // names have dollar signs
		{"$0 - -$1", "<0> - -<1>", []int{0, 1}},
	} {
		template, err := sqlfrag.ParseTemplate(tt.sql)
		require.NoError(t, err, tt.sql)
		require.Equal(t, tt.want, rendered(template))
		require.Equal(t, tt.places, template.Places(), tt.sql)
	}
	for sql, problem := range map[string]string{
		"":           "it is empty",
		" \n":        "it is empty",
		"$0\x00":     "it is no text of UTF-8",
		"\xff":       "it is no text of UTF-8",
		"f($0":       "a '(' isn't closed",
		"$0)":        "a ')' closes nothing",
		"($0]":       "a ']' closes nothing",
		"a[$0":       "a '[' isn't closed",
		"'$0":        "a ' isn't closed",
		`"$0`:        `a " isn't closed`,
		`E'\' || $0`: "a ' isn't closed",
		"$$ $0":      "a $$ isn't closed",
		"$a$ $0 $b$": "a $a$ isn't closed",
		"$0 $":       "a $ is followed by no number",
		"$(a)$ $0":   "a $ is followed by no number",
		"$0 --":      "it has a comment",
		"$0 /* a */": "it has a comment",
		"$0; DELETE": "it has a semicolon",
		"$100":       "$100 is no placeholder",
		"$1a":        "$1 is no placeholder",
		"$1$2":       "$1 is no placeholder",
	} {
		_, err := sqlfrag.ParseTemplate(sql)
		require.EqualError(t, err, problem, sql)
	}
}

// Whatever a template is made of, what stands around it keeps its meaning: its brackets and quotes
// are closed, and no comment or statement begins in it.
func FuzzParseTemplate(f *testing.F) {
	for _, seed := range []string{"$0 <-> $1", "f('$1', $0)", `E'\'' || $0`, "$a$ $1 $a$", `"a""b"`, "a$1", "$0 /", "U&'\\' || $0", "$0 -"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		template, err := sqlfrag.ParseTemplate(sql)
		if err != nil {
			return
		}
		again, err := sqlfrag.ParseTemplate("(" + sql + ")")
		require.NoError(t, err)
		require.Equal(t, "("+rendered(template)+")", rendered(again))
		require.NotContains(t, strings.ReplaceAll(rendered(template), "??", ""), "?")
	})
}
