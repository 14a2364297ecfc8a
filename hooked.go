package pgrest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/response"
)

// hooked is a request that hooks take part in, or that has an idempotency key, while it is
// tried.
type hooked struct {
	*exchange
	plan                 plan.Runnable
	decided              *apirequest.Request // with what Options.Decide has added
	request              *Request
	before, after, ended []*Hook // those with a function for each
	rows                 bool    // one of them wants the rows
	key                  *keyed  // nil for none

	tx     *executor.Tx // nil if none of them needs it
	result *executor.Result
	done   *Outcome
}

// hooked finds the hooks that take part in the request, which may have a key; nil for neither.
func (x *exchange) hooked(p plan.Runnable, decided *apirequest.Request, key *keyed) *hooked {
	if p.Answered().ReadOnly && !slices.ContainsFunc(x.options.Hooks, func(hook Hook) bool { return hook.For != nil }) {
		return nil
	}
	h := &hooked{exchange: x, plan: p, decided: decided, request: x.forHooks(p), key: key}
	for i := range x.options.Hooks {
		hook := &x.options.Hooks[i]
		if !hook.takesPart(h.request) {
			continue
		}
		h.rows = h.rows || hook.Rows
		if hook.Before != nil {
			h.before = append(h.before, hook)
		}
		if hook.After != nil {
			h.after = append(h.after, hook)
		}
		if hook.AfterCommit != nil {
			h.ended = append(h.ended, hook)
		}
	}
	if h.before == nil && h.after == nil && h.ended == nil && key == nil {
		return nil
	}
	return h
}

func (h *Hook) takesPart(r *Request) bool {
	if h.For != nil {
		return h.For(r)
	}
	return !r.ReadOnly && (!r.Plan || r.Analyze)
}

// answer runs the request with its hooks. Whatever comes between, its transaction has
// ended then.
func (h *hooked) answer(schema *snapshot) error {
	program, err := h.compiled(schema)
	if err != nil {
		return err
	}
	ctx := h.r.Context()
	defer func() {
		if h.tx != nil {
			_ = h.tx.End(ctx, executor.ErrUnfinished) // behind another End it does nothing
		}
	}()
	session, config := h.session(schema, h.plan), h.config
	if h.key != nil {
		session.Key, config.Keeping = h.key.taken(), h.keeping()
	}
	replayed, err := h.begin(func() error {
		return h.run(ctx, session, h.command(h.plan, program, &h.decided.Values))
	})
	if err != nil || replayed {
		return err
	}
	defer h.finish(h.result)
	h.clock.lap("transaction")
	if h.joins() || len(h.ended) > 0 {
		config.Conclude = func() error { return h.conclude(ctx) }
	}
	return response.Result(&h.w, h.exchange.request, h.plan, h.result, config)
}

// joins reports that something follows the request's own statement in its transaction.
func (h *hooked) joins() bool { return len(h.after) > 0 || h.key != nil }

// compiled is the program, with what hooks want to know of the rows that are written: these
// themselves, or how many they are if the answer doesn't show each.
func (h *hooked) compiled(schema *snapshot) (*query.Program, error) {
	m, writes := h.plan.(*plan.Mutate)
	if !writes || h.request.Plan {
		return h.program, nil
	}
	shape := h.decided.Shape
	shape.ReportRows, shape.CountRows = h.rows, len(h.after)+len(h.ended) > 0 && !m.ShowsEach()
	if !shape.ReportRows && !shape.CountRows {
		return h.program, nil
	}
	p, program, err := schema.programs.Build(schema.planner, &shape)
	if err != nil {
		return nil, err
	}
	h.plan = p.(plan.Runnable)
	h.planned, h.exchange.program = h.plan, program
	return program, nil
}

// run begins the transaction, calls what comes before the request's own statement, and
// starts that.
func (h *hooked) run(ctx context.Context, s executor.Session, cmd executor.Command) (err error) {
	if len(h.after) > 0 {
		cmd.AsLogin = h.after[0].AsLogin
	}
	if s.Route != nil && len(h.before)+len(h.after) > 0 {
		s.Route.OnlyPrimary() // for SQL of the host's own
	}
	if len(h.before) == 0 {
		if !h.joins() {
			h.result, err = h.executor.Once(ctx, s, cmd)
			return err
		}
		h.tx, h.result, err = h.executor.BeginRun(ctx, s, cmd)
		return err
	}
	s.AsLogin = h.before[0].AsLogin
	if s.Isolation == "" && cmd.Program.Count != nil { // as that of a Once
		s.Isolation = "REPEATABLE READ"
	}
	if h.tx, err = h.executor.Begin(ctx, s); err != nil {
		return err
	}
	if err := h.callBefore(ctx); err != nil {
		return err
	}
	if h.joins() {
		h.result, err = h.tx.Run(ctx, cmd)
	} else {
		h.result, err = h.tx.RunLast(ctx, cmd)
	}
	return err
}

