package pgrest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest"
)

const ndjson = "application/x-ndjson"

// tabSeparated is what an encoder of a host's looks like.
type tabSeparated struct{ columns []pgrest.ResultColumn }

func newTabSeparated(columns []pgrest.ResultColumn) pgrest.RowEncoder {
	return &tabSeparated{columns}
}

func (e *tabSeparated) Start(dst []byte) []byte {
	for i, column := range e.columns {
		dst = append(dst, column.Name...)
		dst = append(dst, "\t\n"[boolIndex(i == len(e.columns)-1)])
	}
	return dst
}

func (e *tabSeparated) Row(dst []byte, row pgrest.Row) []byte {
	for i := range row.Len() {
		if row.IsNull(i) {
			dst = append(dst, `\N`...)
		} else {
			dst = append(dst, row.Text(i)...)
		}
		dst = append(dst, "\t\n"[boolIndex(i == row.Len()-1)])
	}
	return dst
}

func (e *tabSeparated) End(dst []byte) []byte { return dst }
