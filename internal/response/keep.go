package response

import (
	"maps"
	"net/http"
	"slices"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Answer is a response as it is sent, to be kept and sent again.
type Answer struct {
	Status int
	Fields []Field
	// Body is valid until Conclude has returned.
	Body []byte
}

// Field is a header of an answer.
type Field struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	// Added has the values stand behind those that the host has set already, and not in
	// their place.
	Added bool `json:"added,omitempty"`
}

// Keeping has a response kept before it is sent.
type Keeping struct {
	// Most is how many bytes the body may have. A larger one is an error, and nothing of the
	// command is committed.
	Most int
	// Keep is told the answer, when all rows have been read and before Conclude.
	Keep func(Answer) error
}

// tooLarge reports a body that can't be kept.
func (r *response) tooLarge() bool {
	return r.config.Keeping != nil && len(r.body.piece) > r.config.Keeping.Most
}

// revokeTooLarge gives up a command whose body can't be kept.
func (r *response) revokeTooLarge() error {
	reason := apierror.TooLargeToKeep(r.config.Keeping.Most)
	r.result.Revoke(reason)
	return reason
}

// sendKept keeps the response, concludes, and sends it. Its headers are made aside, for they
// mustn't be in an error's response.
func (r *response) sendKept() error {
	if r.tooLarge() {
		return r.revokeTooLarge()
	}
	h := r.client.w.Header()
	before, made := h.Clone(), h.Clone()
	if made == nil {
		made = http.Header{}
	}
	status, bodyFollows, err := r.head(made, r.outcome())
	if err != nil {
		return err
	}
	answer := Answer{Status: status, Fields: fieldsOf(before, made)}
	if bodyFollows {
		answer.Body = r.body.piece
	}
	if err := r.config.Keeping.Keep(answer); err != nil {
		return err
	}
	if r.config.Conclude != nil {
		if err := r.config.Conclude(); err != nil {
			return err
		}
	}
	answer.send(&r.client, r.config)
	return nil
}

// fieldsOf are the headers that are in one and not, or otherwise, in the one before, in the
// order of their names.
func fieldsOf(before, made http.Header) []Field {
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(made)) {
		values, old := made[name], before[name]
		switch {
		case slices.Equal(values, old):
		case len(old) > 0 && len(values) > len(old) && slices.Equal(values[:len(old)], old), len(old) == 0 && isList(name):
			fields = append(fields, Field{Name: name, Values: values[len(old):], Added: true})
		default:
			fields = append(fields, Field{Name: name, Values: values})
		}
	}
	return fields
}

// isList reports a header that the API adds to those of the host.
func isList(name string) bool { return name == "Vary" || name == "Set-Cookie" || name == "Warning" }

// Replay sends an answer that was kept.
func Replay(w http.ResponseWriter, a Answer, c Config) {
	a.send(&client{w: w, timeout: c.WriteTimeout}, c)
}

// send sends the answer, with the headers that are about this exchange alone.
func (a Answer) send(to *client, c Config) {
	h := to.w.Header()
	for _, f := range a.Fields {
		if f.Added {
			h[f.Name] = append(h[f.Name], f.Values...)
		} else {
			h[f.Name] = f.Values
		}
	}
	addTiming(h, c)
	to.w.WriteHeader(a.Status)
	if len(a.Body) > 0 {
		to.send(a.Body) // a client that goes away is not our error
	}
}
