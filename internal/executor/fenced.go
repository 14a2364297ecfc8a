package executor

// Statements around a command that must not write in a transaction that may. Only within a
// savepoint can the access mode be READ ONLY for a while: PostgreSQL lets no transaction
// become READ WRITE again otherwise.
const (
	fence      = "SAVEPOINT pgrest_read"
	fenceModes = "SELECT " + nestedReadOnly
	unfence    = "RELEASE SAVEPOINT pgrest_read"
)

// fenced reports a command that must not write in a transaction that may.
func (r *Result) fenced() bool { return r.cmd.OnlyReads && !r.tx.session.ReadOnly }

// sendFence queues what precedes such a command, and gives the number of results of that.
func (r *Result) sendFence() (before int) {
	if !r.fenced() {
		return 0
	}
	r.pipe.send("", fence, nil)
	r.pipe.send("", fenceModes, nil)
	return 2
}
