package openapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
	"github.com/pgrest-go/pgrest/openapi"
)

// A filter says what its column is, and by which operators it can be filtered.
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

// Columns are filtered by their names, in quotes where these mean something else.
func TestDocumentFilterName(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]string{
		"a": "a", "A_1$": "A_1$", "film title": "film title", "Größe": "Größe", "番号": "番号",
		"a.b": `"a.b"`, " a": `" a"`, "a-b": `"a-b"`, "order": `"order"`, "and": `"and"`, "": `""`, `say "cut\`: `"say \"cut\\"`,
	} {
		t.Run(column, func(t *testing.T) {
			t.Parallel()
			cache := tableCache(introspect.Column{Name: column, Type: builtin("text"), TypeName: "text"})
			var parameters map[string]struct{ Name string }
			doc := document(t, cache, openapi.Config{})
			require.NoError(t, json.Unmarshal([]byte(part(t, doc, "components", "parameters")), &parameters))
			var got []string
			for key, p := range parameters {
				if strings.HasPrefix(key, "filter.") {
					got = append(got, p.Name)
				}
			}
			require.Equal(t, []string{want}, got)
		})
	}
}
