package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/pgrest-go/pgrest/internal/query"
)

// Within makes an executor whose transactions are parts of one that the host has begun, and
// ends. Each has a savepoint, to which it is rolled back if it fails, or if it only reads.
// When it ends well, what was deferred is checked, and what it has set for the transaction
// is set back. There is one at a time; others wait.
//
// The isolation level is the host's, and so is the connection: where a Once would break it
// off because nobody wants the rest of its rows, they are read. A request that is given up
// meanwhile breaks it off all the same.
func (e *Executor) Within(tx pgx.Tx) *Executor {
	within := *e
	within.host = &hostTx{tx: tx, free: make(chan struct{}, 1)}
	return &within
}

// hostTx is a transaction of the host's. Who has put something into free has it.
type hostTx struct {
	tx   pgx.Tx
	free chan struct{}
	// What follows is of the transaction within it: what was set before, and whether nothing is
	// left of it to be undone.
	outer outer
	left  bool
}

// Conn is the connection that the transaction is on.
func (h *hostTx) Conn() *pgx.Conn { return h.tx.Conn() }

// Release lets the next one have it.
func (h *hostTx) Release() { <-h.free }

// lend waits for the transaction to be free.
func (h *hostTx) lend(ctx context.Context) (lease, error) {
	select {
	case h.free <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the host's transaction: %w", ctx.Err())
	}
	conn := h.tx.Conn()
	var err error
	switch {
	case conn == nil || conn.IsClosed():
		err = errors.New("the host's transaction has lost its connection")
	case conn.PgConn().IsBusy():
		err = fmt.Errorf("the host's transaction: %w", ErrRowsOpen)
	case conn.PgConn().TxStatus() == idle:
		err = errors.New("the host's transaction has ended")
	case conn.PgConn().TxStatus() != underWay:
		err = errors.New("the host's transaction has failed: it has to be rolled back")
	}
	if err != nil {
		h.Release()
		return nil, err
	}
	return h, nil
}

// nested reports a transaction within one of the host's.
func (tx *Tx) nested() bool { return tx.executor.host != nil }

// Statements around a transaction within another.
const (
	savepoint      = "SAVEPOINT pgrest_request"
	release        = "RELEASE SAVEPOINT pgrest_request"
	toSavepoint    = "ROLLBACK TO SAVEPOINT pgrest_request; " + release
	deferAgain     = "SET CONSTRAINTS ALL DEFERRED"
	nestedReadOnly = "pg_catalog.set_config('transaction_read_only', 'on', true)"
	// immediateNames has the constraints that aren't deferred of themselves: those that
	// SET CONSTRAINTS ALL DEFERRED makes deferred, too. Who may not use a schema can't name
	// what is there: first come those that the request's role can name, and then those that
	// only the host's can, which is the argument.
	immediateNames = "SELECT pg_catalog.string_agg(name, ', ') FILTER (WHERE own), pg_catalog.string_agg(name, ', ') FILTER (WHERE NOT own AND host) " +
		"FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.conname) AS name, pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS own, " +
		"pg_catalog.has_schema_privilege(CASE $1::text WHEN 'none' THEN session_user ELSE $1::text END, n.oid, 'USAGE') AS host FROM pg_catalog.pg_constraint c " +
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace WHERE c.condeferrable AND NOT c.condeferred) named"
)

// nestedModes are the settings that say the modes: what only reads must not write. The rest
// is the host's.
func (s *Session) nestedModes() string {
	if s.ReadOnly {
		return nestedReadOnly
	}
	return ""
}

// outer are the settings that a transaction will make, as the host's has them.
type outer struct {
	names  []string
	values [][]byte
}

// role is the host's role; "none" is that which has logged in.
func (o *outer) role() []byte { return o.values[0] }

// ofSavepoint is how many results sendSavepoint has.
const ofSavepoint = 2

