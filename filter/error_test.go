package filter_test

import (
	"cmp"
	"net/url"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

const (
	operatorLabel = "operator (eq, gt, ...)"
	nameLabel     = "field name (* or [a..z0..9_$])"
	endOfField    = `letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input`
)

func TestParseError(t *testing.T) {
	t.Parallel()
	type at struct {
		column  int
		details string
	}
	tests := []struct {
		parameter, value string
		part             string
		want             at
	}{
		// conditions
		{"a", "noop.0", "filter", at{1, `unexpected "o" expecting "not" or ` + operatorLabel}},
		{"a", "val", "filter", at{1, `unexpected "v" expecting "not" or ` + operatorLabel}},
		{"a", "0", "filter", at{1, `unexpected "0" expecting "not" or ` + operatorLabel}},
		{"a", "", "filter", at{1, `unexpected end of input expecting "not" or ` + operatorLabel}},
		{"a", "eq", "filter", at{3, "unexpected end of input expecting " + operatorLabel}},
		{"a", "not.noop.0", "filter", at{5, `unexpected "n" expecting ` + operatorLabel}},
		{"a", "fts().x", "filter", at{5, `unexpected ")" expecting ` + operatorLabel}},
		{"a", "eq().x", "filter", at{4, `unexpected ")" expecting ` + operatorLabel}},
		{"a", "is().x", "filter", at{3, `unexpected "(" expecting ` + operatorLabel}},
		{"a", "in().x", "filter", at{3, `unexpected "(" expecting ` + operatorLabel}},
		{"a", "cs(any).x", "filter", at{3, `unexpected "(" expecting ` + operatorLabel}},
		{"a", "in.1,2", "filter", at{4, `unexpected "1" expecting "("`}},
		{"a", "in.(1,2", "filter", at{8, `unexpected end of input expecting "," or ")"`}},
		{"a", "is.nil", "filter", at{5, `unexpected "i" expecting isVal: (null, not_null, true, false, unknown)`}},
		{"a", `é`, "filter", at{1, `unexpected "\233" expecting "not" or ` + operatorLabel}},
		{"a", "\t", "filter", at{1, `unexpected "\t" expecting "not" or ` + operatorLabel}},
		{"a", `\`, "filter", at{1, `unexpected "\\" expecting "not" or ` + operatorLabel}},

		// groups
		{"or", "()", "logic tree", at{4, `unexpected ")" expecting ` + nameLabel + ", negation operator (not) or logic operator (and, or)"}},
		{"or", "(a.in.1,2,b.eq.3)", "logic tree", at{9, `unexpected "1" expecting "("`}},
		{"or", ")(", "logic tree", at{3, `unexpected ")" expecting "("`}},
		{"and", "(ord(a.eq.1,b.eq.1),c.eq.2)", "logic tree", at{7, `unexpected "d" expecting "("`}},
		{"or", "(id.eq.1,not.xor(a.eq.2,b.eq.3))", "logic tree", at{16, `unexpected "x" expecting logic operator (and, or)`}},
		{"not.or", "(a.eq.1", "logic tree", at{14, `unexpected end of input expecting "," or ")"`}},

		// select
		{"select", "id,clients(name[])", "select parameter", at{16, "unexpected '[' expecting " + endOfField}},
		{"select", "name!hint", "select parameter", at{5, "unexpected '!' expecting " + endOfField}},
		{"select", "*,*!hint", "select parameter", at{4, `unexpected '!' expecting ")", "," or end of input`}},
		{"select", "name::", "select parameter", at{7, "unexpected end of input expecting letter or digit"}},
		{"select", "a:b:c", "select parameter", at{4, `unexpected "c" expecting "::"`}},
		{"select", "a.median()", "select parameter", at{3, `unexpected "m" expecting "sum", "avg", "count", "max" or "min"`}},
		{"select", "a.max", "select parameter", at{6, `unexpected end of input expecting "()"`}},
		{"select", "data->>-78xy", "select parameter", at{11, `unexpected 'x' expecting digit, "->", "::", ".", "," or end of input`}},
		{"select", "data->>--34", "select parameter", at{9, `unexpected "-" expecting digit`}},
		{"select", "data->>-xy-4", "select parameter", at{9, `unexpected "x" expecting digit`}},
		{"select", "data->(!@#$%^&*_d->>!@#$%^&*_e::integer", "select parameter", at{
			7, `unexpected "(" expecting "-", digit or any non reserved character different from: .,>()`,
		}},
		{"select", `"a\`, "select parameter", at{4, "unexpected end of input"}},
		{"select", "a,...b!!", "select parameter", at{8, `unexpected "!" expecting "left", "inner" or ` + nameLabel}},
		{"select", `"a`, "select parameter", at{3, `unexpected end of input expecting "\\" or "\""`}},

		// order
		{"order", "clients(name,id)", "order", at{8, `unexpected '(' expecting letter, digit, "-", "->>", "->", delimiter (.), "," or end of input`}},
		{"order", "id.ac", "order", at{4, `unexpected "c" expecting "asc", "desc", "nullsfirst" or "nullslast"`}},
		{"order", "id.descc", "order", at{8, `unexpected 'c' expecting delimiter (.), "," or end of input`}},
		{"order", "id.desc ,a", "order", at{8, `unexpected ' ' expecting delimiter (.), "," or end of input`}},
		{"order", "id.nullslasttt", "order", at{13, `unexpected 't' expecting "," or end of input`}},
		{"order", "id.asc.nlsfst", "order", at{8, `unexpected "l" expecting "nullsfirst" or "nullslast"`}},
		{"order", "id.asc.nullslasttt", "order", at{17, `unexpected 't' expecting "," or end of input`}},

		// lists of names
		{"columns", "", "columns parameter", at{1, "unexpected end of input expecting " + nameLabel}},
		{"columns", "a,:", "columns parameter", at{3, `unexpected ":" expecting ` + nameLabel}},
		{"on_conflict", "a,", "on_conflict parameter", at{3, "unexpected end of input expecting " + nameLabel}},
	}
	for _, tt := range tests {
		t.Run(tt.parameter+"="+tt.value, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Parse(tt.parameter+"="+url.QueryEscape(tt.value), filter.Options{})
			var parseErr *filter.ParseError
			require.ErrorAs(t, err, &parseErr)
			require.Equal(t, tt.want, at{parseErr.Position, parseErr.Details()})
			require.Equal(t, tt.parameter, parseErr.Parameter)
			require.Equal(t, tt.part, parseErr.Part)
			require.Equal(t, tt.value, parseErr.Text)
		})
	}
}

func TestParseErrorOfAName(t *testing.T) {
	t.Parallel()
	const details = `unexpected ":" expecting ` + nameLabel
	tests := []struct{ query, message string }{
		{":a=eq.1", `"failed to parse tree path (:a)" (line 1, column 1)`},
		{"a.:=eq.1", `"failed to parse tree path (a.:)" (line 1, column 3)`},
		{":.order=a", `"failed to parse tree path (:.order)" (line 1, column 1)`},
		{":.limit=1", `"failed to parse tree path (:.limit)" (line 1, column 1)`},
		{":.offset=1", `"failed to parse tree path (:.limit)" (line 1, column 1)`},
		{":.or=(a.eq.1)", `"failed to parse logic path (:.or)" (line 1, column 1)`},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Parse(tt.query, filter.Options{})
			var parseErr *filter.ParseError
			require.ErrorAs(t, err, &parseErr)
			require.Equal(t, tt.message, parseErr.Message())
			require.Equal(t, details, parseErr.Details())
			require.Equal(t, tt.message+": "+details, parseErr.Error())
		})
	}
}

