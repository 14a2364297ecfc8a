package openapi_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// A filter describes its column, and lists the operators that it takes.
func TestDocumentFilters(t *testing.T) {
	t.Parallel()
	ranged := column("c", "int4range")
	ranged.Type.Kind = introspect.RangeType
	commented := column("c", "boolean")
	commented.Comment = "Whether it is so"
	tests := []struct {
		name        string
		column      introspect.Column
		description string
		example     string
	}{
		{"number", column("c", "integer"), "Filter by c (integer) with eq, neq, gt, gte, lt, lte, in, isdistinct or is.", "eq.1"},
		{"text", column("c", "character varying(9)"), "Filter by c (character varying(9)) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, " +
			"like, ilike, match, imatch, fts, plfts, phfts or wfts.", "eq.text"},
		{"array", column("c", "text[]"), "Filter by c (text[]) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, cs, cd or ov.", "cs.{text}"},
		{"array of JSON", column("c", "json[]"), "Filter by c (json[]) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, cs, cd or ov.", "is.null"},
		{"range", ranged, "Filter by c (int4range) with eq, neq, gt, gte, lt, lte, in, isdistinct, is, cs, cd, ov, sl, sr, nxr, nxl or adj.", "ov.[1,5)"},
		{"words", column("c", "tsvector"), "Filter by c (tsvector) with fts, plfts, phfts, wfts or is.", "fts.text"},
		{"JSON", column("c", "json"), "Filter by c (json) with fts, plfts, phfts, wfts or is.", "is.null"},
		{"not comparable", column("c", "xml"), "Filter by c (xml) with is.", "is.null"},
		{"day", column("c", "date"), "Filter by c (date) with eq, neq, gt, gte, lt, lte, in, isdistinct or is.", "gte.2024-01-31"},
		{"comment", commented, "Whether it is so\n\nFilter by c (boolean) with eq, neq, in, isdistinct or is.", "is.true"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got struct{ Name, Description, Example string }
			doc := document(t, tableCache(tt.column), openapi.Config{})
			require.NoError(t, json.Unmarshal([]byte(part(t, doc, "components", "parameters", "filter.things.c")), &got))
			require.Equal(t, "c", got.Name)
			require.Equal(t, tt.description, got.Description)
			require.Equal(t, tt.example, got.Example)
		})
	}
}

// A column has a parameter of its name, unless a query string needs quotes around that.
func TestDocumentFilterName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"a": true, "A_1$": true, "film title": true, "Größe": true, "番号": true, "first-name": true, "a-b c-d": true,
		"not": true, "*": false, "$ref": true, "2fa": true, "range": true, "_": true, "$": true,
		"a.b": false, "a->b": false, " a": false, "a ": false, "a- b": false, "-a": false, "a-": false, "a--b": false, "-": false,
		"select": false, "order": false, "limit": false, "offset": false, "columns": false, "on_conflict": false, "and": false, "or": false,
		"Order": false, "onConflict": false, "prefer": false, "accept_profile": false, `say "cut\`: false, "a,b": false, "(a)": false,
		"a:b": false, "café²": false, "__proto__": false,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := document(t, tableCache(column(name, "text")), openapi.Config{})
			got := filterNames(t, doc)
			if !want {
				require.Empty(t, got)
				return
			}
			require.Equal(t, []string{name}, got)
			query, err := filter.Parse(url.QueryEscape(name)+"=eq.1", filter.Options{})
			require.NoError(t, err)
			require.Equal(t, filter.Field{Name: name}, query.Where[0].Node.(filter.Condition).Field)
		})
	}
}

// filterNames are the names of the parameters that filter by columns, in the order of the
// document.
func filterNames(t *testing.T, doc []byte) []string {
	t.Helper()
	var parameters map[string]struct{ Name string }
	require.NoError(t, json.Unmarshal([]byte(part(t, doc, "components", "parameters")), &parameters))
	var got []string
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		if strings.HasPrefix(key, "filter.") {
			got = append(got, parameters[key].Name)
		}
	}
	return got
}
