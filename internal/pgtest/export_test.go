package pgtest

import "context"

// Route is what the tests of containers have to say and to see of a route.
type Route = route

var (
	StartContainer = startContainer
	RouteTo        = routeTo
)

func (r route) Address(ctx context.Context, name string) (string, error) { return r.address(ctx, name) }

func (r route) Published() string { return r.publish }
