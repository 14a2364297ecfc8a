package executor

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/pgrest-go/pgrest/auth"
	"github.com/pgrest-go/pgrest/internal/oid"
	"github.com/pgrest-go/pgrest/internal/query"
)

// rendering is how a program's main statement is run on a connection: its text, what
// its columns are, and in which formats they come, none for texts all of them.
type rendering struct {
	sql     string
	columns []query.Column
	formats []int16
}

// rendering decides whether times come as texts or in binary format.
func (r *Result) rendering() rendering {
	p, t, tx := r.cmd.Program, r.cmd.Program.Times, r.tx
	main := rendering{sql: p.Main.SQL, columns: p.Columns}
	if t == nil || r.textOnly {
		return main
	}
	iso := tx.reports("DateStyle") && strings.HasPrefix(tx.conn.pg.ParameterStatus("DateStyle"), "ISO")
	utc := tx.reports("TimeZone") && isUTC(tx.conn.pg.ParameterStatus("TimeZone"))
	switch {
	case t.Text && !iso:
		return main
	case utc:
		main.formats = t.All
	case iso || t.JSON == nil:
		main.formats = t.Local
	default:
		return rendering{sql: t.JSON.SQL, columns: t.JSON.Columns, formats: t.Local}
	}
	return main
}

// reports says whether what the connection reports of a setting will hold when the
// program runs. In a Once it runs in the same pipeline as the settings, which may make this
// one, and as a pre-request function, which may have set anything; so may what precedes it in
// the pipeline of a Group.
func (tx *Tx) reports(name string) bool {
	return !tx.unknown && (tx.opened || tx.session.PreRequest == "" && !sets(tx.settings, name))
}

func isUTC(zone string) bool { return zone == "UTC" || zone == "Etc/UTC" || zone == "GMT" }

func sets(settings []auth.Setting, name string) bool {
	for i := range settings {
		if strings.EqualFold(settings[i].Name, name) {
			return true
		}
	}
	return false
}

// errOtherType reports a column that comes in binary format and isn't of the type that
// the program has it for.
var errOtherType = errors.New("a column has another type than the schema cache says")

// checkTimes looks whether the columns in binary format are what toText takes them for. If
// not, the program can be run again, and all columns come as texts then.
func (r *Result) checkTimes() error {
	if r.main.formats == nil {
		return nil
	}
	fields := r.reader.FieldDescriptions()
	for _, c := range r.cmd.Program.Times.Columns {
		if r.main.formats[c.Index] == pgtype.BinaryFormatCode && fields[c.Index].DataTypeOID != c.OID {
			r.textOnly = true
			return errOtherType
		}
	}
	r.times = make([]byte, 0, len(r.cmd.Program.Times.Columns)*longestTime)
	return nil
}

// longestTime is how long a time's text can be: 294276-12-31 23:59:59.999999+00.
const longestTime = 32

// toText puts texts in the place of a row's times in binary format. They are valid until
// the next row's.
func (r *Result) toText(row [][]byte) {
	dst := r.times[:0]
	for _, c := range r.cmd.Program.Times.Columns {
		if r.main.formats[c.Index] != pgtype.BinaryFormatCode {
			continue
		}
		value := row[c.Index]
		start := len(dst)
		switch {
		case c.OID == oid.Date && len(value) == 4:
			dst = appendDate(dst, int32(binary.BigEndian.Uint32(value)))
		case c.OID != oid.Date && len(value) == 8:
			dst = appendTimestamp(dst, int64(binary.BigEndian.Uint64(value)), c.OID == oid.TimestampTZ)
		default:
			continue // NULL
		}
		row[c.Index] = dst[start:len(dst):len(dst)]
	}
	r.times = dst
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
