package apirequest_test

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/apirequest"
)

// A clone has nothing in common with its shape. A field that is added to a shape and
// forgotten in the clone fails here.
func TestShape_Clone(t *testing.T) {
	t.Parallel()
	shape := fullShape()
	clone := shape.Clone()
	require.Equal(t, shape, clone)
	require.Equal(t, &apirequest.Shape{}, (&apirequest.Shape{}).Clone())

	taken := map[unsafe.Pointer]bool{}
	addresses(reflect.ValueOf(shape), func(_ string, at unsafe.Pointer) { taken[at] = true })
	require.Greater(t, len(taken), 40)
	addresses(reflect.ValueOf(clone), func(name string, at unsafe.Pointer) {
		require.False(t, taken[at], "%s is the shape's own", name)
	})
}

// addresses visits the memory of all texts, lists and pointers within a value.
func addresses(of reflect.Value, visit func(name string, at unsafe.Pointer)) {
	switch of.Kind() {
	case reflect.String:
		if of.Len() > 0 {
			visit(of.String(), unsafe.Pointer(unsafe.StringData(of.String())))
		}
	case reflect.Struct:
		if _, ok := of.Interface().(apirequest.Operation); ok {
			return // whose texts are those of the table of operations
		}
		for i := range of.NumField() {
			addresses(of.Field(i), visit)
		}
	case reflect.Pointer:
		if !of.IsNil() {
			visit(of.Type().String(), of.UnsafePointer())
			addresses(of.Elem(), visit)
		}
	case reflect.Slice:
		if of.Len() > 0 {
			visit(of.Type().String(), of.UnsafePointer())
		}
		for i := range of.Len() {
			addresses(of.Index(i), visit)
		}
	case reflect.Interface:
		addresses(of.Elem(), visit)
	}
}
