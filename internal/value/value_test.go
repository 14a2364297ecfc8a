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
		Window:     filter.Window{Limit: 50, Offset: 5},
		Pages:      []filter.Window{{Limit: -1}, {Limit: 7, Offset: 2}},
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

func TestPage_AtMost(t *testing.T) {
	t.Parallel()
	all := filter.WholeWindow()
	require.Equal(t, all, all.AtMost(0))
	require.Equal(t, filter.Window{Limit: 10}, all.AtMost(10))
	require.Equal(t, filter.Window{}, all.AtMost(-1))
	require.Equal(t, filter.Window{Offset: 5}, filter.Window{Offset: 5, Limit: 3}.AtMost(-7))
	require.Equal(t, filter.Window{Offset: 5, Limit: 3}, filter.Window{Offset: 5, Limit: 3}.AtMost(10))
	require.Equal(t, filter.Window{Offset: 5, Limit: 10}, filter.Window{Offset: 5, Limit: 30}.AtMost(10))
}

func TestPage_Of(t *testing.T) {
	t.Parallel()
	const unlimited = filter.Unlimited
	for _, tt := range []struct{ offset, limit, total, want int64 }{
		{0, unlimited, 13, 13}, {0, unlimited, 0, 0}, {0, 5, 13, 5}, {0, 13, 13, 13}, {0, 20, 13, 13}, {0, 0, 13, 0},
		{10, unlimited, 13, 3}, {10, 2, 13, 2}, {10, 5, 13, 3}, {13, 5, 13, 0}, {20, 5, 13, 0}, {unlimited, unlimited, 13, 0},
	} {
		page := filter.Window{Offset: tt.offset, Limit: tt.limit}
		require.Equal(t, tt.want, page.Of(tt.total), tt)
		require.Equal(t, page == filter.WholeWindow(), page.IsWhole(), tt)
	}
}

func TestSource_String(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for s := value.FromNone; s <= value.FromLevelWithin; s++ {
		require.False(t, seen[s.String()], s)
		seen[s.String()] = true
	}
	require.Equal(t, "Source(16)", (value.FromLevelWithin + 1).String())
}
