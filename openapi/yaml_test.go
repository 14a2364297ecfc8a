package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/openapi"
)

func TestYAML(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, json, yaml string
	}{
		{"object", `{"b":"text","a":1.50}`, "b: text\na: 1.50\n"},
		{"nested object", `{"a":{"b":{"c":null}},"d":true}`, "a:\n  b:\n    c: null\nd: true\n"},
		{"array", `{"a":["b",2]}`, "a:\n  - b\n  - 2\n"},
		{"objects in an array", `[{"a":1,"b":{"c":2}},{"d":[3]}]`, "- a: 1\n  b:\n    c: 2\n- d:\n    - 3\n"},
		{"arrays in an array", `[[1],[]]`, "-\n  - 1\n- []\n"},
		{"nothing in it", `{"a":{},"b":[]}`, "a: {}\nb: []\n"},
		{"objects without members", `[{},{}]`, "- {}\n- {}\n"},
		{"no object", `{}`, "{}\n"},
		{"scalar", `"a"`, "a\n"},
		{"word that is no string to YAML", `["true","No","null","~",""]`, "- \"true\"\n- \"No\"\n- \"null\"\n- \"~\"\n- \"\"\n"},
		{"number that is a string", `{"200":"1"}`, "\"200\": \"1\"\n"},
		{"marks", `["a: b","a #b","- a","$ref","#/a","/films","a "]`,
			"- \"a: b\"\n- \"a #b\"\n- \"- a\"\n- $ref\n- \"#/a\"\n- /films\n- \"a \"\n"},
		{"lines and quotes", `["a\n\"b\"\\"]`, "- \"a\\n\\\"b\\\"\\\\\"\n"},
		{"control characters", `["\u0000\u007f\u2028é"]`, "- \"\\u0000\\u007f\\u2028é\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := openapi.YAML([]byte(tt.json))
			require.NoError(t, err)
			require.Equal(t, tt.yaml, string(got))
		})
	}
}

func TestYAMLOfNoJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, `{`, `[1`, `{"a"`, `{"a":`, `nul`, `{} {}`, `]`} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := openapi.YAML([]byte(text))
			require.ErrorContains(t, err, "convert to YAML")
		})
	}
}

// No input makes it panic.
func FuzzYAML(f *testing.F) {
	for _, seed := range []string{`{"a":[{"b":1},[]]}`, `[`, `{"a"`, `"\ud800"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, document []byte) {
		_, _ = openapi.YAML(document)
	})
}
