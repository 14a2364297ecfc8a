package executor

import "github.com/pgrest-go/pgrest/auth"

// become lists the settings that the transaction begins with: the switch to the role of
// its session is one of them, and what else they tell comes in its order around that. It
// refuses an identity that nobody can become, before a connection is asked for.
func (tx *Tx) become() error {
	if err := tx.session.Identity.Check(); err != nil {
		return err
	}
	tx.settings = auth.Settings(tx.session.Identity, tx.session.Context)
	return nil
}

// role is whom statements that the session's role runs are prepared for. Those around
// them are the same for all.
func (tx *Tx) role() string { return tx.session.Identity.Role }
