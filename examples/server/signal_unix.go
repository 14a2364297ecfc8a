//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyReload sends c the signals that ask for a reload of the schema.
func notifyReload(c chan<- os.Signal) { signal.Notify(c, syscall.SIGUSR1) }
