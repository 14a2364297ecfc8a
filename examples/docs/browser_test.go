package main

import (
	"context"
	"flag"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/internal/browser"
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

// open opens a tab of a browser with an empty profile, which ends with the test.
func open(t *testing.T) *tab {
	t.Helper()
	b := &tab{t: t}
	b.ctx = browser.Open(t, b.listen)
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
