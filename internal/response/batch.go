package response

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/apirequest"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/jsontext"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/spool"
)

// Batch is the response to a batch while it is made: the responses to its requests wait in the
// spool for the commit.
type Batch struct {
	config  Config
	media   mediatype.Type
	spool   *spool.Spool
	piece   []byte
	items   int
	chosen  overrides // before all requests
	cookies []string
	err     error // of the spool
}

// NewBatch begins the response to a batch. Its error is a client that doesn't accept JSON.
func NewBatch(req *apirequest.Request, c Config) (*Batch, error) {
	b := &Batch{config: c}
	for _, accepted := range req.Accept {
		switch name := accepted.Name; {
		case name == mediatype.JSON, name == mediatype.Any, name == "application/*":
			b.media = mediatype.Type{Name: mediatype.JSON}
		case mediatype.IsBatch(name):
			b.media = mediatype.Type{Name: mediatype.Batch}
		default:
			continue
		}
		b.spool = c.Store.Spool(c.Threshold)
		b.piece = append(b.spool.Room(), '[')
		return b, nil
	}
	names := make([]string, len(req.Accept))
	for i, accepted := range req.Accept {
		names[i] = accepted.String()
	}
	return nil, apierror.NotAcceptable(names)
}

// Close gives the response up, or what it was made in.
func (b *Batch) Close() { b.spool.Close() }

// put moves what was made into the spool, if it has the size of a piece.
func (b *Batch) put() {
	if len(b.piece) < spool.Piece || b.err != nil {
		return
	}
	if err := b.spool.Put(b.piece); err != nil {
		b.err = apierror.NoRoom(err)
		b.piece = b.piece[:0]
		return
	}
	b.piece = b.spool.Room()
}

func (b *Batch) write(p []byte) {
	for len(p) > 0 && b.err == nil {
		n := min(len(p), spool.Piece)
		b.piece = append(b.piece, p[:n]...)
		p = p[n:]
		b.put()
	}
}

// Override has the response have the headers and the status that were set before all requests.
func (b *Batch) Override(before executor.Overrides) (err error) {
	b.chosen, err = parseOverrides(before)
	return err
}

// Send writes the response. It names the preferences that were applied to the batch.
func (b *Batch) Send(w http.ResponseWriter, req *apirequest.Request) {
	b.piece = append(b.piece, ']')
	_ = b.spool.PutAnyway(b.piece)
	b.spool.End(nil)
	h := w.Header()
	h["Vary"] = append(h["Vary"], "Accept, Prefer")
	set(h, "Content-Type", b.media.ContentType())
	setProfile(h, req)
	applied := apirequest.Preferences{MaxAffected: -1, Tx: req.Preferences.Tx, Handling: req.Preferences.Handling}
	if applied := applied.Applied(); applied != "" {
		set(h, "Preference-Applied", applied)
	}
	set(h, "Content-Length", strconv.FormatInt(b.spool.Len(), 10))
	if len(b.cookies) > 0 {
		h["Set-Cookie"] = append(h["Set-Cookie"], b.cookies...)
	}
	status := b.chosen.statusOr(http.StatusOK)
	b.chosen.apply(h, false)
	if b.config.Timing != nil {
		h.Add("Server-Timing", b.config.Timing())
	}
	w.WriteHeader(status)
	r := response{config: b.config, body: body{spool: b.spool}, client: client{w: w, timeout: b.config.WriteTimeout}}
	if err := r.sendSpool(); err != nil {
		r.breakOff(err)
	}
}

// BatchItem is the response to a request of a batch: an http.ResponseWriter that makes a member
// of the batch's response.
type BatchItem struct {
	batch  *Batch
	format form
	made   bool // the body is made of rows as JSON
	header http.Header
	status int
	carry  []byte // a character that isn't whole yet, or all of a body that is looked at in the end
	coder  base64Writer
	most   int
	kept   []byte
}

// form is how a body is shown.
type form uint8

const (
	formNone   form = iota // null
	formJSON               // as it is
	formMaybe              // as it is if it is JSON, or else as a string
	formString             // a string
	formBase64             // a string in base64, which the member encoding tells
)

// Item begins the response to the next request, of a plan; nil for one without. With most, its
// body is kept for references, if it has no more bytes than that.
func (b *Batch) Item(a *plan.Answer, most int) *BatchItem {
	made := false
	if a != nil {
		switch a.Format {
		case plan.FormatAggregated, plan.FormatRaw, plan.FormatRows, plan.FormatCSV:
		default:
			made = a.Explain == nil
		}
	}
	return &BatchItem{batch: b, header: http.Header{}, most: most, made: made}
}

// Header gives the headers.
func (i *BatchItem) Header() http.Header { return i.header }

