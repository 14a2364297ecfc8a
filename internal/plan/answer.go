package plan

import (
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// Answer is what the plans that run in the database have in common: the rows that the
// client gets, and in which form.
type Answer struct {
	// Root is the tree of the rows.
	Root *Node
	// Media is the media type of the answer, and Format how its body is made.
	Media  mediatype.Type
	Format Format
	// Handler is the aggregate that makes the body in the Aggregated format.
	Handler *introspect.Handler
	// Explain asks for the execution plan instead of the rows; nil asks for the rows.
	Explain *mediatype.Plan
	// Head asks for the number of rows instead of the rows.
	Head bool
	// Version is that of the only row, to be told besides; nil for none, or for any number of
	// rows.
	Version *Version
	// Counting is how the rows beyond the page are counted.
	Counting
	// Keyset is the page by its key; nil for any other.
	Keyset *Keyset
	// ReadOnly runs the transaction read only.
	ReadOnly bool
	// Expect is what the result has to be, for the transaction to be committed.
	Expect Expectation
	// Uses are the relations and routines that the plan uses, if the planner tells of them.
	Uses []Use
	// LegacyNames are, by target and alias, the embeds that the request calls by their target
	// although they have an alias.
	LegacyNames [][2]string

	relies reliance
}

// Runnable is a plan that runs in the database: a *Read, *Mutate or *Call.
type Runnable interface {
	Plan
	Answered() *Answer
	// Vouched reports that it is the schema cache which vouched for what the database
	// contradicts.
	Vouched(Contradiction) bool
}

// Answered gives the part that all such plans have.
func (a *Answer) Answered() *Answer { return a }

// Expectation is what a result has to satisfy.
type Expectation struct {
	// Singular wants exactly one row.
	Singular bool
	// Matching wants the one row that a PUT is about.
	Matching bool
	// EachObject wants as many rows to be updated as the body has objects, Objects, which the plan doesn't
	// know.
	EachObject bool
	Objects    int64
	// MaxAffected is the most rows that there may be; -1 for any number.
	MaxAffected int64
	// Offset is where the page begins, which may not be beyond the last row.
	Offset int64
}

// Decides reports whether anything is expected, so that the result decides over
// commit or rollback.
func (e Expectation) Decides() bool {
	return e.Singular || e.Matching || e.EachObject || e.MaxAffected >= 0 || e.Offset > 0
}

// Check holds the number of rows of a result against the expectation, and the total, which
// is nil if it isn't known. Its errors are *apierror.Error.
func (e Expectation) Check(rows int64, total *int64) error {
	if err := e.CheckOffset(total); err != nil {
		return err
	}
	switch {
	case e.Matching && rows != 1:
		return apierror.PutMismatch()
	case e.Singular && rows != 1:
		return apierror.NotSingular(rows)
	case e.MaxAffected >= 0 && rows > e.MaxAffected:
		return apierror.MaxAffected(rows)
	}
	return nil
}

// CheckUpdated holds the number of rows that an update of many rows has updated against the
// number of objects in its body. Fewer or more of them may be shown. Its error is an
// *apierror.Error.
func (e Expectation) CheckUpdated(rows int64) error {
	if e.EachObject && rows != e.Objects {
		return apierror.NotEachObject(e.Objects, rows)
	}
	return nil
}

// CheckOffset holds the number of all rows, nil if it isn't known, against where the page
// begins. Its error is an *apierror.Error.
func (e Expectation) CheckOffset(total *int64) error {
	if total != nil && e.Offset > *total {
		return apierror.OffsetBeyond(e.Offset, *total)
	}
	return nil
}

// FarExceeded is the error for a result of which so many rows have come that the rest need
// not be counted: there are more than surplus rows beyond the expected ones. It is nil for
// any other result.
func (e Expectation) FarExceeded(rows, surplus int64) error {
	switch {
	case e.Singular && rows > 1+surplus:
		return apierror.FarFromSingular(rows - 1)
	case e.MaxAffected >= 0 && rows > e.MaxAffected+surplus:
		return apierror.FarBeyondMaxAffected(rows - 1)
	}
	return nil
}

// Format is a form of body.
type Format uint8

// The forms of body.
const (
	FormatArray      Format = iota // a JSON array of objects
	FormatObject                   // a single JSON object
	FormatCSV                      // comma-separated values with a header
	FormatGeoJSON                  // a GeoJSON FeatureCollection
	FormatSingle                   // the only row as a JSON object, or null
	FormatScalars                  // a JSON array of values
	FormatScalar                   // a single JSON value
	FormatRaw                      // a single value as it is
	FormatAggregated               // what an aggregate makes of all rows
	FormatRows                     // what an encoder of the host makes of them
)

// Count is a way to count the rows of a resource.
type Count uint8

// The counts of the count preference. An estimated count is exact up to the
// maximum of rows and the planner's guess beyond it.
const (
	CountNone Count = iota
	CountExact
	CountPlanned
	CountEstimated
)

func countOf(req *apirequest.Shape) Count {
	switch req.Prefer.Count {
	case "exact":
		return CountExact
	case "planned":
		return CountPlanned
	case "estimated":
		return CountEstimated
	}
	return CountNone
}

// Counting is how the rows beyond the page are counted.
type Counting struct {
	Count Count
	// MaxRows is the number of rows at which an estimated count stops counting. 0 never
	// stops it, and a negative number stops it before the first row.
	MaxRows int64
}

// Total makes the total of the count of rows and of the planner's estimate; nil stands for
// unknown.
func (c Counting) Total(counted, estimated *int64) *int64 {
	switch c.Count {
	case CountPlanned:
		return estimated
	case CountEstimated:
		if counted == nil || estimated == nil || c.MaxRows != 0 && *counted <= max(0, c.MaxRows) {
			return counted
		}
		total := max(*counted, *estimated)
		return &total
	}
	return counted
}

// WindowOf is the window of the root's rows, as the values of a request have it.
func (a *Answer) WindowOf(v *value.Values) filter.Window {
	if a.Root.Window.IsAll() {
		return filter.WholeWindow()
	}
	return v.Window.AtMost(a.MaxRows)
}

// checkPreferences refuses preferences that there aren't, if handling is strict.
func checkPreferences(req *apirequest.Shape) error {
	if req.Prefer.Strict && len(req.Prefer.Invalid) > 0 {
		return apierror.InvalidPreferences(req.Prefer.Invalid)
	}
	return nil
}

// finish settles what is the same for all plans that run in the database: the
// media type, and the preferences.
func (p *Planner) finish(a *Answer, req *apirequest.Shape, produce producer) error {
	if err := p.negotiate(a, req, produce); err != nil {
		return err
	}
	if err := checkPreferences(req); err != nil {
		return err
	}
	a.relies.onTree(a.Root)
	a.Head = req.Head && !req.Whole
	if a.Format == FormatAggregated {
		a.prepareRows()
	}
	a.Count = countOf(req)
	a.Root.StripNulls = a.Media.NullsStripped
	a.Expect.Singular = a.Format == FormatObject && a.Explain == nil
	a.Expect.MaxAffected = -1
	return nil
}
