package typescript

import (
	"cmp"
	"slices"

	"github.com/pgrest-go/pgrest/introspect"
)

// function is one signature of a function.
type function struct {
	routine *introspect.Routine
	// of is the relation whose rows a computed relationship takes; nil for a function that
	// is called.
	of *introspect.Table
}

// printFunctions prints the functions that can be called, and those of computed
// relationships, each with all its overloads.
func (m *module) printFunctions(p *printer, s *schema) {
	byName := map[string][]function{}
	for _, r := range s.selection.Routines {
		byName[r.Name.Name] = append(byName[r.Name.Name], function{routine: r})
	}
	for _, t := range s.selection.Tables {
		names, _ := m.cache.RelatedNames(t.Name)
		for _, name := range names {
			named, _ := m.cache.Relationships(t.Name, name)
			for _, r := range named {
				if r.Function != nil && m.selected(r.Target) != nil {
					byName[name] = append(byName[name], function{r.Function, t})
				}
			}
		}
	}
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		overloads := byName[name]
		slices.SortStableFunc(overloads, func(a, b function) int {
			if a.of == nil || b.of == nil {
				return cmp.Compare(order(a), order(b))
			}
			return cmp.Compare(a.of.Name.Name, b.of.Name.Name)
		})
		m.printOverloads(p, name, overloads)
	}
}

// order has functions that are called before those of computed relationships.
func order(f function) int {
	if f.of == nil {
		return 0
	}
	return 1
}

func (m *module) printOverloads(p *printer, name string, overloads []function) {
	p.comment(overloads[0].routine.Comment)
	if len(overloads) == 1 {
		p.open(key(name) + ": {")
		m.printSignature(p, overloads[0])
		p.close("}")
		return
	}
	p.open(key(name) + ":")
	for _, f := range overloads {
		p.open("| {")
		m.printSignature(p, f)
		p.close("}")
	}
	p.close("")
}

func (m *module) printSignature(p *printer, f function) {
	r := f.routine
	switch body, takesBody := r.Body(); {
	case f.of != nil:
		p.open("Args: {")
		p.property("", "", m.rowType(f.of), "")
		p.close("}")
	case takesBody:
		p.open("Args: {")
		p.property("", "", m.typeOf(body.Type), "")
		p.close("}")
	case len(r.Params) == 0:
		p.line("Args: never")
	default:
		p.open("Args: {")
		for i := range r.Params {
			optional := "?"
			if r.Params[i].Required {
				optional = ""
			}
			p.property(r.Params[i].Name, optional, m.parameterType(r.Params[i].Type), "")
		}
		p.close("}")
	}
	one := r.Returns.Set && r.Returns.Rows == 1
	m.printResult(p, r, r.Returns.Set && !one)
	from := "*"
	if f.of != nil {
		from = f.of.Name.Name
	}
	if t := m.resultRelation(r); t != nil {
		p.open("SetofOptions: {")
		p.line("from: " + literal(from))
		p.line("to: " + literal(t.Name.Name))
		p.line("isOneToOne: " + boolean(!r.Returns.Set || one))
		p.line("isSetofReturn: " + boolean(r.Returns.Set))
		p.close("}")
	}
}

// printResult prints what a function returns, or a set of it.
func (m *module) printResult(p *printer, r *introspect.Routine, set bool) {
	suffix := ""
	if set {
		suffix = "[]"
	}
	t := m.cache.ResultTable(r)
	switch {
	case r.Returns.Void:
		p.line("Returns: undefined")
	case r.Returns.Scalar():
		p.line("Returns: " + arrayed(m.typeOf(r.Returns.Type), set))
	case m.resultRelation(r) != nil:
		p.line("Returns: " + arrayed(m.rowType(m.resultRelation(r)), set))
	case len(r.Returns.Columns) == 0 && r.Returns.Type.Kind == introspect.CompositeType && r.Returns.Type.Relation.Name == "":
		p.line("Returns: " + arrayed(m.typeOf(r.Returns.Type), set))
	case t == nil:
		p.line("Returns: " + arrayed("Record<string, unknown>", set))
	default:
		p.open("Returns: {")
		for i := range t.Columns {
			p.property(t.Columns[i].Name, "", m.readType(&t.Columns[i]), "")
		}
		p.close("}" + suffix)
	}
}

// resultRelation is the described relation whose rows a function returns; nil for none.
func (m *module) resultRelation(r *introspect.Routine) *introspect.Table {
	t := m.cache.ResultTable(r)
	if t == nil || r.Returns.Scalar() || m.selected(t.Name) != t || t.Name.Schema != r.Name.Schema {
		return nil
	}
	return t
}
