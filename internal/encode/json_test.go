package encode_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/query"
)

// row makes a row of text values; a nil is NULL.
func row(values ...any) [][]byte {
	out := make([][]byte, len(values))
	for i, value := range values {
		if s, ok := value.(string); ok {
			out[i] = []byte(s)
		}
	}
	return out
}

// body runs all rows through the encoder.
func body(e encode.Encoder, rows ...[][]byte) string {
	out := e.Start(nil)
	for _, r := range rows {
		out = e.Row(out, r)
	}
	return string(e.End(out))
}

func TestValue(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		name     string
		encoding query.Encoding
		value    string
		want     string
	}{
		{"text", query.Text, "Rashomon", `"Rashomon"`},
		{"empty_text", query.Text, "", `""`},
		{"text_with_named_escapes", query.Text, "\b\f\n\r\t\"\\", `"\b\f\n\r\t\"\\"`},
		{"text_with_other_control_characters", query.Text, "\x00\x01\x0b\x1f\x7f", `"\u0000\u0001\u000b\u001f` + "\x7f\""},
		{"text_beyond_ascii_stays", query.Text, "Amélie 映画 🎬 </b>&\u2028", "\"Amélie 映画 🎬 </b>&\u2028\""},
		{"text_of_another_encoding", query.Text, "caf\xe9", `"caf�"`},
		{"text_that_starts_and_ends_with_escapes", query.Text, `"a"`, `"\"a\""`},

		{"verbatim_number", query.Verbatim, "-42", "-42"},
		{"verbatim_keeps_white_space", query.Verbatim, ` {"a" :  1} `, ` {"a" :  1} `},

		{"number", query.Number, "3.140", "3.140"},
		{"number_with_exponent", query.Number, "1e-30", "1e-30"},
		{"negative_zero", query.Number, "-0", "-0"},
		{"not_a_number", query.Number, "NaN", `"NaN"`},
		{"infinity", query.Number, "Infinity", `"Infinity"`},
		{"negative_infinity", query.Number, "-Infinity", `"-Infinity"`},

		{"integer", query.Number, "-42", "-42"},
		{"zero", query.Number, "0", "0"},
		{"number_of_all_parts", query.Number, "-10.50E+12", "-10.50E+12"},
		{"number_that_is_none", query.Number, "", `""`},
		{"number_with_a_comma", query.Number, "1,5", `"1,5"`},
		{"number_between_quotes", query.Number, `" \"1`, `"\" \\\"1"`},
		{"number_with_a_leading_zero", query.Number, "01", `"01"`},
		{"number_without_a_whole", query.Number, ".5", `".5"`},
		{"number_without_a_fraction", query.Number, "5.", `"5."`},
		{"number_without_an_exponent", query.Number, "5e", `"5e"`},
		{"number_of_a_sign", query.Number, "-", `"-"`},
		{"number_behind_a_plus", query.Number, "+5", `"+5"`},
		{"numbers", query.Number, "1 2", `"1 2"`},

		{"true", query.Bool, "t", "true"},
		{"false", query.Bool, "f", "false"},
		{"bool_that_is_none", query.Bool, "true", `"true"`},
		{"bool_of_a_quote", query.Bool, `"`, `"\""`},
		{"empty_bool", query.Bool, "", `""`},

		{"timestamp", query.Timestamp, "2020-01-01 10:00:00", `"2020-01-01T10:00:00"`},
		{"timestamp_with_fraction", query.Timestamp, "2020-01-01 10:00:00.123456", `"2020-01-01T10:00:00.123456"`},
		{"timestamp_before_christ", query.Timestamp, "0044-03-15 12:00:00 BC", `"0044-03-15T12:00:00 BC"`},
		{"timestamp_of_a_long_year", query.Timestamp, "294276-12-31 23:59:59", `"294276-12-31T23:59:59"`},
		{"timestamp_infinity", query.Timestamp, "infinity", `"infinity"`},
		{"timestamp_negative_infinity", query.Timestamp, "-infinity", `"-infinity"`},

		{"zone_of_hours", query.TimestampTZ, "2020-01-01 10:00:00+00", `"2020-01-01T10:00:00+00:00"`},
		{"zone_west", query.TimestampTZ, "2020-01-01 10:00:00.5-08", `"2020-01-01T10:00:00.5-08:00"`},
		{"zone_of_minutes", query.TimestampTZ, "2020-01-01 10:00:00+05:30", `"2020-01-01T10:00:00+05:30"`},
		{"zone_of_seconds", query.TimestampTZ, "1900-01-01 00:19:32+00:19:32", `"1900-01-01T00:19:32+00:19:32"`},
		{"zone_before_christ", query.TimestampTZ, "0044-03-15 12:00:00+01 BC", `"0044-03-15T12:00:00+01:00 BC"`},
		{"zone_of_minutes_before_christ", query.TimestampTZ, "0044-03-15 12:00:00-00:01:15 BC", `"0044-03-15T12:00:00-00:01:15 BC"`},
		{"zone_infinity", query.TimestampTZ, "-infinity", `"-infinity"`},

		{"German", query.Timestamp, "03.02.2020 01:05:06", `"03.02.2020 01:05:06"`},
		{"German_with_a_zone", query.TimestampTZ, `03.02.2020 01:05:06 A"B`, `"03.02.2020 01:05:06 A\"B"`},
		{"SQL", query.TimestampTZ, "02/03/2020 09:35:06 IST", `"02/03/2020 09:35:06 IST"`},
		{"Postgres", query.TimestampTZ, "Mon Feb 03 09:35:06 2020 IST", `"Mon Feb 03 09:35:06 2020 IST"`},
		{"zone_where_there_is_none", query.Timestamp, "2020-01-01 10:00:00+00", `"2020-01-01 10:00:00+00"`},
		{"no_zone_where_there_is_one", query.TimestampTZ, "2020-01-01 10:00:00", `"2020-01-01 10:00:00"`},
		{"zone_by_name", query.TimestampTZ, "2020-01-01 10:00:00 IST", `"2020-01-01 10:00:00 IST"`},
		{"zone_that_breaks_off", query.TimestampTZ, "2020-01-01 10:00:00+05:3", `"2020-01-01 10:00:00+05:3"`},
		{"zone_of_too_much", query.TimestampTZ, "2020-01-01 10:00:00+05:30:00:00", `"2020-01-01 10:00:00+05:30:00:00"`},
		{"fraction_of_nothing", query.Timestamp, "2020-01-01 10:00:00.", `"2020-01-01 10:00:00."`},
		{"era_by_another_name", query.Timestamp, "2020-01-01 10:00:00 AD", `"2020-01-01 10:00:00 AD"`},
		{"quotes_behind", query.Timestamp, `2020-01-01 10:00:00"`, `"2020-01-01 10:00:00\""`},
		{"quote_in_front", query.Timestamp, `" "`, `"\" \""`},
		{"date_alone", query.Timestamp, "2020-01-01", `"2020-01-01"`},
		{"short_year", query.Timestamp, "220-01-01 10:00:00", `"220-01-01 10:00:00"`},
		{"T_already", query.Timestamp, "2020-01-01T10:00:00", `"2020-01-01T10:00:00"`},

		{"time_as_JSON", query.TimeJSON, `"2020-01-01T10:00:00+05:30"`, `"2020-01-01T10:00:00+05:30"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := encode.NewObject([]query.Column{{Name: "v", Encoding: tt.encoding}}, false)
			require.Equal(t, `{"v":`+tt.want+`}`, body(e, row(tt.value)))
			require.Equal(t, `{"v":null}`, body(e, row(nil)))
		})
	}
}

func TestTimeText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2020-02-29", "0044-03-15 BC", "infinity", "-infinity", "2020-01-01 10:00:00", "2020-01-01 10:00:00.123456", "294276-12-31 23:59:59",
		"0044-03-15 12:00:00 BC", "2020-01-01 10:00:00+00", "2020-01-01 10:00:00.5-08", "2020-01-01 10:00:00+05:30", "1900-01-01 00:19:32+00:19:32",
		"0044-03-15 12:00:00+01 BC", "0044-03-15 12:00:00-00:01:15 BC", "1900-01-01 00:00:00+10",
	} {
		for _, encoding := range []query.Encoding{query.Text, query.Timestamp, query.TimestampTZ} {
			json := encode.AppendValue(nil, encoding, []byte(text))
			require.Equal(t, text, string(encode.TimeText(json)))
		}
	}
	for _, json := range []string{"", `"`, "1", "null", `[1]`} {
		require.Equal(t, json, string(encode.TimeText([]byte(json))))
	}
}

