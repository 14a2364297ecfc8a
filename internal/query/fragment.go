package query

import (
	"github.com/Masterminds/squirrel"

	"github.com/pgrest-go/pgrest/internal/value"
)

// fragment is SQL in the making, with a ? for each argument. It grows at its end,
// as a slice does: only the last copy of it may.
type fragment struct {
	sql  []byte
	args []value.Arg
}

func sql(text string, args ...value.Arg) fragment { return fragment{[]byte(text), args} }

// add appends to the fragment.
func (f *fragment) add(text string, args ...value.Arg) {
	f.sql = append(f.sql, text...)
	f.args = append(f.args, args...)
}

// join appends another fragment.
func (f *fragment) join(other fragment) {
	f.sql = append(f.sql, other.sql...)
	f.args = append(f.args, other.args...)
}

func (f *fragment) empty() bool { return len(f.sql) == 0 }

// ToSql gives the fragment to squirrel.
//
//lint:ignore ST1003 the name is squirrel's
func (f fragment) ToSql() (string, []any, error) {
	args := make([]any, len(f.args))
	for i, arg := range f.args {
		args[i] = arg
	}
	return string(f.sql), args, nil
}

// within puts text around the fragment.
func (f fragment) within(before, after string) fragment {
	text := make([]byte, 0, len(before)+len(f.sql)+len(after))
	text = append(append(append(text, before...), f.sql...), after...)
	return fragment{text, f.args}
}

// bound is the fragment of what filter has bound, which never fails. Texts among its
// arguments, such as the keys of JSON paths, belong to the shape, so they are constants.
func bound(s squirrel.Sqlizer) fragment {
	text, args, _ := s.ToSql()
	f := fragment{sql: []byte(text)}
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			f.args = append(f.args, value.Constant(arg))
		case value.Arg:
			f.args = append(f.args, arg)
		}
	}
	return f
}
