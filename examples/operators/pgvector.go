package operators

import "github.com/pgrest-go/pgrest"

// Pgvector are the distances of pgvector, for columns of type vector. The less it is, the more
// alike are column and argument. Each has an operator class for indexes:
//
//	CREATE INDEX ON notes USING hnsw (embedding extensions.vector_l2_ops);      -- l2
//	CREATE INDEX ON notes USING hnsw (embedding extensions.vector_cosine_ops);  -- cosine
//	CREATE INDEX ON notes USING hnsw (embedding extensions.vector_ip_ops);      -- inner_product
//
// which serve orders with a limit: order=embedding.l2([0.1,0.2]).asc&limit=10.
func Pgvector() []pgrest.Operator {
	distance := func(name, sign, description string) pgrest.Operator {
		return pgrest.Operator{
			Name: name, SQL: "$0 OPERATOR(extensions." + sign + ") $1", Description: description,
			Columns: []string{"extensions.vector"}, Returns: "double precision",
			Arguments: []pgrest.Argument{{Name: "vector", Type: "extensions.vector", Description: "As [0.1,0.2], of as many dimensions as the column has."}},
		}
	}
	return []pgrest.Operator{
		distance("l2", "<->", "The Euclidean distance."),
		distance("cosine", "<=>", "The cosine distance: 0 for vectors of one direction."),
		distance("inner_product", "<#>", "The negative inner product."),
	}
}