// WriteHeader writes the status and the headers. Cookies become those of the batch's response.
func (i *BatchItem) WriteHeader(status int) {
	if i.status != 0 {
		return
	}
	i.status = status
	b := i.batch
	if b.items++; b.items > 1 {
		b.piece = append(b.piece, ',')
	}
	b.cookies = append(b.cookies, i.header["Set-Cookie"]...)
	head := append(strconv.AppendInt([]byte(`{"status":`), int64(status), 10), `,"headers":{`...)
	names := make([]string, 0, len(i.header))
	for name := range i.header {
		if name != "Set-Cookie" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for n, name := range names {
		if n > 0 {
			head = append(head, ',')
		}
		head = append(jsontext.AppendString(head, name), ':')
		head = jsontext.AppendString(head, strings.Join(i.header[name], ", "))
	}
	b.write(append(head, '}'))
}

// Write writes a part of the body. It doesn't fail: End tells what went wrong.
func (i *BatchItem) Write(p []byte) (int, error) {
	if i.status == 0 {
		i.WriteHeader(http.StatusOK)
	}
	if i.format == formNone && len(p) > 0 {
		i.begin()
	}
	switch i.format {
	case formJSON:
		i.put(p)
	case formMaybe:
		i.carry = append(i.carry, p...)
	case formString:
		text := append(i.carry, p...)
		whole := len(text) - unfinished(text)
		i.put(jsontext.AppendEscaped(nil, text[:whole]))
		i.carry = append([]byte(nil), text[whole:]...)
	case formBase64:
		_, _ = i.coder.Write(p)
	}
	return len(p), nil
}

// begin decides how the body is shown, by its media type.
func (i *BatchItem) begin() {
	media, parameters, _ := strings.Cut(strings.ToLower(i.header.Get("Content-Type")), ";")
	media = strings.TrimSpace(media)
	isJSON := media == mediatype.JSON || strings.HasSuffix(media, "+json")
	switch {
	case isJSON && i.made:
		i.format = formJSON
	case isJSON:
		i.format = formMaybe
		return
	case strings.HasPrefix(media, "text/"), strings.HasSuffix(media, "/xml"), strings.HasSuffix(media, "+xml"),
		strings.HasSuffix(media, "ndjson"), media == mediatype.URLEncoded, strings.Contains(parameters, "charset=utf-8"):
		i.format = formString
	default:
		i.format = formBase64
		i.batch.write([]byte(`,"encoding":"base64"`))
		i.coder = base64.NewEncoder(base64.StdEncoding, putter{i})
	}
	i.batch.write([]byte(`,"body":`))
	if i.format != formJSON {
		i.put([]byte{'"'})
	}
}

// base64Writer is an encoder of base64.
type base64Writer interface {
	Write(p []byte) (int, error)
	Close() error
}

type putter struct{ item *BatchItem }

func (p putter) Write(text []byte) (int, error) {
	p.item.put(text)
	return len(text), nil
}

// put writes a part of the body as it is shown.
func (i *BatchItem) put(p []byte) {
	if i.most > 0 && len(i.kept) <= i.most {
		i.kept = append(i.kept, p[:min(len(p), i.most+1)]...)
	}
	i.batch.write(p)
}

// End ends the response. It gives the body as it is shown, if it is to be kept, or an error:
// there was no room for it, or it is too large to be kept.
func (i *BatchItem) End() ([]byte, error) {
	if i.status == 0 {
		i.WriteHeader(http.StatusOK)
	}
	switch i.format {
	case formNone:
		i.batch.write([]byte(`,"body":null`))
	case formMaybe:
		i.maybe()
	case formString:
		i.put(append(jsontext.AppendEscaped(nil, i.carry), '"'))
	case formBase64:
		_ = i.coder.Close()
		i.put([]byte{'"'})
	}
	i.batch.write([]byte{'}'})
	switch {
	case i.batch.err != nil:
		return nil, i.batch.err
	case i.most > 0 && len(i.kept) > i.most:
		return nil, apierror.TooLargeToRefer(i.most)
	}
	return i.kept, nil
}

// maybe shows a body that may be JSON, as its type says: as it is, as a string, or in base64 if
// it isn't even text.
func (i *BatchItem) maybe() {
	if !utf8.Valid(i.carry) {
		i.batch.write([]byte(`,"encoding":"base64","body":`))
		i.put([]byte(`"` + base64.StdEncoding.EncodeToString(i.carry) + `"`))
		return
	}
	i.batch.write([]byte(`,"body":`))
	if json.Valid(i.carry) {
		i.put(i.carry)
	} else {
		i.put(jsontext.AppendString(nil, i.carry))
	}
}

// unfinished is how many bytes at the end of a text are the beginning of a character.
func unfinished(text []byte) int {
	for n := 1; n <= min(len(text), utf8.UTFMax-1); n++ {
		if c := text[len(text)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(text[len(text)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
