package pgrest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/response"
)

// keyed is the idempotency key of a request.
type keyed struct {
	options    *Idempotency
	statements query.KeyStatements
	identity   []byte // the hash of whose it is
	key        string
	request    []byte // the hash of what has it
}

// idempotencyKey is the name of the header, in its canonical form.
const idempotencyKey = "Idempotency-Key"

// hashed has the body of a request hashed while it is read, if it may have an idempotency key
// that counts.
func (x *exchange) hashed() *http.Request {
	if !x.options.Idempotency.on() || len(x.r.Header[idempotencyKey]) == 0 || x.r.Body == nil {
		return x.r
	}
	x.body = &hashedBody{x.r.Body, sha256.New()}
	r := *x.r // which is the host's
	r.Body = x.body
	return &r
}

// hashedBody is a body that is hashed while it is read.
type hashedBody struct {
	io.ReadCloser
	hash hash.Hash
}

// Read reads the body.
func (b *hashedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.hash.Write(p[:n])
	return n, err
}

// key is the request's idempotency key; nil without one, and for requests that it isn't for.
func (x *exchange) key(p plan.Runnable) (*keyed, error) {
	o := &x.options.Idempotency
	if !o.on() || p.Answered().ReadOnly || p.Answered().Explain != nil {
		return nil, nil
	}
	if len(x.r.Header[idempotencyKey]) == 0 {
		if o.Required != nil && o.Required(x.forHooks(p)) {
			return nil, apierror.KeyMissing()
		}
		return nil, nil
	}
	return x.headerKey()
}

// headerKey is the key that the request's header has.
func (x *exchange) headerKey() (*keyed, error) {
	o := &x.options.Idempotency
	key, err := apirequest.IdempotencyKey(x.r.Header[idempotencyKey])
	if err != nil {
		return nil, err
	}
	return &keyed{o, x.keys, hashOfIdentity(&x.identity, o.Claims), key, x.hash()}, nil
}

// replaysUnplanned answers a request that can't be planned with what it was answered when it
// could, before the schema was another, and reports whether there is such an answer. Its client
// would take an error for the news that nothing was written.
func (x *exchange) replaysUnplanned() bool {
	if x.body == nil || x.request.Safe || x.executor != x.Handler.executor {
		return false
	}
	k, err := x.headerKey()
	if err != nil {
		return false
	}
	row, err := x.executor.Find(x.r.Context(), k.taken())
	if err != nil || row == nil {
		return false
	}
	answer, err := k.kept(row)
	if err != nil {
		return false
	}
	x.replay(answer)
	return true
}

// replay sends the answer that was kept. Nobody knows where its commit is any more.
func (x *exchange) replay(a response.Answer) {
	if x.w.route == nil && x.options.Replicas.Positions {
		x.w.route = x.replicas.NewRoute()
		x.w.route.Tells = true
	}
	if route := x.w.route; route != nil && route.Tells {
		route.Unknown = true
	}
	response.Replay(&x.w, a, x.config)
}

// hashOfIdentity is the hash of whose a key is.
func hashOfIdentity(id *auth.Identity, claims []string) []byte {
	h := sha256.New()
	write(h, id.Role)
	var members map[string]json.RawMessage
	if len(id.Claims) > 0 && json.Unmarshal(id.Claims, &members) != nil {
		members = nil
	}
	for _, name := range claims {
		write(h, name)
		write(h, claimText(members[name]))
	}
	return h.Sum(nil)
}

// claimText is a claim's value as one text, whichever way its token writes it: with escapes,
// blanks, or members in another order. It is empty for none.
func claimText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var value any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // as it is written, for it may be a long one
	if d.Decode(&value) != nil {
		return string(raw)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return string(raw)
	}
	return string(text)
}

