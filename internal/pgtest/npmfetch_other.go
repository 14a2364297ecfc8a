//go:build !linux && !darwin

package pgtest

import (
	"context"
	"errors"
)

// programCache is of use where there are packages.
func programCache() (string, error) { return "", errors.New("no packages for this system") }

func (npmPackage) programs(context.Context, string) (string, error) {
	return "", errors.New("no packages for this system")
}
