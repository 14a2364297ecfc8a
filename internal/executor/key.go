package executor

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Statement is SQL with its arguments in text form, nil for NULL.
type Statement struct {
	SQL  string
	Args [][]byte
}

// Key is what only one transaction may ever take, such as an idempotency key. A Tx begins
// with it, before its role and its settings: its statements run as the role that the
// connection logged in as.
type Key struct {
	// Find gives one row of what was kept for the key, or none if nobody has taken it.
	Find Statement
	// Take takes the key, by an insert that violates a unique constraint when somebody else has
	// it. PostgreSQL waits for the transaction of one who is just about to.
	Take Statement
	// Wait bounds how long it waits: a millisecond at least.
	Wait time.Duration
}

// TakenError says that a transaction hasn't begun since its key is taken. Kept is the row
// that Find gave. It is nil when there was none yet: who had the key has committed after
// that, and another try finds it.
type TakenError struct {
	Kept  [][]byte
	cause error
}

func (e *TakenError) Error() string { return "the key is taken: " + e.cause.Error() }

// Unwrap gives PostgreSQL's error.
func (e *TakenError) Unwrap() error { return e.cause }

// ErrKeyBusy says that a transaction hasn't begun since another one with its key is under way.
var ErrKeyBusy = errors.New("another transaction with the same key is under way")

// Statements around those of a key. They run as the login, and wait no longer than they may.
const (
	beforeKey = "SELECT pg_catalog.set_config('role', 'none', true), " +
		"pg_catalog.set_config('pgrest.lock_timeout', pg_catalog.current_setting('lock_timeout'), true), pg_catalog.set_config('lock_timeout', $1, true)"
	behindKey = "SELECT pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('pgrest.lock_timeout'), true)"
)

// keyLeads reports a transaction whose key is taken before its BEGIN, in the implicit
// transaction of the pipeline, which that BEGIN makes an explicit one. When the key is
// taken already, the error ends the implicit transaction, so that no ROLLBACK has to follow,
// and a replay is one round trip. It needs the modes that a transaction has of itself, for
// PostgreSQL lets none change behind the first query, and texts in UTF-8 from the start.
func (tx *Tx) keyLeads(counts bool) bool {
	return tx.session.Key != nil && !tx.nested() && !tx.conn.needsBegin && tx.session.Isolation == "" && !counts &&
		!onStandby(tx.conn.pg) && tx.conn.pg.ParameterStatus("client_encoding") == "UTF8"
}

// sendKey queues the statements of the transaction's key.
func (p *pipeline) sendKey() {
	key := p.tx.session.Key
	p.sendFind(key)
	p.send("", key.Take.SQL, key.Take.Args)
	p.send("", behindKey, nil)
}

// sendFind queues the statement that finds what was kept for a key, and what comes before it.
func (p *pipeline) sendFind(key *Key) {
	p.send("", beforeKey, [][]byte{strconv.AppendInt(nil, max(1, key.Wait.Milliseconds()), 10)})
	p.send("", key.Find.SQL, key.Find.Args)
}

// readKey reads their results.
func (p *pipeline) readKey() error {
	if err := p.skip(1); err != nil {
		return err
	}
	kept, err := p.row()
	if err == nil {
		err = p.skip(1)
	}
	if err != nil {
		return p.tx.keyError(kept, err)
	}
	return p.skip(1)
}

// Find gives the row that Key.Find gives, nil for none, without taking the key.
func (e *Executor) Find(ctx context.Context, key *Key) (kept [][]byte, err error) {
	tx := &Tx{executor: e}
	err = tx.attempt(ctx, func() (retry, error) {
		var pipe pipeline
		pipe.begin(ctx, tx)
		pipe.sendFind(key)
		err := pipe.dispatch()
		if err == nil {
			err = pipe.skip(1)
		}
		if err == nil {
			kept, err = pipe.row()
		}
		if err != nil {
			return pipe.giveUp(keyFault(err))
		}
		err = pipe.close()
		pipe.clean()
		return never, err
	})
	if err == nil {
		tx.giveBack()
	}
	return kept, err
}

// The SQLSTATEs of a key that can't be taken.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	lockNotAvailable     = "55P03"
	readOnlyViolated     = "25006"
)

// keyError says what an error of a key's statement means.
func (tx *Tx) keyError(kept [][]byte, err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return err
	}
	switch {
	case pg.Code == uniqueViolation:
		return &TakenError{kept, err}
	case pg.Code == serializationFailure: // of who has waited, by a stricter isolation level
		return &TakenError{nil, err}
	case pg.Code == lockNotAvailable:
		return fmt.Errorf("%w: %w", ErrKeyBusy, err)
	case pg.Code == readOnlyViolated && tx.keyLed:
		tx.conn.needsBegin = true
		return fmt.Errorf("%w: %w", errOtherModes, err)
	case pg.Code == readOnlyViolated: // on a standby: what any write is told
		return err
	}
	return keyFault(err)
}

// keyFault makes an error of the host's of what PostgreSQL says of a statement of a key's, such
// as that its table isn't there. A client must not take it for one of its own statement, and
// nobody for a schema cache that is stale. What is no such error stays as it is, and so does
// what ends a session, or a transaction that can be tried again.
func keyFault(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || terminated(err) || staleStatement(err) {
		return err
	}
	switch pg.Code[:2] {
	case "42", "3F", "22", "23":
		return apierror.Internal(fmt.Errorf("the table of idempotency keys: %v", err)) // unwrapped, see above
	}
	return err
}

// Keep has the transaction's End run a last statement before its commit, as the role that the
// connection logged in as, in the same round trip. The arguments are read by End alone.
func (tx *Tx) Keep(s Statement) { tx.kept = &s }

// sendKept queues the statement of Keep. It gives the number of results of that.
func (p *pipeline) sendKept() (results int) {
	tx := p.tx
	if tx.kept == nil {
		return 0
	}
	if !tx.login {
		tx.login = true
		p.send("", becomeLoginBehind, nil)
		results++
	}
	p.send("", tx.kept.SQL, tx.kept.Args)
	return results + 1
}

// skipKept reads the results of sendKept.
func (p *pipeline) skipKept(n int) error { return forgotten(keyFault(p.skip(n))) }
