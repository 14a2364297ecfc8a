package executor

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

// inBody says where in a body of rows within rows an error of a statement is: which object it is
// about, if there is one alone or if PostgreSQL tells enough, or else which level. Errors of other
// statements it gives as they are.
func (r *Result) inBody(s *query.Statement, err error) error {
	var refusal *pgconn.PgError
	if s.Level == 0 || !errors.As(err, &refusal) {
		return err
	}
	values, level := r.cmd.Values, s.Level-1
	if place := objectOf(refusal, &values.Levels[level], s.Filled); place > 0 {
		return apierror.AtPointer(values.Pointer(level, place), err)
	}
	return apierror.AtLevel(values.LevelName(level), err)
}

// objectOf finds the place of the object that PostgreSQL complains of; 0 if it can't be told.
// PostgreSQL takes the objects in their order, and complains of the first one.
func objectOf(refusal *pgconn.PgError, l *value.Level, filled []string) int {
	switch {
	case len(l.Around) == 1:
		return 1
	case refusal.Where != "": // within a function, and about anything
		return 0
	}
	var objects []map[string]json.RawMessage
	if json.Unmarshal(l.Rows, &objects) != nil {
		return 0
	}
	switch refusal.Code {
	case "23502": // not_null_violation
		if refusal.ColumnName == "" || slices.Contains(filled, refusal.ColumnName) {
			return 0
		}
		return 1 + slices.IndexFunc(objects, func(object map[string]json.RawMessage) bool {
			_, ok := textOf(object, refusal.ColumnName)
			return !ok
		})
	case "23503", "23505", "23P01": // foreign_key_violation, unique_violation, exclusion_violation
		return objectWithKey(objects, refusal.Detail, refusal.Code != "23503")
	default:
		return objectWithText(objects, refusal.Message)
	}
	return 0
}

// objectWithKey finds the object that has the values of a key, as in "Key (a, b)=(1, x) already
// exists.": the only one, or the last one of two that conflict with each other.
func objectWithKey(objects []map[string]json.RawMessage, detail string, conflicts bool) (place int) {
	names, rest, _ := strings.Cut(strings.TrimPrefix(detail, "Key ("), ")=(")
	end := strings.LastIndexByte(rest, ')')
	if next := strings.Index(rest, ") "); next >= 0 {
		end = next
	}
	if end < 0 {
		return 0
	}
	columns, values := strings.Split(names, ", "), strings.Split(rest[:end], ", ")
	if len(columns) != len(values) {
		return 0
	}
	found := 0
	for i, object := range objects {
		same := true
		for n, column := range columns {
			text, ok := textOf(object, strings.Trim(column, `"`))
			same = same && ok && text == values[n]
		}
		if !same {
			continue
		}
		if found++; place == 0 || conflicts && found == 2 {
			place = i + 1
		}
	}
	return place
}

// objectWithText finds the only object that has a text which a message ends in, in quotes.
func objectWithText(objects []map[string]json.RawMessage, message string) (place int) {
	_, quoted, ok := strings.Cut(message, `: "`)
	if quoted, ok = strings.CutSuffix(quoted, `"`); !ok {
		return 0
	}
	for i, object := range objects {
		for name := range object {
			if text, ok := textOf(object, name); ok && text == quoted {
				if place > 0 && place != i+1 {
					return 0
				}
				place = i + 1
			}
		}
	}
	return place
}

// textOf is the text of a member; ok is false for null, and for none.
func textOf(object map[string]json.RawMessage, name string) (text string, ok bool) {
	raw := object[name]
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		return "", false
	case raw[0] != '"':
		return string(raw), true
	}
	return text, json.Unmarshal(raw, &text) == nil
}
