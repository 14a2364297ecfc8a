// Package encode turns the rows of a result into the body of a response as they
// arrive, in constant memory: JSON that equals what PostgreSQL's json_agg makes
// of the same rows, byte for byte, or CSV.
//
// Values come in as PostgreSQL's text format prints them, nil for NULL, and what
// becomes of them is said by the query.Encoding of their column:
//
//	e := encode.NewArray([]query.Column{
//		{Name: "id", Encoding: query.Verbatim},
//		{Name: "title", Encoding: query.Text},
//	}, false)
//	body := e.Start(nil)
//	body = e.Row(body, [][]byte{[]byte("1"), []byte(`The "Third" Man`)})
//	body = e.End(body) // [{"id":1,"title":"The \"Third\" Man"}]
package encode

// Encoder writes the rows of one result as a body, a piece at a time. Every
// method appends to dst and returns the extended slice, as append does, so that
// the caller may send and empty the buffer between any two calls.
//
// Start is called once before the rows, Row for each of them and End once after
// them; Start makes an Encoder ready for another result of the same columns. The
// values of a row stand in the order of the columns, one for each, and are not
// kept. An Encoder is for one goroutine.
type Encoder interface {
	Start(dst []byte) []byte
	Row(dst []byte, values [][]byte) []byte
	End(dst []byte) []byte
}
