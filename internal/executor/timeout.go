package executor

import (
	"math"
	"strconv"
	"time"
)

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

// joined puts commas between those of the settings that aren't empty.
func joined(one, other string) string {
	if one == "" || other == "" {
		return one + other
	}
	return one + ", " + other
}
