package apitest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/filter"
)

const rowsType = "application/vnd.pgrst.rows+json"

const parts = `
	CREATE DOMAIN archive.shade AS int;
	CREATE FUNCTION archive.shade_of(json) RETURNS archive.shade IMMUTABLE LANGUAGE sql AS $$ SELECT length($1 #>> '{}')::archive.shade $$;
	CREATE CAST (json AS archive.shade) WITH FUNCTION archive.shade_of(json) AS IMPLICIT;
	CREATE TABLE archive.parts (
		id int PRIMARY KEY, code text NOT NULL UNIQUE, name text DEFAULT 'none', amount int, tags text[], info json, shade archive.shade, kind int,
		doubled int GENERATED ALWAYS AS (amount * 2) STORED);
	INSERT INTO archive.parts (id, code, name, amount, shade) VALUES (1, 'a', 'axle', 1, 1), (2, 'b', 'bolt', 2, 2), (3, 'c', 'cog', 3, 3);
	CREATE DOMAIN archive.label AS varchar(4) NOT NULL CHECK (VALUE <> '');
	CREATE TABLE archive.marks (id int PRIMARY KEY, label archive.label, amount int);
	INSERT INTO archive.marks VALUES (1, 'one', 1), (2, 'two', 2);
	CREATE TABLE archive.stocks (place text, part int REFERENCES archive.parts, amount int, PRIMARY KEY (place, part));
	INSERT INTO archive.stocks VALUES ('x', 1, 5), ('y', 1, 6);
	CREATE VIEW archive.few_parts AS SELECT id, name, amount FROM archive.parts WHERE id < 3;
	CREATE TABLE archive.keyless (a int, b int);
	CREATE TABLE archive.seated (id int CONSTRAINT middle PRIMARY KEY, hall text, seat int, name text, "in" text, CONSTRAINT "a seat" UNIQUE (hall, seat), CONSTRAINT z UNIQUE (name));
	INSERT INTO archive.seated VALUES (1, 'a', 1, 'Ada', 'x'), (2, 'a', 2, 'Bea', 'y');
	CREATE TABLE archive.constrained ("constraint" int UNIQUE, id int PRIMARY KEY, name text);
	INSERT INTO archive.constrained VALUES (7, 1, 'one');
	CREATE COLLATION archive.caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	CREATE TABLE archive.words (word text COLLATE archive.caseless PRIMARY KEY, amount int);
	INSERT INTO archive.words VALUES ('Eins', 1), ('zwei', 2);
	CREATE VIEW archive.shown_words AS SELECT * FROM archive.words;
	CREATE DOMAIN archive.word AS text COLLATE archive.caseless;
	CREATE TABLE archive.domain_words (word archive.word PRIMARY KEY, amount int);
	INSERT INTO archive.domain_words SELECT * FROM archive.words;
	CREATE TABLE archive.passes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, seat int, half int UNIQUE GENERATED ALWAYS AS (seat / 2) STORED);
	INSERT INTO archive.passes (seat) VALUES (2), (4), (6);
	CREATE TABLE archive.numbers (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
	INSERT INTO archive.numbers DEFAULT VALUES;
	CREATE TABLE archive.read_only (id int PRIMARY KEY, amount int);
	INSERT INTO archive.read_only VALUES (1, 1);
	CREATE TABLE archive.in_part (id int PRIMARY KEY, amount int);
	INSERT INTO archive.in_part VALUES (1, 1), (2, 2), (3, 3);
	ALTER TABLE archive.in_part ENABLE ROW LEVEL SECURITY;
	CREATE POLICY seen ON archive.in_part FOR SELECT USING (id < 3);
	CREATE POLICY changed ON archive.in_part FOR UPDATE USING (id < 2);
	CREATE FUNCTION archive.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'a trigger'; END $$;
	CREATE TRIGGER refuse BEFORE UPDATE ON archive.in_part FOR EACH ROW EXECUTE FUNCTION archive.refuse();
	CREATE VIEW archive.sums AS SELECT id, sum(amount) AS amount FROM archive.parts GROUP BY id;
	CREATE TRIGGER refuse INSTEAD OF UPDATE ON archive.sums FOR EACH ROW EXECUTE FUNCTION archive.refuse();
	CREATE DOMAIN archive.code AS text NOT NULL;
	CREATE TABLE archive.coded (code archive.code PRIMARY KEY, amount int);
	INSERT INTO archive.coded VALUES ('a', 1);
	GRANT SELECT, UPDATE (amount) ON archive.in_part TO pgrest_test_curator;
	GRANT SELECT ON archive.read_only TO pgrest_test_curator;
	GRANT ALL ON archive.seated, archive.constrained, archive.words, archive.shown_words, archive.domain_words, archive.passes, archive.numbers, archive.sums, archive.coded TO pgrest_test_curator;
	GRANT ALL ON archive.parts, archive.marks, archive.stocks, archive.few_parts, archive.keyless TO pgrest_test_curator`

