package executor

import (
	"container/list"
	"crypto/rand"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The prepared statements of a connection are bounded in number and in bytes of their
// SQL, and a long one, which a client may have made by repeating itself, isn't prepared.
// Each costs PostgreSQL some ten kilobytes, and some forty bytes for each of its SQL.
const (
	maxStatements = 256
	maxSQL        = 256 << 10
	maxPrepared   = 16 << 10
)

// statements are the prepared statements of one connection, the least recently
// used of which goes when there are too many.
type statements struct {
	byKey  map[statementKey]*list.Element
	recent *list.List // of prepared, the most recently used first
	size   int        // of their SQL, in bytes
	dead   []string   // dropped here, and not yet closed in PostgreSQL
	prefix string     // of names
	names  int
}

func newStatements() statements {
	return statements{byKey: map[statementKey]*list.Element{}, recent: list.New()}
}

// statementKey is what a statement is prepared for: PostgreSQL checks
// privileges on schemas when it parses, and row-level security ties a plan to a role.
type statementKey struct{ role, sql string }

type prepared struct {
	key         statementKey
	description *pgconn.StatementDescription
}

func (s *statements) get(key statementKey) (prepared, bool) {
	e, ok := s.byKey[key]
	if !ok {
		return prepared{}, false
	}
	s.recent.MoveToFront(e)
	return e.Value.(prepared), true
}

func (s *statements) put(key statementKey, description *pgconn.StatementDescription) {
	if e, ok := s.byKey[key]; ok { // prepared twice in one pipeline
		s.drop(e)
	}
	s.byKey[key] = s.recent.PushFront(prepared{key, description})
	s.size += len(key.sql)
	for s.recent.Len() > maxStatements || s.size > maxSQL {
		s.drop(s.recent.Back())
	}
}

// drop has a statement closed.
func (s *statements) drop(e *list.Element) {
	dropped := s.recent.Remove(e).(prepared)
	delete(s.byKey, dropped.key)
	s.size -= len(dropped.key.sql)
	s.close(dropped.description.Name)
}

// clear drops all statements.
func (s *statements) clear() {
	for _, e := range s.byKey {
		s.close(e.Value.(prepared).description.Name)
	}
	clear(s.byKey)
	s.recent.Init()
	s.size, s.prefix = 0, ""
}

// close has the named statement closed in PostgreSQL by the next pipeline; an
// empty name is none.
func (s *statements) close(name string) {
	if name != "" {
		s.dead = append(s.dead, name)
	}
}

// takeDead yields the names of the statements to close.
func (s *statements) takeDead() iter.Seq[string] {
	dead := s.dead
	s.dead = nil
	return slices.Values(dead)
}

// newName names a statement as nobody else will, not even a function that prepares
// statements of its own.
func (s *statements) newName() string {
	if s.prefix == "" {
		s.prefix = "pgrest_" + strings.ToLower(rand.Text()[:prefixLetters]) + "_"
	}
	s.names++
	return s.prefix + strconv.Itoa(s.names)
}

// prefixLetters is how many random letters the names of a connection have: a name is
// sent with each use.
const prefixLetters = 12
