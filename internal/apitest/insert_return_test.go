package apitest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

// return=headers-only answers with the URL of the new row.
func TestInsert_location(t *testing.T) {
	t.Parallel()
	const prefer = "return=headers-only"
	at := func(location string) headers {
		return headers{"Location": location, "Content-Range": "*/*", "Content-Length": "0"}
	}
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "key", target: "/genres", prefer: prefer, payload: `{"id": 50, "name": "Noir"}`, want: at("/genres?id=eq.50")},
		write{name: "select_means_nothing", target: "/genres?select=name,films(title)", prefer: prefer, payload: `{"id": 50, "name": "Noir"}`, want: at("/genres?id=eq.50")},
		write{name: "array_of_one", target: "/genres", prefer: prefer, payload: `[{"id": 50, "name": "Noir"}]`, want: at("/genres?id=eq.50")},
		write{name: "key_of_several_columns", target: "/film_genres", prefer: prefer, payload: `{"film_id": 4, "genre_id": 1}`, want: at("/film_genres?film_id=eq.4&genre_id=eq.1")},
		write{name: "escaped", target: "/institutions", prefer: prefer, payload: `{"code": "Å&B =?", "name": "x"}`, want: at("/institutions?code=eq.%C3%85%26B%20%3D%3F")},
		write{name: "escaped_names", target: "/%E6%98%A0%E7%94%BB", prefer: prefer, payload: `{"番号": 3}`, want: at("/%E6%98%A0%E7%94%BB?%E7%95%AA%E5%8F%B7=eq.3")},
		write{name: "partitioned", target: "/screenings", prefer: prefer, payload: `{"film_id": 4, "starts": "2024-05-01T20:00Z"}`,
			want: at("/screenings?film_id=eq.4&starts=eq.2024-05-01T20%3A00%3A00%2B00%3A00")},
		write{name: "view", target: "/classic_films", prefer: prefer, payload: `{"id": 60, "title": "Faust", "year": 1926}`, want: at("/classic_films?id=eq.60")},
		write{name: "view_of_a_view", target: "/silent_classics", prefer: prefer, payload: `{"film_id": 60, "title": "Faust"}`, status: 400,
			want: headers{"Location": ""}, body: fault("23502", `null value in column "year" of relation "films" violates not-null constraint`,
				"Failing row contains (60, Faust, null, null, none, null, null, f, {}, {}, null, null, null, null, 'faust':1, null, null).", "")},
		write{name: "two_rows_have_none", target: "/genres", prefer: prefer, payload: `[{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`},
		write{name: "no_row_has_none", target: "/genres", prefer: prefer, payload: `[]`},
		write{name: "no_key_no_URL", target: "/visitors_book", token: nobody, prefer: prefer, payload: `{"entry": "x"}`},
		write{name: "representation_has_none", target: "/genres?select=id", prefer: representation, payload: `{"id": 50, "name": "Noir"}`, body: `[{"id": 50}]`},
	)
}

func TestInsert_location_elsewhere(t *testing.T) {
	t.Parallel()
	api := serveClone(t, "", rollingBack, func(o *pgrest.Options) { o.BasePath = "/api" })
	runInTurn(t, api, write{name: "base_path", target: "/api/genres", prefer: "return=headers-only", payload: `{"id": 50, "name": "Noir"}`,
		want: headers{"Location": "/api/genres?id=eq.50"}})
	runInTurn(t, http.StripPrefix("/v1", serveClone(t, "", rollingBack)), write{name: "stripped_prefix", target: "/v1/genres", prefer: "return=headers-only",
		payload: `{"id": 50, "name": "Noir"}`, want: headers{"Location": "/v1/genres?id=eq.50"}})
}

