package jsontext_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/jsontext"
)

func ExampleAppendString() {
	fmt.Println(string(jsontext.AppendString(nil, `The "Third" Man`)))
	// Output: "The \"Third\" Man"
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          `""`,
		"plain":                     `"plain"`,
		"of eight":                  `"of eight"`,
		`"quotes" and \backslashes`: `"\"quotes\" and \\backslashes"`,
		"\b\t\n\f\r":                `"\b\t\n\f\r"`,
		"\x00\x01\x1f":              `"\u0000\u0001\u001f"`,
		"\x7f/<>&'":                 "\"\x7f/<>&'\"",
		"é映\U0001f600 \u2028":       "\"é映\U0001f600 \u2028\"",
	} {
		require.Equal(t, want, string(jsontext.AppendString(nil, text)))
		require.Equal(t, "x"+want, string(jsontext.AppendString([]byte("x"), []byte(text))))
	}
}

// A byte that has to be escaped is found at any index.
func TestAppendString_places(t *testing.T) {
	t.Parallel()
	for c := range rune(0x100) {
		for place := range 20 {
			text := strings.Repeat("é", place) + string(c) + strings.Repeat("a", 20-place)
			requireRead(t, text)
		}
	}
}

// Bytes that aren't UTF-8 are replaced one by one, as Go's conversions do it.
func TestAppendString_not_UTF8(t *testing.T) {
	t.Parallel()
	for first := range 0x100 {
		for second := range 0x100 {
			for _, rest := range []string{"", "\x80", "\x80\x80", "\xbf\xbf\xbf", "a", "\x80a", "\xc3\xa9"} {
				text := "ä" + string([]byte{byte(first), byte(second)}) + rest
				got := jsontext.AppendString(nil, []byte(text))
				if utf8.ValidString(text) {
					requireRead(t, text)
				}
				require.True(t, utf8.Valid(got), "%q", text)
				require.Equal(t, string(jsontext.AppendString(nil, string([]rune(text)))), string(got), "%q", text)
			}
		}
	}
}

func requireRead(t *testing.T, text string) {
	t.Helper()
	var read string
	require.NoError(t, json.Unmarshal(jsontext.AppendString(nil, text), &read))
	require.Equal(t, text, read)
}

func FuzzAppendString(f *testing.F) {
	for _, text := range []string{"", "a", "\"\\\x00", "eight by\nte", "é\U0001f600"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			requireRead(t, text)
		}
	})
}

func BenchmarkAppendString(b *testing.B) {
	for _, text := range []string{"short", "a title of a usual length", strings.Repeat("a text ", 100)} {
		b.Run(fmt.Sprint(len(text)), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			value, dst := []byte(text), make([]byte, 0, 1<<10)
			for b.Loop() {
				dst = jsontext.AppendString(dst[:0], value)
			}
		})
	}
}
