package apirequest_test

import (
	"fmt"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// fullShape has something in each field, and each kind of whatever there are kinds of.
func fullShape() *apirequest.Shape {
	field := filter.Field{Name: "a", Path: []filter.Step{{Text: true, Key: "k", Index: true}}, Related: []string{"q"}, Cast: "text",
		Call: &filter.Call{Name: "l2", Arguments: []any{apirequest.Operand(1)}}}
	condition := apirequest.Condition{Field: field, Aggregate: filter.AggregateSum, Value: 1, Comparison: filter.Comparison{Negated: true, Operator: filter.FTS,
		Quantifier: filter.QuantifierAny, Language: "simple", Is: filter.IsTrue, Empty: true}}
	window := apirequest.Window{Limit: apirequest.Zero, Offset: apirequest.Positive}
	return &apirequest.Shape{
		Operation: apirequest.Operation{Resource: apirequest.Relation, Method: "GET"}, Schema: "api", Name: "films",
		Accept: []mediatype.Type{{Name: mediatype.Object, NullsStripped: true},
			{Name: "application/vnd.pgrst.plan", Plan: &mediatype.Plan{JSON: true, Of: mediatype.Type{Name: "text/csv"}, Options: []string{"wal"}}}},
		Prefer: apirequest.Prefer{Count: "exact", Return: "minimal", Resolution: "merge-duplicates", Missing: "default",
			Strict: true, MaxAffected: 2, Invalid: []string{"x"}},
		Select: []filter.SelectItem{
			filter.SelectField{All: true, Field: field, Alias: "b", Cast: "text", Aggregate: filter.AggregateSum, AggregateCast: "int"},
			filter.SelectRelation{Relation: "r", Alias: "s", Hint: "h", Join: filter.InnerJoin, Spread: true, Items: []filter.SelectItem{filter.SelectField{Alias: "c"}}},
		},
		Where: []apirequest.Predicate{{Path: []string{"r"}, Node: condition},
			{Node: apirequest.Group{Negated: true, Any: true, Nodes: []apirequest.Node{condition, condition}}}},
		Order:      []filter.Order{{Path: []string{"r"}, Terms: []filter.OrderTerm{{Field: field, Aggregate: filter.AggregateMax, IgnoreCase: true, Direction: filter.Desc, Nulls: filter.NullsLast}}}},
		OnConflict: []string{"id"}, OnConstraint: "key", Update: []string{"id"},
		Distinct: []filter.Distinct{{Path: []string{"r"}, All: true, Fields: []filter.Field{field}}},
		Having:   []apirequest.Having{{Path: []string{"r"}, Nodes: []apirequest.Node{condition, apirequest.Group{Nodes: []apirequest.Node{condition}}}}},
		Window:   window, Pages: []apirequest.Page{{Path: []string{"r"}, Window: window}},
		Keyset:        apirequest.Keyset{Asked: true, Bound: apirequest.Before, Order: "1f", Nulls: []bool{true, false}},
		ArgumentNames: []string{"x"}, Doubtful: []apirequest.Doubtful{{Argument: 1, Filter: apirequest.Predicate{Path: []string{"r"}, Node: condition}}},
		Body: &apirequest.Body{Media: mediatype.Type{Name: mediatype.JSON}, Array: true, Columns: []string{"id"}, Members: true, Sparse: true, Lenient: true,
			Nested: []apirequest.Level{{Columns: []string{"id"}}, {Parent: 1, Member: "lines", Columns: []string{"a", "b"}}}},
		Forced: []apirequest.Forced{{Use: 1, Node: condition, Most: 9}, {Use: 2, Node: apirequest.Group{Nodes: []apirequest.Node{condition}}, Most: -1}},
	}
}

// A key tells shapes apart: whatever changes in a field, at any depth, changes it. A field
// that is added to a shape and forgotten in the key fails here.
func TestShape_AppendKey(t *testing.T) {
	t.Parallel()
	v := variation{filled: map[string]bool{}}
	seen := map[string]string{string(fullShape().AppendKey(nil)): "fullShape"}
	for _, other := range v.of("Shape", reflect.ValueOf(*fullShape())) {
		shape := other.value.Interface().(apirequest.Shape)
		key := string(shape.AppendKey(nil))
		require.NotContains(t, seen, key, "%s and %s have the same key", other.name, seen[key])
		seen[key] = other.name
	}
	require.Greater(t, len(seen), 100)
	for field, filled := range v.filled {
		require.True(t, filled, "fullShape has nothing in any %s, so that nobody sees whether it is in the key", field)
	}
}

// variation makes variants of a value. filled are the lists, pointers and interfaces by
// their types' fields, and whether there was something in one of them.
type variation struct{ filled map[string]bool }

type variant struct {
	name  string
	value reflect.Value
}

// of lists the variants of a value in which one thing is another: a number, a text, a
// flag, or the length of a list.
func (v variation) of(name string, of reflect.Value) (all []variant) {
	changed := func(change func(copied reflect.Value)) {
		copied := reflect.New(of.Type()).Elem()
		copied.Set(of)
		change(copied)
		all = append(all, variant{name, copied})
	}
	within := func(name string, part reflect.Value, put func(copied, part reflect.Value)) {
		for _, other := range v.of(name, part) {
			copied := reflect.New(of.Type()).Elem()
			copied.Set(of)
			put(copied, other.value)
			all = append(all, variant{other.name, copied})
		}
	}
	switch of.Kind() {
	case reflect.Bool:
		changed(func(c reflect.Value) { c.SetBool(!c.Bool()) })
	case reflect.String:
		changed(func(c reflect.Value) { c.SetString(c.String() + "'") })
	case reflect.Int, reflect.Int64:
		changed(func(c reflect.Value) { c.SetInt(c.Int() + 1) })
	case reflect.Uint8:
		changed(func(c reflect.Value) { c.SetUint(c.Uint() + 1) })
	case reflect.Struct:
		for i := range of.NumField() {
			field := of.Type().Field(i)
			if _, ok := of.Interface().(apirequest.Operation); ok && field.Name != "Resource" && field.Name != "Method" {
				continue // which follow from these two: there is one row for both
			}
			switch part := of.Field(i); part.Kind() {
			case reflect.Slice, reflect.Pointer, reflect.Interface:
				id := of.Type().String() + "." + field.Name
				v.filled[id] = v.filled[id] || !part.IsNil()
			}
			within(name+"."+field.Name, of.Field(i), func(copied, part reflect.Value) { copied.Field(i).Set(part) })
		}
	case reflect.Pointer:
		if of.IsNil() {
			return nil
		}
		changed(func(c reflect.Value) { c.SetZero() })
		within(name, of.Elem(), func(copied, part reflect.Value) {
			copied.Set(reflect.New(part.Type()))
			copied.Elem().Set(part)
		})
	case reflect.Slice:
		if of.IsNil() {
			return nil
		}
		changed(func(c reflect.Value) { c.Set(c.Slice(0, c.Len()-1)) })
		for i := range of.Len() {
			within(fmt.Sprintf("%s[%d]", name, i), of.Index(i), func(copied, part reflect.Value) {
				list := reflect.MakeSlice(of.Type(), of.Len(), of.Len())
				reflect.Copy(list, of)
				list.Index(i).Set(part)
				copied.Set(list)
			})
		}
	case reflect.Interface:
		within(name, of.Elem(), func(copied, part reflect.Value) { copied.Set(part) })
	default:
		panic("no variants of a " + of.Kind().String())
	}
	return all
}

// Absent and empty parameters are of different shapes.
func TestShape_AppendKey_absent(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(*apirequest.Shape){
		"select":      func(s *apirequest.Shape) { s.Select = []filter.SelectItem{} },
		"on_conflict": func(s *apirequest.Shape) { s.OnConflict = []string{} },
		"body":        func(s *apirequest.Shape) { s.Body = &apirequest.Body{} },
	} {
		var without, with apirequest.Shape
		empty(&with)
		require.NotEqual(t, without.AppendKey(nil), with.AppendKey(nil), name)
	}
}

// What a request is about is in its shape, and the values that it compares, writes and
// pages with are nowhere in it.
func TestParse_separates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, method, one, other, body, otherBody string }{
		{"conditions", "GET", "id=eq.1&title=like.a*&or=(id.in.(1,2),title.fts(simple).x)", "id=eq.22&title=like.*&or=(id.in.(3),title.fts(simple).y)", "", ""},
		{"pages", "GET", "limit=1&offset=2&select=roles(id)&roles.limit=3", "limit=10&offset=20&select=roles(id)&roles.limit=30", "", ""},
		{"members", "POST", "", "", `{"id":1,"title":"a"}`, `{"title":null,"id":"x"}`},
		{"rows", "POST", "", "", `[{"id":1}]`, `[{"id":2},{"id":{}}]`},
		{"filtered_members", "PATCH", "id=eq.1", "id=eq.2", `{"title":"a"}`, `{"title":"b"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			parse := func(query, body string) *apirequest.Request {
				req, err := apirequest.Parse(httptest.NewRequest(tt.method, "/films?"+query, strings.NewReader(body)), config)
				require.NoError(t, err)
				return req
			}
			one, other := parse(tt.one, tt.body), parse(tt.other, tt.otherBody)
			require.Equal(t, one.Shape, other.Shape)
			require.NotEqual(t, one.Values, other.Values)
		})
	}
}

// What a host forces is a part of the shape, its values are values like others, and the
// request itself stays as it is.
func TestRequest_Force(t *testing.T) {
	t.Parallel()
	req, err := apirequest.Parse(httptest.NewRequest("GET", "/films?id=eq.1", nil), config)
	require.NoError(t, err)
	before := string(req.AppendKey(nil))
	forced := func(value string) *apirequest.Request {
		condition := filter.Condition{Field: filter.Field{Name: "tenant"}, Operator: filter.Equal, Value: value}
		return req.Force(0, []filter.Node{condition}, 0).Force(1, nil, 9)
	}
	one, other := forced("7"), forced("8")
	require.Equal(t, one.Shape, other.Shape)
	require.Equal(t, []string{"1", "7"}, one.Values.Conditions)
	require.Equal(t, []string{"1", "8"}, other.Values.Conditions)
	require.NotEqual(t, before, string(one.AppendKey(nil)))
	require.Equal(t, before, string(req.AppendKey(nil)))
	require.Equal(t, []string{"1"}, req.Values.Conditions)
}
