package pgrest

import (
	"strconv"
	"strings"
	"time"
)

// Stage is a part of a request's way, and how long it took: jwt, parse, plan,
// transaction or response.
type Stage struct {
	Name     string
	Duration time.Duration
}

// clock takes the durations of a request's stages. A nil clock takes none.
type clock struct {
	begun  time.Time
	last   time.Duration // from the beginning to the end of the last stage
	laps   []Stage
	stages [5]Stage // room for them: jwt to response
}

func newClock() *clock {
	c := &clock{begun: time.Now()}
	c.laps = c.stages[:0]
	return c
}

// lap ends a stage.
func (c *clock) lap(stage string) {
	if c == nil {
		return
	}
	now := time.Since(c.begun)
	c.laps = append(c.laps, Stage{stage, now - c.last})
	c.last = now
}

// skip leaves the time since the last stage out of the next one.
func (c *clock) skip() {
	if c != nil {
		c.last = time.Since(c.begun)
	}
}

// header ends the last stage before the headers go out, and gives the value of the
// Server-Timing header (https://www.w3.org/TR/server-timing).
func (c *clock) header() string {
	c.lap("response")
	var b strings.Builder
	for i, lap := range c.laps {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(lap.Name + ";dur=")
		b.WriteString(strconv.FormatFloat(float64(lap.Duration)/float64(time.Millisecond), 'f', 1, 64))
	}
	return b.String()
}

// end ends the response, body included, and gives the whole duration.
func (c *clock) end() time.Duration {
	if n := len(c.laps) - 1; n >= 0 && c.laps[n].Name == "response" { // as far as the headers
		c.last -= c.laps[n].Duration
		c.laps = c.laps[:n]
	}
	c.lap("response")
	return c.last
}
