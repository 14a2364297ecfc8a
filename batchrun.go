package pgrest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/batch"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/response"
)

// answer runs the batch and writes the response. As long as it returns an error, nothing has
// been written, and nothing committed. Whatever comes between, the transaction has ended then.
func (b *batched) answer(schema *snapshot) (err error) {
	ctx := b.r.Context()
	b.items, b.at, b.tx, b.last = make([]*item, len(b.requests)), -1, nil, nil
	b.answers, b.held, b.spent = batch.Answers{}, 0, 0
	if b.body, err = response.NewBatch(b.request, b.config); err != nil {
		return err
	}
	defer b.body.Close()
	defer func() {
		if b.tx != nil {
			_ = b.tx.End(ctx, executor.ErrUnfinished) // behind another End it does nothing
		}
		b.forgotten = b.forgotten || errors.Is(err, executor.ErrForgotten)
		if err != nil && b.last != nil {
			b.planned, b.program = b.last.planned, b.last.program
		}
	}()
	for i := range b.requests {
		if !b.requests[i].Refers() {
			if err := b.prepare(schema, i); err != nil {
				return err
			}
		}
	}
	b.clock.lap("plan")
	if b.session, err = b.begins(schema); err != nil {
		return err
	}
	for i := 0; i < len(b.items); {
		if i, err = b.run(ctx, schema, i); err != nil {
			return err
		}
	}
	return b.conclude(ctx)
}

// begins says as whom the batch's transaction runs, and how. It only reads if all requests do.
// Then all of them see one snapshot, unless the role has another isolation level.
func (b *batched) begins(schema *snapshot) (executor.Session, error) {
	role := schema.cache.RoleSettings(b.identity.Role)
	s := executor.Session{
		Identity: b.identity, Context: b.context(role.Settings, nil), PreRequest: b.preRequest, Isolation: role.Isolation,
		ReadOnly: true, Rollback: b.rollsBack(&plan.Answer{}), Settable: append([]string{"timezone"}, b.options.HoistedSettings...),
		Unprepared: b.forgotten,
	}
	for i, it := range b.items {
		switch {
		case it == nil:
			s.ReadOnly = s.ReadOnly && apirequest.IsSafe(b.requests[i].Method)
		case it.planned != nil:
			s.ReadOnly = s.ReadOnly && it.planned.Answered().ReadOnly
			s.Isolation = stricter(s.Isolation, isolation(role, routineOf(it.planned)))
		}
	}
	if s.ReadOnly && s.Isolation == "" {
		s.Isolation = repeatableRead
	}
	b.route(&s)
	return s, nil
}

// route says which servers the batch may run on: one that only reads may go to a replica, unless
// one of its requests wants the primary. Of those that refer to others nobody knows yet whether
// they will; they do if any could.
func (b *batched) route(s *executor.Session) {
	for i, it := range b.items {
		if it == nil && s.Route != nil {
			if b.mayWantPrimary() {
				s.Route.OnlyPrimary()
			} else if strings.HasPrefix(b.requests[i].Path, "/rpc/") { // perhaps of a VOLATILE function
				s.Route.PreferPrimary()
			}
		}
		if it == nil || it.planned == nil {
			continue
		}
		b.routed(s, it.planned)
		if s.Route == nil || !s.ReadOnly {
			return
		}
		if call, ok := it.planned.(*plan.Call); ok && call.Volatile() {
			s.Route.PreferPrimary()
		}
		if from := b.options.Replicas.FromPrimary; it.alone() || from != nil && from(it.forHooks(it.planned)) {
			s.Route.OnlyPrimary()
		}
	}
}

// mayWantPrimary reports whether the host could have a read run on the primary.
func (b *batched) mayWantPrimary() bool {
	return b.options.Replicas.FromPrimary != nil || slices.ContainsFunc(b.options.Hooks, func(hook Hook) bool {
		return hook.For != nil && (hook.Before != nil || hook.After != nil)
	})
}

const repeatableRead = "REPEATABLE READ"

// stricter gives the stricter of two isolation levels, of which an empty one is the default.
func stricter(a, b string) string {
	if levels[b] > levels[a] {
		return b
	}
	return a
}

// levels are isolation levels by how strict they are.
var levels = map[string]int{"": 0, "READ UNCOMMITTED": 1, "READ COMMITTED": 1, repeatableRead: 2, "SERIALIZABLE": 3}

// maxAhead is how many bytes of requests are sent before the result of the first that they go
// out with is read. PostgreSQL takes no more of them while it waits for that; what the network
// has no room for would wait for it, and pgx reads results into memory meanwhile, however large
// they are.
const maxAhead = 256 << 10

// run runs the requests from i on that can go out together: up to the first that refers to one
// of them, that hooks take part in within the transaction, or that is too large. It gives the
// first that is left.
func (b *batched) run(ctx context.Context, schema *snapshot, i int) (next int, err error) {
	ahead := 0
	for next = i; next < len(b.requests); next++ {
		if next > i && b.latest[next] >= i {
			break
		}
		if b.items[next] == nil {
			if err := b.prepareReferring(schema, next); err != nil {
				return next, err
			}
		}
		if b.items[next].alone() {
			if next == i {
				next++
			}
			break
		}
		if next == i {
			continue
		}
		if ahead += b.items[next].size(); ahead > maxAhead {
			break
		}
	}
	return next, b.runGroup(ctx, schema, i, next)
}

