package pgtest

import "context"

// Route is route, for the tests of containers.
type Route = route

var (
	StartContainer = startContainer
	RouteTo        = routeTo
)

func (r route) Address(ctx context.Context, name string) (string, error) { return r.address(ctx, name) }

func (r route) Published() string { return r.publish }
