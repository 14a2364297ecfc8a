package apirequest

// Hash is a number by which a shape is told from others, the same in every process: that of
// its key by FNV-1a.
func (s *Shape) Hash() uint64 {
	var buffer [256]byte
	const offset, prime = 14695981039346656037, 1099511628211
	hash := uint64(offset)
	for _, b := range s.AppendKey(buffer[:0]) {
		hash = (hash ^ uint64(b)) * prime
	}
	return hash
}
