package apitest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Filters, orders and pages of embedded rows begin with the path to them. They
// leave the parents as they are.
func TestEmbed_filters(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"to_many", "/films?select=title,roles(character)&roles.character=eq.Kikuchiyo&id=in.(3,4)&order=id",
			`[{"title": "Seven Samurai", "roles": [{"character": "Kikuchiyo"}]}, {"title": "Yojimbo", "roles": []}]`},
		{"to_one", "/films?select=title,directors(name)&directors.name=like.F*&id=in.(1,3)&order=id",
			`[{"title": "Metropolis", "directors": {"name": "Fritz Lang"}}, {"title": "Seven Samurai", "directors": null}]`},
		{"many_to_many", "/films?select=title,genres(name)&genres.name=neq.Drama&id=eq.1", `[{"title": "Metropolis", "genres": [{"name": "Science fiction"}]}]`},
		{"several", "/films?select=roles(character)&roles.billing=eq.1&roles.character=like.M*&id=eq.1", `[{"roles": [{"character": "Maria"}]}]`},
		{"by_alias", "/films?select=cast:roles(character)&cast.billing=eq.2&id=eq.3", `[{"cast": [{"character": "Kambei Shimada"}]}]`},
		{"by_column_name", "/films?select=director_id(name)&director_id.born=lt.1900-01-01&id=eq.1", `[{"director_id": {"name": "Fritz Lang"}}]`},
		{"or", "/films?select=roles(character)&roles.or=(character.eq.Maria,billing.gt.1)&roles.order=billing&id=eq.1",
			`[{"roles": [{"character": "Maria"}, {"character": "The Machine Man"}]}]`},
		{"and_not", "/films?select=genres(name)&genres.not.and=(name.eq.Drama,id.eq.1)&id=eq.1", `[{"genres": [{"name": "Science fiction"}]}]`},
		{"nested", "/films?select=roles(character,actors(name))&roles.actors.name=like.*Mifune&roles.order=billing&id=eq.3",
			`[{"roles": [{"character": "Kikuchiyo", "actors": {"name": "Toshiro Mifune"}}, {"character": "Kambei Shimada", "actors": null}]}]`},
		{"nested_or_by_alias", "/directors?select=made:films(cast:roles(character))&made.cast.or=(billing.gt.1,character.like.Hans*)&made.order=id&id=eq.1",
			`[{"made": [{"cast": [{"character": "The Machine Man"}]}, {"cast": [{"character": "Hans Beckert"}]}]}]`},
		{"path_of_json", "/directors?select=name,films(title)&films.info->>original=not.is.null&id=in.(2,3)&order=id",
			`[{"name": "Akira Kurosawa", "films": [{"title": "Seven Samurai"}]}, {"name": "Agnès Varda", "films": [{"title": "Cléo from 5 to 7"}]}]`},

		{"order", "/directors?select=films(title)&films.order=year.desc&id=eq.2", `[{"films": [{"title": "Sanjuro"}, {"title": "Yojimbo"}, {"title": "Seven Samurai"}]}]`},
		{"order_of_nested", "/directors?select=films(roles(character))&films.order=id&films.roles.order=character&id=eq.1",
			`[{"films": [{"roles": [{"character": "Maria"}, {"character": "The Machine Man"}]}, {"roles": [{"character": "Hans Beckert"}]}]}]`},
		{"order_by_an_embedded_column", "/actors?select=roles(films(title))&roles.order=films(year).desc&id=eq.7",
			`[{"roles": [{"films": {"title": "The Godfather Part III"}}, {"films": {"title": "The Godfather Part II"}}, {"films": {"title": "The Godfather"}}]}]`},
		{"limit_is_for_each_parent", "/directors?select=films(title)&films.order=year.desc&films.limit=1&id=in.(2,4)&order=id",
			`[{"films": [{"title": "Sanjuro"}]}, {"films": [{"title": "The Godfather Part III"}]}]`},
		{"offset", "/directors?select=films(title)&films.order=year&films.offset=1&films.limit=1&id=in.(2,4)&order=id",
			`[{"films": [{"title": "Yojimbo"}]}, {"films": [{"title": "The Godfather Part II"}]}]`},
		{"limit_of_nested", "/directors?select=films(title,roles(character))&films.order=id&films.roles.order=character.desc&films.roles.limit=1&id=eq.1",
			`[{"films": [{"title": "Metropolis", "roles": [{"character": "The Machine Man"}]}, {"title": "M", "roles": [{"character": "Hans Beckert"}]}]}]`},
		{"limit_of_many_to_many", "/films?select=genres(name)&genres.order=name.desc&genres.limit=1&id=eq.1", `[{"genres": [{"name": "Science fiction"}]}]`},
		{"limit_of_to_one", "/films?select=title,directors(name)&directors.limit=0&id=eq.1", `[{"title": "Metropolis", "directors": null}]`},
	})
}