// A PATCH with an array of rows updates each by its key, in one statement. What an object
// leaves out stays as it is.
func TestBulk(t *testing.T) {
	t.Parallel()
	const shown = "return=representation"
	patch := func(w write) write {
		w.method = http.MethodPatch
		if w.send == nil {
			w.send = headers{}
		}
		w.send["Content-Type"] = rowsType
		return w
	}
	unknown := func(of, found string) string {
		return fault("PGRST102", "Not every object of the body is about a row of its own, so that nothing was updated", "Of "+of+" objects, "+found+" have found a row",
			"A key is unknown, hidden by a filter, or there twice. Prefer: handling=lenient leaves out what is unknown, and takes the last of a key.")
	}
	writes := []write{
		{name: "same_keys", target: "/parts?select=id,name,amount,doubled", prefer: shown, payload: `[{"id": 3, "amount": 30}, {"id": 1, "amount": null}]`, status: 200,
			body: `[{"id": 3, "name": "cog", "amount": 30, "doubled": 60}, {"id": 1, "name": "axle", "amount": null, "doubled": null}]`},
		{name: "differing_keys", target: "/parts?select=id,name,amount", prefer: shown, payload: `[{"id": 2, "name": null}, {"amount": 10, "id": 1}, {"id": 3}]`, status: 200,
			body: `[{"id": 2, "name": null, "amount": 2}, {"id": 1, "name": "axle", "amount": 10}, {"id": 3, "name": "cog", "amount": 3}]`},
		{name: "minimal", target: "/parts", payload: `[{"id": 2, "name": "x"}]`, status: 204, want: headers{"Content-Range": "0-0/*"}},
		{name: "counted", target: "/parts", prefer: "count=exact", payload: `[{"id": 2, "name": "x"}, {"id": 1, "name": "y"}]`, status: 204, want: headers{"Content-Range": "0-1/2"}},
		{name: "ordered", target: "/parts?select=id&order=id", prefer: shown, payload: `[{"id": 3, "name": "x"}, {"id": 1, "name": "x"}]`, status: 200, body: `[{"id": 1}, {"id": 3}]`},
		{name: "embedded", target: "/parts?select=id,stocks(place)&stocks.order=place", prefer: shown, payload: `[{"id": 2, "name": "x"}, {"id": 1, "name": "x"}]`, status: 200,
			body: `[{"id": 2, "stocks": []}, {"id": 1, "stocks": [{"place": "x"}, {"place": "y"}]}]`},
		{name: "shown_if_embedded", target: "/parts?select=id,stocks!inner(place)&stocks.place=eq.x", prefer: shown, payload: `[{"id": 2, "name": "x"}, {"id": 1, "name": "x"}]`, status: 200,
			want: headers{"Content-Range": "0-0/*"}, body: `[{"id": 1, "stocks": [{"place": "x"}]}]`},
		{name: "none_shown", target: "/parts?select=id,stocks!inner()&stocks.place=eq.z", prefer: shown, payload: `[{"id": 2, "name": "x"}, {"id": 1, "name": "x"}]`, status: 200, body: `[]`},
		{name: "shown_if_embedded_and_unknown", target: "/parts?select=id,stocks!inner()", prefer: shown, payload: `[{"id": 1, "name": "x"}, {"id": 9}]`, status: 400, body: unknown("2", "1")},
		{name: "grouped", target: "/parts?select=amount.sum(),count()", prefer: shown, payload: `[{"id": 2, "amount": 5}, {"id": 1, "amount": 6}, {"id": 3}]`, status: 200,
			body: `[{"sum": 14, "count": 3}]`},
		{name: "grouped_and_unknown", target: "/parts?select=amount.sum()", prefer: shown, payload: `[{"id": 2, "amount": 5}, {"id": 9, "amount": 6}]`, status: 400, body: unknown("2", "1")},
		{name: "grouped_object", target: "/parts?select=amount.sum()", prefer: shown, send: headers{"Accept": "application/vnd.pgrst.object+json"}, payload: `[{"id": 2, "amount": 5}, {"id": 1}]`,
			status: 200, want: oneObject, body: `{"sum": 6}`},
		{name: "key_of_several_columns", target: "/stocks", prefer: shown, payload: `[{"place": "y", "part": 1, "amount": 0}, {"part": 1, "place": "x", "amount": 1}]`, status: 200,
			body: `[{"place": "y", "part": 1, "amount": 0}, {"place": "x", "part": 1, "amount": 1}]`},
		{name: "another_key", target: "/parts?on_conflict=code&select=id,name", prefer: shown, payload: `[{"code": "b", "name": "x"}, {"code": "a"}]`, status: 200,
			body: `[{"id": 2, "name": "x"}, {"id": 1, "name": "axle"}]`},
		{name: "constraint", target: "/seated?on_conflict=constraint(z)&select=id,in", prefer: shown, payload: `[{"name": "Bea", "in": "x"}, {"name": "Ada"}]`, status: 200,
			body: `[{"id": 2, "in": "x"}, {"id": 1, "in": "x"}]`},
		{name: "constraint_of_several_columns", target: `/seated?on_conflict=constraint("a%20seat")&select=id,in`, prefer: shown, payload: `[{"seat": 2, "hall": "a", "in": "x"}]`, status: 200,
			body: `[{"id": 2, "in": "x"}]`},
		{name: "constraint_of_the_primary_key", target: "/seated?on_conflict=constraint(middle)&select=id,in", prefer: shown, payload: `[{"id": 2, "in": "x"}]`, status: 200, body: `[{"id": 2, "in": "x"}]`},
		{name: "constraint_without_its_column", target: "/seated?on_conflict=constraint(z)", payload: `[{"id": 2, "in": "x"}]`, status: 400,
			body: fault("PGRST102", "The objects have no 'name', which is in the key of the rows to update", "", "")},
		{name: "no_such_constraint", target: "/seated?on_conflict=constraint(y)", payload: `[{"id": 2, "in": "x"}]`, status: 400,
			body: fault("42704", `constraint "y" for table "seated" does not exist`, "", "")},
		{name: "column_called_constraint", target: "/constrained?on_conflict=constraint(id)&select=id,name", prefer: shown, payload: `[{"constraint": 7, "name": "x"}]`, status: 200, body: `[{"id": 1, "name": "x"}]`},
		{name: "filtered", target: "/parts?amount=gt.1&select=id,name", prefer: shown + ", handling=lenient", payload: `[{"id": 1, "name": "x"}, {"id": 2, "name": "x"}]`, status: 200,
			want: headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"id": 2, "name": "x"}]`},
		{name: "hidden_by_a_filter", target: "/parts?amount=gt.1", prefer: shown, payload: `[{"id": 1, "name": "x"}, {"id": 2, "name": "x"}]`, status: 400, body: unknown("2", "1")},
		{name: "unknown", target: "/parts", payload: `[{"id": 1, "name": "x"}, {"id": 9, "name": "x"}]`, status: 400, body: unknown("2", "1")},
		{name: "repeated", target: "/parts", payload: `[{"id": 1, "name": "x"}, {"id": 1, "name": "y"}]`, status: 400, body: unknown("2", "1")},
		{name: "repeated_leniently", target: "/parts?select=id,name,amount", prefer: shown + ", handling=lenient", payload: `[{"id": 1, "amount": 7}, {"id": 1, "name": "y"}, {"id": 9}]`,
			status: 200, want: headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"id": 1, "name": "y", "amount": 1}]`},
		{name: "without_a_key", target: "/parts", payload: `[{"name": "x"}]`, status: 400,
			body: fault("PGRST102", "The objects have no 'id', which is in the key of the rows to update", "", "")},
		{name: "one_without_a_key", target: "/parts", payload: `[{"id": 1, "name": "x"}, {"name": "x"}]`, status: 400, body: unknown("2", "1")},
		{name: "empty_objects", target: "/parts", payload: `[{}, {}]`, status: 400, body: unknown("2", "0")},
		{name: "empty_objects_leniently", target: "/parts", prefer: "handling=lenient", payload: `[{}]`, status: 204,
			want: headers{"Content-Range": "*/*", "Preference-Applied": "handling=lenient"}},
		{name: "nothing", target: "/parts", prefer: shown, payload: `[]`, status: 200, want: headers{"Content-Range": "*/*"}, body: `[]`},
		{name: "as_equal_as_the_collation_has_it", target: "/words", prefer: shown, payload: `[{"word": "ZWEI", "amount": 5}, {"word": "EINS"}]`, status: 200,
			body: `[{"word": "zwei", "amount": 5}, {"word": "Eins", "amount": 1}]`},
		{name: "only_keys_that_are_equal_as_the_collation_has_it", target: "/words", prefer: shown, payload: `[{"word": "ZWEI"}]`, status: 200, body: `[{"word": "zwei", "amount": 2}]`},
		{name: "repeated_as_the_collation_has_it", target: "/words", payload: `[{"word": "EINS", "amount": 5}, {"word": "eins", "amount": 6}]`, status: 400, body: unknown("2", "1")},
		{name: "repeated_leniently_as_the_collation_has_it_words", target: "/words", prefer: shown + ", handling=lenient", status: 200,
			payload: `[{"word": "eins", "amount": 5}, {"word": "EINS", "amount": 6}, {"word": "Eins", "amount": 7}, {"word": "eins", "amount": 8}]`,
			want:    headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"word": "Eins", "amount": 8}]`},
		{name: "repeated_leniently_and_in_part_as_the_collation_has_it_words", target: "/words", prefer: shown + ", handling=lenient", status: 200,
			payload: `[{"word": "eins"}, {"word": "EINS", "amount": 6}, {"word": "zwei"}, {"word": "Eins", "amount": 9}, {"amount": 6}]`,
			want:    headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"word": "zwei", "amount": 2}, {"word": "Eins", "amount": 9}]`},
		{name: "repeated_leniently_as_the_collation_has_it_shown_words", target: "/shown_words?on_conflict=word", prefer: shown + ", handling=lenient", status: 200,
			payload: `[{"word": "eins", "amount": 5}, {"word": "EINS", "amount": 6}, {"word": "Eins", "amount": 7}, {"word": "eins", "amount": 8}]`,
			want:    headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"word": "Eins", "amount": 8}]`},
		{name: "repeated_leniently_and_in_part_as_the_collation_has_it_shown_words", target: "/shown_words?on_conflict=word", prefer: shown + ", handling=lenient", status: 200,
			payload: `[{"word": "eins"}, {"word": "EINS", "amount": 6}, {"word": "zwei"}, {"word": "Eins", "amount": 9}, {"amount": 6}]`,
			want:    headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"word": "zwei", "amount": 2}, {"word": "Eins", "amount": 9}]`},
		{name: "repeated_leniently_as_the_collation_has_it_domain_words", target: "/domain_words", prefer: shown + ", handling=lenient", status: 200,
			payload: `[{"word": "eins", "amount": 5}, {"word": "EINS", "amount": 6}, {"word": "Eins", "amount": 7}, {"word": "eins", "amount": 8}]`,
			want:    headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"word": "Eins", "amount": 8}]`},
		{name: "repeated_leniently_and_in_part_as_the_collation_has_it_domain_words", target: "/domain_words", prefer: shown + ", handling=lenient", status: 200,
			payload: `[{"word": "eins"}, {"word": "EINS", "amount": 6}, {"word": "zwei"}, {"word": "Eins", "amount": 9}, {"amount": 6}]`,
			want:    headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"word": "zwei", "amount": 2}, {"word": "Eins", "amount": 9}]`},
		{name: "only_an_identity", target: "/passes?select=id,seat", prefer: shown, payload: `[{"id": 3}, {"id": 1}]`, status: 200, body: `[{"id": 3, "seat": 6}, {"id": 1, "seat": 2}]`},
		{name: "only_an_identity_and_minimal", target: "/passes", prefer: "count=exact", payload: `[{"id": 3}, {"id": 1}]`, status: 204, want: headers{"Content-Range": "0-1/2"}},
		{name: "only_an_identity_that_is_unknown", target: "/passes", payload: `[{"id": 3}, {"id": 9}]`, status: 400, body: unknown("2", "1")},
		{name: "only_an_identity_twice", target: "/passes", payload: `[{"id": 3}, {"id": 3}]`, status: 400, body: unknown("2", "1")},
		{name: "only_an_identity_and_filtered", target: "/passes?seat=lt.5&order=id.desc", prefer: shown + ", handling=lenient", payload: `[{"id": 1}, {"id": 2}, {"id": 3}, {}]`, status: 200,
			want: headers{"Preference-Applied": "return=representation, handling=lenient"}, body: `[{"id": 2, "seat": 4, "half": 2}, {"id": 1, "seat": 2, "half": 1}]`},
		{name: "an_identity_and_a_change", target: "/passes?select=id,seat", prefer: shown, payload: `[{"id": 3}, {"id": 1, "seat": 8}]`, status: 200, body: `[{"id": 3, "seat": 6}, {"id": 1, "seat": 8}]`},
		{name: "only_a_generated_key", target: "/passes?on_conflict=half&select=id", prefer: shown, payload: `[{"half": 2}]`, status: 200, body: `[{"id": 2}]`},
		{name: "table_of_nothing_but_its_key", target: "/numbers", prefer: shown, payload: `[{"id": 1}]`, status: 200, body: `[{"id": 1}]`},
		{name: "only_a_key_that_may_not_be_written", target: "/in_part?select=id", prefer: shown, payload: `[{"id": 1}]`, status: 200, body: `[{"id": 1}]`},
		{name: "only_a_key_that_a_policy_keeps_from_changes", target: "/in_part", payload: `[{"id": 1}, {"id": 2}, {"id": 3}]`, status: 400, body: unknown("3", "1")},
		{name: "only_a_key_of_what_may_not_be_written", target: "/read_only", payload: `[{"id": 1}]`, status: 403, body: fault("42501", "permission denied for table read_only", "", "")},
		{name: "only_keys_of_which_few_are_shown", target: "/parts?select=id,stocks!inner(place)&stocks.place=eq.x", prefer: shown, payload: `[{"id": 2}, {"id": 1}]`, status: 200,
			body: `[{"id": 1, "stocks": [{"place": "x"}]}]`},
		{name: "only_keys_of_which_none_is_known", target: "/parts?select=id,stocks!inner(place)", prefer: shown, payload: `[{"id": 99}]`, status: 400, body: unknown("1", "0")},
		{name: "only_a_key_of_a_view", target: "/few_parts?select=id,amount", prefer: shown, payload: `[{"id": 2}, {"id": 1}]`, status: 200, body: `[{"id": 2, "amount": 2}, {"id": 1, "amount": 1}]`},
		{name: "only_a_key_of_a_view_with_a_trigger", target: "/sums?on_conflict=id&select=id,amount", prefer: shown, payload: `[{"id": 2}]`, status: 200, body: `[{"id": 2, "amount": 2}]`},
		{name: "only_a_key_with_embeds", target: "/parts?select=id,stocks(place)&stocks.order=place", prefer: shown, payload: `[{"id": 2}, {"id": 1}]`, status: 200,
			body: `[{"id": 2, "stocks": []}, {"id": 1, "stocks": [{"place": "x"}, {"place": "y"}]}]`},
		{name: "one_without_a_key_of_a_domain", target: "/coded", payload: `[{"code": "a", "amount": 2}, {"amount": 3}]`, status: 400, body: unknown("2", "1")},
		{name: "columns", target: "/parts?columns=id,name&select=id,name,amount", prefer: shown, payload: `[{"id": 1, "name": "x", "amount": 9}, {"id": 2, "amount": 9}]`, status: 200,
			body: `[{"id": 1, "name": "x", "amount": 1}, {"id": 2, "name": "bolt", "amount": 2}]`},
		{name: "arrays_and_JSON", target: "/parts?select=id,tags,info", prefer: shown, payload: `[{"id": 1, "tags": ["a", "b"]}, {"id": 2, "info": {"a": [1]}}]`, status: 200,
			body: `[{"id": 1, "tags": ["a", "b"], "info": null}, {"id": 2, "tags": null, "info": {"a": [1]}}]`},
		{name: "parsed_by_a_function", target: "/parts?select=id,shade", prefer: shown, payload: `[{"id": 1, "shade": "deep"}, {"id": 2, "name": "x"}]`, status: 200,
			body: `[{"id": 1, "shade": 4}, {"id": 2, "shade": 2}]`},
		{name: "lacking_a_domain_that_is_not_null", target: "/marks", prefer: shown, payload: `[{"id": 1, "amount": 5}, {"id": 2, "label": "deux"}]`, status: 200,
			body: `[{"id": 1, "label": "one", "amount": 5}, {"id": 2, "label": "deux", "amount": 2}]`},
		{name: "null_of_a_domain_that_is_not_null", target: "/marks", payload: `[{"id": 1, "amount": 5}, {"id": 2, "label": null}]`, status: 400,
			body: fault("23502", "domain label does not allow null values", "", "")},
		{name: "against_the_check_of_a_domain", target: "/marks", payload: `[{"id": 1, "amount": 5}, {"id": 2, "label": ""}]`, status: 400,
			body: fault("23514", `value for domain label violates check constraint "label_check"`, "", "")},
		{name: "too_long_for_a_domain", target: "/marks", payload: `[{"id": 1, "amount": 5}, {"id": 2, "label": "three"}]`, status: 400,
			body: fault("22001", "value too long for type character varying(4)", "", "")},
		{name: "view", target: "/few_parts?select=id,amount", prefer: shown, payload: `[{"id": 2, "amount": 8}, {"id": 1, "name": "x"}]`, status: 200,
			body: `[{"id": 2, "amount": 8}, {"id": 1, "amount": 1}]`},
		{name: "object", target: "/parts?select=name", prefer: shown, send: headers{"Accept": "application/vnd.pgrst.object+json"}, payload: `[{"id": 1, "name": "x"}]`, status: 200,
			want: oneObject, body: `{"name": "x"}`},
		{name: "CSV", target: "/parts?select=id,name", prefer: shown, send: headers{"Accept": "text/csv"}, payload: `[{"id": 2, "name": "x"}, {"id": 1, "name": "y"}]`, status: 200,
			want: headers{"Content-Type": "text/csv; charset=utf-8"}, body: "id,name\n2,x\n1,y"},
		{name: "generated_column", target: "/parts", payload: `[{"id": 1, "doubled": 1}]`, status: 400,
			body: fault("428C9", `column "doubled" can only be updated to DEFAULT`, `Column "doubled" is a generated column.`, "")},
		{name: "no_such_column", target: "/parts", payload: `[{"id": 1, "nam": 1}]`, status: 400,
			body: fault("PGRST204", "Could not find the 'nam' column of 'parts' in the schema cache", "", "")},
		{name: "wrong_value", target: "/parts", payload: `[{"id": 1, "amount": "many"}]`, status: 400,
			body: fault("22P02", `invalid input syntax for type integer: "many"`, "", "")},
		{name: "not_an_array", target: "/parts", payload: `{"id": 1}`, status: 400, body: fault("PGRST102", "Rows to update are an array of objects", "", "")},
		{name: "not_objects", target: "/parts", payload: `[1]`, status: 400, body: fault("PGRST102", "Rows to update are an array of objects", "", "")},
		{name: "no_JSON", target: "/parts", payload: `[`, status: 400, body: fault("PGRST102", "Empty or invalid json", "", "")},
		{name: "no_key", target: "/keyless", payload: `[{"a": 1, "b": 2}]`, status: 400,
			body: fault("42P10", "'keyless' has no primary key by which rows could be updated", "", "Name the columns of a unique key in on_conflict.")},
		{name: "no_unique_key", target: "/keyless?on_conflict=a", payload: `[{"a": 1, "b": 2}]`, status: 400,
			body: fault("42P10", "'keyless' has no unique key of the columns in on_conflict", "", "")},
		{name: "too_many", target: "/parts", prefer: "handling=strict, max-affected=1", payload: `[{"id": 1, "amount": 1}, {"id": 2, "amount": 1}]`, status: 400,
			body: fault("PGRST124", "Query result exceeds max-affected preference constraint", "The query affects 2 rows", "")},
	}
	for i := range writes {
		writes[i] = patch(writes[i])
	}
	runInTurn(t, serveClone(t, parts, rollingBack, func(o *pgrest.Options) { o.Aggregates = true }), writes...)
	// The reference knows no such body.
	refused := fault("PGRST102", "Content-Type not acceptable: "+rowsType, "", "")
	runInTurn(t, serveClone(t, parts, rollingBack),
		write{name: "post", target: "/parts", send: headers{"Content-Type": rowsType}, payload: `[{"id": 9, "code": "x"}]`, status: 400, body: refused})
	runInTurn(t, serveClone(t, parts, rollingBack, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.Upserts} }),
		patch(write{name: "constraint_without_upserts", target: "/seated?on_conflict=constraint(z)&select=id", prefer: shown, payload: `[{"name": "Bea"}]`, status: 200, body: `[{"id": 2}]`}))
	runInTurn(t, serveClone(t, parts, rollingBack, func(o *pgrest.Options) { o.Without = []pgrest.Extension{pgrest.BulkUpdates} }),
		patch(write{name: "switched_off", target: "/parts", payload: `[{"id": 1, "name": "x"}]`, status: 400, body: refused}))
}

