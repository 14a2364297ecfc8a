package filter

import "slices"

// NestedColumns are the names that columns has in brackets behind a name, as c and d are in
// columns=a,b(c,d).
type NestedColumns struct {
	// Path has the names that lead there.
	Path []string
	// Names are the distinct ones in the brackets, of which there may be none.
	Names []string
}

// readNestedColumns reads the value of columns, in which names may have others in brackets. Of
// a name that is repeated the first counts.
func (r *reader) readNestedColumns(p parameter) {
	from := source{part: columnsPart, parameter: p.name, name: p.name + " parameter", text: p.value}
	var n nestedNames
	names, ok := scanSource(r, from, func(s *scanner) ([]string, bool) {
		n = nestedNames{scanner: s}
		names, ok := n.read(nil)
		return names, ok && s.end()
	})
	if ok {
		r.query.Columns, r.query.NestedColumns = names, n.found
	}
}

// nestedNames reads names that may have others in brackets.
type nestedNames struct {
	*scanner
	found []NestedColumns
	count int // of all names
}

// read reads names with commas between, which path leads to.
func (n *nestedNames) read(path []string) ([]string, bool) {
	names, seen := []string{}, map[string]bool{}
	ok := n.separated(func() bool {
		name, ok := n.member()
		if n.count++; !ok || !n.tally.names(n.count, "columns") {
			return false
		}
		before := len(n.found)
		if !n.within(append(path[:len(path):len(path)], name)) {
			return false
		}
		if seen[name] {
			n.found = n.found[:before]
		} else {
			names = append(names, name)
		}
		seen[name] = true
		return true
	}, n.comma)
	return names, ok
}

// member reads a name, which may have an alias before it and a hint behind it, as an embed has in
// select: all of it is one name here, as it would be in quotes.
func (n *nestedNames) member() (string, bool) {
	name, ok := n.name()
	for ok && (n.char(':') || n.char('!')) {
		mark := n.text[n.pos-1 : n.pos]
		var next string
		next, ok = n.name()
		name += mark + next
	}
	return name, ok
}

// within reads what stands in brackets behind the last name of a path, if anything does.
func (n *nestedNames) within(path []string) bool {
	if !n.char('(') {
		return true
	}
	if !n.tally.allows(len(path), n.tally.limits.EmbedDepth, "levels of columns") || !n.descend() {
		return false
	}
	defer n.ascend()
	at, names := len(n.found), []string{}
	n.found = append(n.found, NestedColumns{Path: path})
	if !n.char(')') {
		var ok bool
		if names, ok = n.read(path); !ok || !n.char(')') {
			return false
		}
	}
	n.found[at].Names = names
	return true
}

// nestedColumns writes names, with those in brackets behind them. It gives how many of the
// brackets it has written, which are all if each is behind a name.
func (p *printer) nestedColumns(names, path []string, nested []NestedColumns) (written int) {
	for i, name := range names {
		p.separate(i)
		p.name(name)
		within := append(path[:len(path):len(path)], name)
		at := slices.IndexFunc(nested, func(n NestedColumns) bool { return slices.Equal(n.Path, within) })
		if at < 0 {
			continue
		}
		p.write("(")
		written += 1 + p.nestedColumns(nested[at].Names, within, nested)
		p.write(")")
	}
	return written
}
