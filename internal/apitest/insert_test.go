package apitest_test

import "testing"

// POST inserts an object, or all objects of an array.
func TestInsert(t *testing.T) {
	t.Parallel()
	const oddNames = "/lost%20%26%20found,%20vol.1"
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "object", target: "/genres", payload: `{"id": 50, "name": "Noir"}`, want: headers{"Content-Range": "*/*", "Content-Length": "0"}},
		write{name: "array", target: "/genres", payload: `[{"id": 50, "name": "Noir"}, {"id": 51, "name": "Musical"}]`, want: headers{"Content-Range": "*/*"}},
		write{name: "array_of_one", target: "/genres?select=id", prefer: representation, payload: `[{"id": 50, "name": "Noir"}]`, body: `[{"id": 50}]`},
		write{name: "rows_in_their_order", target: "/genres?select=id", prefer: representation,
			payload: `[{"id": 52, "name": "c"}, {"id": 50, "name": "a"}, {"id": 51, "name": "b"}]`, body: `[{"id": 52}, {"id": 50}, {"id": 51}]`},
		write{name: "keys_in_any_order", target: "/genres?select=id,name", prefer: representation,
			payload: `[{"id": 50, "name": "Noir"}, {"name": "Musical", "id": 51}]`, body: `[{"id": 50, "name": "Noir"}, {"id": 51, "name": "Musical"}]`},
		write{name: "blanks_around", target: "/genres?select=id", prefer: representation, payload: "\t \n\r {\"id\": 50, \"name\": \"Noir\"}\n ", body: `[{"id": 50}]`},
		write{name: "the_last_of_a_key_counts", target: "/genres?select=name", prefer: representation, payload: `{"id": 50, "name": "a", "name": "b"}`,
			body: `[{"name": "b"}]`},
		write{name: "JSON_by_its_name", target: "/genres?select=id", prefer: representation, send: headers{"Content-Type": "application/json; charset=utf-8"},
			payload: `{"id": 50, "name": "Noir"}`, body: `[{"id": 50}]`},
		write{name: "defaults_of_missing_keys", target: "/films?select=id,language,silent,tags,info,decade", prefer: representation,
			payload: `{"id": 60, "title": "Nosferatu", "year": 1922}`,
			body:    `[{"id": 60, "language": "none", "silent": false, "tags": [], "info": {}, "decade": 1920}]`},
		write{name: "null", target: "/tickets?select=price", prefer: representation, payload: `{"price": null}`, body: `[{"price": null}]`},
		write{name: "unicode", target: "/%E6%98%A0%E7%94%BB", prefer: representation, payload: `{"番号": 3, "題名": "羅生門 🎬"}`, body: `[{"番号": 3, "題名": "羅生門 🎬"}]`},
		write{name: "names_to_be_quoted", target: oddNames + `?select="is%20it?","say%20\"cut\"","back\\slash","a-%3Eb"`, prefer: representation,
			payload: `{"order": 3, "is it?": "??", "say \"cut\"": "now", "back\\slash": "\\", "a->b": "$1"}`,
			body:    `[{"is it?": "??", "say \"cut\"": "now", "back\\slash": "\\", "a->b": "$1"}]`},
		write{name: "without_a_primary_key", target: "/visitors_book?select=name,entry", token: nobody, prefer: representation, payload: `{"name": null, "entry": "Lovely"}`,
			body: `[{"name": null, "entry": "Lovely"}]`},
		write{name: "filters_mean_nothing", target: "/genres?select=id&id=eq.1", prefer: representation, payload: `{"id": 50, "name": "Noir"}`, body: `[{"id": 50}]`},
		write{name: "nor_do_pages", target: "/genres?select=id&limit=1&offset=1", prefer: representation, send: headers{"Range": "1-1"},
			payload: `[{"id": 50, "name": "Noir"}, {"id": 51, "name": "Musical"}]`, body: `[{"id": 50}, {"id": 51}]`},
	)
}