// call calls a function of a hook as the role that it wants. After its error the
// transaction has been rolled back.
func (h *hooked) call(ctx context.Context, hook *Hook, function func() error) error {
	if err := h.tx.Become(ctx, hook.AsLogin); err != nil {
		return err
	}
	err := function()
	if err == nil {
		return nil
	}
	answered := h.hookError(ctx, err)
	_ = h.tx.End(ctx, answered)
	return answered
}

// conclude calls what comes behind the request's own statement, of which all rows have
// been read, and ends the transaction.
func (h *hooked) conclude(ctx context.Context) error {
	if err := h.callAfter(ctx); err != nil {
		return err
	}
	if h.joins() {
		if err := h.tx.End(ctx, nil); err != nil {
			return err
		}
	}
	h.callAfterCommit(ctx)
	return nil
}

// callBefore calls what comes before the request's own statement.
func (h *hooked) callBefore(ctx context.Context) error {
	for _, hook := range h.before {
		if err := h.call(ctx, hook, func() error { return hook.Before(ctx, h.tx.Pgx(), h.request) }); err != nil {
			return err
		}
	}
	return nil
}

// callAfter calls what comes behind the request's own statement within the transaction.
func (h *hooked) callAfter(ctx context.Context) error {
	h.result.Close()
	var err error
	if h.done, err = h.outcome(); err != nil {
		return err
	}
	for _, hook := range h.after {
		if err := h.call(ctx, hook, func() error { return hook.After(ctx, h.tx.Pgx(), h.request, h.done) }); err != nil {
			return err
		}
	}
	return nil
}

// callAfterCommit calls what comes behind the transaction, unless that was rolled back.
func (h *hooked) callAfterCommit(ctx context.Context) {
	if h.request.Rollback && !h.request.ReadOnly {
		return
	}
	for _, hook := range h.ended {
		guard(h.options.Logger, "AfterCommit", func() { hook.AfterCommit(context.WithoutCancel(ctx), h.request, h.done) })
	}
}

// outcome is what the result tells.
func (h *hooked) outcome() (*Outcome, error) {
	done := &Outcome{RowsAffected: h.result.Affected}
	switch {
	case h.request.Plan:
		done.RowsAffected = 0
	case h.result.Inserted != nil:
		done.RowsInserted = *h.result.Inserted
	case h.request.Action == ActionInsert:
		done.RowsInserted = h.result.Affected
	}
	if !h.rows {
		return done, nil
	}
	for _, text := range h.result.Written() {
		rows, err := rowsOf(text)
		if err != nil {
			return nil, fmt.Errorf("read the rows that were written: %w", err)
		}
		done.Rows = append(done.Rows, rows...)
	}
	return done, nil
}

// rowsOf reads a row that was written, or an array of them.
func rowsOf(text []byte) (rows []WrittenRow, err error) {
	if text[0] == '[' {
		err = json.Unmarshal(text, &rows)
	} else {
		rows = make([]WrittenRow, 1)
		err = json.Unmarshal(text, &rows[0])
	}
	for i := range rows {
		rows[i] = WrittenRow{New: orNil(rows[i].New), Old: orNil(rows[i].Old)}
	}
	return rows, err
}

func orNil(value json.RawMessage) json.RawMessage {
	if slices.Equal(value, []byte("null")) {
		return nil
	}
	return value
}

// hookError is what a hook's error is answered as.
func (h *hooked) hookError(ctx context.Context, err error) error {
	var own *Error
	var refused *auth.Error
	switch {
	case errors.As(err, &own):
		return h.hostError(own)
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, context.DeadlineExceeded):
		return err
	case ctx.Err() != nil && errors.Is(err, context.Canceled): // and not that of another context of the host's
		return err
	}
	if lost, ok := h.tx.Lost(ctx, err); ok {
		return lost
	}
	return apierror.Internal(fmt.Errorf("hook: %w", err))
}
