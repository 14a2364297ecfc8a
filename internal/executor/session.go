package executor

import (
	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/replica"
)

// Session says as whom a transaction runs, and how.
type Session struct {
	// Identity is whom the programs run as: the executor becomes its role.
	Identity auth.Identity
	// Context is what the transaction is told of its request, before anything else runs.
	Context auth.Context
	// PreRequest is a statement that runs as the role before all programs; empty for none.
	PreRequest string
	// Isolation is the isolation level, such as "SERIALIZABLE". Empty is READ COMMITTED,
	// but for a Once whose program counts in a statement of its own: then REPEATABLE READ,
	// so that the count and the rows come from one snapshot.
	Isolation string
	// Route says which servers it may run on, and what it tells of its commit; nil for the
	// primary alone, and nothing.
	Route *replica.Route
	// ReadOnly is the access mode, READ ONLY in place of READ WRITE.
	ReadOnly bool
	// Rollback ends the transaction without effect, but has deferred constraints checked.
	Rollback bool
	// Late has a Once that writes commit behind its last row, so that nothing is written
	// when its result is closed before. Of a program with an isolation level, or one that
	// rolls back, that costs a round trip. A Tx ends late in any case.
	Late bool
	// Settable are the names of settings that the contexts of commands may make, which that of
	// the session doesn't. A transaction within one of the host's sets them back.
	Settable []string
	// Unprepared has no statement prepared, and uses none that is.
	Unprepared bool
	// AsLogin has a Tx begin with SQL of the host's own that runs as the role that the
	// connection logged in as.
	AsLogin bool
	// Key, if not nil, is taken by a Tx when it begins.
	Key *Key
}

// become lists the settings that the transaction begins with, of which one switches to the
// role of its session. It refuses an identity that nobody can become, before a connection
// is asked for.
func (tx *Tx) become() error {
	if err := tx.session.Identity.Check(); err != nil {
		return err
	}
	tx.settings = auth.Settings(tx.session.Identity, tx.session.Context)
	return nil
}

// role is the role that statements are prepared for if they run as it. Those that are the
// same for all roles are prepared for none.
func (tx *Tx) role() string { return tx.session.Identity.Role }
