package executor

import "github.com/pgrest-go/pgrest/internal/dbpool"

// poolOf decides which pool a session's connection comes from. There is one for all.
func (e *Executor) poolOf(*Session) dbpool.Pool { return e.pool }
