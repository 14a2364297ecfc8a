package pgrest

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// told is the error that the client is told: the host's, if Options.MapError makes another
// one of it. The host is told the same.
func (x *exchange) told(e *apierror.Error) *apierror.Error {
	if x.options.MapError == nil {
		return e
	}
	told, r := e, x.r
	if x.batch != nil {
		r = x.batch.failing(r)
	}
	guard(x.options.Logger, "MapError", func() {
		given := newError(e)
		if mapped := x.options.MapError(r, given); mapped != nil {
			told = mapped.internal(e.Status, x.options.logDetails)
		}
	})
	return told
}

// internal gives an error of the host's to those who answer with it. One without a status
// that can be that of an answer has the status of the error that it stands for.
func (e *Error) internal(status int, unusable func(error)) *apierror.Error {
	if least, most := 200, 999; e.Status >= least && e.Status <= most {
		status = e.Status
	}
	told := apierror.Error{Code: e.Code, Status: status, Message: e.Message, Details: e.Details, Hint: e.Hint, Header: canonical(e.Header)}
	switch e.Details.(type) {
	case nil, string:
	default: // a value of any type: its JSON is made here, where a panic does no harm
		text, err := json.Marshal(e.Details)
		if told.Details = json.RawMessage(text); err != nil {
			told.Details = nil
			unusable(err)
		}
	}
	return apierror.Mapped(told, e.Cause)
}

// canonical copies headers under the names that net/http has them under.
func canonical(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	c := make(http.Header, len(h))
	for name, values := range h {
		name = http.CanonicalHeaderKey(name)
		c[name] = append(c[name], values...)
	}
	return c
}

// logDetails logs that the host's details of an error can't be made JSON of.
func (o Options) logDetails(err error) {
	o.Logger.Error("details of the host's error left out", "error", apierror.ForLog(fmt.Errorf("make JSON of them: %w", err)))
}