// With !inner a row is only there if it has something embedded.
func TestEmbed_inner(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"one_to_one", "/films?select=id,restorations!inner(frames_per_second)&order=id",
			`[{"id": 1, "restorations": {"frames_per_second": 24}}, {"id": 3, "restorations": {"frames_per_second": null}}, {"id": 7, "restorations": {"frames_per_second": 24}}]`},
		{"many_to_one_filtered", "/films?select=title,directors!inner(name)&directors.birthplace=eq.Tokyo&year=gt.1961&order=id",
			`[{"title": "Sanjuro", "directors": {"name": "Akira Kurosawa"}}, {"title": "Spirited Away", "directors": {"name": "Hayao Miyazaki"}}]`},
		{"one_to_many_filtered", "/directors?select=name,films!inner(title)&films.year=gt.1980&order=id",
			`[{"name": "Francis Ford Coppola", "films": [{"title": "The Godfather Part III"}]}, {"name": "Hayao Miyazaki", "films": [{"title": "Spirited Away"}]}]`},
		{"many_to_many_filtered", "/genres?select=name,films!inner(title)&films.year=lt.1930&order=id",
			`[{"name": "Drama", "films": [{"title": "Metropolis"}]}, {"name": "Science fiction", "films": [{"title": "Metropolis"}]}]`},
		{"in_inner", "/directors?select=name,films!inner(title,restorations!inner(finished))&order=id&limit=2",
			`[{"name": "Fritz Lang", "films": [{"title": "Metropolis", "restorations": {"finished": "2010-02-12"}}]},
			  {"name": "Akira Kurosawa", "films": [{"title": "Seven Samurai", "restorations": {"finished": "2016-10-08"}}]}]`},
		{"in_outer", "/directors?select=name,films(title,restorations!inner(finished))&id=in.(1,3)&order=id",
			`[{"name": "Fritz Lang", "films": [{"title": "Metropolis", "restorations": {"finished": "2010-02-12"}}]}, {"name": "Agnès Varda", "films": []}]`},
		{"filtered_in_inner_filtered", "/directors?select=name,films!inner(title,roles!inner(character))&films.roles.billing=gt.1&films.year=lt.1960&order=id",
			`[{"name": "Fritz Lang", "films": [{"title": "Metropolis", "roles": [{"character": "The Machine Man"}]}]},
			  {"name": "Akira Kurosawa", "films": [{"title": "Seven Samurai", "roles": [{"character": "Kambei Shimada"}]}]}]`},
		{"filtered_with_a_limit", "/directors?select=name,films!inner(title)&films.year=gt.1970&films.order=year&films.limit=1&id=in.(4,6)", `[{"name": "Francis Ford Coppola", "films": [{"title": "The Godfather"}]}]`},
		{"filtered_without_rows", "/directors?select=name,films!inner(title)&films.year=gt.1970&films.limit=0", `[]`},
		{"filtered_to_many_and_absent_below", "/directors?select=name,films!inner(title,roles())&films.roles=is.null&id=in.(4,5)", `[{"name": "Andrei Tarkovsky", "films": [{"title": "Stalker"}]}]`},
		{"showing_nothing", "/directors?select=name,films!inner()&films.year=gt.1980&order=id", `[{"name": "Francis Ford Coppola"}, {"name": "Hayao Miyazaki"}]`},
		{"nested_showing_nothing", "/directors?select=name,films!inner(roles!inner())&films.roles.character=eq.Sanjuro", `[{"name": "Akira Kurosawa"}]`},
		{"spread", "/films?select=title,...restorations!inner(finished)&restorations.finished=gt.2020-01-01", `[{"title": "The Godfather", "finished": "2022-02-25"}]`},
		{"spread_to_many", "/directors?select=name,...films!inner(titles:title)&films.year=gt.1980&order=id",
			`[{"name": "Francis Ford Coppola", "titles": ["The Godfather Part III"]}, {"name": "Hayao Miyazaki", "titles": ["Spirited Away"]}]`},
		{"page_of_the_embed", "/directors?select=name,films!inner(title)&films.order=year&films.offset=2&order=id",
			`[{"name": "Akira Kurosawa", "films": [{"title": "Sanjuro"}]}, {"name": "Francis Ford Coppola", "films": [{"title": "The Godfather Part III"}]}]`},
		{"left_is_the_default", "/films?select=title,directors!left(name)&id=eq.13", `[{"title": "Dickson Greeting", "directors": null}]`},
	})
}

