package executor

import "bytes"

// Written are the rows that were written, if the program tells of them, each as query.Yield
// has it.
func (r *Result) Written() [][]byte {
	if r.written == nil {
		return nil
	}
	return *r.written
}

// keepWritten keeps what a row of the result has of the rows that were written.
func (r *Result) keepWritten(row [][]byte) {
	written := r.cmd.Program.WrittenOf(row)
	if written == nil {
		return
	}
	if r.written == nil {
		r.written = &[][]byte{}
	}
	*r.written = append(*r.written, bytes.Clone(written))
}
