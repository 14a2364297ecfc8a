package filter_test

import (
	"net/url"
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	items := func(items ...filter.SelectItem) []filter.SelectItem { return items }
	all := items(filter.SelectField{All: true})
	tests := []struct {
		name string
		text string
		want []filter.SelectItem
	}{
		{"star", "*", all},
		{"quoted_star_is_a_column", `"*"`, fields("*")},
		{"count_of_a_column_named_star", `x:"*"::text.count()`, items(filter.SelectField{Field: column("*"), Alias: "x", Cast: "text", Aggregate: filter.AggregateCount})},
		{"columns", "a,b", fields("a", "b")},
		{"spaces", " a , b ,*", append(fields("a", "b"), all...)},
		{"alias", "x:a", items(filter.SelectField{Field: column("a"), Alias: "x"})},
		{"quoted_alias", `"x:y":a`, items(filter.SelectField{Field: column("a"), Alias: "x:y"})},
		{"cast", "a::text", items(filter.SelectField{Field: column("a"), Cast: "text"})},
		{"cast_of_several_words", "a::double precision", items(filter.SelectField{Field: column("a"), Cast: "double precision"})},
		{"alias_and_cast", "x:a::text", items(filter.SelectField{Field: column("a"), Alias: "x", Cast: "text"})},
		{"json_path_with_alias_and_cast", "x:a->>b::int", items(filter.SelectField{
			Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "b", Text: true}}}, Alias: "x", Cast: "int",
		})},
		{"json_index_before_cast", "a->0::int", items(filter.SelectField{
			Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "0", Index: true}}}, Cast: "int",
		})},
		{"count", "count()", items(filter.SelectField{All: true, Aggregate: filter.AggregateCount})},
		{"count_with_alias_and_cast", "n:count()::text", items(filter.SelectField{All: true, Alias: "n", Aggregate: filter.AggregateCount, AggregateCast: "text"})},
		{"column_named_count", "count", fields("count")},
		{"count_of_a_column", "a.count()", items(filter.SelectField{Field: column("a"), Aggregate: filter.AggregateCount})},
		{"sum", "a.sum()", items(filter.SelectField{Field: column("a"), Aggregate: filter.AggregateSum})},
		{"avg", "a.avg()", items(filter.SelectField{Field: column("a"), Aggregate: filter.AggregateAvg})},
		{"max", "a.max()", items(filter.SelectField{Field: column("a"), Aggregate: filter.AggregateMax})},
		{"min", "a.min()", items(filter.SelectField{Field: column("a"), Aggregate: filter.AggregateMin})},
		{"aggregate_with_everything", "x:a->b::int.sum()::text", items(filter.SelectField{
			Field: filter.Field{Name: "a", Path: []filter.Step{{Key: "b"}}}, Alias: "x", Cast: "int", Aggregate: filter.AggregateSum, AggregateCast: "text",
		})},
		{"embed", "a,b(c)", append(fields("a"), filter.SelectRelation{Relation: "b", Items: fields("c")})},
		{"embed_nothing", "a()", items(filter.SelectRelation{Relation: "a", Items: fields()})},
		{"embed_with_alias", "x:a(*)", items(filter.SelectRelation{Relation: "a", Alias: "x", Items: all})},
		{"embed_with_hint", "a!b(*)", items(filter.SelectRelation{Relation: "a", Hint: "b", Items: all})},
		{"embed_inner", "a!inner(*)", items(filter.SelectRelation{Relation: "a", Join: filter.InnerJoin, Items: all})},
		{"embed_left", "a!left(*)", items(filter.SelectRelation{Relation: "a", Join: filter.LeftJoin, Items: all})},
		{"embed_hint_before_join_type", "a!b!inner(*)", items(filter.SelectRelation{Relation: "a", Hint: "b", Join: filter.InnerJoin, Items: all})},
		{"embed_join_type_before_hint", "x:a!inner!b(*)", items(filter.SelectRelation{Relation: "a", Alias: "x", Hint: "b", Join: filter.InnerJoin, Items: all})},
		{"embed_first_hint_counts", "a!b!c(*)", items(filter.SelectRelation{Relation: "a", Hint: "b", Items: all})},
		{"embed_nested", "a(b(c,d),e)", items(filter.SelectRelation{Relation: "a", Items: append(
			items(filter.SelectRelation{Relation: "b", Items: fields("c", "d")}), fields("e")...,
		)})},
		{"spread", "...a(b)", items(filter.SelectRelation{Relation: "a", Spread: true, Items: fields("b")})},
		{"spread_with_hint_and_join_type", "...a!b!inner(*)", items(filter.SelectRelation{
			Relation: "a", Hint: "b", Join: filter.InnerJoin, Spread: true, Items: all,
		})},
		{"rest_behind_a_bracket_is_ignored", "a)b", fields("a")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := filter.Parse("select="+url.QueryEscape(tt.text), filter.Options{})
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Select)
		})
	}
}
