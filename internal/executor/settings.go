package executor

import (
	"strconv"

	"github.com/pgrest-go/pgrest/auth"
)

// noOverrides undoes those of earlier requests. What was never set stays so, for a
// function may ask.
const noOverrides = "CASE WHEN pg_catalog.current_setting('response.headers', true) <> '' THEN pg_catalog.set_config('response.headers', '', true) END, " +
	"CASE WHEN pg_catalog.current_setting('response.status', true) <> '' THEN pg_catalog.set_config('response.status', '', true) END"

// settingsStatement makes all settings in one statement. Names are a part of the statement,
// which PostgreSQL reads once: from request to request only the values change. Its result
// is how many there are, for nobody wants them sent back.
func settingsStatement(settings []auth.Setting, overridden bool, modes string) (string, [][]byte) {
	size := 0
	for _, setting := range settings {
		size += len(setting.Name) + len(setting.Value)
	}
	text, args := make([]byte, 0, size), make([][]byte, 0, len(settings))
	sql := append(make([]byte, 0, usualStatement), "SELECT pg_catalog.cardinality(ARRAY["...)
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
	if overridden {
		separate()
		sql = append(sql, noOverrides...)
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
	if modes != "" {
		separate()
		sql = append(sql, modes...)
	}
	sql = append(sql, "]::text[])"...)
	return string(sql), args
}

// usualStatement is how long the statement of settings is for most requests, in bytes.
const usualStatement = 1 << 10

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
