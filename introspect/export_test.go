package introspect

// Origin is a columnRef: the OID of a relation and the number of one of its columns.
type Origin struct {
	Relation uint32
	Number   int16
}

// ParseViewQuery is parseViewQuery.
func ParseViewQuery(tree string) []Origin {
	var origins []Origin
	for _, column := range parseViewQuery([]byte(tree)) {
		origins = append(origins, Origin{column.relation, column.number})
	}
	return origins
}

// Trace is lineage.trace.
func Trace(views map[uint32][]Origin, column Origin) Origin {
	l := make(lineage)
	for view, origins := range views {
		l[view] = make([]columnRef, len(origins))
		for i, origin := range origins {
			l[view][i] = columnRef{origin.Relation, origin.Number}
		}
	}
	found := l.trace(columnRef{column.Relation, column.Number})
	return Origin{found.relation, found.number}
}

// Share is SharedTypes.share.
func Share(s *SharedTypes, c *Catalog) { s.share(c) }