// The URL leads to the row, also where its key was generated or is odd.
func TestInsert_location_leads_to_the_row(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `
		CREATE VIEW archive.pairs AS SELECT f.id, r.film_id AS restored FROM archive.films f LEFT JOIN archive.restorations r ON r.film_id = f.id;
		CREATE FUNCTION private.insert_pair() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
		CREATE TRIGGER insert_pair INSTEAD OF INSERT ON archive.pairs FOR EACH ROW EXECUTE FUNCTION private.insert_pair();
		CREATE TABLE archive.prints ("made on" date, sound bool, copy numeric, at timestamp, "Nº" text, PRIMARY KEY ("Nº", copy, at, sound, "made on"));
		GRANT ALL ON archive.pairs, archive.prints TO pgrest_test_curator`)
	for _, tt := range []struct{ name, target, payload, location, row string }{
		{"generated", "/genres", `{"name": "Noir"}`, "/genres?id=eq.101", `[{"id": 101, "name": "Noir", "colour": null}]`},
		{"odd_text", "/institutions", `{"code": "a.b, (c) \"d\" & + %", "name": "x"}`, "/institutions?code=eq.a.b%2C%20%28c%29%20%22d%22%20%26%20%2B%20%25",
			`[{"code": "a.b, (c) \"d\" & + %", "name": "x"}]`},
		{"unicode", "/institutions", `{"code": "圍棋", "name": "x"}`, "/institutions?code=eq.%E5%9C%8D%E6%A3%8B", `[{"code": "圍棋", "name": "x"}]`},
		{"partitioned", "/screenings", `{"film_id": 4, "starts": "2024-05-01T20:00Z"}`, "/screenings?film_id=eq.4&starts=eq.2024-05-01T20%3A00%3A00%2B00%3A00",
			`[{"film_id": 4, "starts": "2024-05-01T20:00:00+00:00", "seats": 80}]`},
		{"many_types", "/prints", `{"made on": "1927-01-10", "sound": true, "copy": 1.50, "at": "2024-05-01 20:00", "Nº": "a~b*c/d"}`,
			"/prints?made%20on=eq.1927-01-10&sound=eq.true&copy=eq.1.50&at=eq.2024-05-01T20%3A00%3A00&N%C2%BA=eq.a~b%2Ac%2Fd",
			`[{"made on": "1927-01-10", "sound": true, "copy": 1.50, "at": "2024-05-01T20:00:00", "Nº": "a~b*c/d"}]`},
		{"fraction", "/screenings", `{"film_id": 4, "starts": "2025-12-31T23:59:59.5Z"}`, "/screenings?film_id=eq.4&starts=eq.2025-12-31T23%3A59%3A59.5%2B00%3A00",
			`[{"film_id": 4, "starts": "2025-12-31T23:59:59.5+00:00", "seats": 80}]`},
		{"null_in_a_view", "/pairs", `{"id": 13}`, "/pairs?id=eq.13&restored=is.null", `[{"id": 13, "restored": null}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := write{target: tt.target, prefer: "return=headers-only", payload: tt.payload, want: headers{"Location": tt.location}}
			x.check(t, answer(api, x.request(t)).Result())
			follow := write{method: "GET", target: tt.location, body: tt.row}
			follow.check(t, answer(api, follow.request(t)).Result())
		})
	}
}

// return=representation shows what was inserted as a read would.
func TestInsert_representation(t *testing.T) {
	t.Parallel()
	const film = `{"id": 60, "title": "Solaris", "year": 1972, "director_id": 5, "info": {"reels": [7]}, "length": "2:46:00"}`
	const films = `[{"id": 60, "title": "Solaris", "year": 1972, "director_id": 5}, {"id": 61, "title": "Ran", "year": 1985, "director_id": 2},
		{"id": 62, "title": "Anonymous", "year": 2000, "director_id": null}]`
	shows := func(name, query, payload, body string) write {
		return write{name: name, target: "/films?" + query, prefer: representation, payload: payload, want: headers{"Content-Range": "*/*"}, body: body}
	}
	runInTurn(t, serveClone(t, "", rollingBack, aggregating),
		shows("columns", "select=title,decade", film, `[{"title": "Solaris", "decade": 1970}]`),
		shows("alias_and_cast", "select=name:title,year::text", film, `[{"name": "Solaris", "year": "1972"}]`),
		shows("path", "select=info-%3Ereels-%3E0,last:info-%3E%3Ereels", film, `[{"reels": 7, "last": "[7]"}]`),
		shows("computed_fields", "select=full_title,is_long", film, `[{"full_title": "Solaris (1972)", "is_long": false}]`),
		shows("computed_field_beside_an_embed", "select=full_title,directors(name)", film, `[{"full_title": "Solaris (1972)", "directors": {"name": "Andrei Tarkovsky"}}]`),
		shows("to_one", "select=title,directors(name)", film, `[{"title": "Solaris", "directors": {"name": "Andrei Tarkovsky"}}]`),
		shows("to_one_with_nulls", "select=id,directors(name)", films, `[{"id": 60, "directors": {"name": "Andrei Tarkovsky"}},
			{"id": 61, "directors": {"name": "Akira Kurosawa"}}, {"id": 62, "directors": null}]`),
		shows("to_many", "select=title,nominations(category)", film, `[{"title": "Solaris", "nominations": []}]`),
		shows("many_to_many", "select=title,genres(name),actors!roles(name)", film, `[{"title": "Solaris", "genres": [], "actors": []}]`),
		shows("nested", "select=directors(name,films(title))&directors.films.order=id", film, `[{"directors": {"name": "Andrei Tarkovsky", "films": [{"title": "Stalker"}]}}]`),
		shows("only_embedded", "select=directors(name)", film, `[{"directors": {"name": "Andrei Tarkovsky"}}]`),
		shows("spread", "select=title,...directors(director:name)", film, `[{"title": "Solaris", "director": "Andrei Tarkovsky"}]`),
		shows("itself", "select=title,sequels:films!sequel_of(title)", `{"id": 60, "title": "Ran", "year": 1985, "sequel_of": 4}`, `[{"title": "Ran", "sequels": []}]`),
		shows("computed_relationship", "select=title,original(title)", `{"id": 60, "title": "Ran", "year": 1985, "sequel_of": 4}`,
			`[{"title": "Ran", "original": {"title": "Yojimbo"}}]`),
		shows("filter_on_an_embed", "select=id,directors(name)&directors.id=eq.2", films, `[{"id": 60, "directors": null},
			{"id": 61, "directors": {"name": "Akira Kurosawa"}}, {"id": 62, "directors": null}]`),
		shows("inner_join", "select=id,directors!inner()&directors.id=eq.2", films, `[{"id": 61}]`),
		shows("order", "select=id&order=title", films, `[{"id": 62}, {"id": 61}, {"id": 60}]`),
		shows("order_by_what_is_not_shown", "select=title&order=year.desc&limit=1", films, `[{"title": "Anonymous"}, {"title": "Ran"}, {"title": "Solaris"}]`),
		shows("order_by_an_embed", "select=id,directors()&order=directors(name)", films, `[{"id": 61}, {"id": 60}, {"id": 62}]`),
		shows("aggregate", "select=count(),year.max()", films, `[{"count": 3, "max": 2000}]`),
		shows("groups", "select=decade,count()&order=decade", films, `[{"decade": 1970, "count": 1}, {"decade": 1980, "count": 1}, {"decade": 2000, "count": 1}]`),
		shows("unknown_column", "select=titel", film, "").fails(400, fault("42703", "column films.titel does not exist", "",
			`Perhaps you meant to reference the column "films.title".`)),
		shows("unknown_embed", "select=title,producers(name)", film, "").fails(400, fault("PGRST200",
			"Could not find a relationship between 'films' and 'producers' in the schema cache",
			"Searched for a foreign key relationship between 'films' and 'producers' in the schema 'archive', but no matches were found.", "Perhaps you meant 'roles' instead of 'producers'.")),
	)
}

// The Accept header chooses the form of the representation.
func TestInsert_media_types(t *testing.T) {
	t.Parallel()
	const two = `[{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`
	notOne := func(n string) string {
		return fault("PGRST116", "Cannot coerce the result to a single JSON object", "The result contains "+n+" rows", "")
	}
	accept := func(media string) headers { return headers{"Accept": media} }
	const strippedArray, strippedObject = "application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.object+json;nulls=stripped"
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "object", target: "/genres", prefer: representation, send: acceptOne, payload: `[{"id": 50, "name": "a"}]`, want: oneObject,
			body: `{"id": 50, "name": "a", "colour": null}`},
		write{name: "object_beside_an_embed", target: "/films?select=title,directors(name)", prefer: representation, send: acceptOne,
			payload: `{"title": "Ran", "year": 1985, "director_id": 2}`, want: oneObject, body: `{"title": "Ran", "directors": {"name": "Akira Kurosawa"}}`},
		write{name: "object_of_two", target: "/genres", prefer: representation, send: acceptOne, payload: two, status: 406, body: notOne("2")},
		write{name: "object_of_none", target: "/genres", prefer: representation, send: acceptOne, payload: `[]`, status: 406, body: notOne("0")},
		write{name: "object_that_is_not_shown", target: "/genres", send: acceptOne, payload: `{"id": 50, "name": "a"}`},
		write{name: "object_of_two_that_is_not_shown", target: "/genres", prefer: "return=minimal", send: acceptOne, payload: two, status: 406, body: notOne("2")},
		write{name: "object_of_two_headers_only", target: "/genres", prefer: "return=headers-only", send: acceptOne, payload: two, status: 406, body: notOne("2")},
		write{name: "object_headers_only", target: "/genres", prefer: "return=headers-only", send: acceptOne, payload: `{"id": 50, "name": "a"}`,
			want: headers{"Location": "/genres?id=eq.50"}},
		write{name: "nulls_stripped", target: "/genres", prefer: representation, send: accept(strippedArray), payload: two,
			want: headers{"Content-Type": strippedArray + "; charset=utf-8"}, body: two},
		write{name: "nulls_stripped_beside_an_embed", target: "/films?select=id,rating,directors(name,born)", prefer: representation, send: accept(strippedObject),
			payload: `{"id": 60, "title": "x", "year": 2000}`, want: headers{"Content-Type": strippedObject + "; charset=utf-8"}, body: `{"id": 60}`},
		write{name: "CSV", target: "/genres", prefer: representation, send: accept("text/csv"), payload: `[{"id": 50, "name": "a, b"}, {"id": 51, "name": ""}]`,
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,name,colour\n50,\"a, b\",\n51,\"\","},
		write{name: "CSV_of_some_columns", target: "/genres?select=id", prefer: representation, send: accept("text/csv"), payload: two,
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id\n50\n51"},
		write{name: "CSV_beside_an_order", target: "/genres?select=id&order=id.desc", prefer: representation, send: accept("text/csv"), payload: two,
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id\n51\n50"},
		write{name: "made_by_an_aggregate", target: "/films", prefer: representation, send: accept("text/vnd.archive.titles"),
			payload: `[{"title": "Ran", "year": 1985}, {"title": "Dreams", "year": 1990}]`, want: headers{"Content-Type": "text/vnd.archive.titles"}, body: "Ran\nDreams\n"},
		write{name: "not_acceptable", target: "/genres", prefer: representation, send: accept("image/gif"), payload: two, status: 406,
			body: fault("PGRST107", "None of these media types are available: image/gif", "", "")},
		write{name: "not_acceptable_though_not_shown", target: "/genres", send: accept("image/gif"), payload: two, status: 406,
			body: fault("PGRST107", "None of these media types are available: image/gif", "", "")},
	)
}

// GeoJSON is made by PostGIS, of which a test needs no more than one function.
func TestInsert_geojson(t *testing.T) {
	t.Parallel()
	api := serveClone(t, `CREATE FUNCTION extra.st_asgeojson(record) RETURNS text LANGUAGE plpgsql IMMUTABLE
		AS $$ BEGIN RETURN json_build_object('type', 'Feature', 'properties', to_json($1)); END $$`, rollingBack)
	runInTurn(t, api, write{name: "collection", target: "/genres?select=id,name", prefer: representation, send: headers{"Accept": "application/geo+json"},
		payload: `{"id": 50, "name": "a"}`, want: headers{"Content-Type": "application/geo+json; charset=utf-8"},
		body: `{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": 50, "name": "a"}}]}`})
}

// MaxRows is for reads: what was written is shown whole.
func TestInsert_maximum_of_rows(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, "", rollingBack, func(o *pgrest.Options) { o.MaxRows = 1 }),
		write{name: "insert", target: "/genres?select=id", prefer: representation + ", count=exact", payload: `[{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`,
			want: headers{"Content-Range": "*/2"}, body: `[{"id": 50}, {"id": 51}]`},
		write{name: "update", method: "PATCH", target: "/competitions?id=in.(1,2)&select=city&order=id", prefer: representation, payload: `{"city": "x"}`,
			want: headers{"Content-Range": "0-1/*"}, body: `[{"city": "x"}, {"city": "x"}]`},
		write{name: "delete", method: "DELETE", target: "/roles?film_id=eq.3&select=actor_id&order=actor_id", prefer: representation, body: `[{"actor_id": 3}, {"actor_id": 4}]`},
		write{name: "embedded", method: "PATCH", target: "/films?id=eq.8&select=roles(billing)&roles.order=billing", prefer: representation, payload: `{"rating": 9}`,
			body: `[{"roles": [{"billing": 1}, {"billing": 2}]}]`},
	)
}

// A large representation is streamed like any other body.
func TestInsert_large_representation(t *testing.T) {
	t.Parallel()
	api := listen(t, serveClone(t, "", func(o *pgrest.Options) { o.BodyThreshold = 10 }))
	x := write{target: api.URL + "/genres?select=id", payload: `[{"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`, prefer: representation}
	r := x.request(t)
	r.RequestURI = ""
	response, err := api.Client().Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, response.StatusCode)
	require.Equal(t, `[{"id":50},{"id":51}]`, compact(read(t, response)))
	require.Equal(t, "*/*", response.Header.Get("Content-Range"))
}
