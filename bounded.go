package pgrest

import "sync"

// bounded is a map that any number of goroutines may use. It is emptied when it is full.
type bounded[K comparable, V any] struct {
	most  int // of entries
	mu    sync.RWMutex
	byKey map[K]V
}

func (b *bounded[K, V]) get(key K) (V, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	v, ok := b.byKey[key]
	return v, ok
}

func (b *bounded[K, V]) put(key K, v V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byKey == nil || len(b.byKey) >= b.most {
		b.byKey = map[K]V{}
	}
	b.byKey[key] = v
}
