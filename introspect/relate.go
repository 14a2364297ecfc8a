package introspect

import "slices"

// relater derives the relationships of a catalog.
type relater struct {
	tables  map[QualifiedName]*Table       // exposed and hidden
	exposed map[QualifiedName]*Table       // those that can be embedded
	views   map[QualifiedName][]viewSource // by the table that they select from
	// found are the relationships by their Table. A table whose relationships can't be
	// embedded, since their junctions are not exposed, has an entry without any.
	found map[QualifiedName][]*Relationship
	// links are the one-to-many relationships to what may be a junction, by its name: a
	// relation whose primary key contains the columns of the foreign key.
	links map[QualifiedName][]*Relationship
}

// relate derives the relationships of a catalog whose views have got their keys.
func relate(c Catalog, tables, exposed map[QualifiedName]*Table, views []viewSource) map[QualifiedName]related {
	r := &relater{
		tables:  tables,
		exposed: exposed,
		views:   make(map[QualifiedName][]viewSource),
		found:   make(map[QualifiedName][]*Relationship),
		links:   make(map[QualifiedName][]*Relationship),
	}
	for _, s := range views {
		r.views[s.table] = append(r.views[s.table], s)
	}
	for _, t := range slices.Concat(c.Tables, c.Hidden) {
		for i := range t.ForeignKeys {
			r.addForeignKey(t, &t.ForeignKeys[i])
		}
	}
	r.addManyToMany()
	for _, routine := range c.Routines {
		r.addComputed(routine)
	}
	return indexRelationships(r.found)
}

// side is one end of a foreign key: the table itself, or a view that shows its columns.
type side struct {
	relation QualifiedName
	columns  []string // in the order of the foreign key
}

// sides gives the table, and each view of it as often as it shows the columns.
func (r *relater) sides(table QualifiedName, columns []string) []side {
	sides := []side{{table, columns}}
	for _, source := range r.views[table] {
		for _, shown := range source.combinations(columns) {
			sides = append(sides, side{source.view, shown})
		}
	}
	return sides
}

// addForeignKey adds the relationships of a foreign key of t, in both directions:
// between the two tables, between their views, and between tables and views.
func (r *relater) addForeignKey(t *Table, key *ForeignKey) {
	if len(key.Columns) != len(key.ReferencedColumns) || len(key.Columns) == 0 {
		return
	}
	cardinality, inverse := ManyToOne, OneToMany
	if isUnique(t, key.Columns) {
		cardinality, inverse = OneToOne, OneToOne
	}
	targets := r.sides(key.References, key.ReferencedColumns)
	for _, from := range r.sides(t.Name, key.Columns) {
		for _, to := range targets {
			if r.exposed[to.relation] == nil {
				continue
			}
			r.add(r.relationship(from, to, cardinality, key.Name))
			back := r.relationship(to, from, inverse, key.Name)
			back.Inverse = true
			r.add(back)
			if inverse == OneToMany && containsAll(r.tables[from.relation].PrimaryKey, from.columns) {
				r.links[from.relation] = append(r.links[from.relation], back)
			}
		}
	}
}

func (r *relater) relationship(from, to side, cardinality Cardinality, constraint string) *Relationship {
	pairs := make([]ColumnPair, len(from.columns))
	for i := range pairs {
		pairs[i] = ColumnPair{from.columns[i], to.columns[i]}
	}
	return &Relationship{
		Table: from.relation, Target: to.relation,
		Cardinality: cardinality, Constraint: constraint, Columns: pairs,
		TableIsView: r.isView(from.relation), TargetIsView: r.isView(to.relation),
	}
}

// add adds a relationship if its target can be embedded in its table.
func (r *relater) add(rel *Relationship) {
	if r.isEmbeddable(rel.Table, rel.Target) {
		r.found[rel.Table] = append(r.found[rel.Table], rel)
	}
}

// mention notes that the table is in a relationship, even if none can be embedded.
func (r *relater) mention(table QualifiedName) {
	if _, ok := r.found[table]; !ok {
		r.found[table] = nil
	}
}

// isEmbeddable reports whether both relations are exposed, and in the same schema.
func (r *relater) isEmbeddable(from, target QualifiedName) bool {
	return from.Schema == target.Schema && r.exposed[from] != nil && r.exposed[target] != nil
}

func (r *relater) isView(name QualifiedName) bool {
	t, ok := r.exposed[name]
	return ok && t.Kind.IsView()
}

