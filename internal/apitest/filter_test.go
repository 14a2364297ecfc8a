package apitest_test

import (
	"fmt"
	"strings"
	"testing"
)

// A filter names a column and says, with an operator, what its value has to be.
// Each case has the ids of the films that pass its filter.
func TestFilter(t *testing.T) {
	t.Parallel()
	runFilters(t, []filterCase{
		{"equal", `year=eq.1962`, "5,6"},
		{"not_equal", `language=neq.ja`, "1,2,6,7,8,9,10,11,13"},
		{"greater", `year=gt.1979`, "9,12"},
		{"greater_or_equal", `year=gte.1979`, "9,10,12"},
		{"less", `year=lt.1927`, "13"},
		{"less_or_equal", `year=lte.1927`, "1,13"},
		{"several_must_all_hold", `language=eq.ja&rating=gt.8.5`, "3,12"},
		{"several_of_one_column_must_all_hold", `year=gte.1960&year=lt.1970`, "4,5,6,11"},
		{"that_nothing_passes", `year=eq.1900`, ""},

		{"like_with_star", `title=like.*Godfather*`, "7,8,9"},
		{"like_with_percent", `title=like.The%25`, "7,8,9"},
		{"like_with_underscore", `title=like._`, "2"},
		{"like_heeds_case", `title=like.*samurai`, ""},
		{"ilike", `title=ilike.*samurai`, "3"},
		{"regular_expression", `title=match.^M`, "1,2"},
		{"regular_expression_without_case", `title=imatch.^m$`, "2"},

		{"in", `rating=in.(8.3,9)`, "1,2,8"},
		{"in_with_quotes", `title=in.("M","Cléo from 5 to 7")`, "2,6"},
		{"in_without_quotes", `title=in.(Seven Samurai,M)`, "2,3"},
		{"in_nothing", `id=in.()`, ""},

		{"is_null", `rating=is.null`, "13"},
		{"is_not_null", `sequel_of=is.not_null`, "5,8,9"},
		{"is_true", `silent=is.true`, "1,13"},
		{"is_false", `silent=is.false&year=lt.1960`, "2,3"},
		{"is_unknown", `silent=is.unknown`, ""},
		{"is_in_capitals", `rating=is.NULL`, "13"},
		{"is_distinct_counts_null_as_a_value", `director_id=isdistinct.4&year=not.in.(1962,2001)`, "1,2,3,4,10,11,13"},
		{"not_equal_does_not", `director_id=neq.4&year=not.in.(1962,2001)`, "1,2,3,4,10,11"},

		{"any_equal", `year=eq(any).{1931,1954}`, "2,3"},
		{"any_like", `title=like(any).{M*,*a}`, "1,2,11"},
		{"all_like", `title=like(all).{S*,*r*}`, "3,5,10,12"},
		{"any_ilike", `title=ilike(any).{m,persona}`, "2,11"},
		{"all_greater", `year=gt(all).{1970,1980}`, "9,12"},
		{"any_greater_or_equal", `rating=gte(any).{9,9.2}`, "7,8"},
		{"all_less", `year=lt(all).{1930,1960}`, "1,13"},
		{"any_less_or_equal", `id=lte(any).{1,2}`, "1,2"},
		{"all_match", `title=match(all).{^S,o$}`, "5"},
		{"any_imatch", `title=imatch(any).{^m$,^PERS}`, "2,11"},

		{"not", `year=not.gte.1930`, "1,13"},
		{"not_in", `language=not.in.(ja,en,de)`, "6,10,11,13"},
		{"not_null", `rating=not.is.null&year=lt.1930`, "1"},
		{"not_any", `title=not.like(any).{*o*,*a*}`, "2"},
		{"not_searched", `search=not.fts.godfath&year=gt.1971`, "10,12"},
	})
}

