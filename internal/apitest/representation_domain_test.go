package apitest_test

import "testing"

// A domain with a cast to json is shown as that function has it: the colours of
// genres are numbers in the database and "#rrggbb" in the API.
func TestDomainRepresentation_select(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"column", "/genres?select=id,colour&order=id", `[{"id": 1, "colour": "#800000"}, {"id": 2, "colour": "#0000ff"}, {"id": 3, "colour": "#000000"}, {"id": 4, "colour": null}]`},
		{"star", "/genres?select=*&id=eq.2", `[{"id": 2, "name": "Science fiction", "colour": "#0000ff"}]`},
		{"everything", "/genres?id=eq.2", `[{"id": 2, "name": "Science fiction", "colour": "#0000ff"}]`},
		{"alias", "/genres?select=shade:colour&id=eq.2", `[{"shade": "#0000ff"}]`},
		{"cast_of_what_is_shown", "/genres?select=colour::text&id=eq.2", `[{"colour": "\"#0000ff\""}]`},
		{"path_leads_into_the_value_itself", "/genres?select=colour->>red&id=eq.2", `[{"red": null}]`},
		{"domain_without_a_cast", "/films?select=rating&id=eq.1", `[{"rating": 8.3}]`},
		{"embedded", "/films?select=title,genres(name,colour)&genres.order=id&id=eq.1",
			`[{"title": "Metropolis", "genres": [{"name": "Drama", "colour": "#800000"}, {"name": "Science fiction", "colour": "#0000ff"}]}]`},
		{"embedded_star", "/film_genres?select=genres(*)&film_id=eq.2", `[{"genres": {"id": 3, "name": "Crime", "colour": "#000000"}}]`},
		{"spread", "/film_genres?select=genre_id,...genres(shade:colour)&film_id=eq.2", `[{"genre_id": 3, "shade": "#000000"}]`},
		{"spread_to_many", "/films?select=...genres(colour)&genres.order=id&id=eq.1", `[{"colour": ["#800000", "#0000ff"]}]`},
		{"ordered_by_the_value_itself", "/genres?select=colour&colour=not.is.null&order=colour.desc", `[{"colour": "#800000"}, {"colour": "#0000ff"}, {"colour": "#000000"}]`},
		{"parents_ordered_by_the_value_itself_that_is_shown", "/film_genres?select=genres(colour)&film_id=eq.1&order=genres(colour)", `[{"genres": {"colour": "#0000ff"}}, {"genres": {"colour": "#800000"}}]`},
		{"parents_ordered_by_the_value_itself_that_is_spread", "/film_genres?select=...genres(colour)&film_id=eq.1&order=genres(colour).desc", `[{"colour": "#800000"}, {"colour": "#0000ff"}]`},
		{"parents_ordered_by_the_value_itself", "/film_genres?select=genre_id,genres()&film_id=eq.1&order=genres(colour)", `[{"genre_id": 2}, {"genre_id": 1}]`},
	})
}

