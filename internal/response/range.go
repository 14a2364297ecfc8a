package response

import (
	"net/http"
	"strconv"
)

// pageStatus is 206 when there are more rows than were sent. Without a total nobody can
// tell.
func pageStatus(o outcome) int {
	if o.total != unknown && o.rows < o.total {
		return http.StatusPartialContent
	}
	return http.StatusOK
}

// contentRange is the value of Content-Range (RFC 9110, section 14.4), with rows as its
// unit.
func contentRange(o outcome) string {
	s := make([]byte, 0, len("9223372036854775807-9223372036854775807/9223372036854775807"))
	if o.rows > 0 && o.total != 0 && !o.placed {
		s = strconv.AppendInt(s, o.offset, 10)
		s = append(s, '-')
		s = strconv.AppendInt(s, o.offset+o.rows-1, 10)
	} else {
		s = append(s, '*')
	}
	s = append(s, '/')
	if o.total == unknown {
		s = append(s, '*')
	} else {
		s = strconv.AppendInt(s, o.total, 10)
	}
	return string(s)
}
