package executor

import (
	"math"
	"strconv"
	"time"
)

// LimitStatements bounds how long PostgreSQL may take for a statement of a session, where
// nothing bounds it more; 0 is no bound.
func (e *Executor) LimitStatements(limit time.Duration) { e.timeout = timeoutSetting(limit) }

// timeoutSetting bounds how long each statement of a transaction may take. A bound that is
// lower stays, whoever set it: PostgreSQL shows it with a unit that intervals have, too, and
// as 0 for none. It is empty for no bound.
func timeoutSetting(limit time.Duration) string {
	if limit <= 0 {
		return ""
	}
	ms := strconv.FormatInt(min(int64((limit+time.Millisecond-1)/time.Millisecond), math.MaxInt32), 10)
	return "CASE WHEN pg_catalog.current_setting('statement_timeout')::interval NOT BETWEEN '1 ms' AND '" + ms + " ms' " +
		"THEN pg_catalog.set_config('statement_timeout', '" + ms + "', true) END"
}
