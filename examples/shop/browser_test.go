package main

import (
	"context"
	"flag"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/examples/internal/browser"
)

var screenshot = flag.String("screenshot", "", "write a picture of the page, in PNG, to this file")

// tab is the shop's page in a browser of its own, and what went on in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string // their URLs
	troubles []string // violations of the page's policy, exceptions, and errors but for refused requests
}

// openTab opens a tab of a browser with an empty profile, which ends with the test.
func openTab(t *testing.T) *tab {
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
		// A browser logs each request that is refused.
		if !strings.HasPrefix(e.Entry.Text, "Failed to load resource: the server responded with a status of 4") {
			b.troubles = append(b.troubles, e.Entry.Text)
		}
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

// fits fails if the page is wider than the browser's window.
func (b *tab) fits(width int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 1500))
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
	require.NoError(b.t, err)
	require.LessOrEqual(b.t, got, width)
}

// shows waits until an element has a text in it, however often the page makes the element anew.
func (b *tab) shows(element chromedp.CSS, text string) {
	b.t.Helper()
	script := `Array.from(document.querySelectorAll(` + strconv.Quote(string(element)) + `), (e) => e.textContent).join("\n")`
	require.EventuallyWithT(b.t, func(t *assert.CollectT) {
		now, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script))
		require.NoError(t, err)
		require.Contains(t, now, text, "in %s", element)
	}, time.Minute, 50*time.Millisecond)
}

// asked counts the requests to a path of the API.
func (b *tab) asked(path string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if strings.Contains(url, "/api"+path) {
			n++
		}
	}
	return n
}

// picture writes the whole page to the file that the flag names.
func (b *tab) picture() {
	b.t.Helper()
	if *screenshot == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
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
