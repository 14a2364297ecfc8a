package executor

import (
	"context"
	"slices"
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

// Tell tells the transaction the context of a command, and runs the statement before that, for
// the host's own SQL. It is a round trip, and the command is not to tell it again.
func (tx *Tx) Tell(ctx context.Context, cmd *Command) error {
	if err := tx.ready(); err != nil {
		return err
	}
	var pipe pipeline
	err := func() error {
		pipe.begin(ctx, tx)
		results := pipe.sendContext(cmd.Tells) + pipe.sendPreRequest(cmd.Prelude)
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

// sendPreRequest queues the statement before a command, and gives the number of results of that.
// It may change the encoding.
func (p *pipeline) sendPreRequest(statement string) int {
	if statement == "" {
		return 0
	}
	p.send(p.tx.role(), statement, nil)
	p.send("", utf8, nil)
	return 2
}

// sendContext queues the settings of a context, as far as they differ from those that the
// transaction began with, and undoes those that it hasn't. What commands before have set
// of all that decides about a request, such as the role, is set back. It gives the number of
// results of that.
func (p *pipeline) sendContext(c *auth.Context) int {
	tx := p.tx
	first := noOverrides + ", "
	if tx.told {
		first += setBack
		tx.login = false // the role is the session's again
	} else {
		first += tx.keepsTold()
	}
	told := auth.Settings(tx.session.Identity, *c)
	changed, undo := difference(tx.settings, told)
	timeout := ""
	if tx.executor.timeout != "" && (sets(changed, "statement_timeout") || strings.Contains(undo, "'statement_timeout'")) {
		timeout = tx.executor.timeout
	}
	statement, args := tx.conn.settingsStatement(changed, first, undo, timeout)
	p.send("", statement, args)
	return 1
}

// toldSetting keeps, as a JSON object, what the transaction began with, before its pre-request
// function: this one runs again for each command.
const toldSetting = "pgrest.told"

// setBack sets back what has changed of them. The role comes first, for it may be needed for
// the others.
const setBack = "(SELECT pg_catalog.count(pg_catalog.set_config(key, value, true))::text FROM pg_catalog.json_each_text(pg_catalog.current_setting('" + toldSetting + "')::json) " +
	"WHERE value IS DISTINCT FROM pg_catalog.current_setting(key, true))"

// keepsTold is the term that keeps them.
func (tx *Tx) keepsTold() string {
	tx.told = true
	return "pg_catalog.set_config('" + toldSetting + "', " + toldBy(tx.toldNames()) + ", true)"
}

// toldBy is the value of toldSetting for settings of these names, which are words.
func toldBy(names []string) string {
	return "(SELECT pg_catalog.json_object_agg(name, pg_catalog.current_setting(name, true))::text FROM pg_catalog.unnest('{" + strings.Join(names, ",") + "}'::text[]) AS name)"
}

// toldNames are the settings that commands with a context begin with, whatever the commands
// before have set: those of a request, those that the host and the contexts make, and those
// that results depend on. What a role can't change by itself isn't among them, or couldn't be set
// back by it.
func (tx *Tx) toldNames() []string {
	names := []string{"role", "timezone", "datestyle", "intervalstyle", "client_encoding", "bytea_output", "extra_float_digits",
		"statement_timeout", "lock_timeout", "row_security", "search_path"}
	add := func(name string) {
		if name = strings.ToLower(name); isWord(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for i := range tx.settings {
		if strings.Contains(tx.settings[i].Name, ".") {
			add(tx.settings[i].Name)
		}
	}
	for _, name := range tx.session.Settable {
		add(name)
	}
	return names
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