// An array, range or JSON document is compared with another, in PostgreSQL's notation.
func TestFilter_containers(t *testing.T) {
	t.Parallel()
	runFilters(t, []filterCase{
		{"array_contains", `tags=cs.{crime,epic}`, "7,8"},
		{"array_is_contained", `tags=cd.{crime,epic}`, "2,7,8,9,11,13"},
		{"array_overlaps", `tags=ov.{paris,animation}`, "6,12"},
		{"array_with_a_blank_in_it", `tags=cs.{"new wave"}`, "6"},
		{"array_equals", `tags=eq.{}`, "11,13"},
		{"json_contains", `info=cs.{"colour":true}&year=lt.1980`, "7,8,10"},
		{"json_is_contained", `info=cd.{"colour":false}`, "4,5,11,13"},
		{"range_contains", `rights=cs.[2026-01-01,2026-02-01)`, "3,5"},
		{"range_is_contained", `rights=cd.[2020-01-01,2025-01-01)`, "4,12"},
		{"range_overlaps", `rights=ov.[2024-06-01,2026-01-01)`, "3,4,5"},
		{"range_strictly_left", `rights=sl.[2026-01-01,)`, "4"},
		{"range_strictly_right", `rights=sr.(,2022-01-01)`, "5"},
		{"range_not_beyond_the_right", `rights=nxr.(,2025-01-01)`, "4"},
		{"range_not_beyond_the_left", `rights=nxl.[2025-01-01,)`, "5"},
		{"range_adjacent", `rights=adj.[2025-01-01,2026-01-01)`, "4"},
		{"not", `rights=not.ov.[2024-06-01,2026-01-01)`, "12"},
	})
}

// The full-text operators differ in how they read their words. A language stems
// words; a column that is no tsvector becomes one.
func TestFilter_full_text(t *testing.T) {
	t.Parallel()
	runFilters(t, []filterCase{
		{"query", `search=fts.samurai`, "3"},
		{"query_with_operators", `search=fts.samurai|metropoli`, "1,3"},
		{"language", `search=fts(english).godfathers&year=lt.1980`, "7,8"},
		{"plain_words", `search=plfts(english).part%20of%20the%20godfather`, "8,9"},
		{"phrase", `search=phfts(english).godfather%20part`, "8,9"},
		{"phrase_in_another_order", `search=phfts(english).part%20godfather`, ""},
		{"web_search", `search=wfts(english).godfather%20-part`, "7"},
		{"web_search_for_either", `search=wfts(english).stalker%20or%20persona`, "10,11"},
		{"text_column", `title=plfts(simple).seven`, "3"},
		{"text_column_in_a_language", `title=fts(english).greetings`, "13"},
		{"json_column", `info=plfts(simple).Cléo`, "6"},
		{"not", `title=not.wfts(english).godfather&year=gt.1971`, "10,12"},
	})
}

// A JSON path leads into documents, composite values and arrays: -> to JSON,
// ->> to text.
func TestFilter_paths(t *testing.T) {
	t.Parallel()
	runFilters(t, []filterCase{
		{"text", `info->>original=eq.七人の侍`, "3"},
		{"text_is_null", `info->>original=not.is.null`, "3,6,10,12"},
		{"text_of_a_boolean", `info->>colour=eq.true&year=gt.1978`, "9,10,12"},
		{"json_compares_as_json", `info->box%20office=gt.100`, "7,9"},
		{"json_equals_a_document", `info->copies=eq.[]`, "2"},
		{"quoted_key", `info->"box office"=lt.100`, "8"},
		{"index", `info->copies->0->>format=eq.35mm`, "1"},
		{"index_from_the_end", `info->copies->-1->>reels=eq.4`, "1"},
		{"composite", `frame->>width=eq.1920`, "7,12"},
		{"composite_as_json", `frame->height=gte.1080`, "1,7"},
		{"array", `tags->>0=eq.samurai`, "3,4,5"},
		{"array_from_the_end", `tags->>-1=eq.epic`, "3,7,8"},
		{"arrow_encoded", `info-%3E%3Eoriginal=like.C*`, "6"},
	})
}

// and and or join filters; not may precede both, and every filter in them.
func TestFilter_logic(t *testing.T) {
	t.Parallel()
	runFilters(t, []filterCase{
		{"or", `or=(year.lt.1900,rating.gte.9)`, "7,8,13"},
		{"and", `and=(year.gt.1970,year.lt.1980)`, "7,8,10"},
		{"not_or", `not.or=(year.gt.1930,silent.is.false)`, "1,13"},
		{"not_and", `not.and=(year.gte.1891,year.lte.1979)`, "9,12"},
		{"nested", `or=(and(language.eq.ja,year.gt.2000),language.eq.fr)`, "6,12"},
		{"nested_and_negated", `or=(not.and(year.gte.1891,year.lte.1990),title.eq.M)`, "2,12"},
		{"filter_negated", `or=(year.not.gte.1900,title.eq.M)`, "2,13"},
		{"beside_other_filters", `or=(language.eq.ja,language.eq.de)&rating=gt.8.5`, "3,12"},
		{"twice", `or=(id.eq.1,id.eq.2)&or=(id.eq.2,id.eq.3)`, "2"},
		{"white_space", `or=(%20year.lt.1900%20,%20rating.gte.9%20)`, "7,8,13"},
		{"one_filter", `or=(id.eq.4)`, "4"},
		{"in", `or=(id.in.(1,2),title.eq.Stalker)`, "1,2,10"},
		{"array", `or=(tags.cs.{crime,epic},id.eq.1)`, "1,7,8"},
		{"quoted_value", `and=(rights.ov."[2026-01-01,2027-01-01)",year.lt.1960)`, "3"},
		{"any", `or=(title.like(any).{M*,P*},id.eq.13)`, "1,2,11,13"},
		{"full_text", `or=(search.fts(english).godfathers,id.eq.1)`, "1,7,8,9"},
		{"path", `or=(info->>original.like.C*,tags->>0.eq.animation)`, "6,12"},
		{"is", `or=(rating.is.null,silent.is.true)`, "1,13"},
	})
}

