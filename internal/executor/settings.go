package executor

import (
	"slices"
	"strconv"

	"github.com/pgrest-go/pgrest/auth"
)

// noOverrides undoes those of earlier requests. What was never set stays so, for a
// function may ask.
const noOverrides = "CASE WHEN pg_catalog.current_setting('response.headers', true) <> '' THEN pg_catalog.set_config('response.headers', '', true) END, " +
	"CASE WHEN pg_catalog.current_setting('response.status', true) <> '' THEN pg_catalog.set_config('response.status', '', true) END"

// settingsRoom is what a connection keeps from one request's settings for the next's: room
// for their values and for the statement that makes them, and the texts of such statements.
// It saves a kilobyte a request, and 2 to 3 % of what a GET of one row costs this process:
// see BenchmarkSettingsStatement.
type settingsRoom struct {
	settings      []byte
	arguments     [][]byte
	settingsSQL   []byte
	settingsTexts map[string]string
}

// settingsStatement makes all settings in one statement. Names are
// a part of the statement, which PostgreSQL reads once: from request to request only
// the values change. Its result is how many there are, for nobody wants them sent
// back. The arguments are valid until the connection's next statement of settings.
func (c *connection) settingsStatement(settings []auth.Setting, before, modes, timeout string) (string, [][]byte) {
	size := 0
	for _, setting := range settings {
		size += len(setting.Name) + len(setting.Value)
	}
	text, args := slices.Grow(c.settings[:0], size), c.arguments[:0]
	sql := append(c.settingsSQL[:0], "SELECT pg_catalog.cardinality(ARRAY["...)
	argument := func(value string) {
		start := len(text)
		text = append(text, value...)
		args = append(args, text[start:len(text):len(text)])
		sql = append(sql, '$')
		sql = strconv.AppendInt(sql, int64(len(args)), 10)
	}
	first := true
	separate := func() {
		if !first {
			sql = append(sql, ", "...)
		}
		first = false
	}
	if before != "" {
		separate()
		sql = append(sql, before...)
	}
	for _, setting := range settings {
		separate()
		sql = append(sql, "pg_catalog.set_config("...)
		if isWord(setting.Name) {
			sql = append(sql, '\'')
			sql = append(sql, setting.Name...)
			sql = append(sql, '\'')
		} else {
			argument(setting.Name)
		}
		sql = append(sql, ", "...)
		argument(setting.Value)
		sql = append(sql, ", true)"...)
	}
	for _, further := range [...]string{modes, timeout} {
		if further != "" {
			separate()
			sql = append(sql, further...)
		}
	}
	sql = append(sql, "]::text[])"...)
	if cap(text) <= maxSettings {
		c.settings, c.arguments = text, args
	}
	c.settingsSQL = sql
	return c.known(sql), args
}

// maxSettings is how large the settings may be, in bytes, whose room a connection
// keeps for the next request's. The headers of a request can make them much larger.
const maxSettings = 8 << 10

// known gives a settings statement as a string, one for all its uses.
func (c *connection) known(sql []byte) string {
	if text, ok := c.settingsTexts[string(sql)]; ok {
		return text
	}
	if c.settingsTexts == nil || len(c.settingsTexts) == maxSettingsTexts {
		c.settingsTexts = map[string]string{}
	}
	text := string(sql)
	c.settingsTexts[text] = text
	return text
}

// maxSettingsTexts bounds what known keeps. There are few such statements, but each
// role and each function may have settings of its own.
const maxSettingsTexts = 64

// isWord reports a name that can stand between quotes as it is. Those of PostgreSQL's
// and its extensions' parameters are such; what a host configured need not be.
func isWord(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
