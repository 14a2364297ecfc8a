package pgrest_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// A host that uses database/sql, by itself or below gorm, makes its *sql.DB of the pool that
// the API has, so that both have one set of connections, and one maximum.
func ExampleNew_databaseSQL() {
	pool, done := pgtest.ExamplePool() // or pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	defer done()
	db := stdlib.OpenDBFromPool(pool) // gorm.Open(postgres.New(postgres.Config{Conn: db}))
	defer db.Close()

	api, err := pgrest.New(pool, pgrest.Options{
		Schemas:  []string{"archive"},
		AnonRole: "pgrest_test_anon",
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()

	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/films?select=title&id=eq.2", nil))
	fmt.Println(w.Body)

	var role string
	if err := db.QueryRow("SELECT current_user").Scan(&role); err != nil { // the pool's login, and nobody's request
		log.Print(err)
		return
	}
	fmt.Println(role)
	// Output:
	// [{"title":"M"}]
	// pgrest_test_authenticator
}
