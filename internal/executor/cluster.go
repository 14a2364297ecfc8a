package executor

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster is what is known of a database cluster that a pool leads to: a host's pool may
// choose among several.
type cluster struct {
	hasPrimary atomic.Bool  // connections to it have led to a primary
	reset      atomic.Int64 // when its idle connections were closed for leading to a standby, in nanoseconds of the epoch
}

// clusters are those that an executor has connections to, by the servers and the database that
// the connections' configuration names.
type clusters struct{ known sync.Map }

// of gives the cluster of a connection, which remembers it.
func (c *clusters) of(conn *connection, client *pgx.Conn) *cluster {
	if conn.cluster == nil {
		found, _ := c.known.LoadOrStore(servers(client.Config()), new(cluster))
		conn.cluster = found.(*cluster)
	}
	return conn.cluster
}

// servers names the servers and the database that a configuration leads to.
func servers(config *pgx.ConnConfig) string {
	var b strings.Builder
	add := func(host string, port uint16) {
		b.WriteString(strconv.Quote(host))
		b.WriteString(strconv.Itoa(int(port)))
	}
	add(config.Host, config.Port)
	for _, other := range config.Fallbacks {
		add(other.Host, other.Port)
	}
	b.WriteString(config.Database)
	return b.String()
}

// resetPause is how long a cluster's idle connections are left alone that were closed for
// leading to a standby. While it has no primary, each write finds that.
const resetPause = time.Second

// mayReset reports that the idle connections may be closed, for they may be older than what has
// made a standby of their server.
func (c *cluster) mayReset(now time.Time) bool {
	last := c.reset.Load()
	return now.UnixNano()-last >= int64(resetPause) && c.reset.CompareAndSwap(last, now.UnixNano())
}
