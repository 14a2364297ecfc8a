package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseFile(t *testing.T) {
	t.Parallel()
	numbers := []string{"10", "-1", "+7", "1000", "3.5", "2"}
	tests := []struct{ name, text, want string }{
		{"text", `x = "films"`, "films"},
		{"empty text", `x = ""`, ""},
		{"number", `x = 10`, "10"},
		{"negative number", `x=-1`, "-1"},
		{"whole number with an exponent", `x = 1e3`, "1000"},
		{"whole number with a point", `x = 10.0`, "10"},
		{"fraction", `x = 3.5`, "3.5"},
		{"number as text", `x = "10e0"`, "10e0"},
		{"true", `x = true`, "true"},
		{"on", `x = on`, "true"},
		{"off", `x = off`, "false"},
		{"comments", "# y = 1\n\n  x = 10 # ten\n#", "10"},
		{"comment without space", "x = 10# ten", "10"},
		{"no comment within quotes", `x = "a # b" # c`, "a # b"},
		{"lines of Windows", "x = \"a\"\r\n", "a"},
		{"several lines", "x =\n  \"a\nb\"", "a\nb"},
		{"escapes", `x = "\"\\\/\n\r\t\b\f\u00e9"`, "\"\\/\n\r\t\b\fé"},
		{"dollar sign", `x = "$$.role $$$$"`, "$.role $$"},
		{"variable", `x = "a $(NAME) $(NAME)"`, "a value value"},
		{"empty variable", `x = "$(EMPTY)"`, ""},
		{"the last one counts", "x = 1\nx = 2", "2"},
	}
	variable := sources{environ: []string{"NAME=value", "EMPTY="}}.variable
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			given, err := parseFile("a.conf", test.text, variable)
			require.NoError(t, err)
			number := slices.Contains(numbers, test.want) && !strings.Contains(test.text, `"`)
			require.Equal(t, assignments{"x": {test.want, "x", number}}, given)
		})
	}
}

func TestParseFileError(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"no setting", "\n\n= 3", "a.conf, line 3: a line has to be a comment or to begin with a setting"},
		{"no value", "x =", "a.conf, line 1: x has to be a whole number, true, false, or text in quotes"},
		{"no equals sign", "x 3", "x has no = behind it"},
		{"group", "x { }", "x has no = behind it"},
		{"text without quotes", "x = public", "x has to be a whole number, true, false, or text in quotes"},
		{"unclosed", "x = \"a\ny = 3", "x has no quote at its end"},
		{"unclosed after a backslash", `x = "a\`, "x has no quote at its end"},
		{"two values", `x = "a" "b"`, "x has more behind its value than a comment"},
		{"escape", `x = "\q"`, "x has a backslash that begins no escape"},
		{"short escape", `x = "\u12"`, `x has \u without the four hexadecimal digits`},
		{"half a character", `x = "\ud800"`, `x has \u without the four hexadecimal digits of a character`},
		{"dollar sign", `x = "a$b"`, "x has a dollar sign by itself"},
		{"unclosed variable", `x = "$(NAME"`, "x has a dollar sign by itself"},
		{"unset variable", `x = "$(NAME)"`, "x needs the environment variable NAME, which is not set"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseFile("a.conf", test.text, sources{}.variable)
			require.ErrorContains(t, err, test.want)
		})
	}
}

// The example has all settings, each with its default.
func TestParseFileTakesExample(t *testing.T) {
	t.Parallel()
	var uncommented []byte
	for i, line := range strings.Split(example(), "\n") {
		if prose := strings.HasSuffix(line, "."); i > 2 && len(line) > 2 && !prose {
			uncommented = append(uncommented, line[2:]+"\n"...)
		}
	}
	text := string(uncommented)
	text = text[:len(text)-len("app.settings.name = \"value\"\n")]
	given, err := parseFile("example", text, sources{}.variable)
	require.NoError(t, err)
	c, err := parseConfig(given, nil, contents{})
	require.NoError(t, err)
	unset, err := parseConfig(nil, nil, contents{})
	require.NoError(t, err)
	require.True(t, c.same(unset))
	require.Empty(t, c.withoutEffect)
}

func TestSources(t *testing.T) {
	t.Parallel()
	file := configFile(t, `db-schemas = "of_file"
db-anon-role = "of_file"
db-channel = "of_file"
app.settings.A = "of file"
app.settings.b = "of file"`)
	given, err := sources{file: file, environ: environ("DB_SCHEMAS=of_environment; DB_CHANNEL=; APP_SETTINGS_A=of environment")}.read()
	require.NoError(t, err)
	c, err := parseConfig(given, nil, contents{})
	require.NoError(t, err)
	require.Equal(t, []string{"of_environment"}, c.api.Schemas)
	require.Equal(t, "of_file", c.api.AnonRole)
	require.Equal(t, "pgrst", c.api.Channel, "what is set to nothing is not set")
	require.Equal(t, map[string]string{"app.settings.a": "of environment", "app.settings.b": "of file"}, c.api.AppSettings)

	t.Run("errors name the key", func(t *testing.T) {
		t.Parallel()
		_, err := sources{file: configFile(t, "db-tx-end = \"x\"\nserver-port = 65536\n")}.local()
		require.ErrorContains(t, err, "db-tx-end has to be one of")
		require.ErrorContains(t, err, "server-port has to be a whole number from 0 to 65535")
	})
	t.Run("warnings name the key", func(t *testing.T) {
		t.Parallel()
		c, err := sources{file: configFile(t, "db-pool = true\ndb-poool = 1\ndb-channel-enabled = 0\nlog-query = \"0\"\n")}.local()
		require.NoError(t, err)
		require.Equal(t, []warning{
			{"db-channel-enabled", "setting has a value of the wrong type, and is taken for not set", "it has to be true or false, not 0"},
			{"db-pool", "setting has a value of the wrong type, and is taken for not set", `it has to be a whole number from 1 to 2147483647, not "true"`},
			{"db-poool", "setting is unknown", "write db-pool if that is meant, or take it out; the option --example lists the settings that there are"},
		}, c.warnings)
		require.Equal(t, "true", c.values["db-channel-enabled"])
	})
	t.Run("no such file", func(t *testing.T) {
		t.Parallel()
		_, err := sources{file: "no/such/file"}.read()
		require.ErrorContains(t, err, "no/such/file")
	})
}

// configFile makes a configuration file.
func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server.conf")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// Any file gives settings or an error, and no panic.
func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{"x = 1", "x = \"$(NAME)$$\\u00e9\" # c", "x=\"\\", "x = \"$(", "=", example()} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		given, err := parseFile("a.conf", text, sources{environ: []string{"NAME=value"}}.variable)
		require.True(t, err == nil || given == nil)
	})
}
