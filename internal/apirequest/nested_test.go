package apirequest_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/value"
)

// schemaOfNames says what members are by their names: capitals are rows, with an s at their end
// many of them, x is nothing, and all others are columns. A row fills in the column of its name in
// small letters, and of many rows the column around is filled in.
type schemaOfNames struct{ filled []string }

func (s schemaOfNames) Filled() []string { return s.filled }

func (s schemaOfNames) Member(name string) (apirequest.Member, error) {
	switch {
	case name == "x":
		return apirequest.Member{}, apierror.ColumnNotFound("names", name)
	case name == "" || name[0] < 'A' || 'Z' < name[0]:
		return apirequest.Member{}, nil
	case strings.HasSuffix(name, "s"):
		return apirequest.Member{Within: schemaOfNames{[]string{"around"}}, Many: true}, nil
	}
	return apirequest.Member{Within: schemaOfNames{}, Fills: []string{strings.ToLower(name)}}, nil
}

// nest reads a body of rows within rows.
func nest(t testing.TB, query, prefer, body string, limits apirequest.Limits) (*apirequest.Request, error) {
	t.Helper()
	r := httptest.NewRequest("POST", "/films?"+query, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/vnd.pgrst.nested+json")
	r.Header.Set("Prefer", prefer)
	req, err := apirequest.Parse(r, apirequest.Config{Schemas: []string{"api"}, Limits: limits})
	if err != nil {
		return nil, err
	}
	require.True(t, req.IsNested())
	return req, req.Nest(schemaOfNames{})
}

// A body becomes levels: their columns are the shape, and arrays of objects with columns alone
// the values.
func TestRequest_Nest(t *testing.T) {
	t.Parallel()
	type level = apirequest.Level
	for name, tt := range map[string]struct {
		query, prefer, body string
		shape               []level
		rows                []string
		around              [][]int32
	}{
		"flat":   {body: ` [{"b": 1, "a": {"C": [{}]}} , {"a": [ ], "b":null}]`, shape: []level{{Columns: []string{"a", "b"}}}, rows: []string{`[{"b":1,"a":{"C": [{}]}},{"a":[ ],"b":null}]`}, around: [][]int32{{0, 0}}},
		"empty":  {body: `[]`, shape: []level{{}}, rows: []string{`[]`}, around: [][]int32{nil}},
		"object": {body: `{}`, shape: []level{{}}, rows: []string{`[{}]`}, around: [][]int32{{0}}},
		"within": {body: `[{"Lines": [{"a": 1, "Part": {"b": 2}}, {"a": 2}]}, {"Lines": null}, {"Lines": [{"Part": null, "a": 3}]}]`,
			shape: []level{{}, {Member: "Lines", Columns: []string{"a"}}, {Parent: 1, Member: "Part", Columns: []string{"b"}}},
			rows:  []string{`[{},{},{}]`, `[{"a":1},{"a":2},{"a":3}]`, `[{"b":2}]`}, around: [][]int32{{0, 0, 0}, {1, 1, 3}, {1}}},
		"in_whatever_order": {body: `{"Zs": [{"a": 1}], "Bs": [{"Y": {}, "A": {}}], "a": 1}`,
			shape: []level{{Columns: []string{"a"}}, {Member: "Bs"}, {Parent: 1, Member: "A"}, {Parent: 1, Member: "Y"}, {Member: "Zs", Columns: []string{"a"}}},
			rows:  []string{`[{"a":1}]`, `[{}]`, `[{}]`, `[{}]`, `[{"a":1}]`}, around: [][]int32{{0}, {1}, {1}, {1}, {1}}},
		"nothing_within":     {body: `{"Lines": [], "Part": null, "Other": [ ]}`, shape: []level{{}}, rows: []string{`[{}]`}, around: [][]int32{{0}}},
		"filled_or_given":    {body: `[{"part": 1}, {"Part": {}}, {}]`, shape: []level{{Columns: []string{"part"}}, {Member: "Part"}}, rows: []string{`[{"part":1},{},{}]`, `[{}]`}, around: [][]int32{{0, 0, 0}, {2}}},
		"null_is_not_given":  {body: `{"part": null, "Part": {}}`, shape: []level{{Columns: []string{"part"}}, {Member: "Part"}}, rows: []string{`[{"part":null}]`, `[{}]`}, around: [][]int32{{0}, {1}}},
		"missing_by_default": {prefer: "missing=default", body: `[{"a": 1}, {"b": 2}]`, shape: []level{{Columns: []string{"a", "b"}}}, rows: []string{`[{"a":1},{"b":2}]`}, around: [][]int32{{0, 0}}},
		"columns": {query: "columns=b,a,Lines(c)", body: `[{"a": 1, "x": 1, "Lines": [{"c": 1, "x": {}}]}, {"b": 2, "Others": 5}]`,
			shape: []level{{Columns: []string{"a", "b"}}, {Member: "Lines", Columns: []string{"c"}}}, rows: []string{`[{"a":1},{"b":2}]`, `[{"c":1}]`}, around: [][]int32{{0, 0}, {1}}},
		"escapes": {body: `[{"\u0061": "\"]}"}, {"a": 2, "Li\u006ees": [{}]}]`, shape: []level{{Columns: []string{"a"}}, {Member: "Lines"}},
			rows: []string{`[{"\u0061":"\"]}"},{"a":2}]`, `[{}]`}, around: [][]int32{{0, 0}, {2}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := nest(t, tt.query, tt.prefer, tt.body, apirequest.Limits{})
			require.NoError(t, err)
			for range 2 { // the second time as with another schema
				require.Equal(t, tt.shape, req.Body.Nested)
				require.Equal(t, tt.shape[0].Columns, req.Body.Columns)
				var rows []string
				var around [][]int32
				for _, l := range req.Values.Levels {
					rows, around = append(rows, string(l.Rows)), append(around, l.Around)
				}
				require.Equal(t, tt.rows, rows)
				require.Equal(t, tt.around, around)
				require.NoError(t, req.Nest(schemaOfNames{}))
			}
		})
	}
}

// Bodies of the same levels and columns are of one shape, however many rows they have.
func TestRequest_Nest_shape(t *testing.T) {
	t.Parallel()
	shape := func(body string) string {
		req, err := nest(t, "", "missing=default", body, apirequest.Limits{})
		require.NoError(t, err)
		return string(req.AppendKey(nil))
	}
	one := shape(`[{"a": 1, "Lines": [{"b": 1, "Part": {"c": 1}}]}]`)
	require.Equal(t, one, shape(`[{"Lines": [{"Part": {"c": null}}, {"b": "x"}]}, {"a": {"d": []}, "Lines": null}]`))
	for _, other := range []string{`[{"a": 1}]`, `{"a": 1, "Lines": [{"b": 1, "Part": {"c": 1}}]}`, `[{"a": 1, "Lines": [{"b": 1}], "Part": {"c": 1}}]`, `[{"a": 1, "Lines": [{"b": 1, "d": 2, "Part": {"c": 1}}]}]`} {
		require.NotEqual(t, one, shape(other), other)
	}
}

// Errors name the JSON Pointer of what is wrong.
func TestRequest_Nest_errors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ query, prefer, body, code, want string }{
		"no_JSON":                {body: `{"Lines": [{"a": }]}`, want: "Empty or invalid json"},
		"unclosed":               {body: `{"Lines": [{"a": 1}`, want: "Empty or invalid json"},
		"more_behind":            {body: `[{}] 1`, want: "Empty or invalid json"},
		"text":                   {body: `"a"`, want: "Rows with others within them are an object"},
		"member_that_is_nothing": {body: `[{"Lines": [{"a": 1}, {"a": 1, "Part": {"x": 1}}]}]`, code: "PGRST204", want: `"/0/Lines/1/Part/x"`},
		"no_array":               {body: `[{"Lines": {}}]`, want: `"/0/Lines"`},
		"no_object":              {body: `{"Part": [{}]}`, want: `"/Part"`},
		"no_objects":             {body: `{"Lines": [{}, 1]}`, want: `"/Lines/1"`},
		"repeated_key":           {body: `{"Part": {"a": 1, "b": 1, "\u0061": 2}}`, want: `"/Part"`},
		"repeated_rows":          {body: `[{}, {"Part": {}, "Part": {}}]`, want: `"/1"`},
		"another_key":            {body: `{"Lines": [{"a": 1}, {"a": 1, "b": 1}]}`, want: `"/Lines/0"`},
		"lacks_a_key":            {body: `[{"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 1}]`, want: `"/2"`},
		"given_and_filled":       {body: `[{"Lines": [{"around": 1}]}]`, want: `"/0/Lines/0"`},
		"filled_and_given":       {body: `[{}, {"Part": {}, "part": 5}]`, want: `"/1"`},
		"columns_of_nothing":     {query: "columns=x", body: `{}`, code: "PGRST204", want: "'x'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := nest(t, tt.query, tt.prefer, tt.body, apirequest.Limits{})
			var e *apierror.Error
			require.ErrorAs(t, err, &e)
			if tt.code == "" {
				tt.code = "PGRST102"
			}
			require.Equal(t, tt.code, e.Code)
			require.Contains(t, string(e.Body(false)), tt.want)
		})
	}
}

