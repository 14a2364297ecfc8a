package pgrest

import (
	"slices"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

func (x *exchange) command(schema *snapshot, p plan.Planned, program *query.Program) executor.Command {
	a, role := p.Answered(), schema.cache.RoleSettings(x.identity.Role)
	cmd := executor.Command{
		Identity: x.identity, PreRequest: x.prelude, Program: program, Values: &x.request.Values, Page: a.Page(&x.request.Values), ReadOnly: a.ReadOnly, Expect: a.Expect,
		Isolation: role.Isolation, Rollback: x.rollsBack(), Outdated: x.outdated,
		Late: x.mayAnswerMuch(p) && !x.response.Store.Roomy(),
	}
	var function []auth.Setting
	if call, ok := p.(*plan.Call); ok {
		function = call.Routine.Settings
		if isolation, ok := call.Routine.Isolation(); ok {
			cmd.Isolation = isolation
		}
		if !a.ReadOnly && a.Count != plan.CountNone {
			cmd.Expect.Offset = cmd.Page.Offset
		}
	}
	cmd.Context = x.context(role.Settings, x.hoisted(function))
	return cmd
}

// mayAnswerMuch reports a write whose answer may be of any size. It has to find room to
// wait for its commit, or else, where there may be too little, the commit waits for it.
func (x *exchange) mayAnswerMuch(p plan.Planned) bool {
	switch p := p.(type) {
	case *plan.Call:
		return !p.ReadOnly && p.Routine.Returns.Set
	case *plan.Mutate:
		return p.Return == plan.Representation && !p.OneRow
	}
	return false
}

// rollsBack reports whether the request's transaction is to leave no trace.
func (x *exchange) rollsBack() bool {
	rollback := x.options.TxEnd.rollsBack()
	switch x.request.Preferences.Tx {
	case "commit":
		rollback = false
	case "rollback":
		rollback = true
	}
	return rollback
}

// hoisted are those of a function's own settings that are made for the whole
// transaction; the isolation level is none of them.
func (x *exchange) hoisted(function []auth.Setting) []auth.Setting {
	var settings []auth.Setting
	for _, s := range function {
		if s.Name != "default_transaction_isolation" && slices.Contains(x.options.HoistedSettings, s.Name) {
			settings = append(settings, s)
		}
	}
	return settings
}

// context is what the transaction is told about the request.
func (x *exchange) context(role, function []auth.Setting) auth.Context {
	return auth.Context{
		Schema:          x.request.Schema,
		ExtraSearchPath: x.options.ExtraSearchPath,
		Method:          x.request.Method,
		Path:            x.request.Path,
		Headers:         auth.HeadersJSON(x.r.Host, x.r.Header),
		Cookies:         auth.CookiesJSON(x.r.Header.Get("Cookie")),
		Timezone:        x.request.Preferences.Timezone,
		AppSettings:     x.settings,
		RoleSettings:    role, FunctionSettings: function,
	}
}
