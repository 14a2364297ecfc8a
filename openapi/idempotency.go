package openapi

import (
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// addIdempotencyKey adds the header that has a write take effect once.
func (d *document) addIdempotencyKey() {
	if d.config.IdempotencyKeys {
		d.addOwnParameter("Idempotency-Key", header("Idempotency-Key", "A key of the client's choice, a string in double quotes. "+
			"The same request with the same key is answered the same, and has its effect once; another request with it is refused with 422, "+
			"and one that comes while the first is being answered perhaps with 409.",
			object{{"type", "string"}, {"pattern", `^"(\\["\\]|[ !#-\[\]-~])+"$`}}, `"8e03978e-40d5-43dd-bc93-6894a57f9324"`))
	}
}

// writeHeaders are the headers of a write.
func (d *document) writeHeaders() []parameter {
	if !d.config.IdempotencyKeys {
		return d.profile("Content-Profile")
	}
	return append(ownParameters("Idempotency-Key"), d.profile("Content-Profile")...)
}

// callHeaders are those of a call by POST, which may write if one of the overloads is volatile.
func (d *document) callHeaders(overloads []*introspect.Routine) []parameter {
	if slices.ContainsFunc(overloads, func(r *introspect.Routine) bool { return r.Volatility == introspect.Volatile }) {
		return d.writeHeaders()
	}
	return d.profile("Content-Profile")
}
