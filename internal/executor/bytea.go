package executor

import (
	"bytes"
	"encoding/hex"
)

// Bytea takes bytes out of the text of a bytea, as a Key's Find gives it.
func Bytea(text []byte) []byte { return bytesOf(text) }

// bytesOf takes bytes out of the text of a bytea: hexadecimal, or, where bytea_output
// is escape, with a backslash before another one and before three octal digits.
func bytesOf(text []byte) []byte {
	if digits, ok := bytes.CutPrefix(text, []byte(`\x`)); ok {
		if raw, err := hex.AppendDecode(nil, digits); err == nil {
			return raw
		}
	}
	raw := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch rest := text[i+1:]; {
		case c != '\\':
		case len(rest) >= 3 && isOctal(rest[0]) && isOctal(rest[1]) && isOctal(rest[2]):
			c = (rest[0]-'0')<<6 | (rest[1]-'0')<<3 | (rest[2] - '0')
			i += 3
		case len(rest) > 0:
			c = rest[0]
			i++
		}
		raw = append(raw, c)
	}
	return raw
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }
