package apitest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// additions are relationships that the fixture has no use for.
var additions = strings.NewReplacer("LONG", long, "JUNCTION", junction).Replace(`
	SET search_path = archive;

	CREATE FUNCTION staff(films) RETURNS SETOF private.staff LANGUAGE sql STABLE AS 'SELECT * FROM private.staff WHERE restores = $1.id';
	CREATE FUNCTION lender(loans) RETURNS SETOF institutions ROWS 1 LANGUAGE sql STABLE AS 'SELECT * FROM archive.institutions WHERE code = $1.lender';
	CREATE FUNCTION reviews(films) RETURNS SETOF archive_v2.reviews LANGUAGE sql STABLE AS 'SELECT * FROM archive_v2.reviews WHERE film_id = $1.id';
	CREATE FUNCTION maker(films) RETURNS directors LANGUAGE sql STABLE AS 'SELECT * FROM archive.directors WHERE id = $1.director_id';
	CREATE FUNCTION director(classic_films) RETURNS SETOF directors ROWS 1 LANGUAGE sql STABLE AS 'SELECT * FROM archive.directors WHERE id = $1.director_id';

	CREATE VIEW private.films AS SELECT id, title, director_id FROM films;
	CREATE FUNCTION restorers(film_id int) RETURNS SETOF private.staff LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT * FROM private.staff WHERE restores = $1';
	CREATE FUNCTION seen() RETURNS SETOF private.films LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT * FROM private.films WHERE id < 3';
	CREATE VIEW private.loans AS SELECT id FROM loans;
	CREATE FUNCTION lent() RETURNS SETOF private.loans LANGUAGE sql STABLE SECURITY DEFINER AS 'SELECT * FROM private.loans';
	CREATE FUNCTION to_review() RETURNS SETOF archive_v2.films LANGUAGE sql STABLE AS 'SELECT * FROM archive_v2.films WHERE id < 3';
	CREATE FUNCTION reviewed() RETURNS SETOF archive_v2.reviews LANGUAGE sql STABLE AS 'SELECT * FROM archive_v2.reviews WHERE id = 1';

	CREATE TABLE "LONG" (id int PRIMARY KEY, parent int REFERENCES "LONG");
	CREATE TABLE "JUNCTION" ("long" int REFERENCES "LONG", film int REFERENCES films, PRIMARY KEY ("long", film));
	INSERT INTO "LONG" VALUES (1, NULL), (2, 1);
	INSERT INTO "JUNCTION" VALUES (1, 1), (2, 1);

	CREATE TABLE heads (id int PRIMARY KEY, name text, predecessor int UNIQUE REFERENCES heads);
	CREATE TABLE rivals (a int REFERENCES actors, b int REFERENCES actors, PRIMARY KEY (a, b));
	CREATE TABLE doubles (film int REFERENCES films, actor int REFERENCES actors, stunt int REFERENCES actors, PRIMARY KEY (film, actor, stunt));
	CREATE VIEW twice AS SELECT id AS one, id AS other, director_id FROM films;
	GRANT SELECT ON ALL TABLES IN SCHEMA archive TO pgrest_test_anon;`)

// Names of 63 bytes, the longest that there are.
var (
	long     = "relation_" + strings.Repeat("长", 18)
	junction = "junction_" + strings.Repeat("j", 54)
)

func serveAdditions(t *testing.T) *pgrest.Handler {
	t.Helper()
	return serveClone(t, additions, func(o *pgrest.Options) { o.Schemas = []string{"archive", "archive_v2"} })
}

func TestEmbed_more_computed_relationships(t *testing.T) {
	t.Parallel()
	api := serveAdditions(t)
	runReads(t, api, []readCase{
		{"row_without_a_set_is_always_there", "/films?select=id,maker(name)&id=in.(1,13)&order=id", `[{"id": 1, "maker": {"name": "Fritz Lang"}}, {"id": 13, "maker": {"name": null}}]`},
		{"row_without_a_set_spread", "/films?select=id,...maker(name)&id=eq.1", `[{"id": 1, "name": "Fritz Lang"}]`},
		{"of_a_view", "/classic_films?select=id,director(name)&id=eq.1", `[{"id": 1, "director": {"name": "Fritz Lang"}}]`},
		{"to_another_exposed_schema", "/films?select=id,reviews(verdict,critics(name))&reviews.order=id&id=eq.7",
			`[{"id": 7, "reviews": [{"verdict": "Rich", "critics": {"name": "Pauline"}}, {"verdict": "Absorbing", "critics": {"name": "Roger"}}]}]`},
		{"of_a_column's_name_with_a_hint", "/loans?select=id,lender!lender(name)&id=eq.1", `[{"id": 1, "lender": {"name": "British Film Institute"}}]`},
	})
	run(t, api,
		exchange{name: "to_a_hidden_schema_in_place_of_what_was_detected", target: "/films?select=staff(name)", status: 400,
			body: fault("PGRST200", "Could not find a relationship between 'films' and 'staff' in the schema cache",
				"Searched for a foreign key relationship between 'films' and 'staff' in the schema 'archive', but no matches were found.", "")},
		exchange{name: "of_a_column's_name", target: "/loans?select=id,lender(name)", status: 300, body: `{"code": "PGRST201",
			"details": [{"cardinality": "many-to-one", "embedding": "loans with institutions", "relationship": "loans_lender using loans(lender) and institutions(code)"},
			            {"cardinality": "many-to-one", "embedding": "loans with institutions", "relationship": "lender(loans)"}],
			"hint": "Try changing 'lender' to one of the following: 'institutions!loans_lender', 'lender!lender'. Find the desired relationship in the 'details' key.",
			"message": "Could not embed because more than one relationship was found for 'loans' and 'lender'"}`},
	)
}

