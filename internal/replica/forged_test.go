package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/replica"
)

// A position that nobody has written has an effect on its own request alone: others with
// positions go on to be answered by the replica. One that the primary has written, and the
// replica not yet, keeps them from waiting in vain.
func TestPosition_forged(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL))
	one := s.Replicas[0]
	good := ask(t, s, "POST /notes", `{"id": 100}`)
	s.Primary.AwaitReplay(t, one)
	real, err := replica.ParseToken(good.position())
	require.NoError(t, err)
	forged := func(change func(*replica.Position)) string {
		p := real
		change(&p)
		return pgrest.PositionHeader + ": " + p.Token()
	}
	for name, header := range map[string]string{
		"far ahead":                 forged(func(p *replica.Position) { p.LSN += 1 << 40 }),
		"the last there is":         forged(func(p *replica.Position) { p.LSN = 1<<64 - 1 }),
		"another cluster":           forged(func(p *replica.Position) { p.System++ }),
		"another cluster's, before": forged(func(p *replica.Position) { p.System++; p.LSN = 1 }),
		"another timeline":          forged(func(p *replica.Position) { p.Timeline++ }),
	} {
		behind := s.figures(t, "replica-1").Behind
		a := ask(t, s, "GET /notes?select=id&id=eq.100", "", header)
		require.Equal(t, []any{200, "primary"}, []any{a.Code, a.server}, name)
		require.Equal(t, behind+1, s.figures(t, "replica-1").Behind, name)
		require.Equal(t, "replica-1", ask(t, s, "GET /notes", "", good.after()).server, name)
	}
	one.PauseReplay(t)
	written := ask(t, s, "POST /notes", `{"id": 101}`)
	a := ask(t, s, "GET /notes?select=id&id=eq.101", "", written.after())
	require.Equal(t, []any{`[{"id":101}]`, "primary"}, []any{a.Body.String(), a.server})
	require.Equal(t, "primary", ask(t, s, "GET /notes", "", good.after()).server, "it lags")
	one.ResumeReplay(t)
	await(t, "it is asked again", func() bool { return ask(t, s, "GET /notes", "", written.after()).server == "replica-1" })
}

// For the position of another cluster no replica is waited for.
func TestPosition_of_another_cluster_at_once(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Replicate(t, 1, schemaSQL), func(o *pgrest.Options) { o.Replicas.PositionWait = time.Hour })
	other := replica.Position{System: 7, Timeline: 1, LSN: 1}
	require.Equal(t, "primary", ask(t, s, "GET /notes", "", fmt.Sprintf("%s: %s", pgrest.PositionHeader, other.Token())).server)
}
