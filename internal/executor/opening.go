package executor

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Statements of the opening. The overrides are asked for in UTF-8, for a pre-request function
// may have changed the encoding.
const (
	utf8            = "SELECT WHERE " + inUTF8
	inUTF8          = "pg_catalog.set_config('client_encoding', 'UTF8', true) IS NOT NULL"
	overridesInUTF8 = overrides + " WHERE " + inUTF8
)

// sendOpening queues what a transaction begins with: BEGIN, if it has one, the settings,
// which switch to the role, and the statement before all programs. It gives the number of
// results that precede those of the settings.
func (p *pipeline) sendOpening(counts bool) (before int) {
	tx := p.tx
	modes := ""
	if tx.keyLed = tx.keyLeads(counts); tx.keyLed {
		p.sendKey()
	}
	if tx.awaits() {
		before += p.sendAwait()
	}
	switch {
	case tx.nested():
		before, modes = p.sendSavepoint(), tx.session.nestedModes()
	case tx.ending.begins():
		p.send("", tx.session.beginStatement(tx.conn.pg, counts), nil)
		before++
	default:
		modes = tx.session.modeSettings(tx.conn.pg)
	}
	before += p.sendEncoding()
	if tx.session.Key != nil && !tx.keyLed {
		p.sendKey()
	}
	overridden := ""
	if tx.mayBeOverridden() {
		overridden = noOverrides
	}
	bounds := tx.executor.timeout
	if len(tx.session.Settable) > 0 {
		if bounds != "" {
			bounds += ", "
		}
		bounds += tx.keepsTold()
	}
	statement, args := tx.conn.settingsStatement(tx.settings, overridden, modes, bounds)
	p.send("", statement, args)
	if tx.session.PreRequest != "" {
		p.send(tx.role(), tx.session.PreRequest, nil)
		p.send("", overridesInUTF8, nil)
	}
	return before
}

// sendEncoding has texts come in UTF-8, if the connection says that they don't. It gives
// the number of results of that.
func (p *pipeline) sendEncoding() int {
	if p.tx.conn.pg.ParameterStatus("client_encoding") == "UTF8" {
		return 0
	}
	p.send("", utf8, nil)
	return 1
}

// readOpening reads the results of the opening. It gives what the statement before all
// programs wants of the response.
func (p *pipeline) readOpening(before int) (o Overrides, err error) {
	tx := p.tx
	if tx.keyLed {
		if err := p.readKey(); err != nil {
			return o, err
		}
	}
	if tx.nested() {
		if err := p.readSavepoint(); err != nil {
			return o, err
		}
		before -= ofSavepoint
	}
	if p.tx.awaits() {
		if err := p.readAwait(); err != nil {
			return o, err
		}
		before -= ofAwait
	}
	if err := p.skip(before); err != nil {
		if tx.keyLed { // behind it, the BEGIN may say no other modes
			err = tx.conn.otherModes(err)
		}
		return o, err
	}
	if tx.session.Key != nil && !tx.keyLed {
		if err := p.readKey(); err != nil {
			return o, err
		}
	}
	if err := p.skip(1); err != nil { // the settings
		err = noRole(err, tx.role())
		if !tx.ending.begins() {
			err = tx.conn.otherModes(err)
		}
		return o, err
	}
	if tx.session.PreRequest == "" {
		return o, nil
	}
	if err := p.skip(1); err != nil {
		return o, err
	}
	o, _, err = p.readOverrides()
	return o, err
}

// noRole has PostgreSQL say in English that there is no such role, by which its error is known
// from other refusals of a setting: these name the setting, and behind a colon its value.
func noRole(err error, role string) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "22023" || pg.Routine != "call_string_check_hook" {
		return err
	}
	if before, after, ok := strings.Cut(pg.Message, role); !ok || strings.Contains(before+after, ":") {
		return err
	}
	english := *pg
	english.Message = `role "` + role + `" does not exist`
	return &english
}

// mayBeOverridden reports that response.headers or response.status may be set already:
// set_config can make them for the whole session, and not every function means what it
// says. Behind a pooler nobody knows whose session it is.
func (tx *Tx) mayBeOverridden() bool {
	return !tx.executor.prepares || tx.conn.overridden || tx.nested()
}