// A null filter on an embed asks whether there is anything to embed. Unlike
// !inner it may stand in or and not.
func TestEmbed_null_filters(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"present_to_one", "/films?select=id,restorations(finished)&restorations=not.is.null&id=lt.7&order=id",
			`[{"id": 1, "restorations": {"finished": "2010-02-12"}}, {"id": 3, "restorations": {"finished": "2016-10-08"}}]`},
		{"present_to_many", "/directors?select=name,films(title)&films.year=gt.1980&films=not.is.null&order=id",
			`[{"name": "Francis Ford Coppola", "films": [{"title": "The Godfather Part III"}]}, {"name": "Hayao Miyazaki", "films": [{"title": "Spirited Away"}]}]`},
		{"absent_to_one", "/films?select=title,directors(name)&directors=is.null", `[{"title": "Dickson Greeting", "directors": null}]`},
		{"absent_to_many", "/films?select=id,roles(character)&roles=is.null&order=id", `[{"id": 10, "roles": []}, {"id": 12, "roles": []}, {"id": 13, "roles": []}]`},
		{"row_of_nulls_is_present", "/films?select=id,restorations(frames_per_second)&restorations=not.is.null&id=eq.3", `[{"id": 3, "restorations": {"frames_per_second": null}}]`},
		{"row_of_nulls_is_not_absent", "/films?select=id,restorations(frames_per_second)&restorations=is.null&id=in.(2,3)", `[{"id": 2, "restorations": null}]`},
		{"row_of_nulls_in_or", "/films?select=id,restorations(frames_per_second)&or=(restorations.not.is.null,id.eq.2)&id=in.(2,3,4)&order=id",
			`[{"id": 2, "restorations": null}, {"id": 3, "restorations": {"frames_per_second": null}}]`},
		{"of_filtered_rows", "/films?select=id,roles(character)&roles.billing=gt.1&roles=not.is.null&id=lt.4&order=id",
			`[{"id": 1, "roles": [{"character": "The Machine Man"}]}, {"id": 3, "roles": [{"character": "Kambei Shimada"}]}]`},
		{"by_alias", "/films?select=id,made_by:directors(name)&made_by=is.null", `[{"id": 13, "made_by": null}]`},
		{"nested", "/directors?select=name,films(title,roles())&films.roles=is.null&films.order=id&id=in.(4,5)&order=id",
			`[{"name": "Francis Ford Coppola", "films": []}, {"name": "Andrei Tarkovsky", "films": [{"title": "Stalker"}]}]`},
		{"spread", "/films?select=id,...directors(director:name)&directors=is.null", `[{"id": 13, "director": null}]`},
		{"spread_to_many", "/directors?select=id,...films(titles:title)&films=is.null", `[{"id": 8, "titles": []}]`},
		{"with_an_order_by_it", "/films?select=id,directors(name)&directors=not.is.null&order=directors(born),id&id=in.(3,2,13)",
			`[{"id": 2, "directors": {"name": "Fritz Lang"}}, {"id": 3, "directors": {"name": "Akira Kurosawa"}}]`},
		{"absent_with_an_order_by_it", "/films?select=id,directors(name)&or=(directors.is.null,id.eq.3)&order=directors(born).nullsfirst,id",
			`[{"id": 13, "directors": null}, {"id": 3, "directors": {"name": "Akira Kurosawa"}}]`},

		{"showing_nothing", "/films?select=id,roles()&roles=is.null&order=id", `[{"id": 10}, {"id": 12}, {"id": 13}]`},
		{"showing_nothing_of_filtered_rows", "/films?select=id,actors!roles()&actors.name=eq.Al Pacino&actors=not.is.null&order=id", `[{"id": 7}, {"id": 8}, {"id": 9}]`},
		{"or", "/films?select=id,nominations(),restorations()&or=(nominations.not.is.null,restorations.not.is.null)&order=id",
			`[{"id": 1}, {"id": 3}, {"id": 6}, {"id": 7}, {"id": 8}, {"id": 9}, {"id": 12}]`},
		{"or_of_embeds_that_show", "/films?select=id,nominations(category),restorations(finished)&or=(nominations.not.is.null,restorations.not.is.null)&id=lt.7&order=id",
			`[{"id": 1, "nominations": [], "restorations": {"finished": "2010-02-12"}},
			  {"id": 3, "nominations": [{"category": "Silver Lion"}], "restorations": {"finished": "2016-10-08"}},
			  {"id": 6, "nominations": [{"category": "Palme d'Or"}], "restorations": null}]`},
		{"not_or", "/films?select=id,nominations(),restorations()&not.or=(nominations.not.is.null,restorations.not.is.null)&order=id",
			`[{"id": 2}, {"id": 4}, {"id": 5}, {"id": 10}, {"id": 11}, {"id": 13}]`},
		{"among_columns_in_groups", "/films?select=id,nominations(),restorations()&and=(nominations.is.null,or(restorations.not.is.null,year.lt.1900))&order=id",
			`[{"id": 1}, {"id": 13}]`},
		{"or_of_filtered_rows", "/films?select=title,directors(),roles()&directors.name=eq.Fritz Lang&roles.character=eq.Kikuchiyo&or=(directors.not.is.null,roles.not.is.null)&order=id",
			`[{"title": "Metropolis"}, {"title": "M"}, {"title": "Seven Samurai"}]`},
		{"several_of_one_embed", "/films?select=id,roles()&or=(roles.is.null,and(roles.not.is.null,id.eq.1))&order=id", `[{"id": 1}, {"id": 10}, {"id": 12}, {"id": 13}]`},
		{"several_of_an_inner_embed", "/films?select=id,directors!inner()&or=(directors.is.null,id.lt.3)&order=id", `[{"id": 1}, {"id": 2}]`},
		{"several_of_a_nested_embed", "/directors?select=id,films!inner(restorations())&films.or=(restorations.is.null,restorations.not.is.null)&films.year=gt.1990", `[{"id": 7}]`},
		{"an_embed_to_filter_and_another_to_show", "/films?select=id,filter:roles(),roles(character)&filter.character=eq.Kikuchiyo&filter=not.is.null&roles.order=billing",
			`[{"id": 3, "roles": [{"character": "Kikuchiyo"}, {"character": "Kambei Shimada"}]}]`},
		{"nested_embeds_that_show_nothing", "/directors?select=name,films(restorations())&films.restorations=not.is.null&films=not.is.null&order=id",
			`[{"name": "Fritz Lang"}, {"name": "Akira Kurosawa"}, {"name": "Francis Ford Coppola"}]`},
		{"nothing_but_one_that_shows_nothing", "/films?select=roles()&id=eq.1", `[{}]`},
		{"is_not_null", "/films?select=id,restorations()&restorations=is.not_null&order=id", `[{"id": 1}, {"id": 3}, {"id": 7}]`},
	})
}