// sendSavepoint queues the beginning of a transaction within another, and asks for the
// settings that will have to be set back.
func (p *pipeline) sendSavepoint() int {
	tx := p.tx
	tx.executor.host.left = false
	names := []string{"role", "response.headers", "response.status", "client_encoding", query.InsertedSetting, query.AffectedSetting} // the role first: others may be for it alone
	for _, s := range tx.settings {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	for _, name := range tx.session.Settable {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(tx.session.Settable) > 0 {
		names = append(names, toldSetting)
	}
	tx.executor.host.outer = outer{names: names}
	text, args := []byte("SELECT "), make([][]byte, len(names))
	for i, name := range names {
		if i > 0 {
			text = append(text, ", "...)
		}
		text = append(text, "pg_catalog.current_setting($"...)
		text = append(strconv.AppendInt(text, int64(i+1), 10), ", true)"...)
		args[i] = []byte(name)
	}
	p.send("", savepoint, nil)
	p.send("", string(text), args)
	return ofSavepoint
}

// readSavepoint reads what sendSavepoint has asked for.
func (p *pipeline) readSavepoint() (err error) {
	if err := p.skip(1); err != nil {
		return err
	}
	p.tx.executor.host.outer.values, err = p.row()
	return err
}

// leave ends a transaction within another that all went well in.
func (p *pipeline) leave() error {
	tx := p.tx
	if tx.session.ReadOnly {
		err := p.exec(toSavepoint)
		tx.executor.host.left = err == nil
		return err
	}
	p.begin(p.ctx, tx)
	kept := p.sendKept()
	before := p.sendRole(becomeRoleBehind) + 1
	p.send(tx.role(), checkConstraints, nil)
	undone := tx.session.undone()
	if !undone {
		p.send("", deferAgain, nil)
		p.send(tx.role(), immediateNames, [][]byte{tx.executor.host.outer.role()})
		before++
	}
	if err := p.dispatch(); err != nil {
		return err
	}
	if err := p.skipKept(kept); err != nil {
		return err
	}
	if err := p.skip(before); err != nil {
		return forgotten(err)
	}
	if undone {
		if err := p.close(); err != nil {
			return err
		}
		err := p.exec(toSavepoint)
		tx.executor.host.left = err == nil
		return err
	}
	names, err := p.row()
	if err != nil {
		return forgotten(err)
	}
	if err := p.close(); err != nil {
		return err
	}
	return p.restoreHost(names[0], names[1])
}

// restoreHost has the host's transaction be as before, but for what was done in the one within
// it: its constraints, those that the request's role can name and those that only the host's
// can, and its settings.
func (p *pipeline) restoreHost(own, hosts []byte) error {
	host := p.tx.executor.host
	p.begin(p.ctx, p.tx)
	results := 2
	if len(own) > 0 {
		p.send(p.tx.role(), "SET CONSTRAINTS "+string(own)+" IMMEDIATE", nil)
		results++
	}
	statement, args := host.outer.restore()
	p.send("", statement, args)
	if len(hosts) > 0 {
		p.send(string(host.outer.role()), "SET CONSTRAINTS "+string(hosts)+" IMMEDIATE", nil)
		results++
	}
	p.send("", release, nil)
	if err := p.dispatch(); err != nil {
		return err
	}
	if err := p.skip(results); err != nil {
		return forgotten(err)
	}
	err := p.close()
	host.left = err == nil
	return err
}

// restore is the statement that sets the host's settings back. Of those that it hadn't, the
// values become empty, as PostgreSQL has it at the end of a transaction.
func (o *outer) restore() (string, [][]byte) {
	text, args := []byte("SELECT "), make([][]byte, 0, 2*len(o.names))
	for i, name := range o.names {
		if i > 0 {
			text = append(text, ", "...)
		}
		value := o.values[i]
		if value == nil {
			value = []byte{}
		}
		args = append(args, []byte(name), value)
		text = fmt.Appendf(text, "pg_catalog.set_config($%d, $%d, true)", len(args)-1, len(args))
	}
	return string(text), args
}

// undo rolls a transaction within another back, if it isn't over.
func (p *pipeline) undo() {
	if host := p.tx.executor.host; !host.left {
		host.left = p.exec(toSavepoint) == nil
	}
}
