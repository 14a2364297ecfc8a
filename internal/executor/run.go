package executor

import (
	"cmp"
	"encoding/json"
	"errors"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Overrides are what the database set response.headers and response.status
// to; empty for nothing.
type Overrides struct{ Headers, Status string }

// Statements that are sent with those of a program. What they ask for is set by functions,
// triggers and policies that the program runs.
const overrides = "SELECT pg_catalog.current_setting('response.headers', true), pg_catalog.current_setting('response.status', true)"

func overridesAndCounted(settings []string) string {
	text := overrides
	for _, setting := range settings {
		text += ", pg_catalog.current_setting('" + setting + "', true)"
	}
	return text
}

func noneCounted(setting string) string {
	return "SELECT WHERE pg_catalog.set_config('" + setting + "', '', true) IS NOT NULL"
}

// send queues the program's statements, and behind them the one that asks for overrides.
func (r *Result) send() {
	pipe, p, values, role := r.pipe, r.cmd.Program, r.cmd.Values, r.tx.role()
	r.main = r.rendering()
	r.Columns = r.main.columns
	if p.Count != nil {
		pipe.send(role, p.Count.SQL, values.Bind(p.Count.Args))
	}
	if p.Estimate != nil {
		pipe.send(role, p.Estimate.SQL, values.Bind(p.Estimate.Args))
	}
	r.sendAll(p.Before)
	pipe.sendIn(role, r.main.sql, values.Bind(p.Main.Args), r.main.formats)
	r.sendAll(p.Behind)
	if p.Precondition != nil {
		pipe.send(role, p.Precondition.SQL, values.Bind(p.Precondition.Args))
	}
	after := overrides
	if settings := p.CountedIn(); settings != nil {
		after = overridesAndCounted(settings)
	}
	pipe.send("", after, nil)
	if r.fenced() {
		pipe.send("", unfence, nil)
	}
	if r.tx.login = r.cmd.AsLogin; r.tx.login {
		pipe.send("", becomeLoginBehind, nil)
	}
}

// read reads the results of the program's statements, of rows only the first.
func (r *Result) read() (err error) {
	p := r.cmd.Program
	if p.Count != nil {
		if r.Counted, err = r.pipe.number(); err != nil {
			return apierror.OfStatement(p.Count.SQL, err)
		}
	}
	if p.Estimate != nil {
		if r.Estimated, err = r.pipe.estimate(); err != nil {
			return apierror.OfStatement(p.Estimate.SQL, err)
		}
	}
	if err := r.skipAll(p.Before); err != nil {
		return err
	}
	if r.reader, err = r.pipe.next(); err != nil {
		return r.inBody(&p.Main, apierror.OfStatement(r.main.sql, err))
	}
	switch p.Form {
	case query.FormNumber, query.FormDocument:
		if err := r.readNumber(); err != nil {
			return err
		}
		return r.finish()
	case query.FormRows:
		if err := cmp.Or(r.checkTimes(), r.checkColumns()); err != nil {
			return err
		}
	}
	return r.readFirst()
}

// readFirst goes to the first row, and reads what stands in it beside the client's columns.
func (r *Result) readFirst() (err error) {
	yield, more := &r.cmd.Program.Yield, r.nextRow()
	if more {
		total, ofPage := yield.BeforeRow(r.reader.Values())
		if total != nil {
			if r.Counted, err = parseNumber(total); err != nil {
				return err
			}
		}
		if more = ofPage; !more {
			r.reader.NextRow() // the only row was there for the total
		}
	}
	if !more {
		return r.finish()
	}
	r.state = onFirst
	if headers, status, ok := yield.OverridesOf(r.reader.Values()); ok {
		r.Overrides = Overrides{Headers: string(headers), Status: string(status)}
	}
	// By an estimate, the page may begin behind the last row though it has rows. They are not
	// read then.
	if err := r.cmd.Expect.CheckOffset(r.Total()); err != nil {
		r.pipe.abandon()
		r.state, r.err, r.tx.failed = ended, err, err
	}
	return nil
}

// readNumber reads the only row of a result whose rows PostgreSQL has counted, or made a
// document of.
func (r *Result) readNumber() error {
	if !r.reader.NextRow() {
		return nil // the error is the reader's to tell
	}
	yield, values := &r.cmd.Program.Yield, r.reader.Values()
	n, err := parseNumber(values[0])
	if err != nil {
		return err
	}
	r.Rows = *n
	if yield.Form == query.FormDocument {
		r.Body = rawValue(r.reader, 1)
	}
	r.keepWritten(values)
	switch yield.Total {
	case query.TotalItself:
		r.Counted, r.Rows = n, r.cmd.Window.Of(*n)
	case query.TotalBehind:
		r.Counted, err = parseNumber(values[len(values)-1])
	}
	return err
}

// finish reads what follows the rows, to the end of the pipeline, and holds the result
// against what is expected of it. A transaction that ends by its outcome is committed if all
// is well; otherwise it stays open, and clean rolls it back.
func (r *Result) finish() error {
	tag, err := r.reader.Close()
	if err != nil {
		return r.inBody(&r.cmd.Program.Main, err)
	}
	if r.cmd.Program.Form == query.FormTag {
		r.Rows = tag.RowsAffected()
	}
	if err := r.skipAll(r.cmd.Program.Behind); err != nil {
		return forgotten(err)
	}
	if p := r.cmd.Program.Precondition; p != nil {
		if err := r.pipe.skip(1); err != nil {
			return forgotten(apierror.OfStatement(p.SQL, err))
		}
	}
	o, counts, err := r.pipe.readOverrides()
	if err != nil {
		return forgotten(err)
	}
	r.Overrides, r.Affected = o, r.Rows
	if r.cmd.Program.Inserted && len(counts) > 0 {
		r.Inserted, counts = counts[0], counts[1:]
	}
	if r.cmd.Program.Affected {
		r.Affected = 0
		if len(counts) > 0 && counts[0] != nil {
			r.Affected = *counts[0]
		}
	}
	if r.fenced() {
		if err := r.pipe.skip(1); err != nil {
			return forgotten(err)
		}
	}
	if r.follows {
		r.state = ended
		if err := r.checkRows(); err != nil {
			r.err, r.tx.failed = err, err
		}
		return nil
	}
	if err := r.pipe.readEnd(); err != nil {
		return err
	}
	r.state = ended
	r.tx.concluded = r.tx.group.ends()
	if err := r.checkRows(); err != nil {
		r.err, r.tx.failed = err, err
		if !r.tx.session.ReadOnly { // what is undone has no say in the response
			r.Overrides = r.tx.overrides
		}
		return nil
	}
	if r.tx.ending == byOutcome {
		return r.pipe.conclude()
	}
	return nil
}

// checkRows holds the numbers of rows against what is expected.
func (r *Result) checkRows() error {
	if err := r.cmd.Expect.CheckUpdated(r.Affected); err != nil {
		return err
	}
	return r.cmd.Expect.Check(r.Rows, r.Total())
}

// readOverrides reads the result of overrides or overridesAndCounted: what was set, and how
// many rows the statement has counted in each of its settings, nil for none.
func (p *pipeline) readOverrides() (o Overrides, counts []*int64, err error) {
	reader, err := p.next()
	if err != nil {
		return o, nil, err
	}
	for reader.NextRow() {
		values := reader.Values()
		o = Overrides{Headers: string(values[0]), Status: string(values[1])}
		if o != (Overrides{}) {
			p.tx.conn.overridden = true
		}
		for _, value := range values[2:] { // of overridesAndCounted
			var n *int64
			if len(value) > 0 {
				if n, err = parseNumber(value); err != nil {
					return o, nil, err
				}
			}
			counts = append(counts, n)
		}
	}
	_, err = reader.Close()
	return o, counts, err
}

// estimate reads the planner's estimate of a number of rows out of a result of EXPLAIN
// (FORMAT JSON).
func (p *pipeline) estimate() (*int64, error) {
	explained, err := p.value()
	if err != nil {
		return nil, err
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(explained, &plans); err != nil || len(plans) != 1 {
		return nil, errors.Join(errors.New("read the planner's estimate"), err)
	}
	n := int64(plans[0].Plan.Rows)
	return &n, nil
}
