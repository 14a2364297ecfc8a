package executor

import (
	"math"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Command is a program to run, and what its result has to be.
type Command struct {
	Program *query.Program
	// Values are what the program's arguments are bound to, and Window is that of its rows.
	Values *value.Values
	Window filter.Window
	// Counting is how the rows beyond the page are counted.
	Counting plan.Counting
	// Expect is held against the result when its rows have been read. What isn't as
	// expected isn't committed.
	Expect plan.Expectation
	// Outdated says that the schema cache may be older than the database, and that there
	// is none that is newer: what it doesn't know is left out, or shown as text.
	Outdated bool
	// Tells, if it isn't nil, is what a Tx is told before the command, in place of what it
	// was told last. What was set to response.headers and response.status before doesn't count
	// any more then. It has no effect in a Once.
	Tells *auth.Context
	// Prelude is a statement that runs as the role in that context, before the command; empty
	// for none.
	Prelude string
	// OnlyReads has PostgreSQL refuse what the command would write, in a Tx that may write.
	OnlyReads bool
	// AsLogin has SQL of the host's own that follows in a Tx run as the role that the
	// connection logged in as, until the next command.
	AsLogin bool
}

// prepare refuses a command that can't be sent, and makes one ready that can.
func (c *Command) prepare() error {
	if c.Program.Arguments() > maxArguments {
		return apierror.TooManyArguments(maxArguments)
	}
	if c.Outdated {
		c.Program = c.Program.Unchecked()
	}
	return nil
}

// maxArguments is how many arguments PostgreSQL's protocol lets a statement have. Sending
// one with more would break the connection.
const maxArguments = math.MaxUint16
