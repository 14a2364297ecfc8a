package pgrest_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A host says in its own words what a constraint means, and keeps rows out of errors, in the
// form that all of its routes have.
func ExampleOptions_mapError() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:     []string{"archive"},
		AnonRole:    "pgrest_test_curator",
		ErrorFormat: pgrest.ErrorsProblem,
		MapError: func(_ *http.Request, e *pgrest.Error) *pgrest.Error {
			var refusal *pgconn.PgError
			if !errors.As(e, &refusal) {
				return nil // as it is
			}
			if refusal.ConstraintName == "films_year_after_invention" {
				e.Message = "Film was not invented yet"
				e.Status = http.StatusUnprocessableEntity
			}
			e.Details = nil // "Failing row contains …"
			return e
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/films", strings.NewReader(`{"id": 99, "title": "Cave", "year": -17000}`)))
	fmt.Println(w.Code, w.Header().Get("Content-Type"))
	fmt.Println(w.Body)
	// Output:
	// 422 application/problem+json
	// {"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"Film was not invented yet","code":"23514","details":null,"hint":null,"message":"Film was not invented yet"}
}
