package response

import (
	"net/http"
	"time"

	"github.com/pgrest-go/pgrest/internal/spool"
)

// client is who the response is sent to.
type client struct {
	w       http.ResponseWriter
	timeout time.Duration // for each piece of a large body; 0 for no bound
	patient bool          // the host's writer has no deadlines
	gone    bool          // the client doesn't take the body
}

// hurried is the size of a piece beyond which the client has to take it in time. A smaller
// one has room in the system's buffers.
const hurried = 16 << 10

// send writes to the client, which has to take each piece in time: not even a client
// that reads nothing holds the response for ever. It reports whether the client took it.
func (c *client) send(p []byte) bool {
	for hurry := len(p) > hurried; len(p) > 0; {
		n := min(len(p), spool.Piece)
		if hurry {
			c.setDeadline(true)
		}
		if _, err := c.w.Write(p[:n]); err != nil {
			c.gone = true
			return false
		}
		p = p[n:]
	}
	return true
}

// setDeadline begins the time that the client has for what is written next, or lifts it.
// With HTTP/2 a deadline breaks off a stream to which nothing is written, too.
func (c *client) setDeadline(begins bool) {
	if c.timeout == 0 || c.patient {
		return
	}
	var at time.Time
	if begins {
		at = time.Now().Add(c.timeout)
	}
	c.patient = http.NewResponseController(c.w).SetWriteDeadline(at) != nil
}
