package pgrest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A host shows the films of one decade alone, wherever they are read, and nothing of
// institutions.
func ExampleOptions_decide() {
	pool, done := pgtest.ExamplePool()
	defer done()
	sixties := filter.Group{Nodes: []filter.Node{
		filter.Condition{Field: filter.Field{Name: "year"}, Operator: filter.GreaterThanOrEqual, Value: "1960"},
		filter.Condition{Field: filter.Field{Name: "year"}, Operator: filter.LessThan, Value: "1970"},
	}}
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Decide: func(_ context.Context, use *pgrest.Use) (pgrest.Decision, error) {
			switch use.Name {
			case "films":
				return pgrest.Decision{Where: []filter.Node{sixties}}, nil
			case "institutions":
				return pgrest.Decision{}, &pgrest.Error{Status: http.StatusForbidden, Code: "ARCHIVE1", Message: "Institutions are not shown"}
			}
			return pgrest.Decision{}, nil
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	for _, target := range []string{
		"/films?select=title,year&order=year&limit=2",
		"/directors?select=name,films(title)&name=like.*Kurosawa",
		"/institutions",
	} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		fmt.Println(w.Code, strings.ReplaceAll(w.Body.String(), "\n ", ""))
	}
	// Output:
	// 200 [{"title":"Yojimbo","year":1961}, {"title":"Sanjuro","year":1962}]
	// 200 [{"name":"Akira Kurosawa","films":[{"title":"Yojimbo"}, {"title":"Sanjuro"}]}]
	// 403 {"code":"ARCHIVE1","details":null,"hint":null,"message":"Institutions are not shown"}
}