// An object without keys inserts the defaults, and what has no objects nothing.
func TestInsert_nothing(t *testing.T) {
	t.Parallel()
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "empty_object", target: "/tickets?select=price", prefer: representation, payload: `{}`, body: `[{"price": 9.50}]`},
		write{name: "empty_object_minimal", target: "/tickets", payload: `{}`, want: headers{"Content-Range": "*/*"}},
		write{name: "array_of_an_empty_object", target: "/tickets?select=price", prefer: representation, payload: `[{}]`, body: `[{"price": 9.50}]`},
		write{name: "empty_objects", target: "/tickets?select=price", prefer: representation + ", count=exact", payload: `[{}, {}]`,
			want: headers{"Content-Range": "*/2"}, body: `[{"price": 9.50}, {"price": 9.50}]`},
		write{name: "empty_objects_beside_defaults", target: "/tickets?select=price", prefer: "missing=default, return=representation", payload: `[{}, {}]`,
			body: `[{"price": 9.50}, {"price": 9.50}]`},
		write{name: "empty_array", target: "/tickets", payload: `[]`, want: headers{"Content-Range": "*/*"}},
		write{name: "empty_array_shown", target: "/tickets", prefer: representation, payload: ` [ ] `, want: headers{"Content-Range": "*/*"}, body: `[]`},
		write{name: "empty_array_counted", target: "/tickets", prefer: "count=exact", payload: `[]`, want: headers{"Content-Range": "*/0"}},
		write{name: "string", target: "/tickets", prefer: representation, payload: `"{\"price\": 1}"`, body: `[]`},
		write{name: "number", target: "/tickets", prefer: representation, payload: `1`, body: `[]`},
		write{name: "JSON_null", target: "/tickets", prefer: representation, payload: `null`, body: `[]`},
		write{name: "empty_form", target: "/tickets?select=price", prefer: representation, send: sendForm, body: `[{"price": 9.50}]`},
		write{name: "CSV_without_rows", target: "/tickets", prefer: representation, send: sendCSV, payload: "price\n", body: `[]`},
	)
}

// Values are those of their columns' types, from what JSON has for them or from
// PostgreSQL's own text form.
func TestInsert_values(t *testing.T) {
	t.Parallel()
	specimen := func(name, value, shown string) write {
		return write{name: name, target: "/specimens?select=" + name, prefer: representation,
			payload: `{"id": 9, "` + name + `": ` + value + `}`, body: `[{"` + name + `": ` + shown + `}]`}
	}
	texts := specimen("texts", `"{one,\"two words\",NULL}"`, `["one", "two words", null]`)
	texts.name = "texts_as_PostgreSQL_has_them"
	composite := specimen("a_composite", `"(3,4)"`, `{"width": 3, "height": 4}`)
	composite.name = "composite_as_PostgreSQL_has_it"
	number := specimen("an_integer", `"42"`, `42`)
	number.name = "integer_as_text"
	runInTurn(t, serveClone(t, "", rollingBack),
		specimen("a_boolean", `true`, `true`), specimen("an_integer", `-7`, `-7`), number,
		specimen("a_bigint", `9223372036854775807`, `9223372036854775807`),
		specimen("a_numeric", `12345678901234567890.0000000001`, `12345678901234567890.0000000001`),
		specimen("a_price", `1.005`, `1.01`), specimen("a_money", `"$1,000.50"`, `"$1,000.50"`), specimen("a_double", `"NaN"`, `"NaN"`),
		specimen("a_text", `"'; DROP TABLE films -- \u00e9 \\ \" ? $1"`, `"'; DROP TABLE films -- é \\ \" ? $1"`),
		specimen("a_char", `"abcde"`, `"abcde"`), specimen("a_bit", `"1111"`, `"1111"`), specimen("a_bytea", `"\\x00ff"`, `"\\x00ff"`),
		specimen("a_uuid", `"5F0B3F60-5B2C-4F0E-9D4E-0D6D3C1B2A19"`, `"5f0b3f60-5b2c-4f0e-9d4e-0d6d3c1b2a19"`),
		specimen("a_date", `"1927-01-10"`, `"1927-01-10"`), specimen("a_timestamptz", `"1927-01-10T20:15:30+01:00"`, `"1927-01-10T19:15:30+00:00"`),
		specimen("a_json", `{"b": 1,  "a": [null]}`, `{"b": 1,  "a": [null]}`), specimen("a_jsonb", `[{"b": 1, "a": "x"}]`, `[{"a": "x", "b": 1}]`),
		specimen("an_int4range", `"[1,4]"`, `"[1,5)"`), specimen("an_enum", `"sv"`, `"sv"`), specimen("a_domain", `9.95`, `10.0`),
		specimen("a_represented_domain", `"#0a0b0c"`, `"#0a0b0c"`), specimen("a_composite", `{"height": 2, "width": 1}`, `{"width": 1, "height": 2}`), composite,
		specimen("integers", `[3, 1, null]`, `[3, 1, null]`), specimen("texts", `["a,b", "{}", null]`, `["a,b", "{}", null]`), texts,
		specimen("matrix", `[[1, 2], [3, 4]]`, `[[1, 2], [3, 4]]`), specimen("jsonbs", `[{"a": 1}, "x"]`, `[{"a": 1}, "x"]`),
		specimen("enums", `["de", "en"]`, `["de", "en"]`), specimen("composites", `[{"width": 1}, null]`, `[{"width": 1, "height": null}, null]`),
	)
}

