//go:build unix && !linux

package pgtest

// memoryFolder is empty: only Linux has a folder in memory at a known path.
func memoryFolder() string { return "" }