// isUnique reports whether the columns are all those of a key of t, in any order.
func isUnique(t *Table, columns []string) bool {
	isKey := func(key []string) bool {
		return len(key) == len(columns) && containsAll(key, columns) && containsAll(columns, key)
	}
	return isKey(t.PrimaryKey) || slices.ContainsFunc(t.UniqueKeys, isKey)
}

func containsAll(all, some []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}

// addManyToMany adds a relationship for every two different foreign keys of a
// junction. If views show a key many times, it adds only the first maxCombinations.
func (r *relater) addManyToMany() {
	type pair struct {
		from, to                 QualifiedName
		constraint1, constraint2 string
	}
	for junction, links := range r.links {
		added := make(map[pair]int)
		for _, from := range links {
			for _, to := range links {
				if from.Constraint == to.Constraint || !r.isEmbeddable(from.Table, to.Table) {
					continue
				}
				p := pair{from.Table, to.Table, from.Constraint, to.Constraint}
				if added[p]++; added[p] <= maxCombinations {
					r.addJunction(junction, from, to)
				}
			}
		}
	}
}

func (r *relater) addJunction(junction QualifiedName, from, to *Relationship) {
	if r.exposed[junction] == nil {
		r.mention(from.Table)
		return
	}
	r.add(&Relationship{
		Table: from.Table, Target: to.Table, Cardinality: ManyToMany,
		Junction: &Junction{
			Table:       junction,
			Constraint1: from.Constraint, Constraint2: to.Constraint,
			Source: from.Columns, Target: to.Columns,
		},
		TableIsView: from.TableIsView, TargetIsView: to.TableIsView,
	})
}

// addComputed adds the relationship that a function computes: from its only parameter, a
// row of a relation in its own schema, to the relation whose rows it returns. It replaces
// the relationships whose target has the function's name, even if the relation that it
// returns is not exposed.
func (r *relater) addComputed(f *Routine) {
	if len(f.Params) != 1 {
		return
	}
	from, isRow := rowOf(f.Params[0].Type)
	target, returnsRows := rowOf(f.Returns.Type)
	if !isRow || !returnsRows || r.exposed[from] == nil || from.Schema != f.Name.Schema {
		return
	}
	r.found[from] = slices.DeleteFunc(r.found[from], func(other *Relationship) bool {
		return other.Function == nil && other.Target == f.Name
	})
	if r.exposed[target] == nil {
		return
	}
	r.found[from] = append(r.found[from], &Relationship{
		Table: from, Target: target, Cardinality: computedCardinality(f), Function: f,
		TableIsView: r.isView(from), TargetIsView: r.isView(target),
	})
}

// rowOf gives the relation whose row type t is. A domain over it is another type.
func rowOf(t *Type) (QualifiedName, bool) {
	return t.Relation, !t.IsDomain && t.Relation != QualifiedName{}
}

func computedCardinality(f *Routine) Cardinality {
	if !f.Returns.Set || f.Returns.Rows == 1 {
		return ManyToOne
	}
	return OneToMany
}

// indexRelationships sorts the relationships, and indexes them by what an embed may call
// them.
func indexRelationships(found map[QualifiedName][]*Relationship) map[QualifiedName]related {
	index := make(map[QualifiedName]related, len(found))
	for from, all := range found {
		slices.SortFunc(all, (*Relationship).Compare)
		embeddings := make(map[string]embedding)
		names := addNamed(embeddings, all)
		for _, rel := range all {
			addKeyed(embeddings, rel)
		}
		index[from] = related{embeddings, names}
	}
	return index
}

// addNamed indexes sorted relationships by the name of their other end, and returns the
// names.
func addNamed(embeddings map[string]embedding, all []*Relationship) []string {
	var names []string
	for start, end := 0, 0; start < len(all); start = end {
		name := all[start].name()
		for end < len(all) && all[end].name() == name {
			end++
		}
		embeddings[name] = embedding{named: all[start:end:end]}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// addKeyed indexes a relationship by the name of its foreign key, and by that of the
// column if the key has a single one.
func addKeyed(embeddings map[string]embedding, rel *Relationship) {
	if rel.Columns == nil || rel.TargetIsView && !rel.Self() {
		return
	}
	keys := []string{rel.Constraint}
	if column := rel.Columns[0].Column; len(rel.Columns) == 1 && column != rel.Constraint {
		keys = append(keys, column)
	}
	for _, key := range keys {
		e := embeddings[key]
		e.keyed = append(e.keyed, rel)
		embeddings[key] = e
	}
}