// Bodies can also be CSV, or a form.
func TestInsert_other_bodies(t *testing.T) {
	t.Parallel()
	csvBoth := headers{"Content-Type": "text/csv", "Accept": "text/csv"}
	csv := headers{"Content-Type": "text/csv; charset=utf-8"}
	uneven := fault("PGRST102", "All lines must have same number of fields", "", "")
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "CSV", target: "/genres", prefer: representation, send: sendCSV, payload: "name,id,colour\r\nNoir,50,#000001\r\n\"Cloak, \"\"dagger\"\"\",51,NULL\r\n",
			body: `[{"id": 50, "name": "Noir", "colour": "#000001"}, {"id": 51, "name": "Cloak, \"dagger\"", "colour": null}]`},
		write{name: "CSV_to_CSV", target: "/tickets?select=price,n:price::int", prefer: representation, send: csvBoth, payload: "price\n7.25\nNULL",
			want: csv, body: "price,n\n7.25,7\n,"},
		write{name: "CSV_cells_are_empty_texts", target: "/directors?select=name,birthplace", prefer: representation, send: sendCSV, payload: "name,birthplace\nX,",
			body: `[{"name": "X", "birthplace": ""}]`},
		write{name: "CSV_with_arrays", target: "/films?select=tags,info", prefer: representation, send: sendCSV,
			payload: "title,year,tags\nFaust,1926,\"{devil,\"\"a pact\"\"}\"", body: `[{"tags": ["devil", "a pact"], "info": {}}]`},
		write{name: "CSV_of_some_columns", target: "/genres?columns=id,name&select=id", prefer: representation, send: sendCSV, payload: "id,name\n50,Noir",
			body: `[{"id": 50}]`},
		write{name: "CSV_with_too_few_fields", target: "/genres", send: sendCSV, payload: "id,name\n50,Noir\n51", status: 400, body: uneven},
		write{name: "CSV_with_too_many_fields", target: "/genres", send: sendCSV, payload: "id,name\n50,Noir,x", status: 400, body: uneven},
		write{name: "CSV_without_a_header", target: "/genres", send: sendCSV, status: 400, body: fault("PGRST102", "Invalid CSV: no header line", "", "")},
		write{name: "CSV_with_an_unknown_column", target: "/genres", send: sendCSV, payload: "id,nmae\n50,Noir", status: 400,
			body: fault("PGRST204", "Could not find the 'nmae' column of 'genres' in the schema cache", "", "")},
		write{name: "CSV_with_an_empty_number", target: "/genres", send: sendCSV, payload: "id,name\n,Noir", status: 400,
			body: fault("22P02", `invalid input syntax for type integer: ""`, "", "")},
		write{name: "form", target: "/genres", prefer: representation, send: sendForm, payload: "id=50&name=Film+noir+%26+more&colour=%230000ff",
			body: `[{"id": 50, "name": "Film noir & more", "colour": "#0000ff"}]`},
		write{name: "form_with_a_name_twice", target: "/genres?select=name", prefer: representation, send: sendForm, payload: "id=50&name=a&name=b", body: `[{"name": "b"}]`},
		write{name: "form_with_other_separators", target: "/genres?select=id,name", prefer: representation, send: sendForm, payload: "&id=50;name=a%3Bb&", body: `[{"id": 50, "name": "a;b"}]`},
		write{name: "form_with_an_unknown_name", target: "/genres", send: sendForm, payload: "nmae=Noir", status: 400,
			body: fault("PGRST204", "Could not find the 'nmae' column of 'genres' in the schema cache", "", "")},
	)
}