// A computed field, a function of the row, is filtered like a column.
func TestFilter_computed_field(t *testing.T) {
	t.Parallel()
	runFilters(t, []filterCase{
		{"of_the_schema", `is_long=is.true`, "3,8"},
		{"of_the_extra_search_path", `full_title=like.*(1962)`, "5,6"},
		{"in_a_group", `or=(is_long.is.true,full_title.eq."M (1931)")`, "2,3,8"},
	})
}

// A query string is percent-encoded, or not where HTTP lets it pass; values go
// to the end of their parameter.
func TestFilter_notation(t *testing.T) {
	t.Parallel()
	runFilters(t, []filterCase{
		{"plus_is_a_blank", `title=eq.Seven+Samurai`, "3"},
		{"percent_encoded_blank", `title=eq.Seven%20Samurai`, "3"},
		{"percent_encoded_everything", `%79ear=%65q%2E1954`, "3"},
		{"beyond_ASCII", `title=eq.Cl%C3%A9o%20from%205%20to%207`, "6"},
		{"dots_in_the_value", `title=eq.a.b.c`, ""},
		{"commas_and_brackets_in_the_value", `title=neq.a,b)(&id=eq.1`, "1"},
		{"quotes_belong_to_a_value_outside_of_lists", `title=eq."M"`, ""},
		{"empty_value", `title=neq.&id=lte.2`, "1,2"},
		{"parameters_without_a_value_are_ignored", `&&year&id=eq.1&`, "1"},
		{"semicolons_separate_too", `id=gt.1;id=lt.3`, "2"},
	})
}

