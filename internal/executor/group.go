package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Group is commands of a Tx that were sent in one pipeline, one behind the other. Next gives
// their results in that order.
//
//	tx, group, err := exec.BeginAll(ctx, session, commands, true)
//	if err != nil {
//		return err
//	}
//	defer tx.End(ctx, executor.ErrUnfinished)
//	for range commands {
//		result, err := group.Next()
//		if err != nil {
//			return err
//		}
//		for result.Next() {
//			row := result.Values()
//		}
//		result.Close() // there is one result at a time
//		if err := result.Err(); err != nil {
//			return err
//		}
//	}
//	return tx.End(ctx, nil)
type Group struct {
	tx      *Tx
	pipe    pipeline
	results []Result
	before  []int // for each, how many results precede it
	next    int
	last    bool
}

// BeginAll begins a transaction as Begin does, and sends its first commands, in one round
// trip. Its error is that of the beginning.
//
// With last there are no others: if the transaction only reads, it is ended in the same round
// trip, too, and its End sends nothing. Otherwise whether it ends well is for End to say, once
// all results are known.
func (e *Executor) BeginAll(ctx context.Context, s Session, cmds []Command, last bool) (*Tx, *Group, error) {
	tx := &Tx{executor: e, session: s, ending: byCaller}
	if err := tx.become(); err != nil {
		return nil, nil, err
	}
	g, err := newGroup(tx, cmds, last)
	if err != nil {
		return nil, nil, err
	}
	if err := tx.attempt(ctx, func() (retry, error) { return g.startFirst(ctx) }); err != nil {
		return nil, nil, err
	}
	tx.opened = true
	return tx, g, nil
}

// RunAll sends commands in the transaction, as Run does with one, in one round trip. All of
// their results have to be closed before others run; last is as of BeginAll.
func (tx *Tx) RunAll(ctx context.Context, cmds []Command, last bool) (*Group, error) {
	if err := tx.ready(); err != nil {
		return nil, err
	}
	g, err := newGroup(tx, cmds, last)
	if err != nil {
		return nil, err
	}
	g.tx.group = g
	g.pipe.begin(ctx, tx)
	before := g.pipe.sendRole(becomeRole) + g.pipe.sendEncoding()
	g.send()
	if err := g.pipe.dispatch(); err != nil {
		return nil, g.fail(err)
	}
	if err := g.pipe.skip(before); err != nil {
		return nil, g.fail(forgotten(err))
	}
	return g, nil
}

func newGroup(tx *Tx, cmds []Command, last bool) (*Group, error) {
	g := &Group{tx: tx, results: make([]Result, len(cmds)), before: make([]int, len(cmds)), last: last && tx.session.ReadOnly && !tx.nested()}
	for i := range cmds {
		if err := cmds[i].prepare(); err != nil {
			return nil, err
		}
		r := &g.results[i]
		r.tx, r.cmd, r.pipe = tx, cmds[i], &g.pipe
		r.follows, r.textOnly = i < len(cmds)-1, cmds[i].Outdated
	}
	return g, nil
}

// startFirst sends the commands of a BeginAll on the connection that its transaction has, and
// reads what precedes them.
func (g *Group) startFirst(ctx context.Context) (retry, error) {
	tx := g.tx
	tx.group, tx.told, tx.failed = g, false, nil
	g.next = 0
	g.pipe.begin(ctx, tx)
	before := g.pipe.sendOpening(false)
	g.send()
	err := g.pipe.dispatch()
	if err == nil {
		tx.overrides, err = g.pipe.readOpening(before)
	}
	if err != nil {
		return g.pipe.giveUp(err)
	}
	return never, nil
}

// send queues the commands.
func (g *Group) send() {
	for i := range g.results {
		r := &g.results[i]
		r.reset()
		r.Overrides = r.cmd.overrides(g.tx)
		g.before[i] = r.sendPreface()
		r.send()
		g.tx.unknown = true
	}
	g.tx.unknown = false
	if g.last {
		g.pipe.send("", commit, nil)
	}
}

// Next gives the result of the next command, which what Run says of errors holds for. The
// result before has to be closed. A column of a read that has another type than the schema
// cache says is an ErrOutdated: there is no second try.
func (g *Group) Next() (*Result, error) {
	switch {
	case g.tx.failed != nil:
		return nil, fmt.Errorf("%w: %w", ErrFailed, g.tx.failed)
	case g.next == len(g.results):
		return nil, ErrEnded
	case g.tx.reading != nil:
		return nil, ErrRowsOpen
	}
	r := &g.results[g.next]
	g.next++
	g.tx.conn.watch.heard()
	g.tx.reading = r
	err := g.pipe.skip(g.before[g.next-1])
	if err == nil {
		err = r.read()
	}
	if err != nil {
		if errors.Is(err, errOtherType) {
			err = fmt.Errorf("%w: %w", apierror.ErrOutdated, err)
		}
		r.fail(forgotten(checkFailed(err, r.cmd.Program)))
		r.release()
		return nil, r.err
	}
	if r.state == ended {
		r.Close()
	}
	return r, nil
}

// fail gives up commands whose results can't be read.
func (g *Group) fail(err error) error {
	g.tx.failed = g.pipe.failed(err)
	_ = g.pipe.close()
	g.tx.conn.watch.end()
	return g.tx.failed
}

// ends reports that the end of the transaction is a part of the pipeline. There may be no group.
func (g *Group) ends() bool { return g != nil && g.last }

// close ends the pipeline, if it isn't over. There may be no group. To read results that nobody
// has asked for could take long: they cost the connection, unless it is the host's.
func (g *Group) close() {
	if g == nil {
		return
	}
	if g.next < len(g.results) && !g.tx.nested() {
		g.pipe.abandon()
	}
	_ = g.pipe.close()
}