// columns= names the columns to write; the body is PostgreSQL's to read then.
func TestInsert_columns(t *testing.T) {
	t.Parallel()
	const genres = "/genres?columns=id,name&select=id,name,colour"
	unknown := fault("PGRST204", "Could not find the 'nmae' column of 'genres' in the schema cache", "", "")
	runInTurn(t, serveClone(t, "", rollingBack),
		write{name: "of_an_object", target: genres, prefer: representation, payload: `{"id": 50, "name": "Noir", "colour": "#ffffff", "more": {}}`,
			body: `[{"id": 50, "name": "Noir", "colour": null}]`},
		write{name: "of_objects_with_other_keys", target: genres, prefer: representation, payload: `[{"id": 50, "name": "Noir", "x": 1}, {"id": 51, "name": "Musical", "y": 2}]`,
			body: `[{"id": 50, "name": "Noir", "colour": null}, {"id": 51, "name": "Musical", "colour": null}]`},
		write{name: "missing_are_null", target: "/tickets?columns=price&select=price", prefer: representation, payload: `[{}, {"price": 1}]`,
			body: `[{"price": null}, {"price": 1.00}]`},
		write{name: "quoted", target: `/lost%20%26%20found,%20vol.1?columns="is%20it?",order&select="is%20it?"`, prefer: representation,
			payload: `{"order": 3, "is it?": "yes?", "select": "x"}`, body: `[{"is it?": "yes?"}]`},
		write{name: "named_twice", target: "/genres?columns=id,name,id&select=id", prefer: representation, payload: `{"id": 50, "name": "Noir"}`, body: `[{"id": 50}]`},
		write{name: "empty_array", target: genres, prefer: representation, payload: `[]`, body: `[]`},
		write{name: "unknown", target: "/genres?columns=id,nmae", payload: `{"id": 50}`, status: 400, body: unknown},
		write{name: "unknown_of_an_unknown_table", target: "/genre_totels?columns=nmae", payload: `{}`, status: 404,
			body: fault("PGRST205", "Could not find the table 'archive.genre_totels' in the schema cache", "", "Perhaps you meant the table 'archive.genre_totals'")},
		write{name: "blank", target: "/genres?columns=", payload: `{}`, status: 400,
			body: fault("PGRST100", `"failed to parse columns parameter ()" (line 1, column 1)`, "unexpected end of input expecting field name (* or [a..z0..9_$])", "")},
		write{name: "array_of_more_than_objects", target: genres, payload: `[{"id": 50, "name": "Noir"}, 333]`, status: 400,
			body: fault("22023", "argument of json_to_recordset must be an array of objects", "", "")},
		write{name: "scalar", target: genres, payload: `"x"`, status: 400, body: fault("22023", "cannot call json_to_recordset on a scalar", "", "")},
		write{name: "no_body", target: genres, status: 400, body: fault("22P02", "invalid input syntax for type json", "The input string ended unexpectedly.", "")},
		write{name: "invalid_JSON", target: genres, payload: `{"id": `, status: 400,
			body: fault("22P02", "invalid input syntax for type json", "The input string ended unexpectedly.", "")},
	)
}

