package value

import (
	"strconv"
	"strings"
)

// Level is the objects of a body of rows within rows that the same member of the objects
// around them holds, in the body's order. Places count from 1.
type Level struct {
	// Rows is a JSON array of the objects, with nothing but columns in them.
	Rows []byte
	// Around has the place of the object around each of them; of the first level it is 0. It
	// doesn't fall.
	Around []int32
	// Parent is the index of the level around it, and Member what holds the objects there.
	// Neither means anything for the first level.
	Parent int
	Member string
	// Many reports that they stand in an array.
	Many bool
}

// around is Around as an array.
func (l *Level) around() []byte {
	text := make([]byte, 1, 2+4*len(l.Around))
	text[0] = '{'
	for i, place := range l.Around {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendInt(text, int64(place), 10)
	}
	return append(text, '}')
}

// within has for each object around a level the place of the one in it, as an array.
func (v *Values) within(level int) []byte {
	l := &v.Levels[level]
	text, next := []byte{'{'}, 0
	for i := range v.Levels[l.Parent].Around {
		if i > 0 {
			text = append(text, ',')
		}
		if next < len(l.Around) && int(l.Around[next]) == i+1 {
			next++
			text = strconv.AppendInt(text, int64(next), 10)
		} else {
			text = append(text, "NULL"...)
		}
	}
	return append(text, '}')
}

// Pointer is the JSON Pointer (RFC 6901) of an object, by its level and its place there.
func (v *Values) Pointer(level, place int) string {
	l := &v.Levels[level]
	pointer := ""
	if level > 0 {
		pointer = v.Pointer(l.Parent, int(l.Around[place-1])) + "/" + EscapePointer(l.Member)
	}
	if !l.Many {
		return pointer
	}
	return pointer + "/" + strconv.Itoa(IndexAround(l.Around, place))
}

// IndexAround is the index, in its array, of the object in a place, where around is as in Level.
func IndexAround(around []int32, place int) (index int) {
	for index+1 < place && around[place-2-index] == around[place-1] {
		index++
	}
	return index
}

// LevelName names a level by the members that lead to it, with slashes between; empty for the
// first one.
func (v *Values) LevelName(level int) string {
	name := ""
	for ; level > 0; level = v.Levels[level].Parent {
		name = "/" + EscapePointer(v.Levels[level].Member) + name
	}
	return strings.TrimPrefix(name, "/")
}

// EscapePointer is a name as a JSON Pointer has it.
func EscapePointer(name string) string { return pointerEscapes.Replace(name) }

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
