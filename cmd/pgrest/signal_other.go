//go:build !unix

package main

import "os"

// notify does nothing, since this system has no such signals.
func notify(_, _ chan<- os.Signal) {}
