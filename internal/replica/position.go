package replica

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Position is a place in the write-ahead log of a PostgreSQL cluster: that of a commit, or
// just behind it. The zero value is none.
type Position struct {
	// System is the system identifier, which a primary and its replicas share.
	System uint64
	// Timeline is the one that the log was written on. A promotion begins a higher one.
	Timeline uint32
	// LSN is the log sequence number. Those of different timelines can't be compared where
	// their histories have parted.
	LSN uint64
}

// tokenVersion begins a token, so that another form can follow.
const tokenVersion = 1

// unknownToken stands for a position that isn't known. It is none that can be read, so that it
// is for the primary alone.
const unknownToken = "unknown"

// tokenBytes is how long a token is: the version and the fields.
const tokenBytes = 1 + 8 + 4 + 8

// Token gives the position in the form that clients bring back.
func (p Position) Token() string {
	b := make([]byte, 0, tokenBytes)
	b = append(b, tokenVersion)
	b = binary.BigEndian.AppendUint64(b, p.System)
	b = binary.BigEndian.AppendUint32(b, p.Timeline)
	b = binary.BigEndian.AppendUint64(b, p.LSN)
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseToken reads a token. What isn't one that Token made is an error.
func ParseToken(token string) (Position, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != tokenBytes || b[0] != tokenVersion {
		return Position{}, errors.New("not a position")
	}
	p := Position{
		System:   binary.BigEndian.Uint64(b[1:]),
		Timeline: binary.BigEndian.Uint32(b[9:]),
		LSN:      binary.BigEndian.Uint64(b[13:]),
	}
	if p.LSN == 0 {
		return Position{}, errors.New("not a position")
	}
	return p, nil
}

// LSNText is the LSN as PostgreSQL writes a pg_lsn.
func (p Position) LSNText() string { return fmt.Sprintf("%X/%X", p.LSN>>32, uint32(p.LSN)) }

// ParseLSN reads a pg_lsn.
func ParseLSN(text string) (uint64, error) {
	high, low, ok := strings.Cut(text, "/")
	if !ok {
		return 0, fmt.Errorf("%q is no LSN", text)
	}
	h, err := strconv.ParseUint(high, 16, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no LSN", text)
	}
	l, err := strconv.ParseUint(low, 16, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is no LSN", text)
	}
	return h<<32 | l, nil
}

// Sizes of the headers that pages of the log begin with: that of a page, and that of the
// first page of a segment.
const (
	pageHeader    = 24
	segmentHeader = 40
)

// EndOf makes the end of the last record of the place where the next one will begin. The two
// differ where a page ends between them: the header of the next page is passed over. Without
// that, a replica that has replayed everything would seem to be some bytes behind, until
// something else is written.
func EndOf(insert, pageSize, segmentSize uint64) uint64 {
	switch {
	case pageSize == 0 || segmentSize == 0:
		return insert
	case insert%segmentSize == segmentHeader:
		return insert - segmentHeader
	case insert%pageSize == pageHeader && insert%segmentSize != pageHeader:
		return insert - pageHeader
	}
	return insert
}