// Only a function's single unnamed parameter and the keys of JSON may be empty names.
func TestParseErrorOfAnEmptyName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query, message, what string
		options              filter.Options
	}{
		{query: `""=eq.1`, message: `"failed to parse tree path ("")" (line 1, column 3)`},
		{query: `a.""=eq.1`, message: `"failed to parse tree path (a."")" (line 1, column 5)`},
		{query: `"".a=eq.1`, message: `"failed to parse tree path ("".a)" (line 1, column 3)`},
		{query: `""->a=eq.1`, message: `"failed to parse tree path (""->a)" (line 1, column 3)`},
		{query: `+=eq.1`, message: `"failed to parse tree path ( )" (line 1, column 2)`},
		{query: `"".order=a`, message: `"failed to parse tree path ("".order)" (line 1, column 3)`},
		{query: `"".limit=1`, message: `"failed to parse tree path ("".limit)" (line 1, column 3)`},
		{query: `"".or=(a.eq.1)`, message: `"failed to parse logic path ("".or)" (line 1, column 3)`},
		{query: `or=("".eq.1)`, message: `"failed to parse logic tree (("".eq.1))" (line 1, column 6)`},
		{query: `or=(a.eq.1,not.and("".eq.1))`, message: `"failed to parse logic tree ((a.eq.1,not.and("".eq.1)))" (line 1, column 21)`},
		{query: `order=""`, message: `"failed to parse order ("")" (line 1, column 3)`},
		{query: `order=a,"".desc`, message: `"failed to parse order (a,"".desc)" (line 1, column 5)`},
		{query: `order=""(a)`, message: `"failed to parse order (""(a))" (line 1, column 3)`},
		{query: `order=a("")`, message: `"failed to parse order (a(""))" (line 1, column 5)`},
		{query: `select=""`, message: `"failed to parse select parameter ("")" (line 1, column 3)`},
		{query: `select=a,""`, message: `"failed to parse select parameter (a,"")" (line 1, column 5)`},
		{query: `select="":a`, message: `"failed to parse select parameter ("":a)" (line 1, column 3)`},
		{query: `select=a:""`, message: `"failed to parse select parameter (a:"")" (line 1, column 5)`},
		{query: `select="":count()`, message: `"failed to parse select parameter ("":count())" (line 1, column 3)`},
		{query: `select="".sum()`, message: `"failed to parse select parameter ("".sum())" (line 1, column 3)`},
		{query: `select=""(a)`, message: `"failed to parse select parameter (""(a))" (line 1, column 3)`},
		{query: `select="":a(b)`, message: `"failed to parse select parameter ("":a(b))" (line 1, column 3)`},
		{query: `select=a!""(b)`, message: `"failed to parse select parameter (a!""(b))" (line 1, column 5)`},
		{query: `select=...""(b)`, message: `"failed to parse select parameter (...""(b))" (line 1, column 6)`},
		{query: `select=a("")`, message: `"failed to parse select parameter (a(""))" (line 1, column 5)`},
		{query: `select=a::+`, message: `"failed to parse select parameter (a:: )" (line 1, column 5)`, what: "type"},
		{query: `columns=+`, message: `"failed to parse columns parameter ( )" (line 1, column 2)`},
		{query: `on_conflict=""`, message: `"failed to parse on_conflict parameter ("")" (line 1, column 3)`},
		{query: `a=fts(+).b`, message: `"failed to parse filter (fts( ).b)" (line 1, column 6)`, what: "language"},
		{query: `""=eq.1`, message: `"failed to parse tree path ("")" (line 1, column 3)`, options: filter.Options{Arguments: true}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Parse(tt.query, tt.options)
			var parseErr *filter.ParseError
			require.ErrorAs(t, err, &parseErr)
			require.Equal(t, tt.message, parseErr.Message())
			require.Equal(t, "unexpected empty "+cmp.Or(tt.what, "name"), parseErr.Details())
		})
	}
}

