package pgrest

import (
	"net/http"
	"slices"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
	"github.com/pgrest-go/pgrest/introspect"
)

// session says as whom the request's transaction runs, and how.
func (x *exchange) session(schema *snapshot, p plan.Runnable) executor.Session {
	role, routine := schema.cache.RoleSettings(x.identity.Role), routineOf(p)
	session := executor.Session{
		Identity:   x.identity,
		Context:    x.context(role.Settings, x.hoisted(routine)),
		PreRequest: x.preRequest,
		ReadOnly:   p.Answered().ReadOnly,
		Isolation:  isolation(role, routine),
		Rollback:   x.rollsBack(p.Answered()),
		Late:       x.mayBeLarge(p) && !x.response.Store.Roomy(),
	}
	x.routed(&session, p)
	return session
}

// command is what runs in the session.
func (x *exchange) command(p plan.Runnable, program *query.Program, values *value.Values) executor.Command {
	a := p.Answered()
	cmd := executor.Command{Program: program, Values: values, Window: a.WindowOf(values), Counting: a.Counting, Expect: a.Expect, Outdated: x.outdated}
	cmd.Expect.Objects = values.Objects
	if a.Count != plan.CountNone {
		cmd.Expect.Offset = cmd.Window.Offset
	}
	return cmd
}

// routineOf is the function that a plan calls; nil for none.
func routineOf(p plan.Runnable) *introspect.Routine {
	if call, ok := p.(*plan.Call); ok {
		return call.Routine
	}
	return nil
}

// isolation is the level that the function asks for, or else the role.
func isolation(role introspect.RoleSettings, routine *introspect.Routine) string {
	if routine != nil {
		if level, ok := routine.Isolation(); ok {
			return level
		}
	}
	return role.Isolation
}

// mayBeLarge reports a write whose response may be of any size. The response waits in the
// spool for the commit. Where the spool may have too little room, the commit waits for the
// last row instead, so that without room nothing is written.
func (x *exchange) mayBeLarge(p plan.Runnable) bool {
	switch p := p.(type) {
	case *plan.Call:
		return !p.ReadOnly && p.Routine.Returns.Set
	case *plan.Mutate:
		return p.Return == plan.ReturnRepresentation && !p.OneRow
	}
	return false
}

// rollsBack reports whether the request's transaction is to leave no trace. That of a plan
// doesn't: its client wants to know what a request would cost.
func (x *exchange) rollsBack(a *plan.Answer) bool {
	if a.Explain != nil && slices.Contains(a.Explain.Options, "analyze") {
		return true
	}
	rollback := x.options.TxEnd.rollsBack()
	prefer := x.request.Preferences.Tx
	if x.within != nil {
		prefer = x.within.request.Preferences.Tx
	}
	switch prefer {
	case "commit":
		rollback = false
	case "rollback":
		rollback = true
	}
	return rollback
}

// hoisted are those of a function's own settings that are made for the whole
// transaction. The isolation level isn't among them, for the session has it.
func (x *exchange) hoisted(routine *introspect.Routine) []auth.Setting {
	if routine == nil {
		return nil
	}
	var settings []auth.Setting
	for _, s := range routine.Settings {
		if s.Name != "default_transaction_isolation" && slices.Contains(x.options.HoistedSettings, s.Name) {
			settings = append(settings, s)
		}
	}
	return settings
}

// context is what the transaction is told about the request.
func (x *exchange) context(role, function []auth.Setting) auth.Context {
	c := x.contextOf(x.r, role)
	c.Schema, c.Method, c.Path = x.request.Schema, x.request.Method, x.request.Path
	c.Timezone, c.FunctionSettings = x.request.Preferences.Timezone, function
	return c
}

// contextOf is what a transaction is told about any request, as long as nobody has read the
// request as one to the API.
func (h *Handler) contextOf(r *http.Request, role []auth.Setting) auth.Context {
	return auth.Context{
		Schema:          h.options.Schemas[0],
		ExtraSearchPath: h.options.ExtraSearchPath,
		Method:          r.Method,
		Path:            r.URL.EscapedPath(),
		Headers:         auth.HeadersJSON(r.Host, r.Header),
		Cookies:         auth.CookiesJSON(r.Header.Get("Cookie")),
		AppSettings:     h.settings,
		RoleSettings:    role,
	}
}