// The limits of embeds bound rows within rows, and that of columns all their names.
func TestRequest_Nest_limits(t *testing.T) {
	t.Parallel()
	limits := apirequest.Limits{BodyColumns: 4, Query: filter.Limits{EmbedDepth: 2, Embeds: 3}}
	for body, want := range map[string]string{
		`{"A": {"B": {}}}`:                             "",
		`{"A": {"B": {"C": {}}}}`:                      "too many levels of rows within rows",
		`{"A": {}, "B": {}, "C": {}}`:                  "",
		`{"A": {}, "B": {}, "C": {}, "D": {}}`:         "too many members that hold rows",
		`[{"As": [{"a": 1}, {"a": 2}]}, {"As": null}]`: "",
		`{"As": [{"a": 1}], "b": 1, "c": 1, "d": 1}`:   "too many columns",
		`{"A": {"a": 1, "b": 1}, "B": {"a": 1}}`:       "too many columns",
	} {
		_, err := nest(t, "", "", body, limits)
		if want == "" {
			require.NoError(t, err, body)
		} else {
			require.ErrorContains(t, err, want, body)
		}
	}
}

// Whatever a body is, its levels are JSON arrays of as many objects as there are places, and the
// pointers of these are those of objects of the body.
func FuzzRequest_Nest(f *testing.F) {
	for _, body := range []string{`{}`, `[]`, `[{"Lines": [{"a": 1, "Part": {"b": {"c": []}}}]}, {"a": "\u0061"}]`, `{"A": {"A": {"A": {}}}}`, `[{"As": []}, {"As": [{}]}]`, `{"a": 1, "a": 2}`} {
		f.Add(body, "")
		f.Add(body, "columns=a,Lines(a)")
	}
	f.Fuzz(func(t *testing.T, body, query string) {
		if strings.ContainsAny(query, " \x00\n") || strings.ContainsFunc(query, func(r rune) bool { return r < ' ' || r > '~' }) {
			return
		}
		req, err := nest(t, query, "missing=default", body, apirequest.Limits{})
		var api *apierror.Error
		var parse *filter.ParseError
		if err != nil {
			require.True(t, errors.As(err, &api) || errors.As(err, &parse), err)
			return
		}
		var whole any
		require.NoError(t, json.Unmarshal([]byte(body), &whole))
		for i, l := range req.Values.Levels {
			var objects []map[string]any
			require.NoError(t, json.Unmarshal(l.Rows, &objects), "%s", l.Rows)
			require.Len(t, objects, len(l.Around))
			for place := range objects {
				require.IsType(t, map[string]any{}, at(t, whole, req.Values.Pointer(i, place+1)))
			}
			args := req.Values.Bind([]value.Arg{{From: value.FromLevelAround, Index: i}})
			require.Equal(t, len(l.Around), len(strings.FieldsFunc(string(args[0]), func(r rune) bool { return r == ',' || r == '{' || r == '}' })))
		}
	})
}

