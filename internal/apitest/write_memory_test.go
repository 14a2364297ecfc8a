package apitest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
)

// objects is a JSON array of so many entries of the visitors' book, made while it
// is read.
type objects struct {
	count, made int
	left        bytes.Buffer
}

func (o *objects) Read(p []byte) (int, error) {
	for o.left.Len() < len(p) && o.made < o.count {
		separator := ","
		if o.made == 0 {
			separator = "["
		}
		o.made++
		fmt.Fprintf(&o.left, `%s{"name": "visitor %d", "entry": "%s"}`, separator, o.made, strings.Repeat("Lovely! ", 14))
		if o.made == o.count {
			o.left.WriteByte(']')
		}
	}
	return o.left.Read(p)
}

// drain is a response that nobody keeps.
type drain struct {
	*httptest.ResponseRecorder
	size int
}

func (d *drain) Write(p []byte) (int, error) {
	d.size += len(p)
	return len(p), nil
}

// peakWhile gives the most that the heap grew by while something was done.
func peakWhile(do func()) uint64 {
	heap := func() uint64 {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		return memory.HeapAlloc
	}
	runtime.GC()
	before := heap()
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		highest := before
		for {
			select {
			case <-done:
				peak <- highest
				return
			case <-time.After(5 * time.Millisecond):
				highest = max(highest, heap())
			}
		}
	}()
	do()
	close(done)
	return <-peak - before
}

// A bulk insert goes to PostgreSQL as one argument of one statement: it takes
// memory for its body, and not for its rows. The test is alone, to have the heap
// for itself.
func TestBulkInsert_memory(t *testing.T) {
	const rows = 100_000
	db := pgtest.Clone(t)
	var wire traffic
	api := open(t, db.Pool(t, pgtest.MaxConns(1), wire.through))
	binds := func() int {
		_, _, _, sent := wire.count()
		return strings.Count(sent, "B")
	}
	insert := func(prefer string, n int) *drain {
		body := &objects{count: n}
		r := write{target: "/visitors_book?select=name,entry", prefer: prefer}.request(t)
		r.Body, r.ContentLength = io.NopCloser(body), -1
		w := &drain{ResponseRecorder: httptest.NewRecorder()}
		api.ServeHTTP(w, r)
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
		return w
	}
	for _, prefer := range []string{"", representation} {
		insert(prefer, 2) // what is made once
		binds()
		insert(prefer, 2)
		small, before := binds(), count(t, db.Superuser(t), `SELECT count(*) FROM archive.visitors_book`)
		var w *drain
		peak := peakWhile(func() { w = insert(prefer, rows) })
		t.Logf("%d rows, %q: the heap grew by %d MiB at most, the response has %d MB", rows, prefer, peak/mebibyte, w.size/1e6)
		require.Less(t, peak, uint64(120*mebibyte))
		require.Equal(t, small, binds(), "statements")
		require.Equal(t, before+rows, count(t, db.Superuser(t), `SELECT count(*) FROM archive.visitors_book`))
		require.Equal(t, prefer == representation, w.size > 10e6)
	}
}
