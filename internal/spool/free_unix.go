//go:build linux || darwin || freebsd

package spool

import "syscall"

// freeBytes gives the free space of a folder's disk.
func freeBytes(dir string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, err
	}
	return uint64(max(0, int64(stat.Bavail))) * uint64(stat.Bsize), nil //nolint:unconvert // their types differ by system
}