// hash is the hash of all of the request that decides what is written and what is answered.
func (x *exchange) hash() []byte {
	h := sha256.New()
	for _, text := range []string{x.request.Method, x.request.Schema, x.request.Path, x.r.URL.RawQuery} {
		write(h, text)
	}
	for _, name := range [...]string{"Accept", "Content-Type", "Content-Profile", "Prefer", "Range", "If-Match", "If-None-Match"} {
		write(h, strconv.Itoa(len(x.r.Header[name])))
		for _, value := range x.r.Header[name] {
			write(h, value)
		}
	}
	if x.body != nil {
		h.Write(x.body.hash.Sum(nil))
	}
	return h.Sum(nil)
}

// write hashes a text such that two texts differ from one that is both of them.
func write(h hash.Hash, text string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(text)))
	h.Write(length[:])
	io.WriteString(h, text)
}

// taken is the key as the request's transaction takes it.
func (k *keyed) taken() *executor.Key {
	of := [][]byte{bytea(k.identity), []byte(k.key)}
	return &executor.Key{
		Find: executor.Statement{SQL: k.statements.Find, Args: of},
		Take: executor.Statement{SQL: k.statements.Take, Args: [][]byte{of[0], of[1], bytea(k.request),
			strconv.AppendFloat(nil, k.options.Retention.Seconds(), 'f', -1, 64)}},
		Wait: k.options.Wait,
	}
}

// keep is what keeps an answer.
func (k *keyed) keep(a response.Answer) (executor.Statement, error) {
	headers, err := json.Marshal(a.Fields)
	if err != nil {
		return executor.Statement{}, fmt.Errorf("keep the headers of an answer: %w", err)
	}
	return executor.Statement{SQL: k.statements.Keep, Args: [][]byte{
		bytea(k.identity), []byte(k.key), strconv.AppendInt(nil, int64(a.Status), 10), headers, bytea(a.Body),
	}}, nil
}

// bytea is the text of bytes as PostgreSQL reads it.
func bytea(raw []byte) []byte {
	return hex.AppendEncode(append(make([]byte, 0, 2+2*len(raw)), `\x`...), raw)
}

// kept reads the answer that was kept for the key, by the columns of query.KeyStatements.Find.
func (k *keyed) kept(row [][]byte) (a response.Answer, err error) {
	if !bytes.Equal(executor.Bytea(row[0]), k.request) {
		return a, apierror.KeyReused()
	}
	a.Body = executor.Bytea(row[3])
	a.Status, err = strconv.Atoi(string(row[1]))
	if err = errors.Join(err, json.Unmarshal(row[2], &a.Fields)); err != nil {
		return a, apierror.Internal(fmt.Errorf("read the answer that was kept: %w", err))
	}
	return a, nil
}

// keeping has the response kept in the request's transaction.
func (h *hooked) keeping() *response.Keeping {
	return &response.Keeping{Most: h.key.options.MaxBodyBytes, Keep: func(a response.Answer) error {
		if h.request.Rollback { // which would undo it
			return nil
		}
		statement, err := h.key.keep(a)
		if err == nil {
			h.tx.Keep(statement)
		}
		return err
	}}
}

// maxTakes is how often a key is tried to be taken that somebody else has taken just before, whose
// answer the next try finds, unless it is deleted by then.
const maxTakes = 3

// begin begins the request's transaction with its key. It reports that the answer which was
// kept for the key has been sent instead.
func (h *hooked) begin(run func() error) (replayed bool, err error) {
	for range maxTakes {
		err = run()
		var taken *executor.TakenError
		switch {
		case h.key == nil:
			return false, err
		case errors.Is(err, executor.ErrKeyBusy):
			return false, apierror.KeyInUse(err)
		case !errors.As(err, &taken):
			return false, err
		case taken.Kept != nil:
			answer, err := h.key.kept(taken.Kept)
			if err != nil {
				return false, err
			}
			h.clock.lap("transaction")
			h.replay(answer)
			return true, nil
		}
	}
	return false, apierror.KeyInUse(err)
}
