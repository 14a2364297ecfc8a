package pgrest_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// tabSeparated encodes rows as PostgreSQL's COPY writes them, but for escapes.
type tabSeparated struct{ columns []pgrest.ResultColumn }

func (e tabSeparated) Start(dst []byte) []byte {
	for i, column := range e.columns {
		if i > 0 {
			dst = append(dst, '\t')
		}
		dst = append(dst, column.Name...)
	}
	return append(dst, '\n')
}

func (e tabSeparated) Row(dst []byte, row pgrest.Row) []byte {
	for i := range row.Len() {
		if i > 0 {
			dst = append(dst, '\t')
		}
		if row.IsNull(i) {
			dst = append(dst, `\N`...)
		}
		dst = append(dst, row.Text(i)...)
	}
	return append(dst, '\n')
}

func (e tabSeparated) End(dst []byte) []byte { return dst }

// A host encodes rows in a media type of its own, as they come from the database.
func ExampleOptions_encoders() {
	pool, done := pgtest.ExamplePool()
	defer done()

	// tabSeparated has the three methods of a RowEncoder. Its Row is:
	//
	//	for i := range row.Len() {
	//		if i > 0 {
	//			dst = append(dst, '\t')
	//		}
	//		if row.IsNull(i) {
	//			dst = append(dst, `\N`...)
	//		}
	//		dst = append(dst, row.Text(i)...)
	//	}
	//	return append(dst, '\n')
	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		Encoders: map[string]func([]pgrest.ResultColumn) pgrest.RowEncoder{
			"text/tab-separated-values": func(columns []pgrest.ResultColumn) pgrest.RowEncoder { return tabSeparated{columns} },
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	r := httptest.NewRequest(http.MethodGet, "/films?select=title,released,sequel_of&director_id=eq.2&order=id", nil)
	r.Header.Set("Accept", "text/tab-separated-values")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Println(w.Header().Get("Content-Type"))
	fmt.Println(strings.ReplaceAll(w.Body.String(), "\t", " | "))
	// Output:
	// text/tab-separated-values
	// title | released | sequel_of
	// Seven Samurai | 1954-04-26 | \N
	// Yojimbo | 1961-04-25 | \N
	// Sanjuro | 1962-01-01 | 4
}

// Newline-delimited JSON is at hand without any option.
func ExampleNDJSON() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"archive"}, AnonRole: "pgrest_test_anon"})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	r := httptest.NewRequest(http.MethodGet, "/films?select=title,directors(name)&year=lt.1930&order=id", nil)
	r.Header.Set("Accept", "application/x-ndjson")
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output:
	// {"title":"Metropolis","directors":{"name":"Fritz Lang"}}
	// {"title":"Dickson Greeting","directors":null}
}
