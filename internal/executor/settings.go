package executor

import (
	"errors"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/auth"
)

// The isolation level and the access mode of a transaction without a BEGIN are those of
// the session's defaults, which may be the database's or the role's. These settings say
// which they are to be.
const (
	readCommitted = "pg_catalog.set_config('transaction_isolation', 'read committed', true)"
	readOnly      = readCommitted + ", pg_catalog.set_config('transaction_read_only', 'on', true)"
	readWrite     = readCommitted + ", pg_catalog.set_config('transaction_read_only', 'off', true)"
)

// modes are those settings, if no BEGIN says it.
func (c *Command) modes(conn *pgconn.PgConn, explicit bool) string {
	switch {
	case explicit:
		return ""
	case c.ReadOnly:
		return readOnly
	case onStandby(conn):
		return readCommitted
	}
	return readWrite
}

// otherModes reports that the making of settings failed because the transaction had
// begun in other modes. It is a query already, before which they would have to be set:
// only to what they are can it set them. A standby can't even begin a transaction that
// is SERIALIZABLE.
func otherModes(conn *pgconn.PgConn, err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "25001" || pg.Code == "0A000" && onStandby(conn))
}

// noOverrides undoes those of earlier requests. What was never set stays so, for a
// function may ask.
const noOverrides = "CASE WHEN pg_catalog.current_setting('response.headers', true) <> '' THEN pg_catalog.set_config('response.headers', '', true) END, " +
	"CASE WHEN pg_catalog.current_setting('response.status', true) <> '' THEN pg_catalog.set_config('response.status', '', true) END"

// settingsStatement makes all settings in one statement. Names are
// a part of the statement, which PostgreSQL reads once: from request to request only
// the values change. Its result is how many there are, for nobody wants them sent
// back. The arguments are valid until the connection's next statement of settings.
func (s *statements) settingsStatement(settings []auth.Setting, overridden bool, modes string) (string, [][]byte) {
	size := 0
	for _, setting := range settings {
		size += len(setting.Name) + len(setting.Value)
	}
	text, args := slices.Grow(s.settings[:0], size), s.arguments[:0]
	sql := append(s.settingsSQL[:0], "SELECT pg_catalog.cardinality(ARRAY["...)
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
	if cap(text) <= maxSettings {
		s.settings, s.arguments = text, args
	}
	s.settingsSQL = sql
	return s.known(sql), args
}

// maxSettings is how large the settings may be, in bytes, whose room a connection
// keeps for the next request's. The headers of a request can make them much larger.
const maxSettings = 8 << 10

// known gives a settings statement as a string, one for all its uses.
func (s *statements) known(sql []byte) string {
	if text, ok := s.settingsTexts[string(sql)]; ok {
		return text
	}
	if s.settingsTexts == nil || len(s.settingsTexts) == maxSettingsTexts {
		s.settingsTexts = map[string]string{}
	}
	text := string(sql)
	s.settingsTexts[text] = text
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