// A plan has lines, and not the rows of the body. One that is analyzed leaves no trace.
func TestBulk_plan(t *testing.T) {
	t.Parallel()
	api := serveClone(t, parts, func(o *pgrest.Options) { o.Plans = true })
	for _, media := range []string{"application/vnd.pgrst.plan", "application/vnd.pgrst.plan; options=analyze", "application/vnd.pgrst.plan+json; options=analyze"} {
		x := write{method: http.MethodPatch, target: "/parts", send: headers{"Content-Type": rowsType, "Accept": media}, payload: `[{"id": 1, "amount": 9}]`}
		response := answer(api, x.request(t))
		require.Equal(t, http.StatusOK, response.Code, response.Body)
		require.Contains(t, response.Body.String(), "Update", media)
	}
	runInTurn(t, api, write{method: http.MethodPatch, name: "unchanged", target: "/parts?select=amount", send: headers{"Content-Type": rowsType}, prefer: "return=representation",
		payload: `[{"id": 1, "name": "x"}]`, status: 200, body: `[{"amount": 1}]`})
}

// The host decides about rows that are updated by their keys as about those that conditions
// name. What its conditions hide is unknown, and what they would hide afterwards isn't written.
func TestBulk_decided(t *testing.T) {
	t.Parallel()
	api := serveClone(t, parts, rollingBack, func(o *pgrest.Options) {
		o.Decide = func(context.Context, *pgrest.Use) (pgrest.Decision, error) {
			return pgrest.Decision{Filter: "amount=lt.3"}, nil
		}
	})
	send := headers{"Content-Type": rowsType}
	var used pgrest.Use
	watched := serveClone(t, parts, func(o *pgrest.Options) {
		o.Decide = func(_ context.Context, u *pgrest.Use) (pgrest.Decision, error) {
			used = *u
			return pgrest.Decision{}, nil
		}
	})
	x := write{method: http.MethodPatch, target: "/parts?on_conflict=code&amount=gt.0", send: send, payload: `[{"code": "b", "name": "x"}]`}
	require.Equal(t, http.StatusNoContent, answer(watched, x.request(t)).Code)
	require.Equal(t, []string{"code", "amount"}, used.Reads, "whether a row has the key is seen by the answer")
	require.Equal(t, []string{"code", "amount"}, used.Filtered)
	require.Equal(t, []filter.Operator{filter.Equal, filter.GreaterThan}, used.Operators)
	require.Equal(t, []string{"name"}, used.Writes)
	runInTurn(t, api,
		write{method: http.MethodPatch, name: "seen", target: "/parts?select=id,amount", send: send, prefer: "return=representation", payload: `[{"id": 2, "amount": 1}]`, status: 200,
			body: `[{"id": 2, "amount": 1}]`},
		write{method: http.MethodPatch, name: "hidden", target: "/parts?select=id", send: send, prefer: "return=representation, handling=lenient", payload: `[{"id": 3, "amount": 1}]`,
			status: 200, want: headers{"Content-Range": "*/*", "Preference-Applied": "return=representation, handling=lenient"}, body: `[]`},
		write{method: http.MethodPatch, name: "hidden_afterwards", target: "/parts", send: send, payload: `[{"id": 2, "amount": 3}]`, status: 403,
			body: fault("42501", "new row violates a condition of the API", "", "")},
	)
}
