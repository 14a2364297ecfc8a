package response

import (
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// kind says what the responses to plans of one kind say.
type kind interface {
	// content is what the body is made of.
	content() content
	// status is that of the response, unless the database chooses another.
	status(outcome) int
	// contentRange is the value of the Content-Range header; empty for no such header.
	contentRange(outcome) string
	// applied keeps those of the client's preferences that mean something here.
	applied(apirequest.Preferences) apirequest.Preferences
	// setOwnHeaders sets the headers that no other kind has.
	setOwnHeaders(*header, *apirequest.Request, outcome)
	// overridable reports that the database may choose status and headers.
	overridable() bool
	// settlesLate reports that it may do so as late as with the last row.
	settlesLate() bool
}

// kindOf tells the kind of a plan. Nothing else in the package asks for it.
func kindOf(p plan.Runnable) kind {
	if p.Answered().Explain != nil {
		return explanation{}
	}
	switch p := p.(type) {
	case *plan.Mutate:
		return write{p}
	case *plan.Call:
		return call{p}
	}
	return read{p.Answered()}
}

// content is what a body is made of.
type content uint8

const (
	contentRows      content = iota // rows, encoded one by one
	contentRow                      // the only row, encoded
	contentLines                    // the lines of an execution plan
	contentAggregate                // the value that an aggregate function made of all rows
	contentNone                     // no body: of the rows only the number counts
	contentKey                      // no body: the key of the only row becomes a header
)

// hasBody reports a body or, in the response to a HEAD request, the headers of one.
func (c content) hasBody() bool { return c != contentNone && c != contentKey }

// contentOf is the content of a response that shows the plan's rows.
func contentOf(a *plan.Answer) content {
	switch a.Format {
	case plan.FormatAggregated:
		return contentAggregate
	case plan.FormatObject, plan.FormatSingle, plan.FormatScalar:
		return contentRow
	}
	return contentRows
}
