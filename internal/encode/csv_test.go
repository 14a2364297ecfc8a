package encode_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/query"
)

// named makes columns of which only the names matter.
func named(names ...string) []query.Column {
	columns := make([]query.Column, len(names))
	for i, name := range names {
		columns[i] = query.Column{Name: name}
	}
	return columns
}

func TestCSV(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		name    string
		columns []query.Column
		rows    [][][]byte
		want    string
	}{
		{"no_rows_no_names", named("id", "title"), nil, "\n"},
		{"one_row", named("id", "title"), [][][]byte{row("1", "M")}, "id,title\n1,M"},
		{"rows", named("id", "title"), [][][]byte{row("1", "M"), row("2", "Ran")}, "id,title\n1,M\n2,Ran"},
		{"no_columns", nil, [][][]byte{row(), row()}, "\n\n"},
		{"null_is_nothing", named("a", "b", "c"), [][][]byte{row(nil, "x", nil)}, "a,b,c\n,x,"},
		{"single_null", named("a"), [][][]byte{row(nil)}, "a\n"},
		{"empty_string_is_quoted", named("a", "b"), [][][]byte{row("", nil)}, "a,b\n\"\","},
		{"comma", named("a"), [][][]byte{row("x,y")}, "a\n\"x,y\""},
		{"parentheses", named("a", "b"), [][][]byte{row("(x", "y)")}, "a,b\n\"(x\",\"y)\""},
		{"space", named("a"), [][][]byte{row("The Third Man")}, "a\n\"The Third Man\""},
		{"other_white_space", named("a", "b", "c", "d", "e"), [][][]byte{row("\t", "\n", "\v", "\f", "\r")}, "a,b,c,d,e\n\"\t\",\"\n\",\"\v\",\"\f\",\"\r\""},
		{"quotes_are_doubled", named("a"), [][][]byte{row(`"x" and "y"`)}, "a\n\"\"\"x\"\" and \"\"y\"\"\""},
		{"backslashes_are_doubled", named("a"), [][][]byte{row(`\x0a"\`)}, "a\n\"\\\\x0a\"\"\\\\\""},
		{"beyond_ascii_stays_bare", named("a"), [][][]byte{row("Amélie\u00a0映画")}, "a\nAmélie\u00a0映画"},
		{
			"encoding_does_not_matter",
			[]query.Column{{Name: "ok", Encoding: query.Bool}, {Name: "at", Encoding: query.Timestamp}, {Name: "n", Encoding: query.Number}},
			[][][]byte{row("t", "2020-01-01 10:00:00", "NaN")},
			"ok,at,n\nt,\"2020-01-01 10:00:00\",NaN",
		},
		{"names_stay_as_they_are", named("my title", `back\slash`, "(x)"), [][][]byte{row("1", "2", "3")}, "my title,back\\slash,(x)\n1,2,3"},
		{"names_that_would_break_the_file", named("a,b", `say "c"`, "d\ne"), [][][]byte{row("1", "2", "3")}, "\"a,b\",\"say \"\"c\"\"\",\"d\ne\"\n1,2,3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := encode.NewCSV(tt.columns)
			require.Equal(t, tt.want, body(e, tt.rows...))
			require.Equal(t, tt.want, body(e, tt.rows...), "after another Start")
		})
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("", "plain", true)
	f.Add(`"x", \y`, "(a b)\n", false)
	f.Fuzz(func(t *testing.T, first, second string, secondIsNull bool) {
		values := row(first, second)
		if secondIsNull {
			values[1] = nil
		}
		out := body(encode.NewCSV(named("a", "b")), values)
		line, found := strings.CutPrefix(out, "a,b\n")
		require.True(t, found)
		require.Equal(t, values, fields(line))
	})
}

// fields reads a line as PostgreSQL's record_in does.
func fields(line string) [][]byte {
	var out [][]byte
	var field []byte
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == ',' && !quoted:
			out, field = append(out, field), nil
			continue
		case c == '"' && quoted && strings.HasPrefix(line[i+1:], `"`), c == '\\':
			i++
			field = append(field, line[i])
		case c == '"':
			quoted = !quoted
			if field == nil {
				field = []byte{}
			}
		default:
			field = append(field, c)
		}
	}
	return append(out, field)
}
