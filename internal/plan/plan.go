package plan

import (
	"sync"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/suggest"
	"github.com/pgrest-go/pgrest/introspect"
)

// Config is what of the handler's options decides over plans.
type Config struct {
	// MaxRows caps the rows of reads, and of what is embedded to-many in them. 0 is no cap,
	// and a negative number lets no row pass.
	MaxRows int64
	// MaxRowsOf caps those of single relations, also where they are embedded. What isn't
	// positive caps nothing.
	MaxRowsOf map[introspect.QualifiedName]int64
	// Aggregates allows aggregate functions.
	Aggregates bool
	// Plans allows the media type of execution plans.
	Plans bool
	// NoTypeScript refuses descriptions in TypeScript.
	NoTypeScript bool
	// NoUpserts leaves the predicates of partial indexes to clients, who can't give them.
	NoUpserts bool
	// NoVersions has rows have no versions.
	NoVersions bool
	// VersionColumns are the columns that have the versions of single relations' rows; an
	// empty name has them have none.
	VersionColumns map[introspect.QualifiedName]string
	// NoGrouping refuses aggregates within to-many spreads, and orders by aliases.
	NoGrouping bool
	// Casts are the types, beside text, that conditions and orders may cast fields to. Nil has
	// casts in the names of parameters count only where PostgREST doesn't answer.
	Casts []string
	// NullRows has functions that return one row, and return NULL, have no row.
	NullRows bool
	// Operators are the host's, by their names.
	Operators map[string]*Operator
	// Encoded are the media types that the host encodes rows in.
	Encoded map[string]bool
	// Privileges has the description of the API leave out what the role may not use.
	Privileges bool
	// Uses has plans tell which relations and routines they use, and refuses names of which
	// only PostgreSQL could tell that.
	Uses bool
	// StrictTargetNames has filters, orders and pages refer to an embed with an alias by the
	// alias alone.
	StrictTargetNames bool
}

// Plan is what to do: a *Read, *Mutate, *Call, *Info or *Inspect.
type Plan interface{ plan() }

// Planner plans requests against one schema cache. It is immutable, but for what is
// derived when it is first needed.
type Planner struct {
	cache  *introspect.SchemaCache
	config Config
	tables map[string]*suggest.Set // table names by schema
	// routines are the names of functions by schema, made when one is first misspelt.
	routines map[string]func() *suggest.Set
	anyCast  bool // fields may be cast to any type
	// overlooks has nothing count that is behind a field in the name of a parameter: PostgreSQL
	// isn't asked about the condition, and PostgREST doesn't fail.
	overlooks bool
}

// maxSuggested is the number of tables in a schema beyond which a misspelt name
// gets no suggestion: the index would be large and its answers vague.
const maxSuggested = 500

// New makes the planner of a schema cache.
func New(cache *introspect.SchemaCache, config Config) *Planner {
	names := map[string][]string{}
	for name := range cache.Tables {
		names[name.Schema] = append(names[name.Schema], name.Name)
	}
	p := &Planner{cache: cache, config: config, tables: map[string]*suggest.Set{}, routines: map[string]func() *suggest.Set{}}
	for schema, tables := range names {
		if len(tables) < maxSuggested {
			p.tables[schema] = suggest.NewSet(tables)
		}
	}
	for _, schema := range cache.Schemas {
		p.routines[schema] = sync.OnceValue(func() *suggest.Set { return suggest.NewSet(routineNames(cache, schema)) })
	}
	return p
}

// Build plans requests of a shape. Its errors are *apierror.Error.
func (p *Planner) Build(req *apirequest.Shape) (Plan, error) {
	built, err := p.build(req)
	r, runs := built.(Runnable)
	if err != nil || !runs {
		return built, err
	}
	a := r.Answered()
	a.LegacyNames = a.Root.legacyNames()
	switch {
	case len(req.Forced) > 0:
		if err := p.force(r, req.Forced); err != nil {
			return nil, err
		}
	case p.config.Uses:
		all := uses(r)
		if err := checkUses(all); err != nil {
			return nil, err
		}
		a.Uses = all
	}
	return built, nil
}

func (p *Planner) build(req *apirequest.Shape) (Plan, error) {
	switch {
	case req.Action == apirequest.Options:
		return p.info(req)
	case req.Action == apirequest.Describe:
		return p.inspect(req)
	case req.Action == apirequest.Read:
		return p.read(req)
	case req.Action == apirequest.Call:
		return p.call(req)
	}
	return p.mutate(req)
}

// tableSimilarity is how close a name has to be to be suggested. Names of
// tables may be secret, so a guess must be near.
const tableSimilarity = 0.75

func (p *Planner) table(req *apirequest.Shape) (*introspect.Table, error) {
	name := introspect.QualifiedName{Schema: req.Schema, Name: req.Name}
	if t, ok := p.cache.Table(name); ok {
		return t, nil
	}
	suggestion := ""
	if set := p.tables[req.Schema]; set != nil {
		if near, ok := set.Best(req.Name, tableSimilarity); ok {
			suggestion = req.Schema + "." + near
		}
	}
	return nil, apierror.TableNotFound(name.String(), suggestion)
}
