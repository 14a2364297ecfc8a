package apitest_test

import (
	"testing"

	"github.com/pgrest-go/pgrest"
)

func aggregating(o *pgrest.Options) { o.Aggregates = true }

// An aggregate makes one row of all.
func TestAggregate(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t, aggregating), []readCase{
		{"sum", "/films?select=rating.sum()", `[{"sum": 99.9}]`},
		{"avg", "/films?select=rating.avg()", `[{"avg": 8.3250000000000000}]`},
		{"min_and_max", "/films?select=year.min(),year.max()", `[{"min": 1891, "max": 2001}]`},
		{"count_of_values", "/films?select=rating.count()", `[{"count": 12}]`},
		{"count_of_rows", "/films?select=count()", `[{"count": 13}]`},
		{"count_without_brackets", "/films?select=count", `[{"count": 13}]`},
		{"several_with_aliases", "/films?select=top:rating.max(),n:count(),rated:rating.count()", `[{"top": 9.2, "n": 13, "rated": 12}]`},
		{"of_filtered_rows", "/films?select=year.max()&language=eq.ja&year=lt.2000", `[{"max": 1962}]`},
		{"of_no_rows", "/films?select=count(),year.max(),year.sum()&id=eq.0", `[{"count": 0, "max": null, "sum": null}]`},

		{"dates_and_intervals", "/films?select=released.max(),length.sum(),mean:length.avg()&id=in.(1,2)", `[{"max": "1931-05-11", "sum": "04:24:00", "mean": "02:12:00"}]`},
		{"text", "/films?select=title.min(),title.max()", `[{"min": "Cléo from 5 to 7", "max": "Yojimbo"}]`},
		{"enum", "/films?select=language.max()&id=lt.4", `[{"max": "ja"}]`},
		{"array", "/films?select=tags.max()&id=in.(7,9)", `[{"max": ["crime", "epic"]}]`},
		{"computed_field", "/films?select=full_title.max()", `[{"max": "Yojimbo (1961)"}]`},

		{"cast_of_the_values", "/films?select=year::text.max()", `[{"max": "2001"}]`},
		{"cast_of_the_result", "/films?select=rating.avg()::int", `[{"avg": 8}]`},
		{"both_casts", "/films?select=mean:rating::int.avg()::text&id=in.(1,2)", `[{"mean": "8.0000000000000000"}]`},
		{"path_of_json", "/films?select=info->box office::numeric.sum()", `[{"sum": 435.2}]`},
		{"path_of_text", "/films?select=gross:info->>box office::numeric.sum()::int", `[{"gross": 435}]`},
		{"path_of_text_without_a_cast", "/films?select=info->>original.min()&language=eq.fr", `[{"min": "Cléo de 5 à 7"}]`},
		{"path_of_composite", "/films?select=frame->>width::int.max()", `[{"max": 1920}]`},
	})
}

