package main

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var screenshot = flag.String("screenshot", "", "write a picture of the page, in PNG, to this file")

// tab is a page in a browser of its own, and what went on in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string // their URLs
	troubles []string // violations of the page's policy, errors, exceptions
}

// browsers are the names of the programs that will do.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// open starts a browser with an empty profile, which ends with the test.
func open(t *testing.T) *tab {
	t.Helper()
	i := slices.IndexFunc(browsers, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if i < 0 {
		t.Skip("no browser: needs one of " + strings.Join(browsers, ", ") + " in the PATH (apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browsers[i]), chromedp.DisableGPU,
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
	b := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	return b
}

// listen notes what is to be known of afterwards.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *log.EventEntryAdded:
		b.troubles = append(b.troubles, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.troubles = append(b.troubles, e.ExceptionDetails.Text)
	}
}

// do takes the steps one after the other.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, step := range steps {
		require.NoError(b.t, chromedp.Do(b.ctx, step), "step %d", i)
	}
}

// text gives what is written in an element.
func (b *tab) text(element chromedp.CSS) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.TextContent(element))
	require.NoError(b.t, err)
	return text
}

// run evaluates JavaScript in the page.
func (b *tab) run(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](script)
}

// firstTrouble waits for something to go wrong, and tells what it was.
func (b *tab) firstTrouble() string {
	b.t.Helper()
	var text string
	require.Eventually(b.t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		text = strings.Join(b.troubles, "\n")
		return text != ""
	}, 10*time.Second, 10*time.Millisecond)
	return text
}

// picture writes what the tab shows to the file that the flag names.
func (b *tab) picture() {
	b.t.Helper()
	if *screenshot == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(*screenshot, png, 0o644))
}

// requireQuiet fails if the page asked another host for anything, did what its policy
// forbids, or had an error.
func (b *tab) requireQuiet(address string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.NotEmpty(b.t, b.requests)
	for _, url := range b.requests {
		if !strings.HasPrefix(url, "data:") {
			require.True(b.t, strings.HasPrefix(url, address+"/"), "a request to %s", url)
		}
	}
	require.Empty(b.t, b.troubles)
}