func TestArray(t *testing.T) {
	t.Parallel()

	columns := []query.Column{
		{Name: "id", Encoding: query.Verbatim},
		{Name: `the "title"`, Encoding: query.Text},
		{Name: "info", Encoding: query.Verbatim},
	}
	for _, tt := range []struct {
		name       string
		columns    []query.Column
		stripNulls bool
		rows       [][][]byte
		want       string
	}{
		{"no_rows", columns, false, nil, "[]"},
		{
			"one_row", columns, false,
			[][][]byte{row("1", "M", "{}")},
			`[{"id":1,"the \"title\"":"M","info":{}}]`,
		},
		{
			"rows_stand_on_lines_of_their_own", columns, false,
			[][][]byte{row("1", nil, nil), row("2", "", "null")},
			"[{\"id\":1,\"the \\\"title\\\"\":null,\"info\":null}, \n {\"id\":2,\"the \\\"title\\\"\":\"\",\"info\":null}]",
		},
		{"no_columns", nil, false, [][][]byte{row(), row()}, "[{}, \n {}]"},
		{"stripped_no_rows", columns, true, nil, "[]"},
		{
			"stripped_rows_have_no_white_space_between", columns, true,
			[][][]byte{row("1", nil, nil), row("2", "", "[null]")},
			`[{"id":1},{"id":2,"the \"title\"":"","info":[null]}]`,
		},
		{
			"stripped_first_member", columns, true,
			[][][]byte{row(nil, "M", nil)},
			`[{"the \"title\"":"M"}]`,
		},
		{"stripped_json_null", columns, true, [][][]byte{row("1", nil, "null"), row("2", nil, " null\n")}, `[{"id":1},{"id":2}]`},
		{"stripped_text_null_stays", columns, true, [][][]byte{row("1", "null", nil)}, `[{"id":1,"the \"title\"":"null"}]`},
		{"stripped_all", columns, true, [][][]byte{row(nil, nil, nil)}, `[{}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := encode.NewArray(tt.columns, tt.stripNulls)
			require.Equal(t, tt.want, body(e, tt.rows...))
			require.Equal(t, tt.want, body(e, tt.rows...), "after another Start")
		})
	}
}

func TestObject(t *testing.T) {
	t.Parallel()

	columns := []query.Column{{Name: "id", Encoding: query.Verbatim}, {Name: "title", Encoding: query.Text}}

	require.Equal(t, `{"id":1,"title":null}`, body(encode.NewObject(columns, false), row("1", nil)))
	require.Equal(t, `{"id":1}`, body(encode.NewObject(columns, true), row("1", nil)))
	require.Equal(t, `{}`, body(encode.NewObject(nil, false), row()))
}

func TestAppend(t *testing.T) {
	t.Parallel()

	// What is in dst already, such as an earlier row, stays as it is.
	columns := []query.Column{{Name: "id", Encoding: query.Verbatim}}
	for name, e := range map[string]encode.Encoder{
		"array": encode.NewArray(columns, false), "object": encode.NewObject(columns, true), "csv": encode.NewCSV(columns),
	} {
		whole := body(e, row("1"))
		out := e.Start([]byte("before"))
		out = e.Row(out, row("1"))
		require.Equal(t, "before"+whole, string(e.End(out)), name)
	}
}

func TestAllocations(t *testing.T) {
	// Not parallel: AllocsPerRun counts the whole program's allocations.
	columns, rows := films(1)
	dst := make([]byte, 0, 4096)
	for name, e := range encoders(columns) {
		allocs := testing.AllocsPerRun(100, func() { e.Row(dst, rows[0]) })
		require.Zero(t, allocs, name)
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\"b\\c\n", "\x00\x1f\x7f", "Amélie", "🎬", "\xff\xfe", "\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		// As a key and as a value.
		e := encode.NewObject([]query.Column{{Name: in, Encoding: query.Text}}, false)
		out := body(e, row(in))
		if !utf8.ValidString(in) {
			return // PostgreSQL has no such name
		}
		var got map[string]string
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		require.Equal(t, map[string]string{in: in}, got)
	})
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{"", "t", "NaN", "1e5", "-10.50E+12", "03.02.2020 01:05:06 A\"B", `" \"`, "2020-01-01 10:00:00.5-08", "infinity", "2020-01-01 10:00:00+00", "0044-03-15 12:00:00+01 BC", " ", "+", "a b c d"} {
		f.Add(seed)
	}
	// Whatever a value's text, what is made of it by an encoding that changes it
	// is one JSON value.
	f.Fuzz(func(t *testing.T, in string) {
		for _, encoding := range []query.Encoding{query.Text, query.Number, query.Bool, query.Timestamp, query.TimestampTZ} {
			e := encode.NewObject([]query.Column{{Name: "v", Encoding: encoding}}, false)
			out := body(e, row(in))
			require.True(t, json.Valid([]byte(out)) && utf8.ValidString(out), "%q as %d", in, encoding)
		}
	})
}
