package apitest_test

import "testing"

// order sorts. Each case has the ids of the films in the order that it asks for.
func TestOrder(t *testing.T) {
	t.Parallel()
	const few = "&id=in.(1,2,3,13)"
	const restored = "&id=in.(3,4,5)"
	runOrders(t, []filterCase{
		{"ascending_by_default", `order=year` + few, "13,1,2,3"},
		{"ascending", `order=year.asc` + few, "13,1,2,3"},
		{"descending", `order=year.desc` + few, "3,2,1,13"},
		{"several", `order=rating.desc,year.desc&id=in.(1,2,3,12)`, "12,3,2,1"},
		{"nulls_are_last", `order=rating,id` + few, "1,2,3,13"},
		{"nulls_are_first_when_descending", `order=rating.desc,id` + few, "13,3,1,2"},
		{"nulls_first", `order=rating.nullsfirst,id` + few, "13,1,2,3"},
		{"nulls_last", `order=rating.desc.nullslast,id` + few, "3,1,2,13"},
		{"direction_and_nulls", `order=rating.asc.nullsfirst,id.desc` + few, "13,2,1,3"},
		{"white_space_before_names", `order=%20rating.desc.nullslast,%20id` + few, "3,1,2,13"},
		{"text_of_a_path", `order=info->>original,id&id=in.(3,6,10,13)`, "6,10,3,13"},
		{"number_of_a_path", `order=info->box office.desc&id=in.(7,8,9)`, "7,9,8"},
		{"quoted_key", `order=info->"box office"&id=in.(7,8,9)`, "8,9,7"},
		{"composite", `order=frame->>height.nullslast,id&id=in.(1,7,12,13)`, "12,1,7,13"},
		{"array", `order=tags->>0,id&id=in.(1,2,3,12)`, "12,2,3,1"},
		{"computed_field", `order=full_title&id=in.(1,2,3)`, "2,1,3"},
		{"range", `order=rights` + restored, "4,3,5"},
		{"column_that_is_not_selected", `order=title.desc&id=in.(1,2,3)`, "3,1,2"},
		{"the_first_of_several_counts", `order=id.desc&order=id.asc&id=in.(1,2)`, "2,1"},
	})
}

func TestOrder_faults(t *testing.T) {
	t.Parallel()
	run(t, serve(t),
		exchange{name: "unknown_column", target: "/films?order=yeer", status: 400,
			body: fault("42703", `column films.yeer does not exist`, "", `Perhaps you meant to reference the column "films.year".`)},
		exchange{name: "unknown_direction", target: "/films?order=year.up", status: 400,
			body: fault("PGRST100", `"failed to parse order (year.up)" (line 1, column 6)`, `unexpected "u" expecting "asc", "desc", "nullsfirst" or "nullslast"`, "")},
		exchange{name: "relation_that_is_not_embedded", target: "/films?order=directors(name)", status: 400,
			body: fault("PGRST108", `'directors' is not an embedded resource in this request`, "", `Verify that 'directors' is included in the 'select' query parameter.`)},
		exchange{name: "type_without_an_order", target: "/specimens?order=a_json", status: 404,
			body: fault("42883", `could not identify an ordering operator for type json`, "", `Use an explicit ordering operator or modify the query.`)},
	)
}

func runOrders(t *testing.T, orders []filterCase) {
	t.Helper()
	var exchanges []exchange
	for _, o := range orders {
		exchanges = append(exchanges, exchange{name: o.name, target: "/films?select=id&" + encodeBlanks(o.query), body: o.rows()})
	}
	run(t, serve(t), exchanges...)
}
