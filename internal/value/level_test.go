package value_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/value"
)

// Three orders, the second of which has a customer, with lines in the first and the third.
func levels() value.Values {
	return value.Values{Levels: []value.Level{
		{Rows: []byte(`[{},{},{}]`), Around: []int32{0, 0, 0}, Many: true},
		{Rows: []byte(`[{"name":"a"}]`), Around: []int32{2}, Member: "customer"},
		{Rows: []byte(`[{},{},{}]`), Around: []int32{1, 1, 3}, Member: "li/nes~", Many: true},
		{Rows: []byte(`[{}]`), Around: []int32{3}, Parent: 2, Member: "product"},
	}}
}

func TestValues_Bind_levels(t *testing.T) {
	t.Parallel()
	v := levels()
	for from, want := range map[value.Source][]string{
		value.FromLevel:       {`[{},{},{}]`, `[{"name":"a"}]`, `[{},{},{}]`, `[{}]`},
		value.FromLevelCount:  {"3", "1", "3", "1"},
		value.FromLevelAround: {"{0,0,0}", "{2}", "{1,1,3}", "{3}"},
	} {
		for i, want := range want {
			require.Equal(t, want, string(v.Bind([]value.Arg{{From: from, Index: i}})[0]), from)
		}
	}
	require.Equal(t, "{NULL,1,NULL}", string(v.Bind([]value.Arg{{From: value.FromLevelWithin, Index: 1}})[0]))
	require.Equal(t, "{NULL,NULL,1}", string(v.Bind([]value.Arg{{From: value.FromLevelWithin, Index: 3}})[0]))
}

// Each object of a body has a pointer, whose names are escaped as RFC 6901 wants it.
func TestValues_Pointer(t *testing.T) {
	t.Parallel()
	v := levels()
	require.Equal(t, "/2", v.Pointer(0, 3))
	require.Equal(t, "/1/customer", v.Pointer(1, 1))
	require.Equal(t, "/0/li~1nes~0/1", v.Pointer(2, 2))
	require.Equal(t, "/2/li~1nes~0/0", v.Pointer(2, 3))
	require.Equal(t, "/2/li~1nes~0/0/product", v.Pointer(3, 1))
	require.Equal(t, "li~1nes~0/product", v.LevelName(3))
	require.Empty(t, v.LevelName(0))
	v.Levels[0].Many = false
	require.Empty(t, v.Pointer(0, 1), "of the whole body")
}
