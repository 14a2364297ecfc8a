//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// notify sends schema the signals that ask for a reload of the schema, and config
// those that ask for one of the configuration.
func notify(schema, config chan<- os.Signal) {
	signal.Notify(schema, syscall.SIGUSR1)
	signal.Notify(config, syscall.SIGUSR2)
}
