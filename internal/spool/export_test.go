package spool

// Used is the number of bytes in a store's files.
func (s *Store) Used() int64 { return s.used.Load() }
