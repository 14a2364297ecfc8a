package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/plan"
)

func TestBuild_embeds(t *testing.T) {
	t.Parallel()
	runTrees(t, plan.Config{}, []treeCase{
		{"many_to_one", "/films?select=title,directors(name)", `
			films as films: title
			  to one: directors by films_director (director_id = id)
			    directors as directors_1: name`},
		{"one_to_many", "/directors?select=films(title)", `
			directors as directors
			  to many: films by films_director (id = director_id)
			    films as films_1: title`},
		{"one_to_one", "/films?select=restorations(finished)", `
			films as films
			  to one: restorations by restorations_film (id = film_id)
			    restorations as restorations_1: finished`},
		{"many_to_many", "/films?select=actors(name)", `
			films as films
			  to many: actors over roles (id = film_id, id = actor_id)
			    actors as actors: name`},
		{"two_columns", "/nominations?select=editions(host)", `
			nominations as nominations
			  to one: editions by nominations_edition (competition = competition and year = year)
			    editions as editions_1: host`},
		{"own_relation_to_many", "/films?select=films(title)", `
			films as films
			  to many: films by films_sequel_of (id = sequel_of)
			    films as films_1: title`},
		{"own_relation_to_one", "/films?select=sequel_of(title)", `
			films as films
			  to one: sequel_of by films_sequel_of (sequel_of = id)
			    films as films_1: title`},
		{"computed_set", "/films?select=sequels(title)", `
			films as films
			  to many: sequels by sequels()
			    films as films_1: title`},
		{"computed_row", "/films?select=original(title)", `
			films as films
			  to one: original by original()
			    films as films_1: title`},
		{"foreign_key", "/films?select=films_director(name)", `
			films as films
			  to one: films_director by films_director (director_id = id)
			    directors as directors_1: name`},
		{"hint", "/loans?select=to:institutions!borrower(name)", `
			loans as loans
			  to one: to by loans_borrower (borrower = code)
			    institutions as institutions_1: name`},
		{"junction_as_hint", "/films?select=actors!roles(name)", `
			films as films
			  to many: actors over roles (id = film_id, id = actor_id)
			    actors as actors: name`},
		{"nested", "/actors?select=roles(films(directors(name)))", `
			actors as actors
			  to many: roles by roles_actor (id = actor_id)
			    roles as roles_1
			      to one: films by roles_film (film_id = id)
			        films as films_2
			          to one: directors by films_director (director_id = id)
			            directors as directors_3: name`},
		{"twice", "/loans?select=lender(name),borrower(name)", `
			loans as loans
			  to one: lender by loans_lender (lender = code)
			    institutions as institutions_1: name
			  to one: borrower by loans_borrower (borrower = code)
			    institutions as institutions_1: name`},
		{"empty_inner_and_spread", "/films?select=id,roles!inner(),...directors(name)", `
			films as films: id
			  to many: roles by roles_film (id = film_id) inner empty
			    roles as roles_1
			  to one: directors by films_director (director_id = id) spread
			    directors as directors_1: name`},
		{"empty_because_all_below_is", "/directors?select=films(roles())", `
			directors as directors
			  to many: films by films_director (id = director_id) empty
			    films as films_1
			      to many: roles by roles_film (id = film_id) empty
			        roles as roles_2`},
		{"alias_unlike_the_root's", "/films_1?select=films(title)", `
			films_1 as films_1
			  to one: films by copies_film (film_id = id)
			    films as films_1_: title`},
	})
}

