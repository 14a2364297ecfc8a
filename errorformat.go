package pgrest

import (
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/enum"
	"github.com/pgrest-go/pgrest/internal/mediatype"
)

// ErrorFormat is the form of the bodies of errors. In each of them there are code, message,
// details and hint, as the protocol has them.
type ErrorFormat uint8

// The forms of errors. Problem details (RFC 9457) have the members type, which is
// about:blank, title, status and detail beside the protocol's.
const (
	// ErrorsJSON are of application/json, as those of the reference are.
	ErrorsJSON ErrorFormat = iota
	// ErrorsProblem are of application/problem+json.
	ErrorsProblem
	// ErrorsAccepted are of application/problem+json for clients that name it in Accept,
	// as in "application/json, application/problem+json", and else of application/json.
	ErrorsAccepted
)

var errorFormats = [...]string{ErrorsJSON: "json", ErrorsProblem: "problem", ErrorsAccepted: "accepted"}

// String gives the form in a word.
func (f ErrorFormat) String() string { return enum.Name(errorFormats[:], f) }

// wantsProblem reports whether an error of this request is to be problem details.
func (x *exchange) wantsProblem() bool {
	switch x.options.ErrorFormat {
	case ErrorsProblem:
		return true
	case ErrorsAccepted:
		for _, value := range x.r.Header["Accept"] {
			if strings.Contains(strings.ToLower(value), apierror.ProblemType) && accepts(value, apierror.ProblemType) {
				return true
			}
		}
	}
	return false
}

// accepts reports a value of Accept that names a media type.
func accepts(value, name string) bool {
	for _, media := range mediatype.ParseAccept(value) {
		if of, _, _ := strings.Cut(media.Name, ";"); strings.EqualFold(of, name) {
			return true
		}
	}
	return false
}
