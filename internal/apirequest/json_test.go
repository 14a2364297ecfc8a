package apirequest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

var jsonTexts = []string{
	``, ` `, `{}`, `[]`, `{ }`, `[ ]`, `[{}]`, `[{},{}]`, `null`, `true`, `false`, `tru`, `nul`, `nulll`, `"a"`, `"`, `"a`,
	`0`, `-0`, `-`, `01`, `-01`, `1.`, `.1`, `1.0`, `1e`, `1e+`, `1E-7`, `1e5.`, `+1`, `0x1`, `NaN`, `1 2`,
	`{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{,}`, `{"a":1 "b":2}`, `{"a":1]`, `[1}`, `[1,]`, `[,]`, `[1 2]`, `]`, `}`, `[`, `{`,
	`[{"a":1},{"a":2}]`, `[{"a":1},{"b":2}]`, `[{"a":1,"b":2},{"b":1,"a":2}]`, `[{"a":1,"a":2},{"a":3}]`, `[{"a":1},1]`, `[1,{"a":1}]`, `[[]]`,
	`[{"a":{"b":[{}]}},{"a":[[],[1,{"c":{}}]]}]`, `{"a":[1,{"b":}]}`, `{"a":[[1],{"b":1]}}`, `[{"a":1}{"a":2}]`, `[{"a":1},]`,
	`{"\u0061":1,"a":2}`, `{"\u006":1}`, `{"\ud83d\ude00":1}`, `{"\ud800":1}`, `["\u12G4"]`, `"\"\\\/\b\f\n\r\t"`, `"\x"`, `"\`, `"\u"`, `"\u123`,
	"\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\n\"", "\ufeff{}", "\v{}", "{\"\xff\":1}", "[\"é映\U0001f600\"]", "\t[\r\n{ \"a\" : 1 } , {\"a\":2}\n] ",
}

// The shape is what encoding/json finds out by taking the text apart.
func requireShape(t *testing.T, text string) {
	t.Helper()
	names, uniform, valid := apirequest.ReadShape([]byte(text))
	require.Equal(t, json.Valid([]byte(text)) && utf8.ValidString(text), valid, "validity of %q", text)
	if !valid {
		return
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return // a number beyond float64
	}
	objects, isArray := value.([]any)
	if !isArray {
		objects = []any{value}
	}
	wantUniform := true
	var wantNames []string
	for i, element := range objects {
		object, ok := element.(map[string]any)
		wantUniform = wantUniform && (ok || !isArray)
		keys := slices.Sorted(maps.Keys(object))
		if i == 0 {
			wantNames = keys
		}
		wantUniform = wantUniform && slices.Equal(wantNames, keys)
	}
	require.Equal(t, wantUniform, uniform, "uniformity of %q", text)
	if uniform {
		require.Equal(t, wantNames, names, "keys of %q", text)
	}
}

func TestReadShape(t *testing.T) {
	t.Parallel()
	for _, text := range jsonTexts {
		t.Run(strconv.Quote(text), func(t *testing.T) {
			t.Parallel()
			requireShape(t, text)
		})
	}
}

func TestReadShape_depth(t *testing.T) {
	t.Parallel()
	nested := func(before, unit, inner, closing, after string, depth int) string {
		return before + strings.Repeat(unit, depth) + inner + strings.Repeat(closing, depth) + after
	}
	for _, depth := range []int{9997, 9998, 9999, 10000, 10001, 100000} {
		t.Run(strconv.Itoa(depth), func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{
				nested("", "[", "", "]", "", depth),
				nested("", "[", "1", "]", "", depth),
				nested("", `{"a":`, "1", "}", "", depth),
				nested("", `{"a":`, "{}", "}", "", depth),
				nested(`[{"a":`, "[", "", "]", "}]", depth),
				nested(`[1,`, `[{"a":`, "1", "}]", "]", depth/2),
			} {
				_, _, valid := apirequest.ReadShape([]byte(text))
				require.Equal(t, json.Valid([]byte(text)), valid, "%.20s", text)
			}
			require.NotPanics(t, func() { apirequest.ReadShape([]byte(strings.Repeat("[", depth*10))) })
		})
	}
}

func FuzzReadShape(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { requireShape(t, text) })
}

// Objects beyond the first cost no memory, in whatever order their keys come.
func TestReadShape_allocations(t *testing.T) {
	one, many := films(1), films(1000)
	allocations := func(text []byte) float64 {
		return testing.AllocsPerRun(10, func() { apirequest.ReadShape(text) })
	}
	require.InDelta(t, allocations(one), allocations(many), 1)
}

// films is an array of n objects, of about 150 bytes each.
func films(n int) []byte {
	b := []byte{'['}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		id := strconv.Itoa(i)
		if i%2 == 0 {
			b = append(b, `{"id":`+id+`,"title":"The film number `+id+`","year":1984,"rating":7.25,"seen":true,"director":null,"tags":["drama","a \"quoted\" one"],"notes":{"disc":`+id+`}}`...)
		} else {
			b = append(b, `{"title":"The film number `+id+`","id":`+id+`,"year":1984,"rating":7.25,"seen":true,"director":null,"tags":["drama","a \"quoted\" one"],"notes":{"disc":`+id+`}}`...)
		}
	}
	return append(b, ']')
}

func BenchmarkPayload_json(b *testing.B) {
	body := films(100_000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := apirequest.ParsePayload(body, "", writing()); err != nil {
			b.Fatal(err)
		}
	}
}

// What encoding/json takes to tell no more than validity.
func BenchmarkJSONValid(b *testing.B) {
	body := films(100_000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if !json.Valid(body) {
			b.Fatal("invalid")
		}
	}
}

func BenchmarkPayload_csv(b *testing.B) {
	body := []byte("id,title,year,director\n" + strings.Repeat("1234,\"The film, with a comma\",1984,NULL\n", 100_000))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := apirequest.ParsePayload(body, csv, writing()); err != nil {
			b.Fatal(err)
		}
	}
}