// at is what a JSON Pointer leads to.
func at(t *testing.T, in any, pointer string) any {
	t.Helper()
	if pointer == "" {
		return in
	}
	for _, step := range strings.Split(pointer[1:], "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch of := in.(type) {
		case map[string]any:
			in = of[step]
		case []any:
			index, err := strconv.Atoi(step)
			require.NoError(t, err)
			in = of[index]
		}
	}
	return in
}

// Objects without members cost the same whether others in their place have many or few.
func BenchmarkRequest_Nest_empty_objects(b *testing.B) {
	for _, names := range []int{1, 1000} {
		b.Run(strconv.Itoa(names)+"_names", func(b *testing.B) {
			var body strings.Builder
			body.WriteString("[{")
			for i := range names {
				if i > 0 {
					body.WriteByte(',')
				}
				body.WriteString(`"n` + strconv.Itoa(i) + `":1`)
			}
			body.WriteString("}" + strings.Repeat(",{}", 100_000) + "]")
			for b.Loop() {
				if _, err := nest(b, "columns=a", "", body.String(), apirequest.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A name that is written in many ways is one name.
func TestRequest_Nest_spellings(t *testing.T) {
	t.Parallel()
	req, err := nest(t, "", "", `[{"a": 1, "Bs": [{"c": 2}]}, {"\u0061": 3, "\u0042s": [{"\u0063": 4}]}, {"B\u0073": [{"c": 5}], "a": 6}]`, apirequest.Limits{BodyColumns: 3})
	require.NoError(t, err)
	require.Equal(t, []apirequest.Level{{Columns: []string{"a"}}, {Member: "Bs", Columns: []string{"c"}}}, req.Body.Nested)
	require.JSONEq(t, `[{"c": 2}, {"c": 4}, {"c": 5}]`, string(req.Values.Levels[1].Rows))
	_, err = nest(t, "", "", `{"a": 1, "\u0061": 2}`, apirequest.Limits{})
	require.ErrorContains(t, err, "more than once")
}
