package pgrest

import (
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/mediatype"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
)

// RowEncoder writes the rows of one response as its body, a piece at a time.
// Every method appends to dst and returns the extended slice, as append does;
// what they append is sent while further rows arrive. Start is called before the
// rows, Row for each of them, and End after the last. A RowEncoder serves one
// response, in one goroutine at a time, which need not be that of the request.
type RowEncoder interface {
	Start(dst []byte) []byte
	Row(dst []byte, row Row) []byte
	End(dst []byte) []byte
}

// ResultColumn is a column of the rows that a RowEncoder gets.
type ResultColumn struct {
	// Name is the key that the column has in JSON. It is empty for the only column
	// of a function that returns values and not rows.
	Name string
	// TypeOID is the OID of the column's PostgreSQL type, domains looked through. It
	// is 0 for what is computed, and for what is JSON in Row.Text.
	TypeOID uint32
}

// Row is a row of a result. It is valid until the method that got it returns.
type Row struct {
	columns []query.Column
	values  [][]byte
}

// Len gives the number of values, which is that of the columns.
func (r Row) Len() int { return len(r.values) }

// IsNull reports whether the i-th value is NULL.
func (r Row) IsNull(i int) bool { return r.values[i] == nil }

// Text gives the i-th value in PostgreSQL's text form, and nil for NULL. Arrays,
// composite values and what is embedded are JSON. Dates and timestamps are in the
// DateStyle ISO, whatever the session has. The text is not to be changed or kept.
func (r Row) Text(i int) []byte {
	if r.columns[i].Encoding == query.TimeJSON && r.values[i] != nil {
		return encode.TimeText(r.values[i])
	}
	return r.values[i]
}

// AppendJSON appends the i-th value as JSON, as it is in a response of the media
// type application/json.
func (r Row) AppendJSON(dst []byte, i int) []byte {
	return encode.AppendValue(dst, r.columns[i].Encoding, r.values[i])
}

// rowEncoders adapts what encodes the host's media types to the response's rows.
func (o Options) rowEncoders() map[string]func([]query.Column) encode.Encoder {
	encoders := make(map[string]func([]query.Column) encode.Encoder, len(o.Encoders))
	for name, newEncoder := range o.Encoders {
		encoders[name] = func(columns []query.Column) encode.Encoder {
			return &rowEncoder{RowEncoder: newEncoder(resultColumns(columns)), columns: columns}
		}
	}
	return encoders
}

func resultColumns(columns []query.Column) []ResultColumn {
	list := make([]ResultColumn, len(columns))
	for i, column := range columns {
		list[i] = ResultColumn{Name: column.Name, TypeOID: column.OID}
		if column.Name == plan.ScalarColumn {
			list[i].Name = ""
		}
	}
	return list
}

type rowEncoder struct {
	RowEncoder
	columns []query.Column
}

func (e *rowEncoder) Row(dst []byte, values [][]byte) []byte {
	return e.RowEncoder.Row(dst, Row{columns: e.columns, values: values})
}

// encoded are the names of the media types that the host encodes.
func (o Options) encoded() map[string]bool {
	names := make(map[string]bool, len(o.Encoders))
	for name := range o.Encoders {
		names[name] = true
	}
	return names
}

// reservedTypes are the media types whose form depends on more than the rows.
var reservedTypes = []string{mediatype.JSON, mediatype.Object, mediatype.Array, mediatype.OpenAPI}

func (o Options) validateEncoders() error {
	for name, encoder := range o.Encoders {
		plain, parameters, err := mime.ParseMediaType(name)
		switch {
		case err != nil || plain != name || len(parameters) > 0 || !strings.Contains(name, "/") || strings.Contains(name, "*"):
			return fmt.Errorf("Encoders has %q, which is not the name of a media type in lower case", name)
		case slices.Contains(reservedTypes, name) || strings.HasPrefix(name, "application/vnd.pgrst."):
			return fmt.Errorf("Encoders has %s, which the API itself defines", name)
		case encoder == nil:
			return fmt.Errorf("Encoders has nothing for %s", name)
		}
	}
	return nil
}
