package pgrest

import (
	"github.com/pgrest-go/pgrest/internal/encode"
	"github.com/pgrest-go/pgrest/internal/query"
)

// NDJSON makes a RowEncoder of newline-delimited JSON (https://jsonlines.org): an
// object on a line of its own for each row, and for each value of a function that
// returns values. It is registered as application/x-ndjson unless the host
// registers another encoder by that name.
func NDJSON(columns []ResultColumn) RowEncoder {
	e := &ndjson{keys: make([][]byte, len(columns))}
	for i, column := range columns {
		if column.Name != "" {
			e.keys[i] = append(encode.AppendValue(nil, query.Text, []byte(column.Name)), ':')
		}
	}
	e.bare = len(columns) == 1 && columns[0].Name == ""
	return e
}

const ndjsonType = "application/x-ndjson"

type ndjson struct {
	keys [][]byte // with a colon
	bare bool     // values without an object around them
}

func (e *ndjson) Start(dst []byte) []byte { return dst }

func (e *ndjson) Row(dst []byte, row Row) []byte {
	if e.bare {
		return append(appendLine(dst, row, 0), '\n')
	}
	dst = append(dst, '{')
	for i, key := range e.keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendLine(append(dst, key...), row, i)
	}
	return append(dst, '}', '\n')
}

func (e *ndjson) End(dst []byte) []byte { return dst }

// appendLine appends a value's JSON without its line breaks, which json columns
// keep as they were written, and which stand only where blanks can: within
// strings they are escaped.
func appendLine(dst []byte, row Row, i int) []byte {
	start := len(dst)
	dst = row.AppendJSON(dst, i)
	for j, c := range dst[start:] {
		if c == '\n' || c == '\r' {
			dst[start+j] = ' '
		}
	}
	return dst
}
