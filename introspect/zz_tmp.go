package introspect

func (c *SchemaCache) Relationships(from QualifiedName, target string) (named, keyed []*Relationship) { return nil, nil }
func (c *SchemaCache) RelatedNames(from QualifiedName) ([]string, bool) { return nil, false }
func (c *SchemaCache) RelatedTables(schema string) []string { return nil }
