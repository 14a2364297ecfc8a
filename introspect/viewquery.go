package introspect

import "strconv"

// columnRef identifies a column as the catalogs do.
type columnRef struct {
	relation uint32 // OID
	number   int16  // pg_attribute.attnum
}

// maxColumns is the most columns that PostgreSQL gives a relation.
const maxColumns = 1600

// lineage holds the origins of the columns of each view, by its OID: at i that of column
// i+1, in a table or another view. That of a computed column is the zero columnRef.
type lineage map[uint32][]columnRef

// trace follows a column of a view through the views in its query, down to the column
// of a table. The result is the zero columnRef where there is none.
func (l lineage) trace(column columnRef) columnRef {
	// Views can't select from each other in a circle, but catalogs that are read
	// without a snapshot may look so. The loop is bounded for that.
	for range len(l) + 1 {
		origins, isView := l[column.relation]
		if !isView {
			return column
		}
		if column.number < 1 || int(column.number) > len(origins) {
			return columnRef{}
		}
		column = origins[column.number-1]
	}
	return columnRef{}
}

// sources gives the OIDs of the tables that the views' columns come from in the end.
func (l lineage) sources() map[uint32]bool {
	sources := make(map[uint32]bool)
	for _, origins := range l {
		for _, origin := range origins {
			if _, isView := l[origin.relation]; !isView && origin.relation != 0 {
				sources[origin.relation] = true
			}
		}
	}
	return sources
}

// parseViewQuery reads the origins of a view's columns from the node tree of its query,
// in the form of lineage. PostgreSQL notes the origin of a column that comes
// unchanged from a table or view in FROM, also by way of joins and subqueries. It
// notes none for UNION, INTERSECT and EXCEPT. A text that is no such tree has no columns.
func parseViewQuery(tree []byte) []columnRef {
	s := nodeScanner{text: tree}
	if !s.opens('(') || !s.opens('{') || string(s.token()) != "QUERY" {
		return nil
	}
	for {
		name, value, ok := s.field()
		switch {
		case !ok:
			return nil
		case string(name) != ":targetList":
			s.skip(value)
		case string(value) == "(":
			return s.targetList()
		default:
			return nil
		}
	}
}

// nodeScanner scans a pg_node_tree, the text that nodeToString makes of a tree:
// {TYPE :field value :field value} for a node, (item item) for a list, and plain
// tokens. A backslash makes the next byte an ordinary part of a token.
type nodeScanner struct {
	text []byte
	at   int
}

// token reads the next token: a bracket, or all before the next bracket or white space.
// It is empty at the end of the text.
func (s *nodeScanner) token() []byte {
	for s.at < len(s.text) && isNodeSpace(s.text[s.at]) {
		s.at++
	}
	start := s.at
	for s.at < len(s.text) {
		c := s.text[s.at]
		if isNodeSpace(c) {
			break
		}
		if isNodeBracket(c) {
			if s.at == start {
				s.at++
			}
			break
		}
		if c == '\\' {
			s.at++
		}
		s.at++
	}
	s.at = min(s.at, len(s.text))
	return s.text[start:s.at]
}

func isNodeSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

func isNodeBracket(c byte) bool { return c == '(' || c == ')' || c == '{' || c == '}' }

// opens reads the next token and reports whether it is that bracket.
func (s *nodeScanner) opens(bracket byte) bool {
	token := s.token()
	return len(token) == 1 && token[0] == bracket
}

// field reads the name of a node's next field and the first token of its value. It
// is not ok at the end of the node. Only the order tells names from values: a value may
// be any text, and every field has one.
func (s *nodeScanner) field() (name, value []byte, ok bool) {
	name = s.token()
	if len(name) == 0 || name[0] != ':' {
		return nil, nil, false
	}
	return name, s.token(), true
}

// skip reads on to the end of the value that begins with token.
func (s *nodeScanner) skip(token []byte) {
	if len(token) != 1 || token[0] != '(' && token[0] != '{' {
		return
	}
	for depth := 1; depth > 0 && s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		}
	}
	s.at = min(s.at, len(s.text))
}

// targetList reads the rest of a list of TARGETENTRY nodes.
func (s *nodeScanner) targetList() []columnRef {
	var origins []columnRef
	for s.opens('{') {
		number, origin, ok := s.targetEntry()
		if !ok {
			continue
		}
		for len(origins) < number {
			origins = append(origins, columnRef{})
		}
		origins[number-1] = origin
	}
	return origins
}

// targetEntry reads the rest of a TARGETENTRY node: the number of the column that
// it makes, and its origin. It is not ok for an entry that makes no column.
func (s *nodeScanner) targetEntry() (number int, origin columnRef, ok bool) {
	isEntry := string(s.token()) == "TARGETENTRY"
	for {
		name, value, more := s.field()
		if !more {
			break
		}
		switch string(name) {
		case ":resno":
			number, _ = strconv.Atoi(string(value))
		case ":resorigtbl":
			oid, _ := strconv.ParseUint(string(value), 10, 32)
			origin.relation = uint32(oid)
		case ":resorigcol":
			column, _ := strconv.ParseInt(string(value), 10, 16)
			origin.number = int16(column)
		case ":resjunk":
			ok = isEntry && string(value) == "false"
		default:
			s.skip(value)
		}
	}
	return number, origin, ok && 1 <= number && number <= maxColumns
}
