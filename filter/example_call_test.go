package filter_test

import (
	"fmt"
	"log"

	"github.com/Masterminds/squirrel"
	"github.com/pgrest-go/pgrest/filter"
)

// Operators of the host's own are fields with a call, for which the resolver has the SQL.
func ExampleCall() {
	resolve := filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
		switch {
		case f.Name != "embedding" || len(f.Path) > 0:
			return filter.Operand{}, fmt.Errorf("there is no %q", f.Name)
		case f.Call == nil:
			return filter.Operand{SQL: `"embedding"`}, nil
		case f.Call.Name != "l2" || len(f.Call.Arguments) != 1:
			return filter.Operand{}, fmt.Errorf("there is no operator %s", f.Call.Name)
		}
		return filter.Operand{SQL: `("embedding" <-> CAST(? AS vector))`, Args: f.Call.Arguments}, nil
	})
	query, err := filter.Parse("order=embedding.l2([0.1,0.2]).asc&embedding.l2([0.1,0.2])=lt.0.5", filter.Options{Operators: true})
	if err != nil {
		log.Fatal(err)
	}
	where, err := filter.Bind(query.Where[0].Node, resolve)
	if err != nil {
		log.Fatal(err)
	}
	order, err := filter.BindOrder(query.Order[0].Terms[0], resolve)
	if err != nil {
		log.Fatal(err)
	}
	sql, args, err := squirrel.Select("id").From("notes").Where(where).OrderByClause(order).PlaceholderFormat(squirrel.Dollar).ToSql()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sql)
	fmt.Printf("%q\n", args)
	// Output:
	// SELECT id FROM notes WHERE ("embedding" <-> CAST($1 AS vector)) < $2 ORDER BY ("embedding" <-> CAST($3 AS vector)) ASC
	// ["[0.1,0.2]" "0.5" "[0.1,0.2]"]
}
