package executor

import "bytes"

// keepWritten keeps what a row of the result has of the rows that were written.
func (r *Result) keepWritten(row [][]byte) {
	if written := r.cmd.Program.WrittenOf(row); written != nil {
		r.Written = append(r.Written, bytes.Clone(written))
	}
}