func TestParseErrorMessage(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, query, message string }{
		{"filter", "a=noop.0", `"failed to parse filter (noop.0)" (line 1, column 1)`},
		{"group_counts_from_its_operator", "or=()", `"failed to parse logic tree (())" (line 1, column 4)`},
		{"characters_not_bytes", "order=%C3%A9.x", `"failed to parse order (é.x)" (line 1, column 3)`},
		{"tabs_go_to_the_next_eighth_column", "select=%09%09!", "\"failed to parse select parameter (\t\t!)\" (line 1, column 17)"},
		{"lines", "or=(a.eq.1%0A,!)", "\"failed to parse logic tree ((a.eq.1\n,!))\" (line 2, column 2)"},
		{"order_before_groups", "a=x&or=x&order=!", `"failed to parse order (!)" (line 1, column 1)`},
		{"groups_before_select", "a=x&select=a!&or=x", `"failed to parse logic tree (x)" (line 1, column 3)`},
		{"select_before_filters", "a=x&select=a!", `"failed to parse select parameter (a!)" (line 1, column 2)`},
		{"first_of_one_part", "a=x&b=y", `"failed to parse filter (x)" (line 1, column 1)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := filter.Parse(tt.query, filter.Options{})
			var parseErr *filter.ParseError
			require.ErrorAs(t, err, &parseErr)
			require.Equal(t, tt.message, parseErr.Message())
		})
	}
}
