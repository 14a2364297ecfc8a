// Package browser starts a browser for the tests of pages.
//
//	ctx := browser.Open(t, func(event any) { … })
//	err := chromedp.Do(ctx, chromedp.Navigate(url))
package browser

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// programs are the names of those that will do.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// Open starts a browser with an empty profile, which ends with the test, and gives the
// context of its only tab. listen is told of what happens in that, the network's events
// included. A test on a machine without a browser is skipped.
func Open(t *testing.T, listen func(event any)) context.Context {
	t.Helper()
	i := slices.IndexFunc(programs, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if i < 0 {
		t.Skip("no browser: needs one of " + strings.Join(programs, ", ") + " in the PATH (apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(programs[i]), chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Env("TMPDIR="+t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx) }) // which waits until the browser has ended
	require.NoError(t, chromedp.Listen(ctx, listen))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	return ctx
}
