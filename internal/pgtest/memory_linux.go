package pgtest

import "syscall"

// memoryFolder returns a folder in memory that has room for a server's files; empty if
// there is none.
func memoryFolder() string {
	const (
		folder = "/dev/shm"
		room   = 1 << 30 // bytes; a server with a dozen databases takes an eighth of it
		access = 0o3     // to write into and to enter
	)
	var fs syscall.Statfs_t
	if syscall.Statfs(folder, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < room || syscall.Access(folder, access) != nil {
		return ""
	}
	return folder
}