func TestBuild_embedded_predicates(t *testing.T) {
	t.Parallel()
	runTrees(t, plan.Config{MaxRows: 20}, []treeCase{
		{"filter_order_and_page", "/directors?select=films(title)&films.year=gt.1980&films.order=year.desc&films.limit=2&films.offset=1&limit=3", `
			directors as directors
			  limit 3
			  to many: films by films_director (id = director_id)
			    films as films_1: title
			      where year gt 1980
			      order by year desc
			      limit 2
			      offset 1`},
		{"MaxRows_is_for_to_many", "/films?select=directors(name),roles(character)", `
			films as films
			  limit 20
			  to one: directors by films_director (director_id = id)
			    directors as directors_1: name
			  to many: roles by roles_film (id = film_id)
			    roles as roles_1: character
			      limit 20`},
		{"nested_by_alias", "/directors?select=made:films(cast:roles(character))&made.cast.or=(billing.eq.1,character.is.null)", `
			directors as directors
			  limit 20
			  to many: made by films_director (id = director_id)
			    films as films_1
			      limit 20
			      to many: cast by roles_film (id = film_id)
			        roles as roles_2: character
			          where (billing eq 1 or character is null)
			          limit 20`},
		{"present_is_an_inner_join", "/films?select=id,directors(name)&directors=not.is.null", `
			films as films: id
			  limit 20
			  to one: directors by films_director (director_id = id) inner
			    directors as directors_1: name`},
		{"is_not_null_is_an_inner_join", "/films?select=id,roles()&roles=is.not_null", `
			films as films: id
			  limit 20
			  to many: roles by roles_film (id = film_id) inner empty
			    roles as roles_1
			      limit 20`},
		{"absent_is_a_filter", "/films?select=id,directors()&directors=is.null", `
			films as films: id
			  where nothing in directors
			  limit 20
			  to one: directors by films_director (director_id = id) empty
			    directors as directors_1`},
		{"present_in_or_is_a_filter", "/films?select=id,directors()&or=(directors.not.is.null,id.eq.1)", `
			films as films: id
			  where (not nothing in directors or id eq 1)
			  limit 20
			  to one: directors by films_director (director_id = id) empty
			    directors as directors_1`},
		{"column_of_an_embed's_name", "/loans?select=id,lender(name)&lender=eq.x", `
			loans as loans: id
			  where lender eq x
			  limit 20
			  to one: lender by loans_lender (lender = code)
			    institutions as institutions_1: name`},
		{"order_of_parents", "/films?select=id,by:directors(name)&order=by(born).desc,id", `
			films as films: id
			  order by by(born) desc
			  order by id
			  limit 20
			  to one: by by films_director (director_id = id) ordered
			    directors as directors_1: name`},
	})
}

func TestBuild_ambiguity(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{})
	for _, tt := range []struct {
		name, target string
		want         error
	}{
		{"many_to_one", "/loans?select=institutions(*)", apierror.RelationshipAmbiguous("loans", "institutions", []apierror.Relationship{
			{Cardinality: "many-to-one", Embedding: "loans with institutions", Relationship: "loans_borrower using loans(borrower) and institutions(code)", Hint: "institutions!loans_borrower"},
			{Cardinality: "many-to-one", Embedding: "loans with institutions", Relationship: "loans_lender using loans(lender) and institutions(code)", Hint: "institutions!loans_lender"},
		})},
		{"one_to_many", "/institutions?select=loans(*)", apierror.RelationshipAmbiguous("institutions", "loans", []apierror.Relationship{
			{Cardinality: "one-to-many", Embedding: "institutions with loans", Relationship: "loans_borrower using institutions(code) and loans(borrower)", Hint: "loans!loans_borrower"},
			{Cardinality: "one-to-many", Embedding: "institutions with loans", Relationship: "loans_lender using institutions(code) and loans(lender)", Hint: "loans!loans_lender"},
		})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := planner.Build(request(t, "GET", tt.target))
			require.Equal(t, tt.want, err)
		})
	}
}

// Embeds with an alias that were called by their target are remembered for a warning.
func TestAnswer_LegacyNames(t *testing.T) {
	t.Parallel()
	planner := plan.New(archive(), plan.Config{})
	for target, want := range map[string][][2]string{
		"/films?select=by:directors(name)&by.name=eq.x":                                                 nil,
		"/films?select=by:directors(name)&directors.name=eq.x":                                          {{"directors", "by"}},
		"/films?select=by:directors(name),cast:roles(character)&roles.limit=1&directors.limit=1":        {{"directors", "by"}, {"roles", "cast"}},
		"/directors?select=made:films(cast:roles(character))&films.roles.order=billing":                 {{"films", "made"}, {"roles", "cast"}},
		"/films?select=directors:restorations(finished),directors(name)&directors.finished=not.is.null": nil,
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, build(t, planner, target).LegacyNames)
		})
	}
}

// A text is read as a value of a domain only where there is a function for it.
func TestField_Parse(t *testing.T) {
	t.Parallel()
	root := build(t, plan.New(archive(), plan.Config{}), "/genres").Root
	parsers := map[string]string{}
	for _, c := range root.Columns {
		parsers[c.Name] = c.Field.Parse.Name
	}
	require.Equal(t, map[string]string{"id": "", "name": "", "colour": "colour_from_text"}, parsers)
}