// Whatever else is selected makes the groups.
func TestAggregate_groups(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t, aggregating), []readCase{
		{"column", "/films?select=language,count()&language=in.(de,ja)&order=language", `[{"language": "de", "count": 2}, {"language": "ja", "count": 4}]`},
		{"several_columns", "/films?select=language,silent,count(),year.max()&language=eq.de&order=silent",
			`[{"language": "de", "silent": false, "count": 1, "max": 1931}, {"language": "de", "silent": true, "count": 1, "max": 1927}]`},
		{"with_an_alias", "/films?select=spoken:language,count()&language=eq.ja", `[{"spoken": "ja", "count": 4}]`},
		{"path_of_json", "/films?select=info->colour,count()&id=in.(7,8)", `[{"colour": true, "count": 2}]`},
		{"path_of_text", "/films?select=info->>colour,count()&id=in.(7,8)", `[{"colour": "true", "count": 2}]`},
		{"cast", "/films?select=year::text,count()&year=eq.1962", `[{"year": "1962", "count": 2}]`},
		{"cast_groups_by_the_column", "/films?select=rating::int,count()&id=in.(3,4,5,9)&order=rating", `[{"rating": 8, "count": 1}, {"rating": 8, "count": 1}, {"rating": 8, "count": 1}, {"rating": 9, "count": 1}]`},
		{"cast_with_an_alias_groups_by_the_value", "/films?select=stars:rating::int,count()&id=in.(4,5,9)", `[{"stars": 8, "count": 3}]`},
		{"order_by_a_path", "/films?select=info->>colour,count()&order=info->>colour.desc", `[{"colour": null, "count": 1}, {"colour": "true", "count": 5}, {"colour": "false", "count": 7}]`},
		{"order_by_a_path_of_json", "/films?select=c:info->colour,count()&order=info->colour.nullsfirst", `[{"c": null, "count": 1}, {"c": false, "count": 7}, {"c": true, "count": 5}]`},
		{"array", "/films?select=tags,count()&id=in.(7,8,11,13)&order=tags", `[{"tags": [], "count": 2}, {"tags": ["crime", "epic"], "count": 2}]`},
		{"composite", "/films?select=frame,count()&id=in.(7,8,11)&order=frame", `[{"frame": {"width": 1920, "height": 1080}, "count": 1}, {"frame": null, "count": 2}]`},
		{"json", "/specimens?select=a_json,count()&id=eq.1", `[{"a_json": {"a": 1, "b": [true, null]}, "count": 1}]`},
		{"represented_domain", "/genres?select=colour,count()&id=eq.1", `[{"colour": "#800000", "count": 1}]`},
		{"computed_field", "/films?select=is_long,count()&order=is_long", `[{"is_long": false, "count": 11}, {"is_long": true, "count": 2}]`},
		{"everything", "/restorations?select=*,count()&film_id=eq.3", `[{"film_id": 3, "finished": "2016-10-08", "frames_per_second": null, "count": 1}]`},
		{"page", "/films?select=decade,title.count()&order=decade&limit=2&offset=3", `[{"decade": 1950, "count": 1}, {"decade": 1960, "count": 4}]`},
	})
}

// Embedded rows are aggregated for each parent.
func TestAggregate_of_embedded_rows(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t, aggregating), []readCase{
		{"whole", "/directors?select=name,films(count(),rating.max())&id=in.(1,8)&order=id",
			`[{"name": "Fritz Lang", "films": [{"count": 2, "max": 8.3}]}, {"name": "Alice Guy-Blaché", "films": [{"count": 0, "max": null}]}]`},
		{"groups", "/directors?select=name,films(decade,count())&films.order=decade&id=in.(4,8)&order=id",
			`[{"name": "Francis Ford Coppola", "films": [{"decade": 1970, "count": 2}, {"decade": 1990, "count": 1}]}, {"name": "Alice Guy-Blaché", "films": []}]`},
		{"order_by_a_path", "/directors?select=id,films(info->>colour,count())&films.order=info->>colour&id=eq.4", `[{"id": 4, "films": [{"colour": "true", "count": 3}]}]`},
		{"filtered", "/directors?select=name,films(count())&films.year=gt.1980&id=eq.4", `[{"name": "Francis Ford Coppola", "films": [{"count": 1}]}]`},
		{"many_to_many", "/films?select=title,genres(count())&id=in.(1,12)&order=id", `[{"title": "Metropolis", "genres": [{"count": 2}]}, {"title": "Spirited Away", "genres": [{"count": 0}]}]`},
		{"to_one", "/films?select=title,directors(born.max())&id=eq.1", `[{"title": "Metropolis", "directors": {"max": "1890-12-05"}}]`},
		{"nested", "/directors?select=films(title,roles(count()))&films.order=id&id=eq.1",
			`[{"films": [{"title": "Metropolis", "roles": [{"count": 2}]}, {"title": "M", "roles": [{"count": 1}]}]}]`},
		{"path_and_casts", "/directors?select=films(info->box office::numeric.sum()::int)&id=eq.4", `[{"films": [{"sum": 435}]}]`},
		{"inner_groups_are_there_without_rows", "/directors?select=name,films!inner(count())&films.year=lt.1900&id=eq.1", `[{"name": "Fritz Lang", "films": [{"count": 0}]}]`},
		{"inner_groups_below_are_there_without_rows", "/directors?select=name,films!inner(id,restorations!inner(finished.max()))&films.id=eq.2", `[{"name": "Fritz Lang", "films": [{"id": 2, "restorations": {"max": null}}]}]`},
		{"alias", "/directors?select=films(n:count())&id=eq.4", `[{"films": [{"n": 3}]}]`},
	})
}

