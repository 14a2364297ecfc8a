package executor

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

// The object that PostgreSQL complains of is found by what it says, in whatever language; what
// doesn't tell finds none.
func TestObjectOf(t *testing.T) {
	t.Parallel()
	l := &value.Level{Around: make([]int32, 4), Rows: []byte(
		`[{"a": 1, "b": "x", "c": null, "d": 1}, {"a": 2, "b": "x, y)", "c": "x"}, {"a": 2, "b": "z \"q\"", "c": "none"}, {"a": 2, "b": "x, y)", "c": true}]`)}
	for name, tt := range map[string]struct {
		refusal pgconn.PgError
		want    int
	}{
		"null":                     {pgconn.PgError{Code: "23502", ColumnName: "c"}, 1},
		"missing":                  {pgconn.PgError{Code: "23502", ColumnName: "d"}, 2},
		"null_of_another_relation": {pgconn.PgError{Code: "23502", ColumnName: "g"}, 0},
		"null_of_a_row_with_comma": {pgconn.PgError{Code: "23502", ColumnName: "d", Detail: `Failing row contains (2, x, y), x, null, null, null).`}, 2},
		"null_of_a_row":            {pgconn.PgError{Code: "23502", ColumnName: "d", Detail: `Failing row contains (2, z "q", none, null, null, 5).`}, 3},
		"check_of_a_row":           {pgconn.PgError{Code: "23514", Detail: `Failing row contains (1, x, null, 1.00, null, 5).`}, 1},
		"check_of_columns":         {pgconn.PgError{Code: "23514", Detail: `Failing row contains (a, c) = (2, t).`}, 4},
		"check_of_two_rows":        {pgconn.PgError{Code: "23514", Detail: `Failing row contains (a) = (2).`}, 0},
		"check_of_no_row":          {pgconn.PgError{Code: "23514", Detail: `Failing row contains (7, x, null, 1, null, 5).`}, 0},
		"check_of_a_cut_text":      {pgconn.PgError{Code: "23514", Detail: `Failing row contains (a, b) = (2, z "...).`}, 3},
		"name_of_a_constraint":     {pgconn.PgError{Code: "23514", Message: `new row for relation "t" violates check constraint "none"`}, 0},
		"name_of_a_relation":       {pgconn.PgError{Code: "42501", Message: `new row violates row-level security policy for table "none"`}, 0},
		"null_that_was_filled":     {pgconn.PgError{Code: "23502", ColumnName: "f"}, 0},
		"null_of_a_domain":         {pgconn.PgError{Code: "23502"}, 0},
		"foreign_key":              {pgconn.PgError{Code: "23503", Detail: `Key (a)=(2) is not present in table "t".`}, 2},
		"unique":                   {pgconn.PgError{Code: "23505", Detail: `Key (a)=(1) already exists.`}, 1},
		"unique_among_themselves":  {pgconn.PgError{Code: "23505", Detail: `Key (a, b)=(2, x, y)) already exists.`}, 4},
		"unique_in_German":         {pgconn.PgError{Code: "23505", Detail: `Schlüssel »(a, b)=(2, z "q")« existiert bereits.`}, 3},
		"exclusion":                {pgconn.PgError{Code: "23P01", Detail: `Key (a, b)=(1, x) conflicts with existing key (a, b)=(1, w).`}, 1},
		"expression":               {pgconn.PgError{Code: "23505", Detail: `Key (lower(b))=(x) already exists.`}, 0},
		"key_of_nobody":            {pgconn.PgError{Code: "23503", Detail: `Key (a)=(3) is not present in table "t".`}, 0},
		"key_in_quotes":            {pgconn.PgError{Code: "23505", Detail: `Key ("a")=(1) already exists.`}, 1},
		"no_details":               {pgconn.PgError{Code: "23505"}, 0},
		"text":                     {pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "none"`}, 3},
		"text_in_French":           {pgconn.PgError{Code: "22P02", Message: `syntaxe en entrée invalide pour le type integer : « none »`}, 0},
		"text_in_German":           {pgconn.PgError{Code: "22P02", Message: `ungültige Eingabesyntax für Typ integer: »none«`}, 3},
		"text_of_two":              {pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "x, y)"`}, 0},
		"text_of_two_members":      {pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "x"`}, 0},
		"end_of_a_text":            {pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "not none"`}, 0},
		"no_text":                  {pgconn.PgError{Code: "22001", Message: `value too long for type character varying(9)`}, 0},
		"within_a_function":        {pgconn.PgError{Code: "23502", ColumnName: "c", Where: "PL/pgSQL function f()"}, 0},
		"check":                    {pgconn.PgError{Code: "23514", Message: `new row for relation "t" violates check constraint "c"`}, 0},
		"text_in_single_quotation": {pgconn.PgError{Code: "22P02", Message: `invalid: 'none'`}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, objectOf(&tt.refusal, l, &query.Statement{Filled: []string{"f"}, Columns: []string{"a", "b", "c", "d", "e", "f"}}))
		})
	}
	require.Equal(t, 1, objectOf(&pgconn.PgError{Code: "23514"}, &value.Level{Around: []int32{3}, Rows: []byte(`[{}]`)}, &query.Statement{}), "there is one alone")
}

// Objects of which some leave a column out and others have null for it are not told apart by that;
// texts that arrays and rows have within are found if they are in one object alone.
func TestObjectOf_doubt(t *testing.T) {
	t.Parallel()
	l := &value.Level{Around: make([]int32, 3), Rows: []byte(`[{"n": 1, "d": ["x", "y"]}, {"n": null, "t": "x"}, {"t": "{1,z}"}]`)}
	s := &query.Statement{Columns: []string{"n", "t", "d"}}
	require.Equal(t, 0, objectOf(&pgconn.PgError{Code: "23502", ColumnName: "n"}, l, s))
	for text, want := range map[string]int{"x": 0, "y": 1, "z": 3, "w": 0} {
		require.Equal(t, want, objectOf(&pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type integer: "` + text + `"`}, l, s), text)
	}
}
