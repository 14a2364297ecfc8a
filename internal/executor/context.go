package executor

import (
	"context"
	"strings"

	"github.com/pgrest-go/pgrest/auth"
)

// overrides are those that the command's result begins with.
func (c *Command) overrides(tx *Tx) Overrides {
	if c.Tells != nil {
		return Overrides{}
	}
	return tx.overrides
}

// Overrides are what the statement before all programs has set response.headers and
// response.status to.
func (tx *Tx) Overrides() Overrides { return tx.overrides }

// Tell tells the transaction a context, for the host's own SQL, as a command with it does. It
// is a round trip.
func (tx *Tx) Tell(ctx context.Context, c *auth.Context) error {
	if err := tx.ready(); err != nil {
		return err
	}
	var pipe pipeline
	err := func() error {
		pipe.begin(ctx, tx)
		results := pipe.sendContext(c)
		if err := pipe.dispatch(); err != nil {
			return err
		}
		if err := pipe.skip(results); err != nil {
			return err
		}
		return pipe.close()
	}()
	if err != nil {
		err = pipe.failed(forgotten(err))
		_ = pipe.close()
		tx.failed = err
	}
	tx.conn.watch.end()
	return err
}

// sendContext queues the settings of a context, as far as they aren't made already, and undoes
// those that it hasn't. It gives the number of results of that.
func (p *pipeline) sendContext(c *auth.Context) int {
	tx := p.tx
	before := tx.told
	if before == nil {
		before = tx.settings
	}
	tx.told = auth.Settings(tx.session.Identity, *c)
	changed, undo := difference(before, tx.told)
	timeout := ""
	if tx.executor.timeout != "" && (sets(changed, "statement_timeout") || strings.Contains(undo, "'statement_timeout'")) {
		timeout = tx.executor.timeout
	}
	statement, args := tx.conn.settingsStatement(changed, true, undo, timeout)
	p.send("", statement, args)
	return 1
}

// difference gives the settings to make so that those of after hold where those of before do,
// and the terms of a SELECT that undo what after hasn't.
func difference(before, after []auth.Setting) (changed []auth.Setting, undo string) {
	had, has := lastOf(before), lastOf(after)
	for i := range after {
		name := strings.ToLower(after[i].Name)
		value, ok := had[name]
		switch {
		case name == "role", has[name] != after[i].Value, ok && value == after[i].Value:
		default:
			changed = append(changed, after[i])
		}
	}
	for i := range before {
		name := strings.ToLower(before[i].Name)
		if _, ok := has[name]; ok || had[name] != before[i].Value || !isWord(name) {
			continue
		}
		delete(had, name)
		if undo != "" {
			undo += ", "
		}
		undo += "pg_catalog.set_config('" + name + "', NULL, true)"
	}
	return changed, undo
}

// lastOf has the values by names in lower case. Of one name the last counts.
func lastOf(settings []auth.Setting) map[string]string {
	values := make(map[string]string, len(settings))
	for i := range settings {
		values[strings.ToLower(settings[i].Name)] = settings[i].Value
	}
	return values
}
