package query

import (
	"github.com/Masterminds/squirrel"
)

// fragment is SQL in the making, with a ? for each argument.
type fragment struct {
	sql  string
	args []any
}

func sql(text string, args ...any) fragment { return fragment{text, args} }

// add appends to the fragment.
func (f *fragment) add(text string, args ...any) {
	f.sql += text
	f.args = append(f.args, args...)
}

// join appends another fragment.
func (f *fragment) join(other fragment) { f.add(other.sql, other.args...) }

// within puts text around the fragment.
func (f fragment) within(before, after string) fragment {
	return fragment{before + f.sql + after, f.args}
}

// bound is the SQL of a bound predicate, which never fails.
func bound(s squirrel.Sqlizer, _ error) fragment {
	text, args, _ := s.ToSql()
	return fragment{text, args}
}
