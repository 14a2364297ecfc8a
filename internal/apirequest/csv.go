package apirequest

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/jsontext"
)

// csvNull is the cell that stands for null.
const csvNull = "NULL"

// csvGrowth bounds how much larger than the CSV the JSON may be, which repeats
// the names in each line, where nothing else does. PostgreSQL's names have 63 bytes at
// most, so that one for an empty cell stays below.
const csvGrowth = 72

// readCSV makes a JSON array of CSV (RFC 4180) whose first line names the
// columns: an object of strings a line, in one buffer.
func (p *Payload) readCSV(body []byte, limits Limits) error {
	if !utf8.Valid(body) {
		return apierror.InvalidBody("Invalid CSV: not UTF-8")
	}
	r := &csvReader{text: body, line: 1}
	header, err := r.readRecord(nil)
	if err != nil {
		return err
	}
	if header == nil {
		return apierror.InvalidBody("Invalid CSV: no header line")
	}
	if limits.BodyColumns > 0 && len(header) > limits.BodyColumns {
		return apierror.TooManyBodyColumns(limits.BodyColumns)
	}
	// What stands before each cell of an object is the same in all of them.
	before := make([][]byte, len(header))
	for i, name := range header {
		p.Columns = append(p.Columns, string(name))
		before[i] = append(jsontext.AppendString([]byte{"{,"[min(i, 1)]}, name), ':')
	}
	slices.Sort(p.Columns)
	p.Columns = slices.Compact(p.Columns)
	p.Array = true
	p.Raw = append(make([]byte, 0, 2*len(body)), '[')
	cells := make([][]byte, 0, len(header))
	for {
		if cells, err = r.readRecord(cells[:0]); err != nil {
			return err
		}
		if len(cells) == 0 {
			break
		}
		if len(cells) != len(header) {
			return apierror.InvalidBody("All lines must have same number of fields")
		}
		if len(p.Raw) > 1 {
			p.Raw = append(p.Raw, ',')
		}
		p.appendObject(before, cells)
		if limits.BodyBytes > 0 && int64(len(p.Raw)) > limits.BodyBytes {
			return apierror.CSVTooLarge(limits.BodyBytes)
		}
		if len(p.Raw) > csvGrowth*len(body) {
			return apierror.InvalidBody("Invalid CSV: the column names are too long")
		}
	}
	p.Raw = append(p.Raw, ']')
	if string(p.Raw) == noRows {
		p.Columns = nil
	}
	return nil
}

func (p *Payload) appendObject(before, cells [][]byte) {
	for i, cell := range cells {
		p.Raw = append(p.Raw, before[i]...)
		if string(cell) == csvNull {
			p.Raw = append(p.Raw, "null"...)
		} else {
			p.Raw = jsontext.AppendString(p.Raw, cell)
		}
	}
	p.Raw = append(p.Raw, '}')
}

// csvReader reads records. Unlike encoding/csv it keeps line ends within quotes
// as they are: they are the client's text.
type csvReader struct {
	text []byte // what is left
	line int
}

// readRecord appends the cells of the next line that is not blank; it appends
// none at the end. A cell is part of the text, or a copy where quotes are
// doubled in it.
func (r *csvReader) readRecord(cells [][]byte) ([][]byte, error) {
	for r.skipLineEnd() {
		continue
	}
	if len(r.text) == 0 {
		return cells, nil
	}
	for {
		cell, err := r.readCell()
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if len(r.text) > 0 && r.text[0] == ',' {
			r.text = r.text[1:]
			continue
		}
		if len(r.text) > 0 && !r.skipLineEnd() {
			return nil, r.unexpectedQuote()
		}
		return cells, nil
	}
}

// readCell goes behind a cell: to a comma, a line end or the end, else it is
// malformed.
func (r *csvReader) readCell() ([]byte, error) {
	if len(r.text) > 0 && r.text[0] == '"' {
		return r.readQuoted()
	}
	end := bytes.IndexAny(r.text, ",\"\r\n")
	if end < 0 {
		end = len(r.text)
	}
	cell := r.text[:end]
	r.text = r.text[end:]
	return cell, nil
}

// readQuoted reads a cell in quotes, in which doubled quotes stand for one.
func (r *csvReader) readQuoted() ([]byte, error) {
	r.text = r.text[1:]
	var cell []byte
	for {
		end := bytes.IndexByte(r.text, '"')
		if end < 0 {
			return nil, r.malformed("a quoted field without its closing quote")
		}
		part := r.text[:end]
		r.text = r.text[end+1:]
		r.line += bytes.Count(part, []byte{'\n'})
		doubled := len(r.text) > 0 && r.text[0] == '"'
		if !doubled {
			if cell == nil {
				return part, nil
			}
			return append(cell, part...), nil
		}
		cell = append(append(cell, part...), '"')
		r.text = r.text[1:]
	}
}

// skipLineEnd goes behind LF, CR LF or CR, and reports whether one was there.
func (r *csvReader) skipLineEnd() bool {
	n := 0
	if len(r.text) > 0 && r.text[0] == '\r' {
		n++
	}
	if len(r.text) > n && r.text[n] == '\n' {
		n++
	}
	r.text = r.text[n:]
	r.line += min(n, 1)
	return n > 0
}

// unexpectedQuote is the error of a quote within a field that has none around
// it, or of text behind a closing quote.
func (r *csvReader) unexpectedQuote() error {
	return r.malformed("a quote inside a field, or text behind a quoted one")
}

func (r *csvReader) malformed(what string) error {
	return apierror.InvalidBody(fmt.Sprintf("Invalid CSV: %s in line %d", what, r.line))
}
