package query

import (
	"github.com/Masterminds/squirrel"
)

// fragment is SQL in the making, with a ? for each argument. It grows at its end,
// as a slice does: only the last copy of it may.
type fragment struct {
	sql  []byte
	args []any
}

func sql(text string, args ...any) fragment { return fragment{[]byte(text), args} }

// add appends to the fragment.
func (f *fragment) add(text string, args ...any) {
	f.sql = append(f.sql, text...)
	f.args = append(f.args, args...)
}

// join appends another fragment.
func (f *fragment) join(other fragment) {
	f.sql = append(f.sql, other.sql...)
	f.args = append(f.args, other.args...)
}

func (f *fragment) empty() bool { return len(f.sql) == 0 }

// within puts text around the fragment.
func (f fragment) within(before, after string) fragment {
	text := make([]byte, 0, len(before)+len(f.sql)+len(after))
	text = append(append(append(text, before...), f.sql...), after...)
	return fragment{text, f.args}
}

// bound is the SQL of a bound predicate, which never fails.
func bound(s squirrel.Sqlizer, _ error) fragment {
	text, args, _ := s.ToSql()
	return fragment{[]byte(text), args}
}
