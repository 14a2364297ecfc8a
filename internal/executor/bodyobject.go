package executor

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

// objectOf finds the place of the object that PostgreSQL complains of; 0 if it can't be told.
// PostgreSQL takes the objects in their order, and complains of the first one. What it says may be
// in any language.
func objectOf(refusal *pgconn.PgError, l *value.Level, s *query.Statement) int {
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
		return cmp.Or(objectOfRow(objects, refusal.Detail, s.Columns), objectWithNull(objects, refusal.ColumnName, s))
	case "23503", "23505", "23P01": // foreign_key_violation, unique_violation, exclusion_violation
		return objectWithKey(objects, refusal.Detail, refusal.Code != "23503")
	case "23514": // check_violation
		return objectOfRow(objects, refusal.Detail, s.Columns)
	}
	if strings.HasPrefix(refusal.Code, "22") { // data_exception; others end in names
		return objectWithText(objects, refusal.Message)
	}
	return 0
}

// objectWithNull finds the first object without a value for a column. Where some have null and
// others leave it out, these may have had a default.
func objectWithNull(objects []map[string]json.RawMessage, name string, s *query.Statement) (place int) {
	if !slices.Contains(s.Columns, name) || slices.Contains(s.Filled, name) {
		return 0
	}
	missing, null := false, false
	for i, object := range objects {
		if _, ok := textOf(object, name); ok {
			continue
		}
		place = cmp.Or(place, i+1)
		if _, there := object[name]; there {
			null = true
		} else {
			missing = true
		}
	}
	if missing && null {
		return 0
	}
	return place
}

// objectOfRow finds the only object that can be the row of "Failing row contains (1, x, null)."
// by what it has, in the columns' order; where the role may not read all columns, PostgreSQL
// names those that it tells.
func objectOfRow(objects []map[string]json.RawMessage, detail string, columns []string) (place int) {
	from, to := strings.IndexByte(detail, '('), strings.LastIndexByte(detail, ')')
	if columns == nil || from < 0 || to < from {
		return 0
	}
	row := detail[from+1 : to]
	if names, values, ok := strings.Cut(row, ") = ("); ok {
		columns, row = strings.Split(names, ", "), values
	}
	texts := strings.Split(row, ", ")
	if len(texts) != len(columns) { // a text has a comma
		return 0
	}
	for i, object := range objects {
		fits := true
		for j := 0; j < len(columns) && fits; j++ {
			raw, there := object[columns[j]]
			fits = !there || printedAs(raw, texts[j])
		}
		if fits && place > 0 {
			return 0
		}
		if fits {
			place = i + 1
		}
	}
	return place
}

// printedAs reports a value of JSON that PostgreSQL may have printed as a text, which it cuts.
func printedAs(raw json.RawMessage, text string) bool {
	switch raw[0] {
	case 'n':
		return text == "null"
	case 't', 'f':
		return text == string(raw[:1]) || text == string(raw)
	case '[', '{':
		return text != "null"
	case '"':
		var given string
		if json.Unmarshal(raw, &given) != nil {
			return false
		}
		begin, cut := strings.CutSuffix(text, "...")
		return given == text || cut && strings.HasPrefix(given, begin)
	}
	given, err1 := strconv.ParseFloat(string(raw), 64)
	printed, err2 := strconv.ParseFloat(text, 64)
	return text == string(raw) || err1 == nil && err2 == nil && given == printed
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
		for _, raw := range object {
			if !hasText(raw, quoted) {
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

// hasText reports that a value is the text which a message ends in, behind a quotation mark, or
// that it may have it within: as arrays and rows do, in JSON or as PostgreSQL writes them.
func hasText(raw json.RawMessage, message string) bool {
	mark := strings.LastIndexAny(message, quotationMarks)
	switch text, ok := textOf(map[string]json.RawMessage{"": raw}, ""); {
	case !ok || text == "":
		return false
	case strings.IndexByte("[{(", text[0]) >= 0 && mark >= 0 && strings.Contains(text, strings.TrimLeft(message[mark:], quotationMarks)):
		return true
	default:
		before, ends := strings.CutSuffix(message, text)
		return ends && strings.TrimRight(before, quotationMarks) != before
	}
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
