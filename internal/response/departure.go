package response

import (
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
)

// departure is when the status and the headers of a response go out, if its body is large.
type departure uint8

const (
	// atThreshold is when the body passes the threshold. From there on it is streamed, and
	// an error breaks the connection off.
	atThreshold departure = iota
	// atEnd is behind the last row, and the commit of what writes. Until then the body
	// waits in the spool.
	atEnd
	// atEndWithRoom is the same, unless the spool has no room: then the body is streamed,
	// without what the end would tell.
	atEndWithRoom
)

// departure is when the status goes out, if it weren't for Conclude.
func (c *Config) departure(d departure) departure {
	if c.Conclude != nil {
		return atEnd
	}
	return d
}

// departureOf decides when the status goes out.
func departureOf(k kind, a *plan.Answer, proto apirequest.Proto) departure {
	switch {
	case !a.ReadOnly, // the commit may fail
		a.Expect.Decides(), // the number of rows may be an error
		a.Keyset != nil,    // links take the key of the last row
		k.settlesLate(),
		proto == apirequest.HTTP10: // which has no way to break a response off
		return atEnd
	case a.Count == plan.CountPlanned, a.Count == plan.CountEstimated: // the range may exceed them
		return atEndWithRoom
	}
	return atThreshold
}
