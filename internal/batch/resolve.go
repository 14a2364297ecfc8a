package batch

import "github.com/pgrest-go/pgrest/filter"

// Limits bounds requests with what their references lead to. A field that is 0 bounds nothing.
type Limits struct {
	QueryBytes int
	// BodyBytes is for all bodies of a batch that have references, of which those that precede
	// have SpentBytes.
	BodyBytes, SpentBytes int64
}

// Resolved is a request of a batch with what its references lead to.
type Resolved struct {
	// Query is the query string to parse. Bind, which isn't nil if it has references, puts what
	// they lead to into what was parsed.
	Query string
	Bind  func(*filter.Query) error
	// Written is the query string as the client has it.
	Written string
	// Body is nil for none.
	Body []byte
}

// Resolve finds what the request's references lead to. Its errors are *apierror.Error.
func (r *Request) Resolve(answers Answers, limits Limits) (*Resolved, error) {
	resolved := &Resolved{Query: r.query.text, Written: r.query.written}
	if len(r.query.marks) > 0 {
		v, err := r.query.resolve(answers, limits.QueryBytes)
		if err != nil {
			return nil, err
		}
		resolved.Bind = v.bind
	}
	var err error
	resolved.Body, err = r.body.resolve(answers, limits.BodyBytes, limits.SpentBytes)
	return resolved, err
}
