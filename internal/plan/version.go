package plan

import (
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Version is where a row has its version, which is another whenever the row has been
// written.
type Version struct {
	// Column is the column that the host names; nil for PostgreSQL's own columns xmin and
	// ctid, the transaction that wrote the row and where the row is since.
	Column *introspect.Column
}

// Match is the condition on a row: that it has one of the versions of value.Values.Versions,
// or with a Version of nil that it is there at all.
type Match struct {
	Version *Version
	// Absent is the opposite condition, that there is no such row.
	Absent bool
}

// versionOf finds where the rows of a relation have their versions; nil for nowhere.
// PostgreSQL's own columns are those of a table that has all of its rows itself: views lack
// them, and a row may go from one partition to another.
func (p *Planner) versionOf(t *introspect.Table) *Version {
	if p.config.NoVersions {
		return nil
	}
	if name, ok := p.config.VersionColumns[t.Name]; ok {
		if c, ok := t.Column(name); ok {
			return &Version{c}
		}
		return nil
	}
	if t.Kind != introspect.OrdinaryTable || t.Inherited || t.Distribution != introspect.Local {
		return nil
	}
	return &Version{}
}

// shownVersion is the version to be told with the rows of an answer. There is one if the
// request addresses a single row, and the answer has it as a row.
func (p *Planner) shownVersion(a *Answer, req *apirequest.Shape, t *introspect.Table) *Version {
	if req.Versionless || a.Head || a.Explain != nil || !p.addressesRow(req.Where, t) || a.Root.Aggregates() || a.Root.Distinct != nil || a.Root.Unknown() {
		return nil
	}
	switch a.Format {
	case FormatArray, FormatObject, FormatCSV, FormatRows:
	default:
		return nil
	}
	v := p.versionOf(t)
	if v != nil {
		a.relies.onVersion(t, v)
	}
	return v
}

// onVersion notes that the version's column is relied on.
func (r *reliance) onVersion(t *introspect.Table, v *Version) {
	if v.Column != nil {
		r.onColumns(t, []string{v.Column.Name})
	}
}

// match is the condition on the row that a request writes. An UPDATE or a DELETE finds out
// by itself whether there is any row, and only a PUT may want none.
func (p *Planner) match(req *apirequest.Shape, t *introspect.Table) (*Match, error) {
	switch {
	case req.Match == apirequest.MatchAny && req.Action == Upsert:
		return &Match{}, nil
	case req.Match == apirequest.MatchAbsent:
		return &Match{Absent: true}, nil
	case req.Match != apirequest.MatchVersion:
		return nil, nil
	case !p.addressesRow(req.Where, t):
		return nil, apierror.NoRowToMatch()
	}
	v := p.versionOf(t)
	if v == nil {
		return nil, apierror.NoVersionToMatch(t.Name.Name)
	}
	return &Match{Version: v}, nil
}
