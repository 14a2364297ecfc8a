package encode_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/query"
)

func TestScalars(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		encoding query.Encoding
		rows     [][][]byte
		want     string
	}{
		{"none", query.Verbatim, nil, `[]`},
		{"one", query.Verbatim, [][][]byte{row("7")}, `[7]`},
		{"several", query.Verbatim, [][][]byte{row("1"), row("2"), row("3")}, `[1, 2, 3]`},
		{"text", query.Text, [][][]byte{row(`a "b"`), row("")}, `["a \"b\"", ""]`},
		{"null", query.Text, [][][]byte{row(nil), row("null"), row(nil)}, `[null, "null", null]`},
		{"bool", query.Bool, [][][]byte{row("t"), row("f")}, `[true, false]`},
		{"not_a_number", query.Number, [][][]byte{row("NaN"), row("1.5")}, `["NaN", 1.5]`},
		{"json", query.Verbatim, [][][]byte{row(`{"a": 1}`), row(`[]`)}, `[{"a": 1}, []]`},
		{"timestamp", query.Timestamp, [][][]byte{row("1927-01-10 20:15:30")}, `["1927-01-10T20:15:30"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := encode.NewScalars(query.Column{Encoding: tt.encoding}, false)
			require.Equal(t, tt.want, body(e, tt.rows...))
			require.Equal(t, tt.want, body(e, tt.rows...), "after another Start")
		})
	}
	stripped := encode.NewScalars(query.Column{Encoding: query.Verbatim}, true)
	require.Equal(t, `[1,null,{}]`, body(stripped, row("1"), row(nil), row("{}")), "as json_strip_nulls prints it")
}

func TestScalar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		encoding query.Encoding
		rows     [][][]byte
		want     string
	}{
		{"number", query.Verbatim, [][][]byte{row("7")}, `7`},
		{"text", query.Text, [][][]byte{row("seven")}, `"seven"`},
		{"null", query.Text, [][][]byte{row(nil)}, `null`},
		{"no_row", query.Text, nil, `null`},
		{"empty_text", query.Text, [][][]byte{row("")}, `""`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := encode.NewScalar(query.Column{Encoding: tt.encoding})
			require.Equal(t, tt.want, body(e, tt.rows...))
			require.Equal(t, tt.want, body(e, tt.rows...), "after another Start")
		})
	}
	e := encode.NewScalar(query.Column{})
	require.Equal(t, `"x"`, body(e, row("x")))
	require.Equal(t, `null`, body(e), "the row before is forgotten")
}

func TestOrNull(t *testing.T) {
	t.Parallel()
	e := encode.OrNull(encode.NewObject([]query.Column{{Name: "id", Encoding: query.Verbatim}}, false))
	require.Equal(t, `null`, body(e))
	require.Equal(t, `{"id":1}`, body(e, row("1")))
	require.Equal(t, `null`, body(e), "the row before is forgotten")
}
