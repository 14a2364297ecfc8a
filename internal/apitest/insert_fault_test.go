package apitest_test

import "testing"

// A body that can't be read as rows is refused before PostgreSQL sees it.
func TestInsert_wrong_body(t *testing.T) {
	t.Parallel()
	var (
		invalid = fault("PGRST102", "Empty or invalid json", "", "")
		uneven  = fault("PGRST102", "All object keys must match", "", "")
	)
	refused := func(name, payload, body string) write {
		return write{name: name, target: "/genres", payload: payload, status: 400, body: body}
	}
	media := func(name, contentType, shown string) write {
		return write{name: name, target: "/genres", send: headers{"Content-Type": contentType}, payload: `{"id": 50}`, status: 400,
			body: fault("PGRST102", "Content-Type not acceptable: "+shown, "", "")}
	}
	runInTurn(t, serveClone(t, "", rollingBack),
		refused("empty", "", invalid),
		refused("blank", " \n", invalid),
		refused("no_JSON", "}{ x = 2", invalid),
		refused("cut_off", `[{"id": 50}`, invalid),
		refused("more_than_one_value", `{"id": 50} {"id": 51}`, invalid),
		refused("more_keys", `[{"id": 50}, {"id": 51, "name": "x"}]`, uneven),
		refused("fewer_keys", `[{"id": 50, "name": "x"}, {"id": 51}]`, uneven),
		refused("other_keys", `[{"id": 50}, {"name": "x"}]`, uneven),
		refused("number_among_objects", `[{"id": 50}, 123]`, uneven),
		refused("array_of_strings", `["a", "b"]`, uneven),
		refused("unknown_column", `{"id": 50, "nmae": "x"}`, fault("PGRST204", "Could not find the 'nmae' column of 'genres' in the schema cache", "", "")),
		refused("computed_field_is_no_column", `{"full_title": "x"}`, fault("PGRST204", "Could not find the 'full_title' column of 'genres' in the schema cache", "", "")),
		media("plain_text", "text/plain", "text/plain"),
		media("XML", "text/xml", "text/xml"),
		media("bytes", "application/octet-stream", "application/octet-stream"),
		media("unknown", "image/png", "image/png"),
		write{name: "unknown_table", target: "/genrs", payload: `{}`, status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.genrs' in the schema cache", "", "Perhaps you meant the table 'archive.genres'")},
	)
}

// What PostgreSQL refuses is said in its words. A conflict is 409.
func TestInsert_refused(t *testing.T) {
	t.Parallel()
	refused := func(name, target, payload string, status int, body string) write {
		return write{name: name, target: target, payload: payload, status: status, body: body}
	}
	const newRow = "Failing row contains (60, x, 2000, null, none, null, null, f, {}, {}, null, null, null, 2000, 'x':1, null, null)."
	runInTurn(t, serveClone(t, "", rollingBack),
		refused("not_null", "/institutions", `{"code": "x"}`, 400,
			fault("23502", `null value in column "name" of relation "institutions" violates not-null constraint`, "Failing row contains (x, null).", "")),
		refused("unique", "/genres", `{"id": 50, "name": "Drama"}`, 409,
			fault("23505", `duplicate key value violates unique constraint "genres_name_key"`, "Key (name)=(Drama) already exists.", "")),
		refused("primary_key", "/film_genres", `{"film_id": 1, "genre_id": 2}`, 409,
			fault("23505", `duplicate key value violates unique constraint "film_genres_pkey"`, "Key (film_id, genre_id)=(1, 2) already exists.", "")),
		refused("deferred_unique", "/reels", `{"film_id": 1, "number": 4, "position": 1}`, 409,
			fault("23505", `duplicate key value violates unique constraint "reels_one_at_a_position"`, "Key (film_id, \"position\")=(1, 1) already exists.", "")),
		refused("foreign_key", "/restorations", `{"film_id": 999, "finished": "2020-01-01"}`, 409,
			fault("23503", `insert or update on table "restorations" violates foreign key constraint "restorations_film_id_fkey"`,
				`Key (film_id)=(999) is not present in table "films".`, "")),
		refused("foreign_key_of_two_columns", "/nominations", `{"competition_id": 1, "year": 1900, "category": "x", "film_id": 1}`, 409,
			fault("23503", `insert or update on table "nominations" violates foreign key constraint "nominations_edition"`,
				`Key (competition_id, year)=(1, 1900) is not present in table "editions".`, "")),
		refused("check", "/films", `{"id": 60, "title": "x", "year": 1800}`, 400,
			fault("23514", `new row for relation "films" violates check constraint "films_year_after_invention"`,
				"Failing row contains (60, x, 1800, null, none, null, null, f, {}, {}, null, null, null, 1800, 'x':1, null, null).", "")),
		refused("check_of_a_domain", "/specimens", `{"id": 9, "a_domain": 11}`, 400, fault("23514", `value for domain stars violates check constraint "stars_check"`, "", "")),
		refused("enum", "/specimens", `{"id": 9, "an_enum": "xx"}`, 400, fault("22P02", `invalid input value for enum language: "xx"`, "", "")),
		refused("number", "/specimens", `{"id": "nine"}`, 400, fault("22P02", `invalid input syntax for type integer: "nine"`, "", "")),
		refused("number_too_large", "/specimens", `{"id": 3000000000}`, 400, fault("22003", `value "3000000000" is out of range for type integer`, "", "")),
		refused("date", "/specimens", `{"id": 9, "a_date": "1927-02-30"}`, 400, fault("22008", `date/time field value out of range: "1927-02-30"`, "", "")),
		refused("object_for_a_number", "/specimens", `{"id": {"a": 1}}`, 400, fault("22P02", `invalid input syntax for type integer: "{"a": 1}"`, "", "")),
		refused("text_too_long", "/specimens", `{"id": 9, "a_varchar": "123456789012345678901"}`, 400, fault("22001", "value too long for type character varying(20)", "", "")),
		refused("bits_too_few", "/specimens", `{"id": 9, "a_bit": "1"}`, 400, fault("22026", "bit string length 1 does not match type bit(4)", "", "")),
		refused("NUL", "/specimens", `{"id": 9, "a_text": "a\u0000b"}`, 400, fault("22P05", "unsupported Unicode escape sequence", `\u0000 cannot be converted to text.`, "")),
		refused("generated", "/films", `{"id": 60, "title": "x", "year": 2000, "decade": 1990}`, 400,
			fault("428C9", `cannot insert a non-DEFAULT value into column "decade"`, `Column "decade" is a generated column.`, "")),
		refused("always_identity", "/tickets", `{"id": 7}`, 400, fault("428C9", `cannot insert a non-DEFAULT value into column "id"`,
			`Column "id" is an identity column defined as GENERATED ALWAYS.`, "Use OVERRIDING SYSTEM VALUE to override.")),
		refused("partition", "/screenings", `{"film_id": 1, "starts": "2030-01-01Z"}`, 400,
			fault("23514", `no partition of relation "screenings" found for row`, "Partition key of the failing row contains (starts) = (2030-01-01 00:00:00+00).", "")),
		refused("check_option", "/classic_films", `{"id": 60, "title": "x", "year": 2000}`, 400,
			fault("44000", `new row violates check option for view "classic_films"`, newRow, "")),
		refused("view_that_is_a_join", "/film_overview", `{"title": "x"}`, 500, fault("55000", `cannot insert into view "film_overview"`,
			"Views that do not select from a single table or view are not automatically updatable.",
			"To enable inserting into the view, provide an INSTEAD OF INSERT trigger or an unconditional ON INSERT DO INSTEAD rule.")),
		refused("materialized_view", "/acclaimed_films", `{"title": "x"}`, 400, fault("42809", `cannot change materialized view "acclaimed_films"`, "", "")),
		refused("all_or_nothing", "/genres", `[{"id": 50, "name": "Noir"}, {"id": 51, "name": "Noir"}]`, 409,
			fault("23505", `duplicate key value violates unique constraint "genres_name_key"`, "Key (name)=(Noir) already exists.", "")),
	)
}

// Views insert into their tables, or have a trigger do so.
func TestInsert_views(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "updatable", target: "/classic_films?select=id,language,directors(name)", prefer: representation,
			payload: `{"id": 60, "title": "Fury", "year": 1936, "director_id": 1}`, body: `[{"id": 60, "language": "none", "directors": {"name": "Fritz Lang"}}]`},
		write{name: "several_rows", target: "/classic_films?select=title", prefer: representation, payload: `[{"title": "a", "year": 1930}, {"title": "b", "year": 1931}]`,
			body: `[{"title": "a"}, {"title": "b"}]`},
		write{name: "with_a_trigger", target: "/casting", prefer: representation, payload: `{"film_id": 10, "actor": "Liv Ullmann", "character": "The Stranger"}`,
			body: `[{"film_id": 10, "actor_id": 9, "actor": "Liv Ullmann", "character": "The Stranger"}]`},
		write{name: "with_a_trigger_and_an_embed", target: "/casting?select=character,films(title)", prefer: representation,
			payload: `{"film_id": 10, "actor": "Liv Ullmann", "character": "The Stranger"}`, body: `[{"character": "The Stranger", "films": {"title": "Stalker"}}]`},
		write{name: "trigger_that_refuses", target: "/casting", payload: `{"film_id": 10, "actor": "Nobody", "character": "x"}`, status: 500,
			body: fault("P0002", "query returned no rows", "", "")},
		write{name: "of_a_hidden_table", target: "/staff", payload: `{"id": 3, "name": "Kim", "restores": null}`, status: 400,
			body: fault("23502", `null value in column "salary" of relation "staff" violates not-null constraint`, "Failing row contains (3, Kim, null, null).", "")},
		write{name: "partitions", target: "/screenings?select=starts,seats,films(title)", prefer: representation,
			payload: `[{"film_id": 1, "starts": "2024-07-01Z", "seats": 1}, {"film_id": 2, "starts": "2025-07-01Z", "seats": 2}]`,
			body: `[{"starts": "2024-07-01T00:00:00+00:00", "seats": 1, "films": {"title": "Metropolis"}},
				{"starts": "2025-07-01T00:00:00+00:00", "seats": 2, "films": {"title": "M"}}]`},
	)
}