// missing=default gives missing keys the defaults of their columns.
func TestInsert_missing_default(t *testing.T) {
	t.Parallel()
	const prefer = "missing=default, return=representation"
	api := serveClone(t, `
		ALTER TABLE archive."lost & found, vol.1" ALTER "is it?" SET DEFAULT 'is it? '' $1', ALTER "order" ADD GENERATED BY DEFAULT AS IDENTITY (START 7);
		ALTER TABLE archive.genres ALTER colour SET DEFAULT 255;
		CREATE DOMAIN archive.copies AS int DEFAULT 3;
		CREATE TABLE archive.counters (id serial PRIMARY KEY, n int);
		CREATE TABLE archive.prints (copies archive.copies, more archive.copies DEFAULT 5, at timestamptz DEFAULT '2024-01-01 12:00Z');
		CREATE VIEW archive.silent_films AS SELECT id, title, year, silent FROM archive.films;
		ALTER VIEW archive.silent_films ALTER silent SET DEFAULT true, ALTER year SET DEFAULT 1920;
		GRANT ALL ON archive.counters, archive.prints, archive.silent_films TO pgrest_test_curator;
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA archive TO pgrest_test_curator`, rollingBack)
	runInTurn(t, api,
		write{name: "array", target: "/films?columns=id,title,year,language,silent,tags&select=id,language,silent,tags", prefer: prefer,
			payload: `[{"id": 60, "title": "a", "year": 1922}, {"id": 61, "title": "b", "year": 1922, "language": "de", "silent": true, "tags": ["x"]}]`,
			body:    `[{"id": 60, "language": "none", "silent": false, "tags": []}, {"id": 61, "language": "de", "silent": true, "tags": ["x"]}]`},
		write{name: "object", target: "/films?columns=id,title,year,info&select=info", prefer: prefer, payload: `{"id": 60, "title": "a", "year": 1922}`, body: `[{"info": {}}]`},
		write{name: "null_stays_null", target: "/tickets?columns=price&select=price", prefer: prefer, payload: `[{"price": null}, {}]`,
			body: `[{"price": null}, {"price": 9.50}]`},
		write{name: "without_columns", target: "/tickets?select=price", prefer: prefer, payload: `{"price": 4}`, body: `[{"price": 4.00}]`},
		write{name: "identity", target: "/directors?columns=id,name&select=id,name", prefer: prefer, payload: `[{"name": "Chantal Akerman"}, {"id": 90, "name": "Yasujiro Ozu"}]`,
			body: `[{"id": 101, "name": "Chantal Akerman"}, {"id": 90, "name": "Yasujiro Ozu"}]`},
		write{name: "serial", target: "/counters?columns=id,n", prefer: prefer, payload: `[{"n": 5}, {"id": 90}]`, body: `[{"id": 1, "n": 5}, {"id": 90, "n": null}]`},
		write{name: "domain", target: "/prints?columns=copies,more,at", prefer: prefer, payload: `{}`,
			body: `[{"copies": 3, "more": 5, "at": "2024-01-01T12:00:00+00:00"}]`},
		write{name: "represented_domain", target: "/genres?columns=id,name,colour&select=colour", prefer: prefer,
			payload: `[{"id": 50, "name": "a"}, {"id": 51, "name": "b", "colour": "#00ff00"}, {"id": 52, "name": "c", "colour": null}]`,
			body:    `[{"colour": "#0000ff"}, {"colour": "#00ff00"}, {"colour": null}]`},
		write{name: "view", target: "/silent_films?columns=id,title,year,silent", prefer: prefer, payload: `{"id": 60, "title": "a"}`,
			body: `[{"id": 60, "title": "a", "year": 1920, "silent": true}]`},
		write{name: "names_to_be_quoted", target: `/lost%20%26%20found,%20vol.1?columns="is%20it?",order&select=order,"is%20it?"`, prefer: prefer, payload: `[{}]`,
			body: `[{"order": 7, "is it?": "is it? ' $1"}]`},
		write{name: "CSV", target: "/tickets?select=price", prefer: prefer, send: sendCSV, payload: "price\nNULL", body: `[{"price": null}]`},
		write{name: "generated", target: "/films?columns=title,year,decade", prefer: "missing=default", payload: `{"title": "a", "year": 1922}`, status: 400,
			body: fault("428C9", `cannot insert a non-DEFAULT value into column "decade"`, `Column "decade" is a generated column.`, "")},
		write{name: "identity_that_is_always_generated", target: "/tickets?columns=id,price", prefer: "missing=default", payload: `{"price": 1}`, status: 400,
			body: fault("428C9", `cannot insert a non-DEFAULT value into column "id"`, `Column "id" is an identity column defined as GENERATED ALWAYS.`,
				"Use OVERRIDING SYSTEM VALUE to override.")},
		write{name: "null_by_default", target: "/tickets?columns=price&select=price", prefer: "missing=null, return=representation", payload: `{}`, body: `[{"price": null}]`},
		write{name: "array_of_more_than_objects", target: "/tickets?columns=price", prefer: "missing=default", payload: `[1]`, status: 400,
			body: fault("22023", "cannot call populate_composite on an array", "", "")},
	)
}
