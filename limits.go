package pgrest

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// Limits bounds what one request may ask for, so that no client can have the database or
// this process work out of proportion to what it sends. Of each field 0 means its
// default, and a negative number no limit. The reference has no such limits, but for its
// HTTP server, which takes some 50 KB of request line and headers.
//
// What exceeds a limit is refused before any work goes into it, with a status of 4xx:
// what the query asks for with PGRST100, be it in the URL or in the body of a QUERY, a body
// with PGRST102. Fields that do otherwise say so.
type Limits struct {
	// MaxQueryBytes is how long the query string of the URL may be, and the path. What is
	// longer is answered with 414. The query in the body of a QUERY is bounded by
	// MaxBodyBytes. Default: 64 KiB.
	MaxQueryBytes int
	// MaxBodyBytes is how large a body may be. A larger one is answered with 413, and not
	// read if its length was announced. CSV is made JSON of, which has the names of the
	// columns in each row, and may not be larger as such either. A body is held in memory,
	// and PostgreSQL takes several times as much for it; the default lets some hundred
	// thousand rows be written at once. Default: 64 MiB.
	MaxBodyBytes int64
	// MaxBodyColumns is how many distinct names a body may have, those of all levels of rows within
	// rows together, and the parameters columns and on_conflict names. Default: 1,664, which is more than a relation has columns.
	MaxBodyColumns int
	// MaxBatchRequests is how many requests a batch may have. Each of them has the other limits
	// for itself, but for MaxBodyBytes, which is for the whole batch and again, with what
	// references lead to, for all of its bodies that have some; and MaxConcurrent counts the batch as one. Default: 100.
	MaxBatchRequests int
	// MaxConditions is how many conditions the filters may have, where each and, or and
	// not with brackets counts as one, too. Default: 2,000.
	MaxConditions int
	// MaxEmbeds is how many relations may be embedded, and how many of them may have a limit
	// or an offset; and how many members of the objects in a body may hold rows within rows, which
	// is refused with PGRST102. Default: 100.
	MaxEmbeds int
	// MaxEmbedDepth is how deep they may be embedded within each other, and how deep rows of a
	// body may be within others. Rows may multiply with each level. Default: 10.
	MaxEmbedDepth int
	// MaxSelectItems is how many items select may have, those of embeds included. Default:
	// 1,664, which is how many columns PostgreSQL lets a result have.
	MaxSelectItems int
	// MaxOrderTerms is how many terms the orders may have. Default: 100.
	MaxOrderTerms int
	// MaxListValues is how many values a list may have, as that of in.(1,2), and how many
	// arguments a query string or a form may give to a function. Default: 10,000.
	MaxListValues int
	// MaxHeaderValues is how many elements the headers Accept and Prefer may have. More
	// are answered with 431. Default: 100.
	MaxHeaderValues int
	// MaxRowsOf caps the rows of single relations, called "relation", which means those of
	// that name in all exposed schemas, or "schema.relation". It holds wherever clients read
	// their rows: by the relation itself, within each row that they are embedded in, and by
	// functions that return them, beside Options.MaxRows, of which the lower counts. Like
	// that it doesn't refuse a request, but ends its rows. It has to be positive. Default: none.
	MaxRowsOf map[string]int64
	// StatementTimeout is how long PostgreSQL may work on each statement of a request, as the
	// setting statement_timeout of its transaction. One that takes longer is cancelled,
	// which is answered as the protocol has it: with 500 and the code 57014. A lower
	// statement_timeout of the request's role, of the login, the database, or the function
	// that is called (see Options.HoistedSettings) holds. Of a fraction of a millisecond it
	// is a whole one. Default: none.
	StatementTimeout time.Duration
	// MaxCost is the cost up to which a statement may be estimated by PostgreSQL's planner,
	// in the planner's own units. It is asked with EXPLAIN, in a round trip before the request
	// (in another one for a count of all rows), and a request that costs more is answered
	// with 400 and the code 54001, before anything runs. An estimate that is low enough is
	// remembered for a minute, for requests of the same role that differ in nothing but
	// values, and have about as many bytes of these and about the same limit and offset: the
	// values themselves may cost less, or more. What a function does is not known to the
	// planner, unless it is SQL that is inlined, and an insert isn't asked about: its body
	// is what it costs. Default: none.
	MaxCost float64
	// MaxConcurrent is how many requests are answered at the same time, from their arrival
	// until their last byte is sent. Another one is answered with 503 at once, before
	// anything is done for it, with Retry-After and the code 53400: it doesn't wait, for
	// requests wait for connections anyway (see Options.AcquireTimeout). Default: none.
	MaxConcurrent int
	// MaxConcurrentOf is how many requests of a role are answered at the same time, by the
	// role's name. Another one is answered with 429, as soon as its role is known and before
	// the database is asked, with Retry-After and the code 53400. It has to be positive.
	// Default: none.
	MaxConcurrentOf map[string]int
}

// requests gives the limits as the reading of requests has them, where 0 is no limit.
func (l Limits) requests() apirequest.Limits {
	bound := func(limit, byDefault int) int { return max(cmp.Or(limit, byDefault), 0) }
	columns, values := bound(l.MaxBodyColumns, 1664), bound(l.MaxListValues, 10_000)
	return apirequest.Limits{
		URLBytes:     bound(l.MaxQueryBytes, 64<<10),
		BodyBytes:    max(cmp.Or(l.MaxBodyBytes, 64<<20), 0),
		BodyColumns:  columns,
		FormValues:   values,
		HeaderValues: bound(l.MaxHeaderValues, 100),
		Query: filter.Limits{
			Conditions:  bound(l.MaxConditions, 2_000),
			Embeds:      bound(l.MaxEmbeds, 100),
			EmbedDepth:  bound(l.MaxEmbedDepth, 10),
			SelectItems: bound(l.MaxSelectItems, 1664),
			OrderTerms:  bound(l.MaxOrderTerms, 100),
			ListValues:  values,
			Names:       columns,
		},
	}
}

// validate refuses limits that nothing could keep.
func (l Limits) validate() error {
	for _, name := range slices.Sorted(maps.Keys(l.MaxRowsOf)) {
		if most := l.MaxRowsOf[name]; name == "" || most <= 0 {
			return fmt.Errorf("Limits.MaxRowsOf has %d for %q; it wants a relation and a positive number", most, name)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(l.MaxConcurrentOf)) {
		if most := l.MaxConcurrentOf[role]; role == "" || most <= 0 {
			return fmt.Errorf("Limits.MaxConcurrentOf has %d for %q; it wants a role and a positive number", most, role)
		}
	}
	if math.IsNaN(l.MaxCost) {
		return fmt.Errorf("Limits.MaxCost is no number")
	}
	return nil
}

// batchRequests is how many requests a batch may have; 0 for any number.
func (l Limits) batchRequests() int { return max(cmp.Or(l.MaxBatchRequests, defaultBatch), 0) }

const defaultBatch = 100
