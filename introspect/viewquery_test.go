package introspect_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/introspect"
)

// targets makes the tree of a query with a target list.
func targets(list string) string {
	return `({QUERY :commandType 1 :utilityStmt <> :rtable ({RTE :alias {ALIAS :aliasname f :colnames <>} :selectedCols (b 8 9)})` +
		` :jointree {FROMEXPR :fromlist ({RANGETBLREF :rtindex 1}) :quals <>} :targetList ` + list +
		` :returningList <> :limitCount {CONST :constvalue 8 [ 1 0 0 0 0 0 0 0 ]} :stmt_len 0})`
}

func TestParseViewQuery(t *testing.T) {
	t.Parallel()
	type origin = introspect.Origin
	const entry = `{TARGETENTRY :expr {VAR :varno 1 :varattno 3} :resno 1 :resname id :ressortgroupref 0 :resorigtbl 16384 :resorigcol 3 :resjunk false}`
	tests := []struct {
		name string
		tree string
		want []origin
	}{
		{"column of a table", targets("(" + entry + ")"), []origin{{16384, 3}}},
		{
			"computed column", targets(`({TARGETENTRY :expr {CONST} :resno 1 :resname n :resorigtbl 0 :resorigcol 0 :resjunk false})`),
			[]origin{{}},
		},
		{
			"numbers decide, not places", targets(`({TARGETENTRY :resno 3 :resorigtbl 7 :resorigcol 1 :resjunk false} {TARGETENTRY :resno 1 :resorigtbl 7 :resorigcol 2 :resjunk false})`),
			[]origin{{7, 2}, {}, {7, 1}},
		},
		{
			"what is only sorted by is no column", targets("(" + entry + ` {TARGETENTRY :resno 2 :resorigtbl 7 :resorigcol 1 :resjunk true})`),
			[]origin{{16384, 3}},
		},
		{
			"target list of a subquery in FROM",
			`({QUERY :rtable ({RTE :subquery {QUERY :targetList (` + entry + ` ` + entry + `)}}) :targetList (` + entry + `)})`,
			[]origin{{16384, 3}},
		},
		{
			"target list of a subquery in the target list",
			targets(`({TARGETENTRY :expr {SUBLINK :subselect {QUERY :targetList (` + entry + `)}} :resno 1 :resorigtbl 0 :resorigcol 0 :resjunk false})`),
			[]origin{{}},
		},
		{
			"name with brackets", targets(`({TARGETENTRY :resname \{a\(b\)\}c :resno 1 :resorigtbl 7 :resorigcol 1 :resjunk false})`),
			[]origin{{7, 1}},
		},
		{
			"brackets that are skipped", targets(`({TARGETENTRY :expr {X :name \}\)\\} :resno 1 :resorigtbl 7 :resorigcol 1 :resjunk false})`),
			[]origin{{7, 1}},
		},
		{
			"name with spaces and backslashes", targets(`({TARGETENTRY :resname a\ :resorigtbl\ 9\\ :resno 1 :resorigtbl 7 :resorigcol 1 :resjunk false})`),
			[]origin{{7, 1}},
		},
		{
			"name of a field", targets(`({TARGETENTRY :resname :resorigtbl :resno 1 :resorigtbl 7 :resorigcol 1 :resjunk false})`),
			[]origin{{7, 1}},
		},
		{
			"name with quotes", targets(`({TARGETENTRY :resname \"a"b :resno 1 :resorigtbl 7 :resorigcol 1 :resjunk false})`),
			[]origin{{7, 1}},
		},
		{
			"largest OID", targets(`({TARGETENTRY :resno 1 :resorigtbl 4294967295 :resorigcol -1 :resjunk false})`),
			[]origin{{math.MaxUint32, -1}},
		},
		{"line breaks", "({QUERY\n:targetList\n\t(" + entry + "\n)})", []origin{{16384, 3}}},
		{"only the first query", `({QUERY :targetList (` + entry + `)} {QUERY :targetList (` + entry + ` ` + entry + `)})`, []origin{{16384, 3}}},
		{"no columns", targets("<>"), nil},
		{"no target list", `({QUERY :commandType 1})`, nil},
		{"another node", `({RTE :targetList (` + entry + `)})`, nil},
		{"number that no column has", targets(`({TARGETENTRY :resno 999999999 :resorigtbl 7 :resorigcol 1 :resjunk false})`), nil},
		{"cut off", `({QUERY :targetList ({TARGETENTRY :resno 1 :resorigtbl 7`, nil},
		{"cut off after a backslash", `({QUERY :targetList ({TARGETENTRY :resname a\`, nil},
		{"empty", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, introspect.ParseViewQuery(tt.tree))
		})
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	type origin = introspect.Origin
	views := map[uint32][]origin{
		10: {{1, 4}, {}, {11, 2}, {11, 3}},
		11: {{1, 1}, {1, 2}},
		20: {{21, 1}},
		21: {{20, 1}},
	}
	tests := []struct {
		name         string
		column, want origin
	}{
		{"table's", origin{1, 2}, origin{1, 2}},
		{"view of a table", origin{10, 1}, origin{1, 4}},
		{"computed column", origin{10, 2}, origin{}},
		{"view of a view", origin{10, 3}, origin{1, 2}},
		{"column that the view does not have", origin{10, 4}, origin{}},
		{"whole row", origin{10, 0}, origin{}},
		{"system column", origin{10, -1}, origin{}},
		{"views in a circle", origin{20, 1}, origin{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, introspect.Trace(views, tt.column))
		})
	}
}

// No text makes the parser panic, or return more columns than a relation can have.
func FuzzParseViewQuery(f *testing.F) {
	f.Add(targets(`({TARGETENTRY :expr {VAR :varno 1} :resno 2 :resname a\ b :resorigtbl 16384 :resorigcol 3 :resjunk false})`))
	f.Add(targets(`({TARGETENTRY :resname \{ :resno 1600 :resorigtbl 99999999999 :resorigcol 99999 :resjunk true} {X})`))
	f.Add(`({QUERY :a ({(}) :targetList (`)
	f.Add(`({QUERY :targetList ({TARGETENTRY :resno \`)
	f.Add(`({QUERY : : :targetList <>})`)
	f.Fuzz(func(t *testing.T, tree string) {
		require.LessOrEqual(t, len(introspect.ParseViewQuery(tree)), 1600)
	})
}
