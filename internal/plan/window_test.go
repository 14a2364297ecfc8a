package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/value"
)

// Of several caps the lowest counts, whatever their order, and a limit that is below them.
func TestWindow_AtMost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		target string
		caps   []int64
		want   string // "" for no limit
	}{
		{"/films", nil, ""},
		{"/films", []int64{0}, ""},
		{"/films", []int64{5, 3, 7}, "3"},
		{"/films", []int64{3, -1}, "0"},
		{"/films", []int64{-1, 3}, "0"},
		{"/films?limit=4", []int64{5}, "4"},
		{"/films?limit=4", []int64{5, 3}, "3"},
		{"/films?limit=4", []int64{3, 5}, "3"},
		{"/films?limit=0", []int64{3}, "0"},
	} {
		req := parse(t, "GET", tt.target)
		p, err := plan.New(archive(), plan.Config{}).Build(&req.Shape)
		require.NoError(t, err)
		w := p.(*plan.Read).Root.Window
		for _, most := range tt.caps {
			w = w.AtMost(most)
		}
		if tt.want == "" {
			require.True(t, w.IsAll())
			continue
		}
		require.Equal(t, tt.want, string(req.Values.Bind([]value.Arg{w.LimitArg()})[0]), "%s %v", tt.target, tt.caps)
		require.Equal(t, tt.want == "0", w.Limit == apirequest.Zero)
	}
}
