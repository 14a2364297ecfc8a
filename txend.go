package pgrest

import "github.com/pgrest-go/pgrest/internal/enum"

// TxEnd says how a request's transaction ends and whether the client may choose.
type TxEnd uint8

// The ends of a transaction. Where the client may choose, it does so with Prefer: tx=commit
// or tx=rollback.
const (
	TxCommit                TxEnd = iota // commit
	TxCommitAllowOverride                // commit-allow-override
	TxRollback                           // rollback
	TxRollbackAllowOverride              // rollback-allow-override
)

var txEnds = [...]string{
	TxCommit: "commit", TxCommitAllowOverride: "commit-allow-override",
	TxRollback: "rollback", TxRollbackAllowOverride: "rollback-allow-override",
}

// String gives the end as the reference's key db-tx-end spells it.
func (e TxEnd) String() string { return enum.Name(txEnds[:], e) }

// overridable reports whether the client may choose.
func (e TxEnd) overridable() bool { return e == TxCommitAllowOverride || e == TxRollbackAllowOverride }

// rollsBack reports whether the transaction leaves no trace unless the client chooses.
func (e TxEnd) rollsBack() bool { return e == TxRollback || e == TxRollbackAllowOverride }
