package pgrest

import (
	"strconv"
	"strings"
	"time"
)

// clock takes the durations of a request's stages for the Server-Timing header
// (https://www.w3.org/TR/server-timing). A nil clock takes none.
type clock struct {
	last time.Time
	laps strings.Builder
}

func newClock() *clock { return &clock{last: time.Now()} }

// lap ends a stage.
func (c *clock) lap(stage string) {
	if c == nil {
		return
	}
	now := time.Now()
	if c.laps.Len() > 0 {
		c.laps.WriteString(", ")
	}
	c.laps.WriteString(stage + ";dur=")
	c.laps.WriteString(strconv.FormatFloat(float64(now.Sub(c.last))/float64(time.Millisecond), 'f', 1, 64))
	c.last = now
}

// skip leaves the time since the last stage out of the next one.
func (c *clock) skip() {
	if c != nil {
		c.last = time.Now()
	}
}

// header ends the last stage and gives the header's value.
func (c *clock) header() string {
	c.lap("response")
	return c.laps.String()
}
