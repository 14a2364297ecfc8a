package pgrest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/introspect"
)

// Use is one use of a relation or a function that a request makes: of the resource
// itself, of what is embedded in it at any depth, of the relations that join many to many,
// and of the functions that compute fields and embeds. Options.Decide is asked about each.
type Use struct {
	// Identity is who makes the request, and Method the request's method.
	Identity auth.Identity
	Method   string
	// Kind is what is done with the relation or the function.
	Kind UseKind
	// Schema and Name are the relation's or the function's.
	Schema, Name string
	// Path are the names of the embeds that lead to it, as the client calls them, or of a
	// UseInsert the names of the members of the body; empty for the resource itself.
	Path []string
	// Reads are the columns that are shown, filtered by and ordered by, also in aggregates and
	// as what tells rows apart, and those by which what is embedded in these rows is joined to
	// them. Writes are the columns that are
	// written. The columns of a relation that is in no exposed schema, which a function can
	// lead to, are listed by the names that the client has for them.
	Reads, Writes []string
	// Filtered are the columns of conditions that all rows have to satisfy, so that a host
	// can require some. Operators are those of all conditions, filter.Holds for one that is an
	// operator of Options.Operators.
	Filtered  []string
	Operators []filter.Operator
	// Limit is how many rows the request asks for at most, and -1 if it doesn't say.
	Limit int64
	// Offer tells that no request makes this use: OPTIONS or a description of the API asks
	// whether to offer it. There are no columns and no conditions then, and only a refusal
	// counts of the answer.
	Offer bool
}

// UseKind is what is done with a relation or a function. Its method String gives it in a
// word.
type UseKind = plan.UseKind

// The kinds of use.
const (
	UseRead     = plan.UseRead     // rows that are shown by themselves
	UseInsert   = plan.UseInsert   // new rows
	UseUpdate   = plan.UseUpdate   // changed rows
	UseUpsert   = plan.UseUpsert   // rows that are new or changed, by PUT or by merging duplicates
	UseDelete   = plan.UseDelete   // rows that go
	UseEmbed    = plan.UseEmbed    // rows within others, or whose existence is asked for
	UseSpread   = plan.UseSpread   // rows whose columns become those of others
	UseJunction = plan.UseJunction // rows that join others
	UseCall     = plan.UseCall     // a function that is called by its path
	UseFunction = plan.UseFunction // a function that computes a field, or the rows of an embed
)

// Decision is what a host decides about a Use that it doesn't refuse. The zero Decision
// leaves it as it is.
type Decision struct {
	// Where are conditions that the rows have to satisfy besides, on columns of the relation
	// by the names that the database has for them. Their values are bound as the client's
	// are. They hold for what is read, embedded, counted, updated and deleted; and of an
	// insert, an update or a PUT each row has to satisfy them as it is in the end, or
	// nothing is written and the answer is 403 with the code 42501, as for a policy. For
	// that the role needs SELECT on these columns. Of a function that is called they are
	// about what it returns. Nothing can be added to a UseFunction.
	Where []filter.Node
	// Filter has such conditions in the grammar of the URL, as in "tenant=eq.5&or=(kind.eq.a,
	// kind.is.null)", and nothing else. It is for what the host writes; a text of somebody
	// else's belongs in Where, as a Value.
	Filter string
	// MaxRows caps the rows that are read by themselves, embedded, or returned by a function
	// that is called; 0 is no cap, and a negative number lets none through. It has no effect
	// on what is written, and on the rows of a junction or of a UseFunction: there a negative
	// one is an error, which an error of the host's says better.
	MaxRows int64
	// Static tells that the decision, or the refusal, is the same for all uses of this kind
	// that the role makes of this relation or function, whatever else they are. It is
	// remembered until the schema is loaded again.
	Static bool
}

// ruling is what came of a decision: what it forces on the use, or the error that refuses
// it.
type ruling struct {
	where []filter.Node
	most  int64
	err   error
}

// rulingKey says what a decision that is static is about.
type rulingKey struct {
	role string
	kind UseKind
	name introspect.QualifiedName
}

// maxRulings bounds what is remembered: roles are what tokens say.
const maxRulings = 10_000

// rule asks the host about a use, unless it has said that it is static. The use is made only
// to be asked about.
func (x *exchange) rule(schema *snapshot, kind UseKind, name introspect.QualifiedName, use func() *Use) ruling {
	key := rulingKey{x.identity.Role, kind, name}
	if known, ok := schema.rulings.get(key); ok {
		return known
	}
	d, err := x.options.Decide(x.r.Context(), use())
	r := ruling{err: err}
	if err == nil {
		if r, err = d.ruling(kind, len(x.options.Operators) > 0); err != nil {
			r.err = apierror.Internal(fmt.Errorf("decide on %s: %w", name, err))
		}
	}
	if d.Static {
		schema.rulings.put(key, r)
	}
	return r
}

