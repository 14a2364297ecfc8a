package pgrest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pgrest-go/pgrest/filter"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/sqlfrag"
	"github.com/pgrest-go/pgrest/openapi"
)

// Operator is an operator or a function of the host's that requests can apply to a column, as
// one of an extension such as PostGIS and pgvector.
//
// One that gives a truth value is a condition: location=within(10.7,59.9,500),
// location=not.within(10.7,59.9,500), or=(location.within(10.7,59.9,500),name.eq.x). What any
// other one gives can be filtered by, as in embedding.l2([1,2])=lt.0.5 and
// and=(embedding.l2([1,2]).lt.0.5); ordered by, as in order=embedding.l2([1,2]).asc; and
// selected, as in select=id,distance:embedding.l2([1,2])::numeric. See docs/operators.md.
//
// The SQL is the host's, and arguments are bound as values: no text of a client's is ever a part
// of a statement. What PostgreSQL runs, it runs as the request's role, which needs USAGE on the
// schema of an extension and EXECUTE on its functions.
type Operator struct {
	// Name is what requests call it by: letters, digits and underscores. It can't be a word of
	// the grammar, such as eq, sum or desc.
	Name string
	// SQL is an expression in which $0 is the column, and $1, $2 and so on are the arguments, each
	// cast to its type: "$0 OPERATOR(extensions.<->) $1", or
	// "extensions.st_dwithin($0, extensions.st_point($1, $2)::extensions.geography, $3)". Names
	// are looked up along the request's search path (Schemas, ExtraSearchPath) unless they are
	// qualified. For PostgreSQL to use an index, it has to be the expression that the index is
	// for.
	SQL string
	// Columns are the types of columns that it is for, by the names that PostgreSQL has for them,
	// as "extensions.vector" or just "vector"; domains over them, too. Empty is any type.
	Columns []string
	// Arguments are what it takes besides, in the order of requests.
	Arguments []Argument
	// Returns is the type of what it gives, in SQL, as "double precision". Default: boolean,
	// which makes it a condition.
	Returns string
	// Description says in the description of the API what it is for.
	Description string
}

// Argument is an argument of an Operator.
type Argument struct {
	// Name is what messages and the description of the API call it.
	Name string
	// Type is its type in SQL, with its schema where that isn't on the search path, as
	// "extensions.vector".
	Type string
	// Description says what it is for.
	Description string
}

// validateOperators refuses operators that can't be.
func (o Options) validateOperators() error {
	names := make(map[string]bool, len(o.Operators))
	for i, operator := range o.Operators {
		if err := operator.validate(); err != nil {
			return fmt.Errorf("Operators[%d] (%s): %w", i, operator.Name, err)
		}
		if names[operator.Name] {
			return fmt.Errorf("Operators[%d] (%s): another one has the name", i, operator.Name)
		}
		names[operator.Name] = true
	}
	return nil
}

func (o *Operator) validate() error {
	switch {
	case o.Name == "":
		return errors.New("it has no name")
	case filter.ReservedName(o.Name):
		return errors.New("the name is a word of the grammar")
	case !filter.CallName(o.Name):
		return errors.New("the name has other characters than letters, digits and underscores")
	}
	template, err := sqlfrag.ParseTemplate(o.SQL)
	if err != nil {
		return fmt.Errorf("SQL: %w", err)
	}
	places := template.Places()
	if !slices.Contains(places, 0) {
		return errors.New("SQL: it has no $0, which is the column")
	}
	if last := slices.Max(places); last > len(o.Arguments) {
		return fmt.Errorf("SQL: there is no argument for $%d", last)
	}
	names := make(map[string]bool, len(o.Arguments))
	for i, a := range o.Arguments {
		switch {
		case a.Name == "":
			return fmt.Errorf("Arguments[%d] has no name", i)
		case names[a.Name]:
			return fmt.Errorf("Arguments[%d] has the name of another one, %s", i, a.Name)
		case !slices.Contains(places, i+1):
			return fmt.Errorf("SQL: it has no $%d, which is the argument %s", i+1, a.Name)
		}
		if err := validType(a.Type); err != nil {
			return fmt.Errorf("the type of the argument %s: %w", a.Name, err)
		}
		names[a.Name] = true
	}
	if o.Returns != "" {
		if err := validType(o.Returns); err != nil {
			return fmt.Errorf("Returns: %w", err)
		}
	}
	if slices.Contains(o.Columns, "") {
		return errors.New("Columns has an empty type")
	}
	return nil
}

// validType refuses what can't be the name of a type.
func validType(name string) error {
	template, err := sqlfrag.ParseTemplate(name)
	if err == nil && len(template.Places()) > 0 {
		return errors.New("it has a placeholder")
	}
	return err
}

// returns is the type of what the operator gives.
func (o *Operator) returns() string {
	if o.Returns == "" {
		return "boolean"
	}
	return o.Returns
}

// operators are the host's as plans have them, by their names.
func (o Options) operators() map[string]*plan.Operator {
	all := make(map[string]*plan.Operator, len(o.Operators))
	for _, operator := range o.Operators {
		planned := &plan.Operator{Name: operator.Name, SQL: operator.SQL, Columns: operator.Columns, Returns: operator.returns()}
		for _, a := range operator.Arguments {
			planned.Arguments, planned.Types = append(planned.Arguments, a.Name), append(planned.Types, a.Type)
		}
		all[operator.Name] = planned
	}
	return all
}

// describedOperators are the host's as the description of the API has them.
func (o Options) describedOperators() []openapi.Operator {
	described := make([]openapi.Operator, len(o.Operators))
	for i, operator := range o.Operators {
		d := openapi.Operator{Name: operator.Name, Columns: operator.Columns, Returns: operator.returns(), Description: operator.Description}
		for _, a := range operator.Arguments {
			d.Arguments = append(d.Arguments, openapi.OperatorArgument{Name: a.Name, Type: a.Type, Description: a.Description})
		}
		described[i] = d
	}
	return described
}

// cloneOperators copies operators, of which the host may go on to change its own.
func cloneOperators(all []Operator) []Operator {
	all = slices.Clone(all)
	for i := range all {
		all[i].Columns, all[i].Arguments = slices.Clone(all[i].Columns), slices.Clone(all[i].Arguments)
	}
	return all
}
