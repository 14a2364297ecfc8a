package pgrest

import (
	"context"
	"errors"
	"slices"

	"github.com/pgrest-go/pgrest/internal/diagnosis"
	"github.com/pgrest-go/pgrest/introspect"
)

// Misconfiguration is an option that names what the database hasn't got, or what can't
// be used as the option says. It is found when the schema is loaded.
type Misconfiguration struct {
	// Option is the name of the field of Options, and Key that of the reference's
	// setting.
	Option, Key string
	// Problem says what is wrong, and Remedy what to do about it.
	Problem, Remedy string
}

// Error says what is wrong, and what to do about it.
func (m Misconfiguration) Error() string {
	return m.Option + " (" + m.Key + "): " + m.Problem + ": " + m.Remedy
}

// verdict is what was found of the options at the last look.
type verdict struct {
	looked  bool // false before the first look
	found   []Misconfiguration
	refusal error         // why there is no load
	next    chan struct{} // closed by the next look
}

// check looks for what the options name. Every misconfiguration is logged; with
// RequireSchemas, a schema that isn't there is an error.
func (h *Handler) check(ctx context.Context, db introspect.Querier) error {
	findings, err := diagnosis.Make(ctx, db, diagnosis.Wanted{
		Schemas: h.options.Schemas, ExtraSearchPath: h.options.ExtraSearchPath, AnonRole: h.options.anonRole(),
		PreRequest: h.options.PreRequest, RootSpec: unqualified(h.options.RootSpec),
	})
	if err != nil {
		return err
	}
	v := &verdict{looked: true, next: make(chan struct{})}
	var refused []error
	for _, f := range findings {
		m := Misconfiguration{Option: f.Option, Key: f.Key, Problem: f.Problem, Remedy: f.Remedy}
		v.found = append(v.found, m)
		if f.Schema && h.options.RequireSchemas {
			refused = append(refused, m)
			continue
		}
		h.options.Logger.WarnContext(ctx, "misconfigured", "option", f.Option, "key", f.Key, "problem", f.Problem, "remedy", f.Remedy)
	}
	v.refusal = errors.Join(refused...)
	close(h.verdict.Swap(v).next)
	return v.refusal
}

// anonRole is the role of those without a token, if there are tokens.
func (o Options) anonRole() string {
	if o.Authenticate != nil {
		return ""
	}
	return o.AnonRole
}

// refusal is why the handler isn't ready although it could be, nil if nothing is.
func (h *Handler) refusal(v *verdict) error {
	if v.refusal != nil || !h.options.Strict {
		return v.refusal
	}
	refused := make([]error, len(v.found))
	for i, m := range v.found {
		refused[i] = m
	}
	return errors.Join(refused...)
}

// misconfigured are the findings of the last look.
func (h *Handler) misconfigured() []Misconfiguration { return slices.Clone(h.verdict.Load().found) }
