package introspect

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pgrest-go/pgrest/internal/oid"
)

// proc is a row of routine.sql.
type proc struct {
	schema, name, comment, volatility string
	returnsSet                        bool
	rowEstimate                       float64
	returnType                        uint32
	defaults                          int
	argTypes                          []uint32
	argModes, argNames                []string
	settings                          []string
}

func (r *reader) readRoutines(ctx context.Context) error {
	var p proc
	dest := []any{
		&p.schema, &p.name, &p.comment, &p.volatility, &p.returnsSet, &p.rowEstimate,
		&p.returnType, &p.defaults, &p.argTypes, &p.argModes, &p.argNames, &p.settings,
	}
	args := []any{r.catalog.Schemas, r.catalog.ExtraSearchPath}
	return r.rows(ctx, routineSQL, args, dest, func() {
		r.catalog.Routines = append(r.catalog.Routines, r.routine(&p))
	})
}

func (r *reader) routine(p *proc) *Routine {
	routine := &Routine{
		Name:    r.qualifiedName(p.schema, p.name),
		Comment: p.comment,
		Returns: Result{
			Type: r.typeOf(p.returnType),
			Set:  p.returnsSet,
			Rows: p.rowEstimate,
			Void: p.returnType == oid.Void && !p.returnsSet,
		},
		Volatility: Volatility(p.volatility[0]),
	}
	for i := range p.argTypes {
		r.addArgument(routine, p, i)
	}
	r.nameResults(routine)
	// Defaults belong to the last parameters.
	for i := range len(routine.Params) - p.defaults {
		routine.Params[i].Required = true
	}
	for _, s := range p.settings {
		name, value, _ := strings.Cut(s, "=")
		routine.Settings = append(routine.Settings, Setting{Name: r.intern(name), Value: r.intern(value)})
	}
	return routine
}

// addArgument adds the argument at index i to the parameters, to the columns of the
// result, or, when it is INOUT, to both.
func (r *reader) addArgument(routine *Routine, p *proc, i int) {
	var name string
	if i < len(p.argNames) {
		name = r.intern(p.argNames[i])
	}
	mode := "i"
	if i < len(p.argModes) {
		mode = p.argModes[i]
	}
	typ := r.typeOf(p.argTypes[i])
	switch mode {
	case "i", "v", "b":
		routine.Params = append(routine.Params, Param{Name: name, Type: typ, Variadic: mode == "v"})
	}
	switch mode {
	case "o", "b", "t":
		routine.Returns.Columns = append(routine.Returns.Columns, ResultColumn{Name: name, Type: typ})
	}
}

// nameResults names the unnamed columns of the result, as PostgreSQL does.
func (r *reader) nameResults(routine *Routine) {
	columns := routine.Returns.Columns
	for i := range columns {
		switch {
		case columns[i].Name != "":
		case len(columns) == 1:
			columns[i].Name = routine.Name.Name
		default:
			columns[i].Name = r.intern("column" + strconv.Itoa(i+1))
		}
	}
}

// readAttributes reads the columns of the composite types in use, except for the row
// types of exposed relations.
func (r *reader) readAttributes(ctx context.Context) error {
	var (
		declared, typeOID uint32
		modifier          int32
		name, typeName    string
	)
	args := []any{slices.Sorted(maps.Keys(r.types)), r.catalog.Schemas}
	dest := []any{&declared, &name, &typeOID, &modifier, &typeName}
	return r.rows(ctx, attributeSQL, args, dest, func() {
		t := r.typeOf(declared)
		t.Attributes = append(t.Attributes, Column{
			Name:      r.intern(name),
			Type:      r.typeOf(typeOID),
			TypeName:  r.intern(typeName),
			Nullable:  true,
			MaxLength: maxLength(typeOID, modifier),
		})
	})
}

// readRowFunctions reads the names of functions that take rows of more than one relation.
func (r *reader) readRowFunctions(ctx context.Context) error {
	var name string
	return r.rows(ctx, rowFunctionSQL, []any{searchPath(r.catalog)}, []any{&name}, func() {
		r.catalog.RowFunctions = append(r.catalog.RowFunctions, r.intern(name))
	})
}
