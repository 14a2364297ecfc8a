package executor

import (
	"context"
	"errors"
	"fmt"

	"github.com/pgrest-go/pgrest/internal/apierror"
)

// RunLast runs the last command of a transaction. Its result ends the transaction as that of
// a Once does, in the same round trip where a Once would, and gives the connection back.
//
// A column of a read that has another type than the schema cache says is an ErrOutdated:
// there is no second try.
func (tx *Tx) RunLast(ctx context.Context, cmd Command) (*Result, error) {
	if err := tx.ready(); err != nil {
		return nil, err
	}
	if err := cmd.prepare(); err != nil {
		return nil, err
	}
	tx.ending = tx.endingOf(&cmd)
	r := newResult(tx, cmd)
	r.textOnly = cmd.Outdated
	if err := r.startIn(ctx); err != nil {
		if errors.Is(err, errOtherType) {
			err = fmt.Errorf("%w: %w", apierror.ErrOutdated, err)
		}
		return nil, err
	}
	if r.state == ended {
		r.Close()
	}
	return r, nil
}
