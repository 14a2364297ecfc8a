//go:build !unix

package main

import "os"

// notify does nothing: there are no such signals here.
func notify(_, _ chan<- os.Signal) {}
