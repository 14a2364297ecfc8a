package operators_test

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/examples/operators"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// TestMain leaves out the example of an extension that the server hasn't got, and says so. Those
// that PGREST_TEST_EXTENSIONS names, with commas between, have to be there.
func TestMain(m *testing.M) {
	flag.Parse()
	required := strings.Split(os.Getenv("PGREST_TEST_EXTENSIONS"), ",")
	var skipped []string
	for extension, example := range map[string]string{"postgis": "ExamplePostGIS", "vector": "ExamplePgvector"} {
		switch there, err := pgtest.HasExtension(context.Background(), extension); {
		case err != nil:
			log.Fatal(err)
		case there:
		case slices.Contains(required, extension):
			log.Fatalf("the server has no extension %s", extension)
		default:
			fmt.Printf("%s is left out: the server has no extension %s\n", example, extension)
			skipped = append(skipped, "^"+example+"$")
		}
	}
	if skipped != nil {
		if err := flag.Set("test.skip", strings.Join(skipped, "|")); err != nil {
			log.Fatal(err)
		}
	}
	os.Exit(pgtest.Main(m))
}

// ask makes an API with operators and prints what it answers.
func ask(pool *pgxpool.Pool, operators []pgrest.Operator, targets ...string) {
	api, err := pgrest.New(pool, pgrest.Options{Schemas: []string{"shops"}, AnonRole: "pgrest_test_anon", Operators: operators})
	if err != nil {
		log.Print(err)
		return
	}
	defer api.Close()
	for _, target := range targets {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		fmt.Println(w.Code, strings.ReplaceAll(w.Body.String(), "\n ", ""))
	}
}

const schema = `
	CREATE SCHEMA extensions;
	CREATE SCHEMA shops;
	GRANT USAGE ON SCHEMA extensions, shops TO pgrest_test_anon;
	ALTER DEFAULT PRIVILEGES IN SCHEMA shops GRANT SELECT ON TABLES TO pgrest_test_anon;`

// Shops near to a place, by the operators of PostGIS.
func ExamplePostGIS() {
	pool, done := pgtest.ExampleVariant(schema + `
		CREATE EXTENSION postgis SCHEMA extensions;
		SET search_path = shops, extensions;
		CREATE TABLE shops (id int PRIMARY KEY, name text, location geography(Point, 4326));
		CREATE INDEX ON shops USING gist (location);
		INSERT INTO shops VALUES (1, 'Oslo', 'POINT(10.752 59.913)'), (2, 'Bergen', 'POINT(5.324 60.393)'), (3, 'Moss', 'POINT(10.661 59.434)');`)
	defer done()
	ask(pool, operators.PostGIS(),
		"/shops?select=name&location=within(10.7,59.9,5000)",
		"/shops?select=name&location=not.within(10.7,59.9,5000)&order=location.distance(10.7,59.9)",
		"/shops?select=name,km:location.distance(10.752,59.913)::int&order=km&limit=1",
		`/shops?select=name&order=id&location=intersects({"type":"Polygon","coordinates":[[[10,59],[11,59],[11,60],[10,60],[10,59]]]})`,
		"/shops?location=within(10.7)",
	)
	// Output:
	// 200 [{"name":"Oslo"}]
	// 200 [{"name":"Moss"}, {"name":"Bergen"}]
	// 200 [{"name":"Oslo","km":0}]
	// 200 [{"name":"Oslo"}, {"name":"Moss"}]
	// 400 {"code":"PGRST100","details":null,"hint":"It is within(longitude double precision, latitude double precision, meters double precision). Arguments with commas or brackets want double quotes.","message":"The operator 'within' takes 3 arguments, and got 1"}
}

// The notes that are the most alike, by the distances of pgvector.
func ExamplePgvector() {
	pool, done := pgtest.ExampleVariant(schema + `
		CREATE EXTENSION vector SCHEMA extensions;
		SET search_path = shops, extensions;
		CREATE TABLE notes (id int PRIMARY KEY, text text, embedding vector(3));
		CREATE INDEX ON notes USING hnsw (embedding vector_l2_ops);
		INSERT INTO notes VALUES (1, 'red', '[1,0,0]'), (2, 'green', '[0,1,0]'), (3, 'orange', '[1,0.5,0]');`)
	defer done()
	ask(pool, operators.Pgvector(),
		"/notes?select=text&order=embedding.l2([0.9,0.1,0]).asc&limit=2",
		"/notes?select=text,distance:embedding.l2([1,0,0])&order=distance&limit=2",
		"/notes?select=text&embedding.cosine([1,0,0])=lt.0.2&order=id",
		"/notes?select=text&or=(embedding.l2([0,1,0]).lt.0.5,text.eq.red)&order=id",
		"/notes?select=id&order=embedding.l2([1,zero,0])",
	)
	// Output:
	// 200 [{"text":"red"}, {"text":"orange"}]
	// 200 [{"text":"red","distance":0}, {"text":"orange","distance":0.5}]
	// 200 [{"text":"red"}, {"text":"orange"}]
	// 200 [{"text":"red"}, {"text":"green"}]
	// 400 {"code":"22P02","details":null,"hint":null,"message":"invalid input syntax for type vector: \"[1,zero,0]\""}
}
