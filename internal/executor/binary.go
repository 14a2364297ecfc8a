package executor

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/query"
)

// times are the columns of a statement's result that are dates and timestamps. Of the
// common types they cost PostgreSQL the most to write as text, a tenth of a long list's
// time. In binary format they are numbers, which become text here; nobody else sees them.
type times struct {
	columns []timeColumn
	formats []int16 // of all columns
	zoned   bool    // some text depends on the session's time zone
	room    []byte  // for a row's texts
}

type timeColumn struct {
	index int
	oid   uint32
}

// timesOf finds the times of a prepared statement's result; nil if it has none.
func timesOf(fields []pgconn.FieldDescription) *times {
	var t *times
	for i := range fields {
		switch oid := fields[i].DataTypeOID; oid {
		case pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID:
			if t == nil {
				t = &times{formats: make([]int16, len(fields))}
			}
			t.columns = append(t.columns, timeColumn{index: i, oid: oid})
			t.formats[i] = pgtype.BinaryFormatCode
			t.zoned = t.zoned || oid == pgtype.TimestamptzOID
		}
	}
	return t
}

// known reports whether the texts of a command's times are known without PostgreSQL:
// its session is on UTC, and nothing is run that may change that. Functions may.
func (t *times) known(conn *pgconn.PgConn, cmd *Command) bool {
	switch {
	case t == nil || !cmd.ReadOnly || cmd.PreRequest != "" || cmd.Program.Routine || cmd.Program.Yields != query.Rows:
		return false
	case t.zoned:
		return isUTC(conn.ParameterStatus("TimeZone")) && !setsTimeZone(cmd.Settings)
	}
	return true
}

func isUTC(zone string) bool { return zone == "UTC" || zone == "Etc/UTC" || zone == "GMT" }

func setsTimeZone(settings []auth.Setting) bool {
	for i := range settings {
		if strings.EqualFold(settings[i].Name, "TimeZone") {
			return true
		}
	}
	return false
}

// toText puts texts in the place of a row's binary values. They are valid until the
// next row's.
func (t *times) toText(row [][]byte) {
	dst := t.room[:0]
	for _, c := range t.columns {
		value := row[c.index]
		start := len(dst)
		switch {
		case c.oid == pgtype.DateOID && len(value) == 4:
			dst = appendDate(dst, int32(binary.BigEndian.Uint32(value)))
		case c.oid != pgtype.DateOID && len(value) == 8:
			dst = appendTimestamp(dst, int64(binary.BigEndian.Uint64(value)), c.oid == pgtype.TimestamptzOID)
		default:
			continue // NULL
		}
		row[c.index] = dst[start:len(dst):len(dst)]
	}
	t.room = dst
}

// epoch is where PostgreSQL's dates begin, 2000-01-01, in seconds of Unix.
const epoch = 946684800

const (
	secondsOfDay = 24 * 60 * 60
	microseconds = 1_000_000 // of a second
)

// appendDate appends the date that is some days after the epoch, in ISO style:
// 2020-02-29, 0044-03-15 BC, infinity.
func appendDate(dst []byte, days int32) []byte {
	switch days {
	case math.MaxInt32:
		return append(dst, "infinity"...)
	case math.MinInt32:
		return append(dst, "-infinity"...)
	}
	dst, era := appendDay(dst, time.Unix(epoch+int64(days)*secondsOfDay, 0).UTC())
	return append(dst, era...)
}

// appendTimestamp appends the timestamp that is some microseconds after the epoch, in
// ISO style: 2020-01-01 10:00:00.25, of UTC with +00, 0044-03-15 12:00:00 BC, infinity.
func appendTimestamp(dst []byte, micros int64, zoned bool) []byte {
	switch micros {
	case math.MaxInt64:
		return append(dst, "infinity"...)
	case math.MinInt64:
		return append(dst, "-infinity"...)
	}
	seconds, fraction := micros/microseconds, micros%microseconds
	if fraction < 0 {
		seconds, fraction = seconds-1, fraction+microseconds
	}
	at := time.Unix(epoch+seconds, 0).UTC()
	dst, era := appendDay(dst, at)
	hour, minute, second := at.Clock()
	dst = appendTwo(append(dst, ' '), hour)
	dst = appendTwo(append(dst, ':'), minute)
	dst = appendTwo(append(dst, ':'), second)
	if fraction > 0 {
		dst = append(dst, '.')
		for unit := int64(microseconds / 10); fraction > 0; unit /= 10 {
			dst = append(dst, byte('0'+fraction/unit))
			fraction %= unit
		}
	}
	if zoned {
		dst = append(dst, "+00"...)
	}
	return append(dst, era...)
}

// appendDay appends year, month and day, and gives the era, which stands behind all else.
func appendDay(dst []byte, at time.Time) ([]byte, string) {
	year, month, day := at.Date()
	era := ""
	if year <= 0 { // there is none between 1 BC and 1
		year, era = 1-year, " BC"
	}
	if year < 10000 {
		dst = appendTwo(appendTwo(dst, year/100), year%100)
	} else {
		dst = strconv.AppendInt(dst, int64(year), 10)
	}
	dst = appendTwo(append(dst, '-'), int(month))
	return appendTwo(append(dst, '-'), day), era
}

// appendTwo appends a number below 100 with two digits.
func appendTwo(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }
