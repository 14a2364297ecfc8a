package pgrest_test

import (
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A host lets clients search titles by their relevance, and by the decade. Operators of PostGIS and
// of pgvector are in examples/operators.
func ExampleOperator() {
	pool, done := pgtest.ExamplePool()
	defer done()
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Operators: []pgrest.Operator{
			{
				Name: "in_decade", Description: "In the ten years from a year on.",
				SQL:       "$0 BETWEEN $1 AND $1 + 9",
				Columns:   []string{"integer"},
				Arguments: []pgrest.Argument{{Name: "year", Type: "integer"}},
			},
			{
				Name: "relevance", Description: "How well a text answers a search; 0 if it doesn't.",
				SQL:       "ts_rank(to_tsvector('english', $0), websearch_to_tsquery('english', $1))",
				Columns:   []string{"text", "character varying"},
				Arguments: []pgrest.Argument{{Name: "search", Type: "text"}},
				Returns:   "real",
			},
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	for _, target := range []string{
		"/films?select=title,year&year=in_decade(1960)&order=year&limit=2",
		"/films?select=title&title.relevance(samurai%20or%20man)=gt.0&order=title.relevance(samurai%20or%20man).desc,id&limit=2",
		"/films?select=title&title=in_decade(1960)",
	} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		fmt.Println(w.Code, strings.ReplaceAll(w.Body.String(), "\n ", ""))
	}
	// Output:
	// 200 [{"title":"Yojimbo","year":1961}, {"title":"Sanjuro","year":1962}]
	// 200 [{"title":"Seven Samurai"}]
	// 400 {"code":"PGRST100","details":null,"hint":"It is for integer.","message":"The operator 'in_decade' is not for 'title', which is of type character varying"}
}