// Names that the grammar has other uses for are quoted; the quotes are part of
// the parameter's name.
func TestFilter_names(t *testing.T) {
	t.Parallel()
	const lostAndFound = `/lost%20%26%20found%2C%20vol.1`
	var exchanges []exchange
	for _, tt := range []struct{ name, query, order string }{
		{"reserved_word", `"order"=eq.1`, "1"},
		{"another_reserved_word", `"select"=eq.from`, "2"},
		{"blank", `film%20title=eq.Humor%20Risk`, "2"},
		{"blank_in_quotes", `"film+title"=eq.London+After+Midnight`, "1"},
		{"dot", `"dotted.name"=eq.a.b`, "1"},
		{"comma", `"comma,ted"=eq.a,b`, "1"},
		{"comma_in_a_list", `"comma,ted"=in.("a,b","c,d")`, "1"},
		{"brackets", `"(parens)"=eq.(a)`, "1"},
		{"colon", `"a:b"=eq.a:b`, "1"},
		{"arrow", `"a->b"=eq.->`, "1"},
		{"question_mark", `"is it%3F"=eq.?`, "1"},
		{"placeholder_for_a_value", `"is it%3F"=eq.$1`, "2"},
		{"quotes", `"say%20\"cut\""=eq."cut"`, "1"},
		{"quotes_in_a_list", `"say%20\"cut\""=in.("\"cut\"")`, "1"},
		{"quote_of_SQL", `"say%20\"cut\""=eq.'`, "2"},
		{"backslash", `"back\\slash"=eq.\`, "1"},
		{"backslash_in_a_list", `"back\\slash"=in.("\\\\")`, "2"},
		{"letters_beyond_ASCII", `Größe=eq.7`, "1"},
		{"name_of_a_function", `count=gt.5`, "1"},
		{"in_a_group", `or=("dotted.name".eq."a.b","comma,ted".eq."a,b")`, "1"},
	} {
		exchanges = append(exchanges, exchange{
			name:   tt.name,
			target: lostAndFound + `?select=order&` + encodeBlanks(tt.query),
			body:   `[{"order":` + tt.order + `}]`,
		})
	}
	exchanges = append(exchanges, exchange{
		name:   "table_beyond_ASCII",
		target: "/%E6%98%A0%E7%94%BB?%E9%A1%8C%E5%90%8D=eq.%E4%B8%83%E4%BA%BA%E3%81%AE%E4%BE%8D",
		body:   `[{"番号": 1, "題名": "七人の侍"}]`,
	})
	run(t, serve(t), exchanges...)
}

// What is not a filter is refused with the place where it fails. What names no
// column, or no value of its type, PostgreSQL refuses.
func TestFilter_faults(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "no_operator", target: "/films?year=1962", status: 400,
			body: fault("PGRST100", `"failed to parse filter (1962)" (line 1, column 1)`, `unexpected "1" expecting "not" or operator (eq, gt, ...)`, "")},
		exchange{name: "unknown_operator", target: "/films?year=noop.1", status: 400,
			body: fault("PGRST100", `"failed to parse filter (noop.1)" (line 1, column 1)`, `unexpected "o" expecting "not" or operator (eq, gt, ...)`, "")},
		exchange{name: "is_something_else", target: "/films?rating=is.maybe", status: 400,
			body: fault("PGRST100", `"failed to parse filter (is.maybe)" (line 1, column 4)`, `unexpected "m" expecting isVal: (null, not_null, true, false, unknown)`, "")},
		exchange{name: "empty_group", target: "/films?or=()", status: 400,
			body: fault("PGRST100", `"failed to parse logic tree (())" (line 1, column 4)`, `unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)`, "")},
		exchange{name: "relation_that_is_not_embedded", target: "/films?directors.name=eq.x", status: 400,
			body: fault("PGRST108", `'directors' is not an embedded resource in this request`, "", `Verify that 'directors' is included in the 'select' query parameter.`)},
		exchange{name: "unknown_column", target: "/films?yeer=eq.1962", status: 400,
			body: fault("42703", `column films.yeer does not exist`, "", `Perhaps you meant to reference the column "films.year".`)},
		exchange{name: "value_of_another_type", target: "/films?year=eq.abc", status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "abc"`, "", "")},
		exchange{name: "operator_that_the_type_lacks", target: "/films?year=like.19*", status: 404,
			body: fault("42883", `operator does not exist: integer ~~ unknown`, "",
				"No operator matches the given name and argument types. You might need to add explicit type casts.")},
		exchange{name: "invalid_regular_expression", target: "/films?title=match.(", status: 400,
			body: fault("2201B", `invalid regular expression: parentheses () not balanced`, "", "")},
		exchange{name: "unknown_language", target: "/films?title=fts(klingon).x", status: 400,
			body: fault("42704", `text search configuration "klingon" does not exist`, "", "")},
	)
}

// Values are no SQL, wherever they stand.
func TestFilter_injection(t *testing.T) {
	t.Parallel()
	encoded := strings.NewReplacer(";", "%3B", "=", "%3D")
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var filters []filterCase
	for i, value := range []string{
		`';DROP TABLE films;--`, `x' OR '1'='1`, `\`, `\'`, `"`, `$1`, `?`, `%3F%3F`, `{}`, `)`, `--`, `/*`, `%27%20OR%20true--`,
	} {
		value = encoded.Replace(value)
		filters = append(filters,
			filterCase{fmt.Sprint("value_", i), `title=eq.` + value, ""},
			filterCase{fmt.Sprint("value_in_a_list_", i), `title=in.("` + quoted.Replace(value) + `")`, ""},
			filterCase{fmt.Sprint("value_in_a_group_", i), `or=(title.eq."` + quoted.Replace(value) + `")`, ""},
			filterCase{fmt.Sprint("key_of_a_path_", i), `info->>"` + quoted.Replace(value) + `"=eq.x`, ""},
		)
	}
	runFilters(t, filters)
}

// filterCase is a query and the ids, with commas between, of the films that it
// yields.
type filterCase struct{ name, query, ids string }

// rows is the body with the ids.
func (f filterCase) rows() string {
	if f.ids == "" {
		return "[]"
	}
	return `[{"id":` + strings.ReplaceAll(f.ids, ",", `},{"id":`) + `}]`
}

// runFilters reads the ids of the films by each of the filters.
func runFilters(t *testing.T, filters []filterCase) {
	t.Helper()
	var exchanges []exchange
	for _, f := range filters {
		exchanges = append(exchanges, exchange{name: f.name, target: "/films?select=id&order=id&" + encodeBlanks(f.query), body: f.rows()})
	}
	run(t, serve(t), exchanges...)
}
