package executor

import "github.com/pgrest-go/pgrest/internal/query"

// ending is what ends a transaction.
type ending uint8

const (
	// bySync: there is no BEGIN, and the pipeline itself is the transaction. Its Sync,
	// which is sent along, commits.
	bySync ending = iota
	// byLateSync: the same, but the Sync is sent behind the last row. Who closes the result
	// before has written nothing.
	byLateSync
	// inPipeline: the pipeline has a BEGIN, and a COMMIT or ROLLBACK at its end.
	inPipeline
	// byOutcome: the pipeline has a BEGIN. When all rows have been read, COMMIT or ROLLBACK
	// follows in a round trip of its own, as the result is expected or not.
	byOutcome
	// byCaller: End does, for there may be more programs.
	byCaller
)

// begins reports whether the transaction begins with a BEGIN.
func (e ending) begins() bool { return e >= inPipeline }

// endingOf decides how the transaction of a Once ends.
func (tx *Tx) endingOf(cmd *Command) ending {
	s := &tx.session
	late := s.Late && !s.ReadOnly && cmd.Program.Form == query.FormRows // what has no rows has none to wait for
	modes := tx.conn.needsBegin || s.Isolation != "" || tx.opened       // which only a BEGIN can say
	switch {
	case tx.nested():
		return byOutcome
	case !s.ReadOnly && (cmd.Expect.Decides() || late && (modes || s.Rollback)):
		return byOutcome
	case modes || s.undone() || cmd.Program.Count != nil:
		return inPipeline
	case late:
		return byLateSync
	}
	return bySync
}

// undone reports a transaction that is rolled back though all went well. There is nothing
// to undo of one that only reads.
func (s *Session) undone() bool { return s.Rollback && !s.ReadOnly }

// Statements that end a transaction.
const (
	commit           = "COMMIT"
	rollback         = "ROLLBACK"
	checkConstraints = "SET CONSTRAINTS ALL IMMEDIATE"
)

// sendEnd queues what ends the transaction, if that is for the pipeline to do.
func (p *pipeline) sendEnd() {
	switch {
	case p.tx.ending == bySync:
		if p.tx.tellsPosition() {
			p.sendSync() // which commits
			p.sendPosition()
		}
	case p.tx.ending != inPipeline:
	case p.tx.session.undone():
		p.send(p.tx.role(), checkConstraints, nil)
		p.send("", rollback, nil)
	default:
		p.send("", commit, nil)
		if p.tx.tellsPosition() {
			p.sendPosition()
		}
	}
}

// conclude commits the transaction behind the pipeline, or undoes it if its session says so.
// When that fails, the transaction may still be open: clean rolls it back.
func (p *pipeline) conclude() error {
	switch {
	case p.tx.nested():
		return p.leave()
	case p.tx.joined != nil || p.tx.login || p.tx.kept != nil:
		return p.concludeAsRole()
	}
	if p.tx.session.undone() {
		return p.exec(checkConstraints + "; " + rollback)
	}
	return p.execCommit()
}

// clean rolls back what is still open, and puts back the settings that the connection had.
// If the rollback fails, as it does when the request has been given up, the pool closes the
// connection for its transaction.
func (p *pipeline) clean() {
	conn := p.tx.conn
	switch {
	case conn.pg.IsClosed() || conn.pg.TxStatus() == idle:
	case p.tx.nested():
		p.undo()
	default:
		_ = p.exec(rollback)
	}
	if status := conn.pg.TxStatus(); (status == idle || p.tx.nested() && status == underWay) && !conn.pg.IsClosed() {
		p.putBack()
	}
	conn.watch.end()
}

// What PostgreSQL says of a connection's transaction: there is none, or it goes on. The
// third is that it has failed.
const (
	idle     = 'I'
	underWay = 'T'
)

// giveBack gives the connection back to its pool.
func (tx *Tx) giveBack() {
	tx.lease.Release()
	tx.lease = nil
	if server := tx.server(); server != nil {
		server.End()
	}
}
