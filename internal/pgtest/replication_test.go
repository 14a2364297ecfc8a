//go:build unix

package pgtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// Replicas have what the primary has, stay behind while their replay is paused, and one of
// them can take its place.
func TestReplicate(t *testing.T) {
	t.Parallel()
	if !startsServers() {
		return
	}
	c := pgtest.Replicate(t, 2, `CREATE TABLE notes (id int)`)
	one, other := c.Replicas[0], c.Replicas[1]
	const count = `SELECT count(*) FROM notes`

	one.PauseReplay(t)
	c.Primary.Exec(t, `INSERT INTO notes VALUES (1)`)
	c.Primary.AwaitReplay(t, other)
	require.Equal(t, "1", other.Ask(t, count))
	require.Equal(t, "0", one.Ask(t, count))
	one.ResumeReplay(t)
	c.Primary.AwaitReplay(t, one)
	require.Equal(t, "1", one.Ask(t, count))

	c.Primary.Stop(t, pgtest.Immediate)
	one.Promote(t)
	other.Follow(t, one)
	one.Exec(t, `INSERT INTO notes VALUES (2)`)
	one.AwaitReplay(t, other)
	require.Equal(t, "2", other.Ask(t, count))
}
