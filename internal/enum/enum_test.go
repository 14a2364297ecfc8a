package enum_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/enum"
)

type colour uint8

const (
	red colour = iota
	green
)

func TestName(t *testing.T) {
	t.Parallel()
	names := []string{red: "red", green: "green"}
	require.Equal(t, "red", enum.Name(names, red))
	require.Equal(t, "green", enum.Name(names, green))
	require.Equal(t, "colour(2)", enum.Name(names, green+1))
}