// An embed can be what groups are made by.
func TestAggregate_grouped_by_embeds(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t, aggregating), []readCase{
		{"to_one", "/films?select=count(),directors(name)&director_id=eq.1", `[{"count": 2, "directors": {"name": "Fritz Lang"}}]`},
		{"to_many", "/films?select=count(),genres(name)&id=in.(8,9)", `[{"count": 2, "genres": [{"name": "Crime"}]}]`},
		{"spread", "/films?select=count(),...directors(birthplace)&order=directors(birthplace)&id=in.(1,2,3,12,13)",
			`[{"count": 2, "birthplace": "Tokyo"}, {"count": 2, "birthplace": "Vienna"}, {"count": 1, "birthplace": null}]`},
		{"spread_to_many", "/films?select=count(),...genres(genres:name)&id=in.(8,9)", `[{"count": 2, "genres": ["Crime"]}]`},
		{"embed_in_a_spread", "/restorations?select=count(),...films(directors(birthplace))&film_id=eq.1", `[{"count": 1, "directors": {"birthplace": "Vienna"}}]`},
		{"spread_in_a_spread", "/restorations?select=count(),...films(...directors(birthplace))&film_id=in.(1,2)", `[{"count": 1, "birthplace": "Vienna"}]`},
		{"in_embedded_rows", "/directors?select=films(count(),restorations(frames_per_second))&id=eq.7", `[{"films": [{"count": 1, "restorations": null}]}]`},
	})
}

// Aggregates in a to-one spread are the parent's: of all its rows, in its groups.
func TestAggregate_in_spreads(t *testing.T) {
	t.Parallel()
	runReads(t, serve(t, aggregating), []readCase{
		{"whole", "/films?select=...directors(born.max(),born.min())", `[{"max": "1941-01-05", "min": "1890-12-05"}]`},
		{"groups", "/films?select=language,...directors(born.max(),born.min())&language=in.(de,ja,none)&order=language",
			`[{"language": "de", "max": "1890-12-05", "min": "1890-12-05"}, {"language": "ja", "max": "1941-01-05", "min": "1910-03-23"}, {"language": "none", "max": null, "min": null}]`},
		{"rows_that_are_there_are_counted", "/films?select=...directors(count())", `[{"count": 12}]`},
		{"beside_columns_of_the_spread", "/films?select=...directors(birthplace,count())&directors.birthplace=eq.Tokyo&language=eq.ja", `[{"birthplace": "Tokyo", "count": 4}]`},
		{"beside_aggregates_of_the_parent", "/films?select=count(),...directors(directors:count())", `[{"count": 13, "directors": 12}]`},
		{"casts", "/restorations?select=...films(length:rating::int.sum()::text)", `[{"length": "26"}]`},
		{"nested", "/roles?select=count(),...films(rating.max(),...directors(born.min()))&film_id=in.(1,3)", `[{"count": 4, "max": 8.6, "min": "1890-12-05"}]`},
		{"in_embedded_rows", "/actors?select=name,roles(...films(year.min(),year.max()))&id=eq.7", `[{"name": "Al Pacino", "roles": [{"min": 1972, "max": 1990}]}]`},
		{"as_order", "/films?select=count(),...directors(name,birthplace)&order=directors(name).desc&director_id=in.(1,2)", `[{"count": 2, "name": "Fritz Lang", "birthplace": "Vienna"}, {"count": 3, "name": "Akira Kurosawa", "birthplace": "Tokyo"}]`},
	})
	run(t, serve(t, aggregating), exchange{name: "nested_rows_that_are_there_are_counted",
		target: "/acquisitions?select=count(),...films(films:count(),...directors(directors:count()))", token: `{"role": "` + curator + `"}`,
		body: `[{"count": 2, "films": 2, "directors": 1}]`})
}

