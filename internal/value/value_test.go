package value_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/value"
)

func TestValues_Bind(t *testing.T) {
	t.Parallel()
	values := value.Values{
		Conditions: []string{"A%", `{"1"}`},
		Arguments:  []filter.Argument{{Name: "b", Value: `"`}, {Name: "a", Value: "1"}, {Name: "b", Value: "é"}},
		Body:       []byte("\x00\xff"),
		Members:    [][]byte{[]byte("x"), nil},
		Window:     value.Page{Limit: 50, Offset: 5},
		Pages:      []value.Page{{Limit: -1}, {Limit: 7, Offset: 2}},
	}
	text := func(s string) []byte { return []byte(s) }
	for name, tt := range map[string]struct {
		arg  value.Arg
		want []byte
	}{
		"constant":                {value.Constant("c"), text("c")},
		"condition":               {value.Arg{From: value.FromCondition, Index: 1}, text(`{"1"}`)},
		"argument":                {value.Arg{From: value.FromArgument, Index: 2}, text("é")},
		"variadic":                {value.Arg{From: value.FromArguments, Elements: []int{0, 2}}, text(`{"\"","é"}`)},
		"variadic of nothing":     {value.Arg{From: value.FromArguments}, text(`{}`)},
		"all arguments":           {value.Arg{From: value.FromAllArguments}, text(`{"a":"1","b":"é"}`)},
		"all arguments as bytes":  {value.Arg{From: value.FromAllArguments, Hex: true}, text(`\x7b2261223a2231222c2262223a22c3a9227d`)},
		"body":                    {value.Arg{From: value.FromBody}, text("\x00\xff")},
		"body as bytes":           {value.Arg{From: value.FromBody, Hex: true}, text(`\x00ff`)},
		"member":                  {value.Arg{From: value.FromMember}, text("x")},
		"NULL":                    {value.Arg{From: value.FromMember, Index: 1}, nil},
		"limit":                   {value.Arg{From: value.FromLimit}, text("50")},
		"limit above its cap":     {value.Arg{From: value.FromLimit, Most: 10}, text("10")},
		"limit below its cap":     {value.Arg{From: value.FromLimit, Most: 90}, text("50")},
		"limit that lets none by": {value.Arg{From: value.FromLimit, Most: -1}, text("0")},
		"offset":                  {value.Arg{From: value.FromOffset}, text("5")},
		"limit of an embed":       {value.Arg{From: value.FromLimit, Index: 2}, text("7")},
		"offset of an embed":      {value.Arg{From: value.FromOffset, Index: 2}, text("2")},
		"limit that is refused":   {value.Arg{From: value.FromLimit, Index: 1}, text("-1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, [][]byte{tt.want}, values.Bind([]value.Arg{tt.arg}))
		})
	}
	require.Nil(t, values.Bind(nil))
}

func TestPage(t *testing.T) {
	t.Parallel()
	page := value.Page{Offset: 10, Limit: 5}
	for total, want := range map[int64]int64{0: 0, 9: 0, 10: 0, 12: 2, 15: 5, 99: 5} {
		require.Equal(t, want, page.Of(total), total)
	}
	require.True(t, value.WholePage().IsWhole())
	require.Equal(t, int64(99), value.WholePage().Of(99))
	require.Equal(t, value.Page{Limit: 3}, value.WholePage().AtMost(3))
	require.Equal(t, value.Page{}, value.WholePage().AtMost(-1))
	require.Equal(t, value.WholePage(), value.WholePage().AtMost(0))
}

func TestSource_String(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for s := value.FromNone; s <= value.FromOffset; s++ {
		require.False(t, seen[s.String()], s)
		seen[s.String()] = true
	}
	require.Equal(t, "Source(9)", (value.FromOffset + 1).String())
}
