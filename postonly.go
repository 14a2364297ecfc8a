package pgrest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

func (o Options) validatePostOnly() error {
	for _, name := range o.PostOnly {
		switch {
		case name == "":
			return errors.New("PostOnly has an empty name")
		case o.RootSpec != "" && (name == o.RootSpec || unqualified(name) == unqualified(o.RootSpec)):
			return fmt.Errorf("PostOnly has %s, which answers a GET on the root as RootSpec", name)
		}
	}
	return nil
}

// warnOfPostOnly tells of names in PostOnly that no function has: one that is misspelt
// leaves the function that is meant open to GET.
func (h *Handler) warnOfPostOnly(cache *introspect.SchemaCache) {
	for _, name := range h.options.PostOnly {
		if !isRoutine(cache, name) {
			h.options.Logger.Warn("PostOnly names a function that is in no exposed schema", "function", name)
		}
	}
}

// isRoutine reports whether a name is that of a function, alone or within its schema.
func isRoutine(cache *introspect.SchemaCache, name string) bool {
	schema, local, _ := strings.Cut(name, ".")
	if _, ok := cache.Routines[introspect.QualifiedName{Schema: schema, Name: local}]; ok {
		return true
	}
	return slices.ContainsFunc(cache.Schemas, func(schema string) bool {
		_, ok := cache.Routines[introspect.QualifiedName{Schema: schema, Name: name}]
		return ok
	})
}