// order=relation(column) sorts by a column of what is embedded to-one.
func TestEmbed_order_of_parents(t *testing.T) {
	t.Parallel()
	const few = "&id=in.(1,3,7,13)"
	runReads(t, serve(t), []readCase{
		{"ascending", "/films?select=id,directors(name)&order=directors(name)" + few,
			`[{"id": 3, "directors": {"name": "Akira Kurosawa"}}, {"id": 7, "directors": {"name": "Francis Ford Coppola"}}, {"id": 1, "directors": {"name": "Fritz Lang"}}, {"id": 13, "directors": null}]`},
		{"descending_nulls_last", "/films?select=id,directors(name)&order=directors(name).desc.nullslast" + few,
			`[{"id": 1, "directors": {"name": "Fritz Lang"}}, {"id": 7, "directors": {"name": "Francis Ford Coppola"}}, {"id": 3, "directors": {"name": "Akira Kurosawa"}}, {"id": 13, "directors": null}]`},
		{"column_that_is_not_selected", "/films?select=id,directors(name)&order=directors(born).nullsfirst" + few,
			`[{"id": 13, "directors": null}, {"id": 1, "directors": {"name": "Fritz Lang"}}, {"id": 3, "directors": {"name": "Akira Kurosawa"}}, {"id": 7, "directors": {"name": "Francis Ford Coppola"}}]`},
		{"column_that_is_not_selected_and_one_that_is", "/films?select=id,directors(name)&order=directors(birthplace),directors(name).desc,id&id=in.(1,3,12)",
			`[{"id": 12, "directors": {"name": "Hayao Miyazaki"}}, {"id": 3, "directors": {"name": "Akira Kurosawa"}}, {"id": 1, "directors": {"name": "Fritz Lang"}}]`},
		{"alias_and_a_column_that_is_not_selected", "/films?select=id,directors(born:name)&order=directors(birthplace).desc,directors(born),id&id=in.(1,3,12)",
			`[{"id": 1, "directors": {"born": "Fritz Lang"}}, {"id": 3, "directors": {"born": "Akira Kurosawa"}}, {"id": 12, "directors": {"born": "Hayao Miyazaki"}}]`},
		{"embed_that_shows_nothing", "/films?select=id,directors()&order=directors(born)" + few, `[{"id": 1}, {"id": 3}, {"id": 7}, {"id": 13}]`},
		{"alias", "/films?select=id,by:directors()&order=by(born).desc,id" + few, `[{"id": 13}, {"id": 7}, {"id": 3}, {"id": 1}]`},
		{"path_of_json", "/restorations?select=film_id,films()&order=films(info->>original).nullsfirst,film_id.desc", `[{"film_id": 7}, {"film_id": 1}, {"film_id": 3}]`},
		{"one_to_one", "/films?select=id,restorations()&order=restorations(finished).desc.nullslast,id.desc" + few, `[{"id": 7}, {"id": 3}, {"id": 1}, {"id": 13}]`},
		{"two_columns", "/films?select=id,directors()&order=directors(birthplace),directors(born).desc,id&id=in.(1,3,12)", `[{"id": 12}, {"id": 3}, {"id": 1}]`},
		{"two_embeds", "/films?select=id,directors(),restorations()&order=restorations(frames_per_second),directors(name)" + few, `[{"id": 7}, {"id": 1}, {"id": 3}, {"id": 13}]`},
		{"inner", "/films?select=id,directors!inner()&order=directors(name).desc" + few, `[{"id": 1}, {"id": 7}, {"id": 3}]`},
		{"spread", "/films?select=id,...directors(name)&order=directors(name),id&id=in.(1,2,3)",
			`[{"id": 3, "name": "Akira Kurosawa"}, {"id": 1, "name": "Fritz Lang"}, {"id": 2, "name": "Fritz Lang"}]`},
		{"spread_by_a_column_that_is_not_selected", "/films?select=id,...directors(name)&order=directors(born).desc&id=in.(1,3)",
			`[{"id": 3, "name": "Akira Kurosawa"}, {"id": 1, "name": "Fritz Lang"}]`},
		{"page", "/films?select=id,directors()&order=directors(born).desc,id&limit=2&offset=1", `[{"id": 12}, {"id": 7}]`},
	})
}

