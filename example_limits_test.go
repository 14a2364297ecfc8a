package pgrest_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// An API that anybody may use has more limits than those by default.
func ExampleLimits() {
	pool, done := pgtest.ExamplePool()
	defer done()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
		MaxRows:  1000,
		Limits: pgrest.Limits{
			MaxConditions:    10,
			MaxEmbedDepth:    2,
			MaxRowsOf:        map[string]int64{"films": 2},
			StatementTimeout: 5 * time.Second,
			MaxCost:          100_000,
			MaxConcurrent:    200,
			MaxConcurrentOf:  map[string]int{"pgrest_test_anon": 50},
		},
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	for _, target := range []string{
		"/films?select=id&order=id",
		"/directors?select=films(directors(films(id)))",
	} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		fmt.Println(w.Code, oneLine(w.Body.String()))
	}
	// Output:
	// 200 [{"id":1},{"id":2}]
	// 400 {"code":"PGRST100","details":"There may be 2 of them.","hint":null,"message":"The request has too many levels of embeds"}
}
