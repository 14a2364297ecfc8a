package apirequest_test

import (
	stdcsv "encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

func TestPayload_csv(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body    string
		want    string
		columns []string
	}{
		"one line":                        {"a,b\n1,x\n", `[{"a":"1","b":"x"}]`, []string{"a", "b"}},
		"columns are sorted":              {"b,a\n1,x", `[{"b":"1","a":"x"}]`, []string{"a", "b"}},
		"no line end at the end":          {"a\n1\n2", `[{"a":"1"},{"a":"2"}]`, []string{"a"}},
		"line ends of Windows":            {"a,b\r\n1,2\r\n", `[{"a":"1","b":"2"}]`, []string{"a", "b"}},
		"line ends of old":                {"a\r1\r2\r", `[{"a":"1"},{"a":"2"}]`, []string{"a"}},
		"blank lines are skipped":         {"\na\n\n1\n\n", `[{"a":"1"}]`, []string{"a"}},
		"NULL":                            {"a,b\nNULL,null\n", `[{"a":null,"b":"null"}]`, []string{"a", "b"}},
		"NULL in quotes":                  {"a\n\"NULL\"\n", `[{"a":null}]`, []string{"a"}},
		"empty cells are empty strings":   {"a,b\n,\n", `[{"a":"","b":""}]`, []string{"a", "b"}},
		"empty cell in quotes":            {"a\n\"\"\n", `[{"a":""}]`, []string{"a"}},
		"blanks belong to the cell":       {"a,b\n x , y\n", `[{"a":" x ","b":" y"}]`, []string{"a", "b"}},
		"quoted comma, quote, line end":   {"a\n\"x,\"\"y\"\"\r\nz\"\n", `[{"a":"x,\"y\"\r\nz"}]`, []string{"a"}},
		"quoted header":                   {"\"a \"\"b\"\"\",c\n1,2", `[{"a \"b\"":"1","c":"2"}]`, []string{`a "b"`, "c"}},
		"repeated column":                 {"a,a\n1,2", `[{"a":"1","a":"2"}]`, []string{"a"}},
		"backslash and control character": {"a\n\\n\x01", `[{"a":"\\n\u0001"}]`, []string{"a"}},
		"beyond ASCII":                    {"título\n映画", `[{"título":"映画"}]`, []string{"título"}},
		"no lines but the header":         {"a,b\n", `[]`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := apirequest.ParsePayload([]byte(tt.body), csv, writing())
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got.Raw))
			require.True(t, json.Valid(got.Raw))
			require.True(t, got.Array)
			require.Equal(t, tt.columns, got.Columns)
		})
	}
}

func TestPayload_csv_errors(t *testing.T) {
	t.Parallel()
	const (
		ragged = "All lines must have same number of fields"
		quote  = "Invalid CSV: a quote inside a field, or text behind a quoted one in line "
	)
	tests := map[string]struct{ body, want string }{
		"too few cells":             {"a,b\nfoo,bar\nbaz", ragged},
		"too few in the first line": {"a,b\nbaz\n", ragged},
		"too many cells":            {"a\n1,2", ragged},
		"trailing comma":            {"a\n1,", ragged},
		"nothing":                   {"", "Invalid CSV: no header line"},
		"blank lines only":          {"\n\r\n", "Invalid CSV: no header line"},
		"quote inside a cell":       {"a\nx\"y\n", quote + "2"},
		"text behind a quoted cell": {"a\n1\n\"x\"y\n", quote + "3"},
		"line within quotes counts": {"a\n\"1\n2\"\nx\"\n", quote + "4"},
		"quote that is not closed":  {"a\n\"x", "Invalid CSV: a quoted field without its closing quote in line 2"},
		"not UTF-8":                 {"a\n\xff", "Invalid CSV: not UTF-8"},
		"name much longer than any": {strings.Repeat("n", 1000) + strings.Repeat("\n1", 1000), "Invalid CSV: the column names are too long"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := apirequest.ParsePayload([]byte(tt.body), csv, writing())
			requireInvalidBody(t, tt.want, err)
		})
	}
}

// The longest names that PostgreSQL has by default, and next to nothing below them.
func TestPayload_csv_long_names(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("n", 63) + "," + strings.Repeat("m", 63) + strings.Repeat("\n,", 10000)
	got, err := apirequest.ParsePayload([]byte(body), csv, writing())
	require.NoError(t, err)
	require.Len(t, got.Columns, 2)
}

// Cells are those that encoding/csv reads, where that keeps them as they are.
func FuzzPayload_csv(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2", "a\n\"x\"\"\n\"", "\n\na\n\n", "a,b\nx\"", "a\n\"", ",\n,\n", "a,\"b\"c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.ContainsRune(body, '\r') || !utf8.ValidString(body) {
			return
		}
		records, readErr := stdcsv.NewReader(strings.NewReader(body)).ReadAll()
		got, err := apirequest.ParsePayload([]byte(body), csv, writing())
		if readErr != nil || len(records) == 0 {
			require.Error(t, err)
			return
		}
		if err != nil {
			require.ErrorContains(t, err, "too long")
			return
		}
		var rows []map[string]*string
		require.NoError(t, json.Unmarshal(got.Raw, &rows))
		require.Len(t, rows, len(records)-1)
		for i, row := range rows {
			want := map[string]*string{}
			for j, name := range records[0] {
				want[name] = nil
				if cell := records[i+1][j]; cell != "NULL" {
					want[name] = &cell
				}
			}
			require.Equal(t, want, row)
		}
	})
}
