package apierror

import (
	"errors"
	"fmt"
	"net/http"
)

// The errors of bodies of rows within rows, and where in the body they are.

// inBody says where in a body an error is.
type inBody struct {
	// Pointer is the JSON Pointer of an object, or of a member of it; nil if it isn't known.
	Pointer *string `json:"pointer,omitempty"`
	// Level has the names of the members that lead to the objects one of which it is about.
	Level   string `json:"level,omitempty"`
	Details any    `json:"details"`
}

// located is an error of PostgreSQL's that is about an object of the body.
type located struct {
	error
	at inBody
}

// Unwrap gives PostgreSQL's error.
func (e *located) Unwrap() error { return e.error }

// AtPointer says which object of the body an error of PostgreSQL's is about.
func AtPointer(pointer string, err error) error { return &located{err, inBody{Pointer: &pointer}} }

// AtLevel says that an error of PostgreSQL's is about one of the objects that members of these
// names lead to; an empty level is that of the relation itself.
func AtLevel(level string, err error) error { return &located{err, inBody{Level: level}} }

// At gives the error with the JSON Pointer of what it is about in the details.
func (e *Error) At(pointer string) *Error { return e.in(inBody{Pointer: &pointer}) }

func (e *Error) in(at inBody) *Error {
	if at.Pointer == nil && at.Level == "" {
		return e
	}
	within := *e
	if at.Details = e.Details; at.Details != nil {
		if text, ok := e.Details.(string); ok {
			at.Details = CutTo(text, maxText)
		}
	}
	within.Details = at
	return &within
}

// fromLocated is From for an error that says where in the body it is; nil for others.
func fromLocated(err error, anonymous bool) *Error {
	var l *located
	if !errors.As(err, &l) {
		return nil
	}
	return From(l.error, anonymous).in(l.at)
}

// TooDeeplyNested is PGRST102 for a body whose objects have more levels than there may be.
func TooDeeplyNested(most int) *Error {
	return &Error{Code: "PGRST102", Message: "The request body has too many levels of rows within rows", Details: atMost(most), Status: http.StatusBadRequest}
}

// TooManyNested is PGRST102 for a body with more members that hold rows than there may be.
func TooManyNested(most int) *Error {
	return &Error{Code: "PGRST102", Message: "The request body has too many members that hold rows", Details: atMost(most), Status: http.StatusBadRequest}
}

// KeysDiffer is PGRST102 for an object that lacks a member which others beside it have.
func KeysDiffer(name string) *Error {
	e := InvalidBody("All object keys must match")
	e.Details, e.Hint = "The object has no '"+name+"', which others in its place have.", "Prefer: missing=default gives columns that are missing their defaults."
	return e
}

// KeyRepeated is PGRST102 for an object that has a member twice.
func KeyRepeated(name string) *Error {
	return InvalidBody("The object has '" + name + "' more than once")
}

// NotNested is PGRST102 for a value that is no row, or no rows, within an object.
func NotNested(name string, many bool) *Error {
	if many {
		return InvalidBody("'" + name + "' wants an array of objects")
	}
	return InvalidBody("'" + name + "' wants an object")
}

// FilledTwice is PGRST102 for an object that has columns which are filled in with the key of
// another one; name is that of the member with the other one, empty for the object around it.
func FilledTwice(columns, name string) *Error {
	of := "the object around it"
	if name != "" {
		of = "'" + name + "'"
	}
	return InvalidBody("The object has " + columns + ", which " + of + " fills in")
}

// NotInsertable is PGRST102 for a member whose rows can't be inserted, for a reason.
func NotInsertable(name, reason string) *Error {
	e := InvalidBody("The rows of '" + name + "' can't be inserted within others")
	e.Details = reason
	return e
}

// NoKeyToReturn is 42P10 (invalid_column_reference), the SQLSTATE for a key that isn't there:
// the rows of a relation can't be found again.
func NoKeyToReturn(table string) *Error {
	return &Error{Code: "42P10", Message: fmt.Sprintf("'%s' has no primary key by which rows could be read when those within them are there", table),
		Hint: "Prefer: return=minimal needs no key.", Status: http.StatusBadRequest}
}

// RowMissed is in the message of the error of an insert that has left out rows which others
// refer to: PostgreSQL can't make a boolean of it.
const RowMissed = "pgrst: a row has not been inserted"

// rowMissed is foreign_key_violation, for want of a row to refer to.
func rowMissed() *Error {
	return &Error{Code: "23503", Message: "A row that others refer to was not inserted, or has no key", Hint: "A trigger or a rule of the relation leaves it out.",
		Status: http.StatusConflict}
}

// KeysDisagree is in the message of the error of an insert in which two keys, or a key and the
// body, have another value for the same column.
const KeysDisagree = "pgrst: a column has two values"

// keysDisagree is PGRST102 for an object with such a column.
func keysDisagree() *Error {
	e := InvalidBody("The object has another key than the rows around it or within it")
	e.Hint = "What a key fills in can be left out."
	return e
}