// The rows of a function are related by the name of their type, in the function's
// schema: a view may stand there for what the function returns.
func TestEmbed_in_rows_of_other_schemas(t *testing.T) {
	t.Parallel()
	api := serveAdditions(t)
	runReads(t, api, []readCase{
		{"hidden_table_that_a_view_shows", "/rpc/restorers?film_id=1&select=name,films(title)", `[{"name": "Nils", "films": {"title": "Metropolis"}}]`},
		{"hidden_view_of_an_exposed_name", "/rpc/seen?select=title,directors(name),roles(character)&id=eq.2",
			`[{"title": "M", "directors": {"name": "Fritz Lang"}, "roles": [{"character": "Hans Beckert"}]}]`},
		{"another_exposed_schema_with_a_name_of_this", "/rpc/to_review?select=name,directors(name)&id=eq.2", `[{"name": "M", "directors": {"name": "Fritz Lang"}}]`},
		{"another_exposed_schema", "/rpc/reviewed?select=verdict,critics(name)", `[{"verdict": "Rich", "critics": {"name": "Pauline"}}]`},
	})
	run(t, api, exchange{name: "unknown_column", target: "/rpc/restorers?film_id=1&select=nam", status: 400,
		body: fault("42703", "column staff.nam does not exist", "", `Perhaps you meant to reference the column "staff.name".`)})

	// What the view has and the function lacks is no sign of an outdated schema.
	for target, column := range map[string]string{"/rpc/lent?select=id,films(title)": "film_id", "/rpc/seen?select=full_title": "full_title"} {
		response := ask(t, api, exchange{target: target})
		require.Equal(t, 400, response.StatusCode)
		require.Contains(t, read(t, response), column+" does not exist")
	}
	require.Equal(t, uint64(1), api.Stats().SchemaLoads)
}

// PostgreSQL cuts the names that tell one relation from another in SQL.
func TestEmbed_long_names(t *testing.T) {
	t.Parallel()
	runReads(t, serveAdditions(t), []readCase{
		{"own_relation_to_one", "/" + long + "?select=id,parent(id)&id=eq.2", `[{"id": 2, "parent": {"id": 1}}]`},
		{"own_relation_to_many", "/" + long + "?select=id,children:" + long + "(id)&id=eq.1", `[{"id": 1, "children": [{"id": 2}]}]`},
		{"many_to_many", "/films?select=id,all:" + long + "!" + junction + "(id)&all.order=id&id=eq.1", `[{"id": 1, "all": [{"id": 1}, {"id": 2}]}]`},
		{"there_and_back", "/" + long + "?select=id,films(id,all:" + long + "(id))&films.all.order=id&id=eq.1", `[{"id": 1, "films": [{"id": 1, "all": [{"id": 1}, {"id": 2}]}]}]`},
	})
}

func TestEmbed_more_faults(t *testing.T) {
	t.Parallel()
	unrelated := func(parent, child, hint string) string {
		if hint != "" {
			hint = " using the hint '" + hint + "'"
		}
		return fault("PGRST200", "Could not find a relationship between '"+parent+"' and '"+child+"' in the schema cache",
			"Searched for a foreign key relationship between '"+parent+"' and '"+child+"'"+hint+" in the schema 'archive', but no matches were found.", "")
	}
	ambiguous := func(parent, child, details, hints string) string {
		return `{"code": "PGRST201", "details": ` + details + `,
			"hint": "Try changing '` + child + `' to one of the following: ` + hints + `. Find the desired relationship in the 'details' key.",
			"message": "Could not embed because more than one relationship was found for '` + parent + `' and '` + child + `'"}`
	}
	run(t, serveAdditions(t),
		exchange{name: "one_to_one_with_itself", target: "/heads?select=heads(name)", status: 400, body: unrelated("heads", "heads", "")},
		exchange{name: "one_to_one_with_itself_by_the_column", target: "/heads?select=predecessor(name)", status: 400, body: unrelated("heads", "predecessor", "")},
		exchange{name: "many_to_many_with_itself", target: "/actors?select=actors(name)", status: 400, body: unrelated("actors", "actors", "")},
		exchange{name: "many_to_many_with_itself_by_the_junction", target: "/actors?select=actors!rivals(name)", status: 400, body: unrelated("actors", "actors", "rivals")},
		exchange{name: "twice_over_one_junction", target: "/films?select=actors!doubles(name)", status: 300, body: ambiguous("films", "actors",
			`[{"cardinality": "many-to-many", "embedding": "films with actors", "relationship": "doubles using doubles_film_fkey(film) and doubles_actor_fkey(actor)"},
			  {"cardinality": "many-to-many", "embedding": "films with actors", "relationship": "doubles using doubles_film_fkey(film) and doubles_stunt_fkey(stunt)"}]`,
			"'actors!doubles', 'actors!doubles'")},
		exchange{name: "column_that_a_view_shows_twice", target: "/twice?select=roles(character)", status: 300, body: ambiguous("twice", "roles",
			`[{"cardinality": "one-to-many", "embedding": "twice with roles", "relationship": "roles_film_id_fkey using twice(one) and roles(film_id)"},
			  {"cardinality": "one-to-many", "embedding": "twice with roles", "relationship": "roles_film_id_fkey using twice(other) and roles(film_id)"}]`,
			"'roles!roles_film_id_fkey', 'roles!roles_film_id_fkey'")},
		exchange{name: "column_that_a_view_shows_twice_as_hint", target: "/twice?select=roles!other(character)&one=eq.2", body: `[{"roles": [{"character": "Hans Beckert"}]}]`},
	)
}
