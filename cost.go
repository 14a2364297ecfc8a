package pgrest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/pgrest-go/pgrest/internal/apierror"
	"github.com/pgrest-go/pgrest/internal/executor"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/internal/query"
	"github.com/pgrest-go/pgrest/internal/value"
)

// checkCost refuses a request that the database's planner expects to cost more than it may.
func (x *exchange) checkCost(schema *snapshot, p plan.Runnable, program *query.Program, v *value.Values) error {
	most := x.options.Limits.MaxCost
	if most <= 0 {
		return nil
	}
	key := x.costKey(program, v)
	if until, _ := schema.costs.get(key); time.Now().Before(until) { // it was allowed lately
		return nil
	}
	for _, estimate := range query.Costs(p, program) {
		cost, err := x.cost(schema, p, estimate, v)
		switch {
		case apierror.FromDatabase(err) && (x.within == nil || x.within.tx == nil): // as it will refuse the request itself, or else reload and try again
			return nil
		case err != nil:
			return err
		case cost > most:
			return apierror.TooCostly(most)
		}
	}
	schema.costs.put(key, time.Now().Add(costLifetime))
	return nil
}

// cost asks for an estimate, as the request's role, and without the pre-request function,
// which is to run once.
func (x *exchange) cost(schema *snapshot, p plan.Runnable, estimate *query.Program, v *value.Values) (float64, error) {
	session := x.session(schema, p)
	session.PreRequest, session.ReadOnly, session.Isolation, session.Rollback, session.Late = "", true, "", false, false
	cmd := executor.Command{Program: estimate, Values: v, Window: p.Answered().WindowOf(v), Expect: plan.Expectation{MaxAffected: -1}}
	var result *executor.Result
	var err error
	if x.within != nil && x.within.tx != nil { // which has the connection, and perhaps the only one
		cmd.Tells = &session.Context
		result, err = x.within.tx.Run(x.r.Context(), cmd)
	} else {
		result, err = x.executor.Once(x.r.Context(), session, cmd)
	}
	if err != nil {
		return 0, err
	}
	defer result.Close()
	var explained []struct {
		Plan struct {
			Cost float64 `json:"Total Cost"`
		}
	}
	for result.Next() {
		if err := json.Unmarshal(result.Values()[0], &explained); err != nil {
			return 0, fmt.Errorf("read the planner's estimate: %w", err)
		}
	}
	switch err := result.Err(); {
	case err != nil:
		return 0, err
	case len(explained) != 1:
		return 0, errors.New("read the planner's estimate: there is none")
	}
	return explained[0].Plan.Cost, nil
}

// costKey tells apart what may cost another amount, as far as is known without asking:
// statements, roles, and orders of magnitude.
type costKey struct {
	program              *query.Program
	role                 string
	bytes, limit, offset int
}

func (x *exchange) costKey(program *query.Program, v *value.Values) costKey {
	key := costKey{program: program, role: x.identity.Role, bytes: bits.Len(uint(sizeOf(v)))}
	key.limit, key.offset = bits.Len64(uint64(v.Window.Limit)), bits.Len64(uint64(v.Window.Offset))
	for _, page := range v.Pages { // of embeds
		key.limit = 65*key.limit + bits.Len64(uint64(page.Limit))
		key.offset = 65*key.offset + bits.Len64(uint64(page.Offset))
	}
	return key
}

// sizeOf is how many bytes a request's values have.
func sizeOf(v *value.Values) int {
	size := len(v.Body)
	for _, text := range v.Conditions {
		size += len(text)
	}
	for _, argument := range v.Arguments {
		size += len(argument.Value)
	}
	for _, member := range v.Members {
		size += len(member)
	}
	return size
}

const (
	costLifetime = time.Minute
	maxCosts     = 1000
)
