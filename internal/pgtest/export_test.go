package pgtest

import (
	"context"
	"fmt"
	"os"
)

// Route is route, for the tests of containers.
type Route = route

var (
	StartContainer = startContainer
	RouteTo        = routeTo
)

func (r route) Address(ctx context.Context, name string) (string, error) { return r.address(ctx, name) }

func (r route) Published() string { return r.publish }

// NPMPackage is npmPackage, for the tests of fetching.
type NPMPackage = npmPackage

// NewNPMPackage gives a package by its name, version and hash.
func NewNPMPackage(name, version, integrity string) NPMPackage {
	return NPMPackage{name: name, version: version, integrity: integrity}
}

var PackageOf = packageOf

func (p npmPackage) Programs(ctx context.Context, cache string) (string, error) {
	return p.programs(ctx, cache)
}

func (p npmPackage) String() string { return p.name + "@" + p.version }

var (
	OpenContainer = openContainer
	NoteOf        = noteOf
)

// ContainerPrefix begins the names of this process's containers.
func ContainerPrefix() string { return fmt.Sprintf("pgtest-%d-", os.Getpid()) }

func (n containerNote) Start(ctx context.Context, start func(context.Context) (*Server, error)) (*Server, error) {
	return n.start(ctx, start)
}

func (n containerNote) Read() error { return n.read() }
