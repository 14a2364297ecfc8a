package filter_test

import (
	"testing"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/stretchr/testify/require"
)

func BenchmarkParse(b *testing.B) {
	queries := []struct{ name, query string }{
		{"typical", "select=id,name&id=eq.1&order=id.desc&limit=10"},
		{"embedded", "select=id,title,director:directors!inner(id,last_name),roles(character,actors(*))&" +
			"directors.last_name=like.A*&roles.order=character.asc&or=(year.gte.1990,and(rating.gt.8,votes.gt.1000))"},
		{"wrong", "select=id,name&id=noop.1"},
	}
	for _, q := range queries {
		b.Run(q.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = filter.Parse(q.query, filter.Options{})
			}
		})
	}
}

func BenchmarkBind(b *testing.B) {
	query, err := filter.Parse("and=(id.eq.1,name.like.A*,id.in.(1,2,3),or(year.gte.1990,data->>kind.is.null))", filter.Options{})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = filter.Bind(query.Where[0].Node, quoting)
	}
}
