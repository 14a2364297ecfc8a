package apitest_test

import "testing"

// select names the columns of the answer. Each case has the answer's one row.
func TestSelect(t *testing.T) {
	t.Parallel()
	runSelects(t, "/films?id=eq.1", []selectCase{
		{"one_column", `title`, `{"title": "Metropolis"}`},
		{"several_in_their_order", `year,id,title`, `{"year": 1927, "id": 1, "title": "Metropolis"}`},
		{"everything_and_more", `*,born:year`, `{
			"id": 1, "title": "Metropolis", "year": 1927, "rating": 8.3, "language": "de", "released": "1927-01-10", "length": "02:33:00",
			"silent": true, "tags": ["science fiction", "dystopia"],
			"info": {"colour": false, "copies": [{"reels": 9, "format": "35mm"}, {"reels": 4, "format": "16mm"}]},
			"poster": "\\x89504e470d0a1a0a", "frame": {"width": 1440, "height": 1080}, "rights": null, "decade": 1920,
			"search": "'metropoli':1", "director_id": 1, "sequel_of": null, "born": 1927}`},
		{"white_space", `%20id%20,%09year%20`, `{"id": 1, "year": 1927}`},
		{"twice", `id,id`, `{"id": 1, "id": 1}`},

		{"alias", `name:title`, `{"name": "Metropolis"}`},
		{"alias_in_quotes", `"the name, in full":title`, `{"the name, in full": "Metropolis"}`},
		{"alias_beyond_ASCII", `題名:title`, `{"題名": "Metropolis"}`},

		{"computed_field", `title,is_long`, `{"title": "Metropolis", "is_long": false}`},
		{"computed_field_of_the_extra_search_path", `label:full_title`, `{"label": "Metropolis (1927)"}`},
	})
}

// A cast, ::, turns a column into another type.
func TestSelect_cast(t *testing.T) {
	t.Parallel()
	runSelects(t, "/films?id=eq.1", []selectCase{
		{"number_to_text", `year::text`, `{"year": "1927"}`},
		{"with_an_alias", `since:year::text`, `{"since": "1927"}`},
		{"number_to_whole_number", `rating::int`, `{"rating": 8}`},
		{"name_of_the_SQL_standard", `year::double precision`, `{"year": 1927}`},
		{"name_of_the_catalog", `year::float8`, `{"year": 1927}`},
		{"in_capitals", `year::TEXT`, `{"year": "1927"}`},
		{"of_json", `info->copies->1::text`, `{"copies": "{\"reels\": 4, \"format\": \"16mm\"}"}`},
		{"to_a_date", `released::timestamp`, `{"released": "1927-01-10T00:00:00"}`},
		{"to_a_domain", `stars:year::numeric,rating::stars`, `{"stars": 1927, "rating": 8.3}`},
		{"to_an_enum", `language::text,same:language::language`, `{"language": "de", "same": "de"}`},
		{"of_a_path", `info->copies->0->>reels::int`, `{"reels": 9}`},
		{"of_a_computed_field", `is_long::text`, `{"is_long": "false"}`},
	})
}

// A JSON path leads into documents, composite values and arrays. The last key
// names what it leads to.
func TestSelect_path(t *testing.T) {
	t.Parallel()
	runSelects(t, "/films?id=eq.1", []selectCase{
		{"json", `info->colour`, `{"colour": false}`},
		{"text", `info->>colour`, `{"colour": "false"}`},
		{"document", `info->copies->1`, `{"copies": {"reels": 4, "format": "16mm"}}`},
		{"deep", `info->copies->0->>format`, `{"format": "35mm"}`},
		{"index_from_the_end", `info->copies->-1->reels`, `{"reels": 4}`},
		{"alias", `format:info->copies->0->>format`, `{"format": "35mm"}`},
		{"nothing_there", `info->no->such->>key`, `{"key": null}`},
		{"quoted_key", `info->"box office"`, `{"box office": null}`},
		{"composite", `frame->width`, `{"width": 1440}`},
		{"composite_as_text", `frame->>height`, `{"height": "1080"}`},
		{"array", `first:tags->0,tags->>1`, `{"first": "science fiction", "tags": "dystopia"}`},
	})
}

