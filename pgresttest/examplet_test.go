package pgresttest_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
)

// exampleT is the testing.TB of an example, which go test gives none.
type exampleT struct {
	testing.TB // nil: what isn't below isn't called
	ctx        context.Context
	cancel     context.CancelFunc
	cleanups   []func()
}

func newExampleT() *exampleT {
	t := &exampleT{}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

func (t *exampleT) Helper()                  {}
func (t *exampleT) Failed() bool             { return false }
func (t *exampleT) Output() io.Writer        { return io.Discard }
func (t *exampleT) Context() context.Context { return t.ctx }
func (t *exampleT) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }

// Fatalf ends the example with an output that isn't its.
func (t *exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// end is the end of the test.
func (t *exampleT) end() {
	t.cancel()
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}