// size is about how many bytes are sent for the request.
func (it *item) size() int {
	if it.planned == nil {
		return 0
	}
	size := len(it.program.Main.SQL) + sizeOf(&it.decided.Values)
	for name, values := range it.r.Header {
		size += len(name)
		for _, value := range values {
			size += len(value)
		}
	}
	return size
}

// alone reports a request that hooks take part in within the transaction.
func (it *item) alone() bool {
	return it.hooks != nil && (len(it.hooks.before) > 0 || len(it.hooks.after) > 0)
}

// prepareReferring prepares a request that refers to others, in a transaction whose modes are
// settled.
func (b *batched) prepareReferring(schema *snapshot, i int) error {
	if err := b.prepare(schema, i); err != nil {
		return err
	}
	it := b.items[i]
	if it.planned == nil {
		return nil
	}
	role := schema.cache.RoleSettings(b.identity.Role)
	if wanted := isolation(role, routineOf(it.planned)); stricter(b.session.Isolation, wanted) != b.session.Isolation {
		return apierror.NotInBatch("The function wants the isolation level " + wanted + ", which it can't have in a request that refers to another")
	}
	return nil
}

// runGroup runs requests in one round trip, those from first on that precede next.
func (b *batched) runGroup(ctx context.Context, schema *snapshot, first, next int) error {
	var commands []executor.Command
	for i := first; i < next; i++ {
		it := b.items[i]
		if it.planned == nil {
			continue
		}
		commands = append(commands, it.tells(schema))
	}
	b.at = -1
	group, err := b.send(ctx, first, commands, next == len(b.items))
	if err != nil {
		return err
	}
	for i := first; i < next; i++ {
		b.at, b.last = i, b.items[i]
		if err := b.respond(ctx, schema, b.items[i], group); err != nil {
			return err
		}
	}
	b.at = -1
	return nil
}

// tells is what runs for the request, and what its transaction is told before.
func (it *item) tells(schema *snapshot) executor.Command {
	cmd := it.command(it.planned, it.program, &it.decided.Values)
	c := it.context(schema.cache.RoleSettings(it.identity.Role).Settings, it.hoisted(routineOf(it.planned)))
	cmd.Tells, cmd.Prelude, cmd.OnlyReads = &c, it.preRequest, it.planned.Answered().ReadOnly
	if it.hooks != nil && len(it.hooks.after) > 0 {
		cmd.AsLogin = it.hooks.after[0].AsLogin
	}
	return cmd
}

// send sends commands off, and before the first of them what begins the transaction. Hooks that
// come before a command are called first.
func (b *batched) send(ctx context.Context, first int, commands []executor.Command, last bool) (group *executor.Group, err error) {
	it := b.items[first]
	if it.alone() {
		last = last && len(it.hooks.after) == 0
		if len(it.hooks.before) > 0 {
			if b.tx == nil {
				if b.tx, err = b.executor.Begin(ctx, b.session); err != nil {
					return nil, err
				}
			}
			b.at = first
			if err := b.tx.Tell(ctx, &commands[0]); err != nil {
				return nil, err
			}
			it.hooks.tx = b.tx
			if err := it.hooks.callBefore(ctx); err != nil {
				return nil, err
			}
			commands[0].Tells = nil
		}
	}
	switch {
	case len(commands) == 0:
		return nil, nil
	case b.tx == nil:
		b.tx, group, err = b.executor.BeginAll(ctx, b.session, commands, last)
	default:
		group, err = b.tx.RunAll(ctx, commands, last)
	}
	if it.hooks != nil {
		it.hooks.tx = b.tx
	}
	return group, err
}

// respond reads the result of a request, and makes the response to it.
func (b *batched) respond(ctx context.Context, schema *snapshot, it *item, group *executor.Group) error {
	name, most := b.requests[b.at].Name, 0
	if name != "" && b.wanted[name] {
		most = max(1, min(maxReferred, maxHeld-b.held))
	}
	if it.info != nil {
		w := b.body.Item(nil, most)
		it.w.ResponseWriter = w
		response.Options(&it.w, it.offered(schema, it.info), it.config)
		_, err := w.End()
		return err
	}
	result, err := group.Next()
	if err != nil {
		return err
	}
	defer it.finish(result)
	config := it.config
	config.Conclude = func() error { return nil }
	if it.hooks != nil {
		it.hooks.result = result
		config.Conclude = func() error { return it.hooks.callAfter(ctx) }
	}
	w := b.body.Item(it.planned.Answered(), most)
	it.w.ResponseWriter = w
	if err := response.Result(&it.w, it.request, it.planned, result, config); err != nil {
		return err
	}
	kept, err := w.End()
	if err != nil {
		return err
	}
	if most > 0 {
		b.answers[name] = batch.NewAnswer(kept)
		b.held += len(kept)
	}
	return nil
}

// Bounds of responses that others refer to, which are held in memory: how many bytes one may
// have, and all of a batch.
const (
	maxReferred = 1 << 20
	maxHeld     = 8 << 20
)

// conclude ends the transaction, and writes the response.
func (b *batched) conclude(ctx context.Context) error {
	if b.tx != nil {
		if err := b.body.Override(b.tx.Overrides()); err != nil {
			return err
		}
		if err := b.tx.End(ctx, nil); err != nil {
			return err
		}
	}
	b.clock.lap("transaction")
	for _, it := range b.items {
		b.observed.rows += it.observed.rows
		if it.hooks != nil {
			it.hooks.callAfterCommit(ctx)
		}
		it.warnOfNames()
	}
	b.body.Send(&b.w, b.request)
	return nil
}
