package filter_test

import (
	"net/url"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	order := func(terms ...filter.OrderTerm) filter.Order { return filter.Order{Terms: terms} }
	tests := []struct {
		name  string
		param string
		text  string
		want  filter.Order
	}{
		{"column", "order", "a", order(filter.OrderTerm{Field: column("a")})},
		{"ascending", "order", "a.asc", order(filter.OrderTerm{Field: column("a"), Direction: filter.Asc})},
		{"descending", "order", "a.desc", order(filter.OrderTerm{Field: column("a"), Direction: filter.Desc})},
		{"nulls_first", "order", "a.nullsfirst", order(filter.OrderTerm{Field: column("a"), Nulls: filter.NullsFirst})},
		{"direction_and_nulls", "order", "a.desc.nullslast", order(filter.OrderTerm{Field: column("a"), Direction: filter.Desc, Nulls: filter.NullsLast})},
		{"several", "order", "a.desc, b ,c", order(
			filter.OrderTerm{Field: column("a"), Direction: filter.Desc}, filter.OrderTerm{Field: column("b")}, filter.OrderTerm{Field: column("c")},
		)},
		{"json_path", "order", "a->b->>c.asc", order(filter.OrderTerm{
			Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "b"}, {Key: "c", Text: true}}}, Direction: filter.Asc,
		})},
		{"json_index", "order", "a->0.desc", order(filter.OrderTerm{
			Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "0", Index: true}}}, Direction: filter.Desc,
		})},
		{"related", "order", "b(a).desc.nullsfirst", order(filter.OrderTerm{
			Field: filter.Field{Name: "a", Related: []string{"b"}}, Direction: filter.Desc, Nulls: filter.NullsFirst,
		})},
		{"of_an_embedded_relation", "x.y.order", "a", filter.Order{
			Path: []string{"x", "y"}, Terms: []filter.OrderTerm{{Field: column("a")}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Parse(tt.param+"="+url.QueryEscape(tt.text), filter.Options{})
			require.NoError(t, err)
			require.Equal(t, []filter.Order{tt.want}, got.Order)
		})
	}
}
