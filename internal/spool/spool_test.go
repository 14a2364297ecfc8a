package spool_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/spool"
)

// all takes everything out of a spool.
func all(t *testing.T, s *spool.Spool) ([]byte, error) {
	t.Helper()
	var got []byte
	for {
		p, err := s.Take()
		if err != nil {
			return got, err
		}
		got = append(got, p...)
	}
}

// letters is a text of n bytes, each of which follows from its place.
func letters(n, from int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte('a' + (from+i)%26)
	}
	return p
}

// What is put in comes out in its order, wherever it waited.
func TestSpool(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		memory int
		max    int64
		pieces []int // their sizes
		files  int64 // bytes in files before any are taken
	}{
		"nothing":               {10, 100, nil, 0},
		"in_memory":             {10, 100, []int{4, 6}, 0},
		"one_large_piece":       {10, 100, []int{50}, 0},
		"in_the_file":           {10, 100, []int{10, 1, 20}, 21},
		"without_memory":        {0, 1 << 20, []int{1, 200_000, 3}, 200_003},
		"full_to_the_last_byte": {0, 100, []int{1, 60, 40}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := spool.NewStore(t.TempDir(), tt.max)
			s := store.Spool(tt.memory)
			defer s.Close()
			var want []byte
			for _, size := range tt.pieces {
				p := letters(size, len(want))
				want = append(want, p...)
				require.NoError(t, s.Put(p))
			}
			require.Equal(t, int64(len(want)), s.Len())
			require.Equal(t, tt.files, store.Used())
			s.End(nil)
			got, err := all(t, s)
			require.Equal(t, io.EOF, err)
			require.Equal(t, string(want), string(got))
			require.Zero(t, store.Used())
		})
	}
}

// Without room, and without Drain, a piece is refused. What PutAnyway adds comes out all
// the same, and nothing that is put in later comes before it.
func TestSpool_full(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dir   string
		max   int64
		cause error
	}{
		"bound":     {t.TempDir(), 100, spool.ErrFull},
		"no_files":  {t.TempDir(), 0, spool.ErrFull},
		"no_folder": {filepath.Join(t.TempDir(), "none"), 1 << 20, os.ErrNotExist},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := spool.NewStore(tt.dir, tt.max)
			s := store.Spool(10)
			defer s.Close()
			require.NoError(t, s.Put(letters(10, 0)))
			require.ErrorIs(t, s.Put(letters(200, 10)), tt.cause)
			require.NoError(t, s.PutAnyway(letters(200, 10)))
			require.ErrorIs(t, s.Put(letters(1, 0)), spool.ErrFull)
			require.NoError(t, s.PutAnyway(letters(300, 210)))
			require.Zero(t, store.Used())
			s.End(nil)
			got, err := all(t, s)
			require.Equal(t, io.EOF, err)
			require.Equal(t, string(letters(510, 0)), string(got))
		})
	}
}

// The reason why the bytes are incomplete comes after them.
func TestSpool_broken_off(t *testing.T) {
	t.Parallel()
	s := spool.NewStore(t.TempDir(), 1<<20).Spool(10)
	defer s.Close()
	require.NoError(t, s.Put([]byte("begun")))
	reason := errors.New("as told")
	s.End(reason)
	s.End(nil)
	require.Equal(t, reason, s.Put([]byte("more")))
	got, err := all(t, s)
	require.Equal(t, reason, err)
	require.Equal(t, "begun", string(got))
}

// After Drain, Put waits for room, and each byte comes out once.
func TestSpool_concurrent(t *testing.T) {
	t.Parallel()
	for name, max := range map[string]int64{"no_files": 0, "small_file": 5000, "large_file": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := spool.NewStore(t.TempDir(), max)
			s := store.Spool(1000)
			defer s.Close()
			s.Drain()
			var want bytes.Buffer
			done := make(chan error, 1)
			go func() {
				defer s.End(nil)
				for range 2000 {
					p := append(s.Room(), letters(rand.IntN(1000)+1, want.Len())...)
					want.Write(p)
					if err := s.Put(p); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
			got, err := all(t, s)
			require.Equal(t, io.EOF, err)
			require.NoError(t, <-done)
			require.Equal(t, want.String(), string(got))
			require.Zero(t, store.Used())
		})
	}
}

// Close ends the calls that wait, and releases the room.
func TestSpool_closed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := spool.NewStore(dir, 100)
	s := store.Spool(0)
	s.Drain()
	require.NoError(t, s.Put(letters(10, 0)))
	require.NoError(t, s.Put(letters(100, 0)))
	waits := make(chan error, 1)
	go func() { waits <- s.Put(letters(10, 0)) }()
	s.Close()
	s.Close()
	require.ErrorIs(t, <-waits, os.ErrClosed)
	_, err := s.Take()
	require.ErrorIs(t, err, os.ErrClosed)
	require.Zero(t, store.Used())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestStore_Roomy(t *testing.T) {
	t.Parallel()
	require.False(t, spool.NewStore(t.TempDir(), 0).Roomy(), "no files")
	require.False(t, spool.NewStore(filepath.Join(t.TempDir(), "none"), 1<<30).Roomy(), "no folder")
	store := spool.NewStore(t.TempDir(), 100)
	s := store.Spool(0)
	defer s.Close()
	require.NoError(t, s.Put(letters(1, 0)))
	require.NoError(t, s.Put(letters(50, 0)))
	require.False(t, store.Roomy(), "half of it is used")

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	store = spool.NewStore(file, 1<<30)
	_ = store.Roomy() // the disk may have room
	s = store.Spool(0)
	defer s.Close()
	require.NoError(t, s.Put(letters(1, 0)))
	require.Error(t, s.Put(letters(1, 0)))
	require.False(t, store.Roomy(), "it couldn't be written to")
}

// BenchmarkSpool is what the spool costs an answer that goes out as fast as it comes.
func BenchmarkSpool(b *testing.B) {
	s := spool.NewStore(b.TempDir(), 0).Spool(1 << 20)
	defer s.Close()
	s.Drain()
	b.ReportAllocs()
	b.SetBytes(spool.Piece)
	go func() {
		defer s.End(nil)
		for range b.N {
			p := s.Room()
			if s.Put(p[:spool.Piece]) != nil {
				return
			}
		}
	}()
	for {
		if _, err := s.Take(); err != nil {
			return
		}
	}
}