// Names that the grammar has other uses for are quoted.
func TestSelect_names(t *testing.T) {
	t.Parallel()
	runSelects(t, `/lost%20%26%20found%2C%20vol.1?"order"=eq.1`, []selectCase{
		{"everything", `*`, `{"order": 1, "select": "select", "film title": "London After Midnight", "dotted.name": "a.b", "comma,ted": "a,b",
			"(parens)": "(a)", "a:b": "a:b", "a->b": "->", "is it?": "?", "say \"cut\"": "\"cut\"", "back\\slash": "\\", "Größe": 7, "count": 10}`},
		{"reserved_words", `order,select`, `{"order": 1, "select": "select"}`},
		{"blank", `film title`, `{"film title": "London After Midnight"}`},
		{"dot", `"dotted.name"`, `{"dotted.name": "a.b"}`},
		{"comma", `"comma,ted"`, `{"comma,ted": "a,b"}`},
		{"brackets", `"(parens)"`, `{"(parens)": "(a)"}`},
		{"colon", `"a:b"`, `{"a:b": "a:b"}`},
		{"colon_with_an_alias", `x:"a:b"`, `{"x": "a:b"}`},
		{"arrow", `"a->b"`, `{"a->b": "->"}`},
		{"question_mark", `"is it?"`, `{"is it?": "?"}`},
		{"quotes", `"say \"cut\""`, `{"say \"cut\"": "\"cut\""}`},
		{"backslash", `"back\\slash"`, `{"back\\slash": "\\"}`},
		{"beyond_ASCII", `Größe`, `{"Größe": 7}`},
		{"count_without_brackets_is_a_column", `count`, `{"count": 10}`},
	})
}

func TestSelect_nothing(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "names_nothing", target: "/films?select=&id=eq.1", body: `[{"id": 1, "title": "Metropolis", "year": 1927, "rating": 8.3, "language": "de",
			"released": "1927-01-10", "length": "02:33:00", "silent": true, "tags": ["science fiction", "dystopia"],
			"info": {"colour": false, "copies": [{"reels": 9, "format": "35mm"}, {"reels": 4, "format": "16mm"}]},
			"poster": "\\x89504e470d0a1a0a", "frame": {"width": 1440, "height": 1080}, "rights": null, "decade": 1920,
			"search": "'metropoli':1", "director_id": 1, "sequel_of": null}]`},
	)
}

func TestSelect_faults(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "unknown_column", target: "/films?select=titel", status: 400,
			body: fault("42703", `column films.titel does not exist`, "", `Perhaps you meant to reference the column "films.title".`)},
		exchange{name: "unknown_type", target: "/films?select=year::parsec", status: 400,
			body: fault("42704", `type "parsec" does not exist`, "", "")},
		exchange{name: "impossible_cast", target: "/films?select=year::date", status: 400,
			body: fault("42846", `cannot cast type integer to date`, "", "")},
		exchange{name: "value_that_the_type_lacks", target: "/films?select=title::int&id=eq.1", status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "Metropolis"`, "", "")},
		exchange{name: "stray_bracket", target: "/films?select=id]", status: 400,
			body: fault("PGRST100", `"failed to parse select parameter (id])" (line 1, column 3)`, `unexpected ']' expecting letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input`, "")},
		exchange{name: "aggregate", target: "/films?select=year.max()", status: 400,
			body: fault("PGRST123", `Use of aggregate functions is not allowed`, "", "")},
		exchange{name: "column_without_the_right", target: "/donors?select=id,email", status: 401,
			body: fault("42501", `permission denied for table donors`, "", "")},
		exchange{name: "columns_with_the_right", target: "/donors?select=id,name&order=id",
			body: `[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]`},
	)
}

// selectCase is a value of select and the row that it makes.
type selectCase struct{ name, items, row string }

func runSelects(t *testing.T, target string, selects []selectCase) {
	t.Helper()
	var exchanges []exchange
	for _, s := range selects {
		exchanges = append(exchanges, exchange{name: s.name, target: target + "&select=" + encodeBlanks(s.items), body: "[" + s.row + "]"})
	}
	run(t, serve(t), exchanges...)
}
