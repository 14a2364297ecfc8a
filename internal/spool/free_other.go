//go:build !(linux || darwin || freebsd)

package spool

import "errors"

// freeBytes is not known here.
func freeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }
