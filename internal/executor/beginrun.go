package executor

import "context"

// BeginRun begins a transaction as Begin does, and runs its first command as Run does, in
// one round trip. Its isolation level is that of a Once.
func (e *Executor) BeginRun(ctx context.Context, s Session, cmd Command) (*Tx, *Result, error) {
	tx := &Tx{executor: e, session: s, ending: byCaller}
	if err := tx.become(); err != nil {
		return nil, nil, err
	}
	if err := cmd.prepare(); err != nil {
		return nil, nil, err
	}
	r := newResult(tx, cmd)
	if err := tx.attempt(ctx, func() (retry, error) { return r.startFirst(ctx) }); err != nil {
		return nil, nil, err
	}
	tx.opened = true
	if r.state == ended {
		r.Close()
	}
	return tx, r, nil
}

// startFirst starts the command of a BeginRun on the connection that its transaction has.
func (r *Result) startFirst(ctx context.Context) (retry, error) {
	r.reset()
	r.tx.reading = r
	if err := r.runOnce(ctx); err != nil {
		return r.pipe.giveUp(checkFailed(err, r.cmd.Program))
	}
	return never, nil
}