// decide asks the host about all that a plan uses, and gives the request with what it
// forces. It gives the request itself if that is nothing.
func (x *exchange) decide(schema *snapshot, p plan.Runnable) (*apirequest.Request, error) {
	request, uses := x.request, p.Answered().Uses
	for i := range uses {
		used := &uses[i]
		r := x.rule(schema, used.Kind, used.Name, func() *Use { return x.useOf(used) })
		if r.err != nil {
			return nil, x.hostError(r.err)
		}
		request = request.Force(i, r.where, r.most)
	}
	return request, nil
}

// asDecided gives plan, program and request as the host has decided about what the plan uses.
func (x *exchange) asDecided(schema *snapshot, p plan.Runnable, program *query.Program) (plan.Runnable, *query.Program, *apirequest.Request, error) {
	request, err := x.decide(schema, p)
	if err != nil || request == x.request {
		return p, program, request, err
	}
	built, program, err := schema.programs.Build(schema.planner, &request.Shape)
	if err != nil {
		return nil, nil, nil, err
	}
	return built.(plan.Runnable), program, request, nil
}

// useOf is a use as the host is asked about it.
func (x *exchange) useOf(used *plan.Use) *Use {
	return &Use{
		Identity: x.identity, Method: x.request.Method, Kind: used.Kind, Schema: used.Name.Schema, Name: used.Name.Name,
		Path: slices.Clone(used.Path), Reads: slices.Clone(used.Reads), Writes: slices.Clone(used.Writes),
		Filtered: slices.Clone(used.Filtered), Operators: slices.Clone(used.Operators),
		Limit: used.LimitOf(&x.request.Values),
	}
}

// ruling is what the decision comes to for a kind of use. Its Filter may have operators of the
// host's if there are some.
func (d *Decision) ruling(kind UseKind, operators bool) (ruling, error) {
	where, err := d.conditions(operators)
	switch {
	case err != nil:
		return ruling{}, err
	case kind == UseFunction && len(where) > 0:
		return ruling{}, errors.New("nothing can be added to a function's computing")
	case (kind == UseFunction || kind == UseJunction) && d.MaxRows < 0:
		return ruling{}, fmt.Errorf("MaxRows can't keep the rows of a %s from being used, but an error can", kind)
	}
	return ruling{where: where, most: d.MaxRows}, nil
}

// conditions are those of Where and of Filter.
func (d *Decision) conditions(operators bool) ([]filter.Node, error) {
	conditions := d.Where
	if d.Filter != "" {
		q, err := filter.Parse(d.Filter, filter.Options{Filters: true, Operators: operators})
		if err != nil {
			return nil, fmt.Errorf("read Filter: %w", err)
		}
		conditions = slices.Clone(conditions)
		for _, p := range q.Where {
			if len(p.Path) > 0 {
				return nil, errors.New("read Filter: it has a condition on what is embedded")
			}
			conditions = append(conditions, p.Node)
		}
		if q.Select != nil || q.Order != nil || q.Pages != nil || q.Columns != nil || q.OnConflict != nil {
			return nil, errors.New("read Filter: it has more than conditions")
		}
	}
	for _, condition := range conditions {
		if err := valid(condition); err != nil {
			return nil, err
		}
	}
	return conditions, nil
}

// valid refuses a condition that the grammar has not.
func valid(node filter.Node) error {
	_, err := filter.Bind(node, filter.ResolverFunc(func(f filter.Field) (filter.Operand, error) {
		switch {
		case f.Name == "":
			return filter.Operand{}, errors.New("a condition names no column")
		case len(f.Related) > 0:
			return filter.Operand{}, errors.New("a condition is about related rows")
		case f.Call != nil && slices.ContainsFunc(f.Call.Arguments, func(a any) bool { _, ok := a.(string); return !ok }):
			return filter.Operand{}, fmt.Errorf("an argument of the operator %s is no text", f.Call.Name)
		}
		return filter.Operand{SQL: "x", Cast: f.Cast}, nil
	}))
	return err
}

// offers asks the host whether a use of some kind is to be offered. Whatever it returns but
// a decision is a refusal.
func (x *exchange) offers(schema *snapshot, kind UseKind, name introspect.QualifiedName) bool {
	if x.options.Decide == nil {
		return true
	}
	r := x.rule(schema, kind, name, func() *Use {
		return &Use{Identity: x.identity, Method: x.request.Method, Kind: kind, Schema: name.Schema, Name: name.Name, Limit: -1, Offer: true}
	})
	return r.err == nil
}

// hostError is an error of the host's as one that requests are answered with.
func (x *exchange) hostError(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return e.internal(http.StatusInternalServerError, x.options.logDetails)
}
