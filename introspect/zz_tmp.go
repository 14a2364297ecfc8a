package introspect

type Handler struct {
	Aggregate QualifiedName
	MediaType string
	Relation  QualifiedName
}

func (c *SchemaCache) MediaHandler(relation QualifiedName, mediaType string) (*Handler, bool) { return nil, false }
func (c *SchemaCache) AnyMediaHandler(mediaType string) (*Handler, bool)                       { return nil, false }
func (r *Routine) Scalar() bool                                                                { return false }
func (c *SchemaCache) ResultTable(r *Routine) (*Table, bool)                                   { return nil, false }
func NewTable(name QualifiedName, columns []Column) *Table                                     { return nil }

type RoleSettings struct {
	Isolation string
	Settings  []Setting
}

func (c *SchemaCache) RoleSettings(role string) RoleSettings { return RoleSettings{} }
