package openapi

import (
	"strings"

	"github.com/pgrest-go/pgrest/introspect"
)

// condition reports an operator that filters by itself.
func (o *Operator) condition() bool { return o.Returns == "boolean" || o.Returns == "bool" }

// form gives the operator as requests write it, with the names of its arguments.
func (o *Operator) form() string {
	names := make([]string, len(o.Arguments))
	for i, a := range o.Arguments {
		names[i] = a.Name
	}
	return o.Name + "(" + strings.Join(names, ",") + ")"
}

// describe tells in Markdown all that is known of the operator.
func (o *Operator) describe() string {
	var b strings.Builder
	b.WriteString("- `" + o.form() + "`, of ")
	if len(o.Columns) == 0 {
		b.WriteString("columns of any type")
	} else {
		b.WriteString("columns of type " + strings.Join(o.Columns, ", "))
	}
	if o.condition() {
		b.WriteString(", a condition")
	} else {
		b.WriteString(", gives " + o.Returns)
	}
	if o.Description != "" {
		b.WriteString(": " + o.Description)
	}
	for _, a := range o.Arguments {
		b.WriteString("\n  - `" + a.Name + "` (" + a.Type + ")")
		if a.Description != "" {
			b.WriteString(": " + a.Description)
		}
	}
	return b.String()
}

// operatorList describes the host's operators, with an introduction; empty if there are none.
func (d *document) operatorList(introduction string) string {
	if len(d.config.Operators) == 0 {
		return ""
	}
	text := "\n\n" + introduction + "\n"
	for i := range d.config.Operators {
		text += "\n" + d.config.Operators[i].describe()
	}
	return text
}

// operatorsOf tells which of the host's operators a column can be filtered by.
func (d *document) operatorsOf(c *introspect.Column) string {
	var conditions, values []string
	for i := range d.config.Operators {
		o := &d.config.Operators[i]
		switch {
		case len(o.Columns) > 0 && !c.Type.Named(o.Columns...):
		case o.condition():
			conditions = append(conditions, "`"+o.form()+"`")
		default:
			values = append(values, "`"+c.Name+"."+o.form()+"`")
		}
	}
	text := ""
	if len(conditions) > 0 {
		text = " Or with " + strings.Join(conditions, ", ") + "."
	}
	if len(values) > 0 {
		text += " " + strings.Join(values, ", ") + " can be filtered by, ordered by and selected, too."
	}
	return text
}
