//go:build unix && !linux

package pgtest

// memoryFolder returns nothing: only Linux has such a folder in a known place.
func memoryFolder() string { return "" }
