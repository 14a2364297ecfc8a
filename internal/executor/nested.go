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

// sendAll queues statements that give nothing.
func (r *Result) sendAll(list []query.Statement) {
	for i := range list {
		r.pipe.send(r.tx.role(), list[i].SQL, r.cmd.Values.Bind(list[i].Args))
	}
}

// skipAll reads their results.
func (r *Result) skipAll(list []query.Statement) error {
	for i := range list {
		if err := r.pipe.skip(1); err != nil {
			return r.inBody(&list[i], apierror.OfStatement(list[i].SQL, err))
		}
	}
	return nil
}

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
// PostgreSQL takes the objects in their order, and complains of the first one. What it says may be
// in any language.
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
	}
	return objectWithText(objects, refusal.Message)
}

// objectWithKey finds the object that has the values of a key, as in "Key (a, b)=(1, x) already
// exists.": the only one, or the second one of those that conflict with each other.
func objectWithKey(objects []map[string]json.RawMessage, detail string, conflicts bool) (place int) {
	before, _, ok := strings.Cut(detail, ")=(")
	if !ok {
		return 0
	}
	names := before[strings.LastIndexByte(before, '(')+1:]
	found := 0
	for i, object := range objects {
		var values []string
		for column := range strings.SplitSeq(names, ", ") {
			if text, ok := textOf(object, strings.Trim(column, `"`)); ok {
				values = append(values, text)
			}
		}
		if !strings.Contains(detail, "("+names+")=("+strings.Join(values, ", ")+")") {
			continue
		}
		if found++; place == 0 || conflicts && found == 2 {
			place = i + 1
		}
	}
	return place
}

// quotationMarks are those that PostgreSQL's messages have around values, in its languages.
const quotationMarks = `"'«»„“”「」`

// objectWithText finds the only object that has the text which a message ends in, in quotation
// marks.
func objectWithText(objects []map[string]json.RawMessage, message string) (place int) {
	quoted := strings.TrimRight(message, quotationMarks)
	if quoted == message {
		return 0
	}
	for i, object := range objects {
		for name := range object {
			text, ok := textOf(object, name)
			before, ends := strings.CutSuffix(quoted, text)
			if !ok || text == "" || !ends || strings.TrimRight(before, quotationMarks) == before {
				continue
			}
			if place > 0 && place != i+1 {
				return 0
			}
			place = i + 1
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