func TestEmbed_path_faults(t *testing.T) {
	t.Parallel()
	missing := func(name string) string {
		return fault("PGRST108", "'"+name+"' is not an embedded resource in this request", "", "Verify that '"+name+"' is included in the 'select' query parameter.")
	}
	run(t, serve(t),
		exchange{name: "filter", target: "/films?select=title&directors.name=eq.x", status: 400, body: missing("directors")},
		exchange{name: "group", target: "/films?select=title&directors.or=(name.eq.x,name.eq.y)", status: 400, body: missing("directors")},
		exchange{name: "order", target: "/films?select=title&directors.order=name", status: 400, body: missing("directors")},
		exchange{name: "limit", target: "/films?select=title&directors.limit=1", status: 400, body: missing("directors")},
		exchange{name: "nested", target: "/films?select=roles(character)&roles.actors.name=eq.x", status: 400, body: missing("actors")},
		exchange{name: "order_by_what_is_not_embedded", target: "/films?order=directors(name)", status: 400, body: missing("directors")},
		exchange{name: "order_by_the_target_of_an_alias", target: "/films?select=by:directors(name)&order=directors(name)", status: 400, body: missing("directors")},
		exchange{name: "order_by_to_many", target: "/directors?select=name,films(title)&order=films(title)", status: 400,
			body: fault("PGRST118", "A related order on 'films' is not possible", "'directors' and 'films' do not form a many-to-one or one-to-one relationship", "")},
		exchange{name: "order_by_an_unknown_column", target: "/films?select=directors(name)&order=directors(nam)", status: 400,
			body: fault("42703", "column directors_1.nam does not exist", "", `Perhaps you meant to reference the column "directors_1.name".`)},
		exchange{name: "embed_compared_as_a_column", target: "/directors?select=name,films()&films=eq.1", status: 400, body: fault("42703", "column directors.films does not exist", "", "")},
		exchange{name: "null_filter_by_the_target_of_an_alias", target: "/films?select=cast:roles()&roles=is.null", status: 400, body: fault("42703", "column films.roles does not exist", "", "")},
	)
}

