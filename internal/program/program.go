// Package program keeps compiled programs by the shapes of requests, so that a
// request of a shape that was seen before is neither planned nor rendered. Values
// have no part in it: a program is bound to those of a request when it runs.
//
//	var cache program.Cache // one for each planner
//	p, compiled, err := cache.Build(planner, &req.Shape)
//	args := req.Values.Bind(compiled.Main.Args)
package program

import (
	"fmt"
	"hash/fnv"

	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// Build plans requests of a shape and renders their program, or finds what was made of
// the shape before. What it gives is shared with other requests and must not be written
// to. Its errors are the planner's. There is no program for plans that don't run in the
// database.
func (c *Cache) Build(planner *plan.Planner, shape *apirequest.Shape) (plan.Plan, *query.Program, error) {
	switch shape.Action {
	case apirequest.Options, apirequest.Describe: // which the schema cache answers
		p, err := planner.Build(shape)
		return p, nil, err
	}
	var buffer [256]byte
	key := shape.AppendKey(buffer[:0])
	if len(key) > maxKey {
		return compile(planner, shape, key)
	}
	if known := c.get(key); known != nil {
		return known.plan, known.program, nil
	}
	p, program, err := compile(planner, shape.Clone(), key) // the plan is kept, and no request with it
	if planned, ok := p.(plan.Runnable); ok && err == nil {
		c.put(string(key), newCompiled(planned, program, len(key)))
	}
	return p, program, err
}

// compile plans and renders a shape that has the key.
func compile(planner *plan.Planner, shape *apirequest.Shape, key []byte) (plan.Plan, *query.Program, error) {
	p, err := planner.Build(shape)
	if err != nil {
		return p, nil, err
	}
	if planned, ok := p.(plan.Runnable); ok {
		program := query.Build(planned)
		hash := fnv.New64a()
		_, _ = hash.Write(key) // which never fails
		program.Shape = fmt.Sprintf("%016x", hash.Sum64())
		return p, program, nil
	}
	return p, nil, nil
}
