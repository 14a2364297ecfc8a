package filter_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/Masterminds/squirrel"
	"github.com/pgrest-go/pgrest/filter"
)

// A host application lets its clients filter and order a statement of its own.
func Example() {
	columns := map[string]filter.Operand{
		"title": {SQL: `f."title"`},
		"year":  {SQL: `f."year"`},
		"extra": {SQL: `f."extra"`, JSON: true},
	}
	resolve := filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
		operand, ok := columns[f.Name]
		if !ok {
			return operand, fmt.Errorf("films have no %q", f.Name)
		}
		return operand, nil
	})

	query, err := filter.Parse("year=gte.1990&or=(title.ilike.*star*,extra->>award.not.is.null)&order=year.desc", filter.Options{})
	if err != nil {
		log.Fatal(err)
	}
	statement := squirrel.Select("f.title").From("films f").Where("f.public")
	for _, predicate := range query.Where {
		where, err := filter.Bind(predicate.Node, resolve)
		if err != nil {
			log.Fatal(err)
		}
		statement = statement.Where(where)
	}
	for _, order := range query.Order {
		for _, term := range order.Terms {
			by, err := filter.BindOrder(term, resolve)
			if err != nil {
				log.Fatal(err)
			}
			statement = statement.OrderByClause(by)
		}
	}
	sql, args, err := statement.PlaceholderFormat(squirrel.Dollar).ToSql()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sql)
	fmt.Printf("%q\n", args)
	// Output:
	// SELECT f.title FROM films f WHERE f.public AND f."year" >= $1 AND (f."title" ILIKE $2 OR NOT (f."extra"->>$3 IS NULL)) ORDER BY f."year" DESC
	// ["1990" "%star%" "award"]
}

// A value inside of a column is reached by a path. Its steps are arguments, too.
func ExampleBindField() {
	query, err := filter.Parse("select=title,extra->awards->0->>name", filter.Options{})
	if err != nil {
		log.Fatal(err)
	}
	resolve := filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
		// The names are known here, and need no escaping.
		return filter.Operand{SQL: `f."` + f.Name + `"`, JSON: f.Name == "extra"}, nil
	})
	for _, item := range query.Select {
		column, err := filter.BindField(item.(filter.SelectField).Field, resolve)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(column.ToSql())
	}
	// Output:
	// f."title" [] <nil>
	// f."extra"->?->?::int->>? [awards 0 name] <nil>
}

func ExampleParseError() {
	_, err := filter.Parse("age=above.18", filter.Options{})
	var parseErr *filter.ParseError
	if errors.As(err, &parseErr) {
		fmt.Println(parseErr.Message())
		fmt.Println(parseErr.Details())
	}
	// Output:
	// "failed to parse filter (above.18)" (line 1, column 1)
	// unexpected "a" expecting "not" or operator (eq, gt, ...)
}

func ExampleCanonical() {
	fmt.Println(filter.Canonical("select=name&age=gte.18"))
	// Output: age=gte.18&select=name
}

// A proxy narrows what its clients ask for, and passes it on.
func ExampleQuery_Encode() {
	query, err := filter.Parse("select=id,title,director(name)&or=(year.lt.1950,title.ilike.*star*)&limit=500", filter.Options{})
	if err != nil {
		log.Fatal(err)
	}
	query.Where = append(query.Where, filter.Predicate{
		Node: filter.Condition{Field: filter.Field{Name: "country"}, Operator: filter.In, List: []string{"IT", "a,b"}},
	})
	most := int64(100)
	query.Pages = []filter.Page{{Limit: &most}}

	encoded, err := query.Encode()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(encoded)
	for _, predicate := range query.Where {
		fmt.Println(predicate) // as a log would have it
	}
	// Output:
	// select=id,title,director(name)&or=(year.lt.1950,title.ilike.*star*)&country=in.(IT,%22a,b%22)&limit=100
	// or=(year.lt.1950,title.ilike.*star*)
	// country=in.(IT,"a,b")
}

// What a client gives for limit and offset isn't for a statement before it is checked.
func ExamplePage_Window() {
	for _, rawQuery := range []string{"limit=50&offset=100", "offset=20", "limit=-1"} {
		query, err := filter.Parse(rawQuery, filter.Options{})
		if err != nil {
			log.Fatal(err)
		}
		window, err := query.Page().Window()
		if err != nil {
			fmt.Println(err)
			continue
		}
		window = window.AtMost(30) // whatever was asked for
		sql, args, err := squirrel.Select("title").From("films").Suffix("LIMIT ? OFFSET ?", window.Limit, window.Offset).ToSql()
		fmt.Println(sql, args, err)
	}
	// Output:
	// SELECT title FROM films LIMIT ? OFFSET ? [30 100] <nil>
	// SELECT title FROM films LIMIT ? OFFSET ? [30 20] <nil>
	// filter: limit=-1 leaves no rows
}

// A host's own statement joins the directors of films, and has clients filter and order by
// these. It knows which types its clients may cast to.
func ExampleOptions_related() {
	resolve := filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
		var operand filter.Operand
		switch path := append(f.Related, f.Name); strings.Join(path, "/") {
		case "year":
			operand.SQL = `f."year"`
		case "director/name":
			operand.SQL = `d."name"`
		default:
			return operand, fmt.Errorf("films have no %s", f)
		}
		if f.Cast == "numeric" {
			operand.Cast = "pg_catalog.numeric"
		}
		return operand, nil
	})
	query, err := filter.Parse("year::text=like.19*&director(name)=neq.Nobody&order=director(name).ci.desc", filter.Options{Filters: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, predicate := range query.Where {
		where, err := filter.Bind(predicate.Node, resolve)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(where.ToSql())
	}
	by, err := filter.BindOrder(query.Order[0].Terms[0], resolve)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(by.ToSql())
	// Output:
	// CAST(f."year" AS text) LIKE ? [19%] <nil>
	// d."name" <> ? [Nobody] <nil>
	// lower(d."name") DESC [] <nil>
}
