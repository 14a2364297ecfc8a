package executor

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// Who runs what follows: the session's role, or the one that the connection logged in as.
// What is sent behind a command isn't prepared together with what precedes it, so that it is
// there again at the second try of a command that takes prepared statements away.
const (
	becomeRole        = "SELECT pg_catalog.set_config('role', $1, true)"
	becomeLogin       = "SELECT pg_catalog.set_config('role', 'none', true)"
	becomeRoleBehind  = becomeRole + " AS behind"
	becomeLoginBehind = becomeLogin + " AS behind"
)

// Become has the host's own SQL run as the role that the connection logged in as, or as that
// of the session, until the next command. It is a round trip if that is a change.
func (tx *Tx) Become(ctx context.Context, login bool) error {
	if tx.login == login {
		return nil
	}
	if err := tx.ready(); err != nil {
		return err
	}
	tx.login = login
	var pipe pipeline
	if err := tx.switchTo(ctx, &pipe); err != nil {
		err = pipe.failed(err)
		_ = pipe.close()
		tx.conn.watch.end()
		return err
	}
	tx.conn.watch.end()
	return nil
}

func (tx *Tx) switchTo(ctx context.Context, pipe *pipeline) error {
	pipe.begin(ctx, tx)
	if tx.login {
		pipe.send("", becomeLogin, nil)
	} else {
		pipe.send("", becomeRole, [][]byte{[]byte(tx.role())})
	}
	if err := pipe.dispatch(); err != nil {
		return err
	}
	if err := pipe.skip(1); err != nil {
		return err
	}
	return pipe.close()
}

// sendRole sets the session's role again by a statement, if a host's own SQL may have run
// as another. It gives the number of results of that.
func (p *pipeline) sendRole(statement string) int {
	tx := p.tx
	if tx.joined == nil && !tx.login {
		return 0
	}
	tx.login = false
	p.send("", statement, [][]byte{[]byte(tx.role())})
	return 1
}

// concludeAsRole is conclude behind a host's own SQL: what the end of the transaction
// runs, such as deferred triggers, runs as the session's role.
func (p *pipeline) concludeAsRole() error {
	p.begin(p.ctx, p.tx)
	kept := p.sendKept()
	p.sendRole(becomeRoleBehind)
	switch {
	case p.tx.session.undone():
		p.send(p.tx.role(), checkConstraints, nil)
		p.send("", rollback, nil)
	default:
		p.send("", commit, nil)
		if p.tx.tellsPosition() {
			p.sendPosition()
		}
	}
	if err := p.dispatch(); err != nil {
		return err
	}
	if err := p.skipKept(kept); err != nil {
		return err
	}
	return p.readEnd()
}

// Lost tells an error of the host's own SQL that lost the connection from others, which it
// leaves alone. Where the host has made another error of it, that is the cause.
func (tx *Tx) Lost(ctx context.Context, err error) (lost error, ok bool) {
	if err == nil || ctx.Err() != nil || tx.lease == nil || !tx.conn.pg.IsClosed() {
		return nil, false
	}
	tx.lost()
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == adminShutdown {
		return pg, true
	}
	return apierror.ConnectionLost(err), true
}
