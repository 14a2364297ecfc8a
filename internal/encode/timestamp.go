package encode

import (
	"bytes"

	"github.com/pgrest-go/pgrest/internal/jsontext"
)

// appendTimestamp appends a timestamp of PostgreSQL's ISO style as XML Schema writes
// it, which is what to_json does:
//
//	2020-01-01 10:00:00        2020-01-01T10:00:00
//	2020-01-01 10:00:00+00     2020-01-01T10:00:00+00:00
//	0044-03-15 12:00:00+01 BC  0044-03-15T12:00:00+01:00 BC
//	infinity                   infinity
//
// A text of any other style is a string as it stands.
func appendTimestamp(dst, value []byte, zoned bool) []byte {
	date := dateEnd(value)
	end := clockEnd(value, date)
	var minutes string // those of the offset, if PostgreSQL left them out since they are zero
	if zoned && end > 0 {
		hours := end
		if end = offsetEnd(value, hours); end == hours+len("+00") {
			minutes = ":00"
		}
	}
	if end == 0 || end < len(value) && string(value[end:]) != " BC" {
		return jsontext.AppendString(dst, value)
	}
	dst = append(dst, '"')
	dst = append(dst, value[:end]...)
	dst[len(dst)-end+date] = 'T'
	dst = append(dst, minutes...)
	dst = append(dst, value[end:]...)
	return append(dst, '"')
}

// dateEnd gives the index after the date that a text begins with, as in 2020-02-29;
// 0 if it begins with none.
func dateEnd(text []byte) int {
	year := digits(text, 0)
	if end := year + len("-02-29"); year >= len("2020") && len(text) >= end &&
		text[year] == '-' && twoDigits(text, year+1) && text[year+3] == '-' && twoDigits(text, year+4) {
		return end
	}
	return 0
}

// clockEnd gives the index after the time of day that follows a date, as in
// " 10:00:00.25"; 0 if there is none.
func clockEnd(text []byte, date int) int {
	end := date + len(" 10:00:00")
	if date == 0 || len(text) < end || text[date] != ' ' || !isClock(text[date+1:end]) {
		return 0
	}
	if end == len(text) || text[end] != '.' {
		return end
	}
	fraction := digits(text, end+1)
	if fraction == end+1 {
		return 0
	}
	return fraction
}

// isClock reports whether eight bytes are a time of day, as in 10:00:00.
func isClock(text []byte) bool {
	return twoDigits(text, 0) && text[2] == ':' && twoDigits(text, 3) && text[5] == ':' && twoDigits(text, 6)
}

// offsetEnd gives the index after the offset that follows a time of day: hours, and
// unless they are zero minutes and seconds, as in +05:30; 0 if there is none.
func offsetEnd(text []byte, clock int) int {
	end := clock + len("+00")
	if len(text) < end || text[clock] != '+' && text[clock] != '-' || !twoDigits(text, clock+1) {
		return 0
	}
	for range 2 {
		if len(text) < end+len(":00") || text[end] != ':' || !twoDigits(text, end+1) {
			break
		}
		end += len(":00")
	}
	return end
}

// twoDigits reports whether two digits stand at i.
func twoDigits(text []byte, i int) bool {
	return text[i]-'0' <= 9 && text[i+1]-'0' <= 9
}

// TimeText turns a date or timestamp that to_json has made JSON back into the text of
// PostgreSQL's ISO style. JSON that is no string stays as it is.
func TimeText(json []byte) []byte {
	if n := len(json); n < len(`""`) || json[0] != '"' || json[n-1] != '"' {
		return json
	}
	text := bytes.Clone(json[1 : len(json)-1])
	date := dateEnd(text)
	if date == 0 || date == len(text) || text[date] != 'T' {
		return text
	}
	text[date] = ' '
	clock := clockEnd(text, date)
	if zone := offsetEnd(text, clock); clock > 0 && zone == clock+len("+00:00") && string(text[zone-len(":00"):zone]) == ":00" {
		text = append(text[:zone-len(":00")], text[zone:]...)
	}
	return text
}
