package response

import "github.com/pgrest-go/pgrest/internal/plan"

// outcome is what is known of a result when the headers are written.
type outcome struct {
	// rows is the number of rows of the page, which begins at offset.
	rows, offset int64
	// total is the number of all rows, of which the page is a part, or unknown.
	total int64
	// ended reports that all rows have come. Until then, rows is what total lets expect.
	ended bool
	// inserted reports rows that an upsert inserted.
	inserted bool
	// location is the URL of the only row that was written; empty for none.
	location string
	// links is the value of the Link header; empty for none.
	links string
	// placed reports a page that begins or ends at a row, of whose number nothing is known.
	placed bool
}

// unknown is a total that nobody asked for.
const unknown = -1

// outcome tells of a result that has come to its end. A total that is an estimate is raised
// to the end of the page: a range has to lie within its whole (RFC 9110, section 14.4).
func (r *response) outcome() outcome {
	o := outcome{
		rows: r.result.Rows, offset: r.req.Values.Window.Offset, total: r.total(), ended: true,
		inserted: r.result.Inserted != nil && *r.result.Inserted > 0, location: r.location, links: r.links,
		placed: r.plan.Keyset != nil && r.plan.Keyset.Bound != plan.Unplaced,
	}
	if o.total != unknown && o.rows > 0 {
		o.total = max(o.total, o.offset+o.rows)
	}
	return o
}

// expected tells of a result whose rows are still to come.
func (r *response) expected() outcome {
	o := outcome{offset: r.req.Values.Window.Offset, total: r.total()}
	if o.total != unknown {
		o.rows = r.plan.WindowOf(&r.req.Values).Of(o.total)
	}
	return o
}

// total is the number of all rows as the client wants them counted, or unknown.
func (r *response) total() int64 {
	if total := r.result.Total(); total != nil {
		return *total
	}
	return unknown
}