// A cast from text makes values of what filters compare with.
func TestDomainRepresentation_filter(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t), []readCase{
		{"equal", "/genres?select=id&colour=eq.%230000ff", `[{"id": 2}]`},
		{"equal_in_another_spelling", "/genres?select=id&colour=eq.ff", `[{"id": 2}]`},
		{"not_equal", "/genres?select=id&colour=neq.%230000ff&order=id", `[{"id": 1}, {"id": 3}]`},
		{"greater", "/genres?select=id&colour=gt.%23000001&order=id", `[{"id": 1}, {"id": 2}]`},
		{"in", "/genres?select=id&colour=in.(%230000ff,%23800000)&order=id", `[{"id": 1}, {"id": 2}]`},
		{"not_in", "/genres?select=id&colour=not.in.(%230000ff,%23800000)", `[{"id": 3}]`},
		{"in_nothing", "/genres?select=id&colour=in.()", `[]`},
		{"not", "/genres?select=id&colour=not.eq.%230000ff&order=id", `[{"id": 1}, {"id": 3}]`},
		{"distinct", "/genres?select=id&colour=isdistinct.%230000ff&order=id", `[{"id": 1}, {"id": 3}, {"id": 4}]`},
		{"null", "/genres?select=id&colour=is.null", `[{"id": 4}]`},
		{"any", "/genres?select=id&colour=eq(any).{%230000ff,%23800000}&order=id", `[{"id": 1}, {"id": 2}]`},
		{"or", "/genres?select=id&or=(colour.eq.%230000ff,colour.in.(%23000000))&order=id", `[{"id": 2}, {"id": 3}]`},
		{"not_and", "/genres?select=id&not.and=(colour.neq.%230000ff,id.gt.0)", `[{"id": 2}]`},
		{"of_embedded_rows", "/films?select=title,genres(name)&genres.colour=in.(%230000ff)&id=eq.1", `[{"title": "Metropolis", "genres": [{"name": "Science fiction"}]}]`},
		{"of_embedded_rows_that_are_not_shown", "/films?select=id,genres()&genres.colour=eq.%230000ff&genres=not.is.null&order=id", `[{"id": 1}, {"id": 10}]`},
		{"of_parents", "/films?select=id,genres!inner(colour)&genres.colour=eq.%230000ff&order=id",
			`[{"id": 1, "genres": [{"colour": "#0000ff"}]}, {"id": 10, "genres": [{"colour": "#0000ff"}]}]`},
	})
	run(t, serve(t), exchange{name: "patterns_have_no_values", target: "/genres?colour=like.*f", status: 404,
		body: fault("42883", "operator does not exist: colour ~~ unknown", "", "No operator matches the given name and argument types. You might need to add explicit type casts.")})
}

func TestDomainRepresentation_media_types(t *testing.T) {
	t.Parallel()
	const object, stripped = "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped"
	run(t, serve(t),
		exchange{name: "object", target: "/genres?select=colour&id=eq.2", send: headers{"Accept": object},
			want: headers{"Content-Type": object + "; charset=utf-8"}, body: `{"colour": "#0000ff"}`},
		exchange{name: "nulls_stripped", target: "/genres?select=id,colour&id=in.(2,4)&order=id", send: headers{"Accept": stripped},
			want: headers{"Content-Type": stripped + "; charset=utf-8"}, body: `[{"id": 2, "colour": "#0000ff"}, {"id": 4}]`},
		exchange{name: "CSV_has_the_JSON", target: "/genres?select=name,colour&id=in.(2,4)&order=id", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "name,colour\n\"Science fiction\",\"\"\"#0000ff\"\"\"\nWestern,"},
		exchange{name: "count", target: "/genres?select=id&colour=neq.%230000ff&order=id&limit=1", send: headers{"Prefer": "count=exact"}, status: 206,
			want: headers{"Content-Range": "0-0/2"}, body: `[{"id": 1}]`},
	)
}

// Aggregates see what is shown, which is JSON.
func TestDomainRepresentation_aggregates(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t, aggregating), []readCase{
		{"count", "/genres?select=colour.count()", `[{"count": 3}]`},
		{"ordered_groups", "/genres?select=colour,count()&order=colour.desc&id=lt.4", `[{"colour": "#800000", "count": 1}, {"colour": "#0000ff", "count": 1}, {"colour": "#000000", "count": 1}]`},
		{"group", "/genres?select=colour,count()&id=eq.2", `[{"colour": "#0000ff", "count": 1}]`},
		{"group_of_an_embed", "/film_genres?select=count(),...genres(colour)&genre_id=eq.2", `[{"count": 2, "colour": "#0000ff"}]`},
	})
	run(t, serve(t, aggregating), exchange{name: "max", target: "/genres?select=colour.max()", status: 404,
		body: fault("42883", "function max(json) does not exist", "", "No function matches the given name and argument types. You might need to add explicit type casts.")})
}

// Computed fields are shown as they are, and compared with.
func TestDomainRepresentation_computed_field(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `CREATE FUNCTION archive.inverse(archive.genres) RETURNS archive.colour LANGUAGE sql IMMUTABLE AS 'SELECT (16777215 - $1.colour)::archive.colour'`)
	runReads(t, api, []readCase{
		{"shown", "/genres?select=colour,inverse&id=eq.3", `[{"colour": "#000000", "inverse": 16777215}]`},
		{"filtered", "/genres?select=id&inverse=eq.16777215", `[{"id": 3}]`},
	})
}