// An embed that has an alias may still be called by its target. PostgREST is
// about to end that, so there is a warning, or, with StrictTargetNames, an error.
func TestEmbed_target_names(t *testing.T) {
	t.Parallel()
	warning := func(changes string) string {
		return `299 PostgRESTv16.2 "Embedded resource was referenced by relation name even though it has an alias. ` +
			`This is deprecated and will stop working in a future release. Update ` + changes + ` in query string filters, orders or limits."`
	}
	refusal := func(target, alias string) string {
		return fault("PGRST108", "'"+target+"' is not an embedded resource in this request", "Target names are not allowed in filters if they have an alias",
			"Change '"+target+"' to '"+alias+"' in filters, orders or limits.")
	}
	const (
		filtered = "/films?select=id,by:directors(name)&directors.name=like.F*&id=in.(1,3)&order=id"
		limited  = "/films?select=cast:roles(character)&roles.order=billing&roles.limit=1&id=eq.7"
		aliased  = "/films?select=id,by:directors(name)&by.name=like.F*&id=eq.3"
		nested   = "/directors?select=made:films(cast:roles(character))&made.roles.billing=gt.1&id=eq.1&made.order=id&made.limit=1"
	)
	run(t, serve(t),
		exchange{name: "filter", target: filtered, want: headers{"Warning": warning("`directors` to `by`")},
			body: `[{"id": 1, "by": {"name": "Fritz Lang"}}, {"id": 3, "by": null}]`},
		exchange{name: "order_and_limit", target: limited, want: headers{"Warning": warning("`roles` to `cast`")}, body: `[{"cast": [{"character": "Vito Corleone"}]}]`},
		exchange{name: "nested", target: nested, want: headers{"Warning": warning("`roles` to `cast`")}, body: `[{"made": [{"cast": [{"character": "The Machine Man"}]}]}]`},
		exchange{name: "several", target: "/films?select=by:directors(name),cast:roles(character)&directors.limit=1&roles.billing=gt.1&id=eq.3",
			want: headers{"Warning": warning("`directors` to `by`, `roles` to `cast`")}, body: `[{"by": {"name": "Akira Kurosawa"}, "cast": [{"character": "Kambei Shimada"}]}]`},
		exchange{name: "alias", target: aliased, want: headers{"Warning": ""}, body: `[{"id": 3, "by": null}]`},
	)
	run(t, serve(t, func(o *pgrest.Options) { o.StrictTargetNames = true }),
		exchange{name: "strict_filter", target: filtered, status: 400, want: headers{"Warning": ""}, body: refusal("directors", "by")},
		exchange{name: "strict_order_and_limit", target: limited, status: 400, body: refusal("roles", "cast")},
		exchange{name: "strict_nested", target: nested, status: 400, body: refusal("roles", "cast")},
		exchange{name: "strict_alias", target: aliased, body: `[{"id": 3, "by": null}]`},
	)
}