// A count is of groups when there are groups.
func TestAggregate_counts(t *testing.T) {
	t.Parallel()
	exact := headers{"Prefer": "count=exact"}
	run(t, serve(t, aggregating),
		exchange{name: "whole", target: "/films?select=count()", send: exact, want: headers{"Content-Range": "0-0/1"}, body: `[{"count": 13}]`},
		exchange{name: "groups", target: "/films?select=silent,count()&order=silent", send: exact, want: headers{"Content-Range": "0-1/2"},
			body: `[{"silent": false, "count": 11}, {"silent": true, "count": 2}]`},
		exchange{name: "page", target: "/films?select=language,count()&order=language&limit=1&offset=1", send: exact, status: 206, want: headers{"Content-Range": "1-1/7"},
			body: `[{"language": "en", "count": 3}]`},
		exchange{name: "groups_of_an_embed", target: "/films?select=count(),...directors(birthplace)&order=directors(birthplace)&limit=1", send: exact, status: 206,
			want: headers{"Content-Range": "0-0/7"}, body: `[{"count": 3, "birthplace": "Detroit"}]`},
		exchange{name: "estimated", target: "/films?select=silent,count()&order=silent&limit=1", send: headers{"Prefer": "count=estimated"}, status: 206,
			want: headers{"Content-Range": "0-0/2"}, body: `[{"silent": false, "count": 11}]`},
		exchange{name: "head", method: "HEAD", target: "/films?select=language,count()", send: exact, want: headers{"Content-Range": "0-6/7"}},
	)
}

func TestAggregate_representations(t *testing.T) {
	t.Parallel()
	const object, stripped = "application/vnd.pgrst.object+json", "application/vnd.pgrst.array+json;nulls=stripped"
	run(t, serve(t, aggregating),
		exchange{name: "object", target: "/films?select=count(),year.max()", send: headers{"Accept": object},
			want: headers{"Content-Type": object + "; charset=utf-8"}, body: `{"count": 13, "max": 2001}`},
		exchange{name: "nulls_stripped", target: "/films?select=language,rating.max(),directors(name)&id=eq.13", send: headers{"Accept": stripped},
			want: headers{"Content-Type": stripped + "; charset=utf-8"}, body: `[{"language": "none"}]`},
		exchange{name: "CSV", target: "/films?select=language,count(),rating.avg()&id=in.(1,2)", send: headers{"Accept": "text/csv"},
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "language,count,avg\nde,2,8.3000000000000000"},
		exchange{name: "money", target: "/acquisitions?select=price.sum()", token: `{"role": "` + curator + `"}`, body: `[{"sum": "$1,215.00"}]`},
	)
}

func TestAggregate_faults(t *testing.T) {
	t.Parallel()
	var (
		disabled = fault("PGRST123", "Use of aggregate functions is not allowed", "", "")
		inArrays = fault("PGRST127", "Feature not implemented", "Aggregates are not implemented for one-to-many or many-to-many spreads.", "")
	)
	run(t, serve(t),
		exchange{name: "disabled", target: "/films?select=year.max()", status: 400, body: disabled},
		exchange{name: "disabled_count", target: "/films?select=count()", status: 400, body: disabled},
		exchange{name: "disabled_in_an_embed", target: "/directors?select=name,films(count())", status: 400, body: disabled},
		exchange{name: "disabled_in_a_spread", target: "/films?select=...directors(born.max())", status: 400, body: disabled},
	)
	run(t, serve(t, aggregating, ungrouping),
		exchange{name: "spread_to_many", target: "/directors?select=name,...films(count())", status: 400, body: inArrays},
		exchange{name: "spread_to_many_over_a_junction", target: "/films?select=title,...genres(id.max())", status: 400, body: inArrays},
		exchange{name: "to_one_in_a_spread_to_many", target: "/directors?select=name,...films(...restorations(finished.max()))", status: 400, body: inArrays},
		exchange{name: "spread_to_many_in_an_embed", target: "/films?select=title,directors(...films(count()))", status: 400, body: inArrays},
	)
	run(t, serve(t, aggregating),
		exchange{name: "type_that_has_none", target: "/films?select=title.sum()", status: 404,
			body: fault("42883", "function sum(character varying) does not exist", "", "No function matches the given name and argument types. You might need to add explicit type casts.")},
		exchange{name: "order_by_what_is_not_grouped", target: "/films?select=language,count()&order=year", status: 400,
			body: fault("42803", `column "films.year" must appear in the GROUP BY clause or be used in an aggregate function`, "", "")},
	)
}
