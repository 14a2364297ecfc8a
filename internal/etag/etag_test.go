package etag_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/etag"
)

var (
	one = [etag.SumSize]byte{1}
	two = [etag.SumSize]byte{2}
)

// A tag differs with the version and with the representation.
func TestNew(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, version := range []string{"", "1", "2", "2020-01-01 10:00:00+00", `a"b, c`, "ü"} {
		for _, sum := range [][etag.SumSize]byte{one, two} {
			tag := etag.New([]byte(version), sum)
			require.False(t, seen[tag], tag)
			require.Regexp(t, `^"[\w.-]+"$`, tag)
			seen[tag] = true
			list := etag.Parse([]string{`"x", ` + tag})
			require.True(t, list.Strongly(tag))
			require.Equal(t, []string{version}, list.Versions())
		}
	}
	require.NotContains(t, etag.New(nil, one), ".", "of no row")
	require.Equal(t, etag.New(nil, one), etag.New([]byte(strings.Repeat("x", 1000)), one), "a version that is too long")
}

func TestParse(t *testing.T) {
	t.Parallel()
	const tag = `"a"`
	for _, tt := range []struct {
		name             string
		values           []string
		strongly, weakly bool
	}{
		{"none", nil, false, false},
		{"empty", []string{""}, false, false},
		{"any", []string{"*"}, true, true},
		{"any_with_blanks", []string{" * "}, true, true},
		{"same", []string{`"a"`}, true, true},
		{"weak", []string{`W/"a"`}, false, true},
		{"other", []string{`"b"`}, false, false},
		{"longer", []string{`"ab"`}, false, false},
		{"in_another_case", []string{`"A"`}, false, false},
		{"in_a_list", []string{`"b", W/"c" ,"a"`}, true, true},
		{"in_a_list_without_blanks", []string{`"b","a"`}, true, true},
		{"in_a_list_with_empty_elements", []string{`, ,"b",, "a",`}, true, true},
		{"in_another_header", []string{`"b"`, `"a"`}, true, true},
		{"behind_a_tag_with_a_comma", []string{`"x,y", "a"`}, true, true},
		{"within_a_tag", []string{`"x,"a",y"`}, false, false},
		{"without_quotes", []string{`a`}, false, false},
		{"without_an_end", []string{`"a`}, false, false},
		{"with_a_small_w", []string{`w/"a"`}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list := etag.Parse(tt.values)
			require.Equal(t, tt.values != nil, list.Given)
			require.Equal(t, tt.strongly, list.Strongly(tag), "strongly")
			require.Equal(t, tt.weakly, list.Weakly(tag), "weakly")
			require.Equal(t, tt.weakly, list.Weakly("W/"+tag), "of a weak tag")
			require.Equal(t, list.Any, list.Strongly(""), "where there is no tag")
		})
	}
}

// Only strong tags of rows tell a version, and only what a text of PostgreSQL's can be.
func TestList_Versions(t *testing.T) {
	t.Parallel()
	first, second, none := etag.New([]byte("7"), one), etag.New([]byte("8"), two), etag.New(nil, one)
	octets, nul := etag.New([]byte("\xff"), one), etag.New([]byte("a\x00"), one)
	list := etag.Parse([]string{"W/" + first + `, "?.x", ` + none, octets + nul, second + `, ".x"`})
	require.Equal(t, []string{"8", ""}, list.Versions())
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "*", `"a"`, `W/"a", "b"`, `"a`, `,`, `W/`, `"NzQy.x"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		list := etag.Parse([]string{value})
		list.Versions()
		if list.Strongly(value) && !list.Any {
			require.True(t, strings.HasPrefix(value, `"`))
			require.True(t, list.Weakly(value))
		}
	})
}