// Counts are of the rows that filters on embeds leave, and so is a HEAD's range.
func TestEmbed_counts(t *testing.T) {
	t.Parallel()
	counted := func(kind, total string) (send, want headers) {
		return headers{"Prefer": "count=" + kind}, headers{"Content-Range": "0-0/" + total, "Preference-Applied": "count=" + kind}
	}
	exact := func(name, target, total, body string) exchange {
		x := exchange{name: name, target: target + "&limit=1&order=id", status: 206, body: body}
		x.send, x.want = counted("exact", total)
		return x
	}
	const late = "/directors?select=id,films!inner(id)&films.year=gt.1980"
	planned, estimated := exact("planned", late, "2", `[{"id": 4, "films": [{"id": 9}]}]`), exact("estimated", late, "2", `[{"id": 4, "films": [{"id": 9}]}]`)
	planned.send, planned.want = counted("planned", "2")
	estimated.send, estimated.want = counted("estimated", "2")
	head := exact("head", late, "2", "")
	head.method = "HEAD"
	run(t, serve(t),
		exact("embed_without_a_filter", "/films?select=id,restorations()", "13", `[{"id": 1}]`),
		exact("inner", "/films?select=id,restorations!inner()", "3", `[{"id": 1}]`),
		exact("inner_to_one_filtered", "/films?select=id,directors!inner()&directors.birthplace=eq.Tokyo", "4", `[{"id": 3}]`),
		exact("inner_to_many_filtered", late, "2", `[{"id": 4, "films": [{"id": 9}]}]`),
		exact("inner_over_a_junction", "/genres?select=id,films!inner()&films.id=eq.7", "2", `[{"id": 1}]`),
		exact("inner_in_inner", "/directors?select=id,films!inner(restorations!inner())", "3", `[{"id": 1}]`),
		exact("absent", "/films?select=id,restorations()&restorations=is.null", "10", `[{"id": 2}]`),
		exact("or", "/films?select=id,restorations(),nominations()&or=(restorations.not.is.null,nominations.not.is.null)", "7", `[{"id": 1}]`),
		exact("several_null_filters_of_one_embed", "/films?select=id,roles()&or=(roles.is.null,and(roles.not.is.null,id.eq.1))", "4", `[{"id": 1}]`),
		exact("computed_relationship", "/films?select=id,original!inner()", "3", `[{"id": 5}]`),
		planned, estimated, head,
		exchange{name: "head_without_a_count", method: "HEAD", target: late, want: headers{"Content-Range": "0-1/*"}},
		exchange{name: "head_of_a_spread", method: "HEAD", target: "/films?select=id,...directors(id,id)", want: headers{"Content-Range": "0-12/*"}},
	)
}

// The log has the same warning, once for a request, even for one that is repeated since the
// schema was stale.
func TestEmbed_target_names_in_the_log(t *testing.T) {
	t.Parallel()
	const warned = "embed called by its relation although it has an alias"
	db := pgtest.Clone(t)
	admin := db.Superuser(t)
	_, err := admin.Exec(t.Context(), `
		CREATE TABLE archive.series (id int PRIMARY KEY, name text);
		CREATE TABLE archive.stamps (id int PRIMARY KEY, series int REFERENCES archive.series, info jsonb);
		INSERT INTO archive.series VALUES (1, 'Penny');
		INSERT INTO archive.stamps VALUES (1, 1, '{"a": "b"}');
		GRANT ALL ON archive.stamps, archive.series TO pgrest_test_anon`)
	require.NoError(t, err)
	var log journal
	api := open(t, db.Pool(t), log.kept)
	const target = "/stamps?select=id,of:series(name)&series.name=eq.Penny&info->>a=is.null"
	require.JSONEq(t, `[]`, read(t, ask(t, api, exchange{target: target})))
	require.Equal(t, 1, strings.Count(log.String(), warned))
	require.Contains(t, log.String(), "update=\"`series` to `of`\"")

	before := api.Stats().SchemaLoads
	_, err = admin.Exec(t.Context(), `ALTER TABLE archive.stamps ALTER info TYPE text USING info->>'a'`)
	require.NoError(t, err)
	require.JSONEq(t, `[{"id": 1, "of": {"name": "Penny"}}]`, read(t, ask(t, api, exchange{target: target})))
	require.Greater(t, api.Stats().SchemaLoads, before)
	require.Equal(t, 2, strings.Count(log.String(), warned))
}
