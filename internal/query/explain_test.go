package query_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/pgtest"
	"github.com/pgrest-go/pgrest/internal/plan"
	"github.com/pgrest-go/pgrest/introspect"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// library is a schema with enough rows for PostgreSQL to prefer indexes.
const library = `
	CREATE SCHEMA library;
	SET search_path = library;
	CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL);
	CREATE TABLE books (id int PRIMARY KEY, title text NOT NULL, year int, author_id int CONSTRAINT books_author REFERENCES authors);
	CREATE TABLE covers (book_id int PRIMARY KEY REFERENCES books, colour text);
	CREATE TABLE subjects (id int PRIMARY KEY, name text NOT NULL);
	CREATE TABLE book_subjects (book_id int REFERENCES books, subject_id int REFERENCES subjects, PRIMARY KEY (book_id, subject_id));
	CREATE FUNCTION colleagues(books) RETURNS SETOF books LANGUAGE sql STABLE AS $$ SELECT * FROM library.books b WHERE b.author_id = $1.author_id $$;

	INSERT INTO authors SELECT n, 'author ' || n FROM generate_series(1, 2000) AS n;
	INSERT INTO books SELECT n, 'book ' || n, 1900 + n % 120, 1 + n % 2000 FROM generate_series(1, 20000) AS n;
	INSERT INTO covers SELECT n, 'red' FROM generate_series(1, 20000, 2) AS n;
	INSERT INTO subjects SELECT n, 'subject ' || n FROM generate_series(1, 5000) AS n;
	INSERT INTO book_subjects SELECT n, 1 + (n * k) % 5000 FROM generate_series(1, 20000) AS n, generate_series(1, 2) AS k ON CONFLICT DO NOTHING;
	CREATE INDEX books_author_id ON books (author_id);
	CREATE INDEX authors_name ON authors (name);
	CREATE INDEX book_subjects_subject_id ON book_subjects (subject_id);
	CREATE TABLE notes (id int PRIMARY KEY, info jsonb);
	INSERT INTO notes SELECT n, jsonb_build_object('n', n) FROM generate_series(1, 20000) AS n;
	CREATE INDEX notes_info ON notes USING gin (info jsonb_path_ops);
	CREATE INDEX notes_text ON notes ((id::text) text_pattern_ops);
	CREATE INDEX books_lower ON books (lower(title));
	ANALYZE;`

// Embeds are joined, along the indexes of foreign keys: no subplan runs for each
// row where a join serves, and nothing is materialized on the way.
func TestBuild_execution_plans(t *testing.T) {
	t.Parallel()
	pool, planner := openLibrary(t)
	for _, tt := range []struct {
		name, target string
		indexes      []string // that are used, whatever else is
		subplans     bool     // there may be some, to filter
	}{
		{name: "many_to_one", target: "/books?select=title,authors(name)&order=id&limit=20", indexes: []string{"books_pkey", "authors_pkey"}},
		{name: "many_to_one_of_all", target: "/books?select=title,authors(name)"},
		{name: "many_to_one_from_the_far_side", target: "/books?select=title,authors!inner(name)&authors.name=eq.author 7", indexes: []string{"authors_name", "books_author_id"}},
		{name: "many_to_one_inner", target: "/books?select=title,authors!inner(name)&authors.id=eq.7", indexes: []string{"books_author_id", "authors_pkey"}},
		{name: "one_to_one", target: "/books?select=title,covers(colour)&id=eq.5", indexes: []string{"books_pkey", "covers_pkey"}},
		{name: "one_to_many", target: "/authors?select=name,books(title)&order=id&limit=20", indexes: []string{"authors_pkey", "books_author_id"}},
		{name: "one_to_many_inner", target: "/authors?select=name,books!inner(title)&books.year=eq.1950&order=id&limit=20", indexes: []string{"authors_pkey", "books_author_id"}},
		{name: "one_to_many_inner_from_the_far_side", target: "/authors?select=name,books!inner(title)&books.id=eq.5", indexes: []string{"books_pkey", "authors_pkey"}},
		{name: "many_to_many_inner_from_the_far_side", target: "/books?select=title,subjects!inner(name)&subjects.id=eq.5", indexes: []string{"subjects_pkey", "book_subjects_subject_id", "books_pkey"}},
		{name: "page_of_one_to_many", target: "/authors?select=name,books(title)&books.order=year&books.limit=2&order=id&limit=20", indexes: []string{"authors_pkey", "books_author_id"}},
		{name: "many_to_many", target: "/books?select=title,subjects(name)&order=id&limit=20", indexes: []string{"books_pkey", "book_subjects_pkey", "subjects_pkey"}},
		{name: "many_to_many_from_the_other_end", target: "/subjects?select=name,books(title)&id=eq.3", indexes: []string{"subjects_pkey", "book_subjects_subject_id", "books_pkey"}},
		{name: "computed_relationship_is_inlined", target: "/books?select=title,colleagues(title)&id=eq.5", indexes: []string{"books_pkey", "books_author_id"}},
		{name: "nested", target: "/authors?select=name,books(title,covers(colour),subjects(name))&id=eq.7",
			indexes: []string{"authors_pkey", "books_author_id", "covers_pkey", "book_subjects_pkey", "subjects_pkey"}},
		{name: "spread", target: "/books?select=title,...authors(name)&order=id&limit=20", indexes: []string{"books_pkey", "authors_pkey"}},
		{name: "spread_to_many", target: "/authors?select=name,...books(title,year)&books.order=year&id=eq.7", indexes: []string{"authors_pkey", "books_author_id"}},
		{name: "present", target: "/books?select=title,authors(name)&authors=not.is.null&order=id&limit=20", indexes: []string{"books_pkey", "authors_pkey"}},
		{name: "absent_to_one", target: "/books?select=title,covers()&covers=is.null&order=id&limit=20", indexes: []string{"covers_pkey"}},
		{name: "absent_to_many", target: "/authors?select=name,books()&books=is.null&id=lt.50", indexes: []string{"authors_pkey", "books_author_id"}},
		{name: "inner_that_shows_nothing", target: "/authors?select=name,books!inner()&books.id=eq.5", indexes: []string{"books_pkey", "authors_pkey"}},
		{name: "or_of_embeds", target: "/books?select=title,authors(name),covers()&or=(authors.is.null,covers.is.null)&id=lt.5", indexes: []string{"books_pkey", "covers_pkey"}, subplans: true},
		{name: "order_by_to_one", target: "/books?select=title,authors(name)&order=authors(name)&author_id=eq.7", indexes: []string{"books_author_id", "authors_pkey"}},
		{name: "order_by_a_column_that_is_not_selected", target: "/books?select=title,authors(name)&order=authors(id)&author_id=eq.7", indexes: []string{"books_author_id", "authors_pkey"}},
		{name: "aggregate_of_embedded_rows", target: "/authors?select=name,books(count())&id=eq.7", indexes: []string{"authors_pkey", "books_author_id"}},
		{name: "grouped_by_a_spread", target: "/books?select=count(),...authors(name)&author_id=eq.7", indexes: []string{"books_author_id", "authors_pkey"}},
		{name: "about_a_to_one_from_the_far_side", target: "/books?select=title,authors(name)&authors(name)=eq.author 7", indexes: []string{"authors_name", "books_author_id"}},
		{name: "about_a_to_one_along_the_order", target: "/books?select=title,authors(name)&authors(name)=gt.a&order=id&limit=5", indexes: []string{"books_pkey", "authors_pkey"}},
		{name: "about_a_to_many_from_the_far_side", target: "/authors?select=name,books(title)&books(id)=eq.5", indexes: []string{"books_pkey", "authors_pkey", "books_author_id"}},
		{name: "about_a_many_to_many_from_the_far_side", target: "/books?select=title,subjects()&subjects(id)=eq.5", indexes: []string{"subjects_pkey", "book_subjects_subject_id", "books_pkey"}},
		{name: "about_to_many_then_to_one", target: "/subjects?select=name,books(authors())&books(authors(name))=eq.author 7"},
		{name: "one_or_another", target: "/books?select=title,authors()&or=(authors(name).eq.author 7,id.eq.5)"},
		{name: "order_without_case", target: "/books?select=title&order=title.ci&limit=5", indexes: []string{"books_lower"}},
		{name: "cast_to_text", target: "/notes?select=id&id::text=like.12*", indexes: []string{"notes_text"}},
		{name: "JSON_path", target: `/notes?select=id&info=jsonpath.$.n ? (@ == 5)`, indexes: []string{"notes_info"}},
		{name: "JSON_path_predicate", target: `/notes?select=id&info=jsonmatch.$.n == 5`, indexes: []string{"notes_info"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := explain(t, pool, build(t, planner, "library", "GET", encodeBlanks(tt.target), ""))
			require.NotContains(t, p.nodes, "CTE Scan", p.text)
			if !tt.subplans {
				require.NotContains(t, p.parents, "SubPlan", p.text)
			}
			for _, index := range tt.indexes {
				require.Contains(t, p.indexes, index, p.text)
			}
		})
	}
}

// Rows that are only counted are not sorted, and nothing of what they would show is
// computed or joined, unless a condition asks for it.
func TestBuild_execution_plans_of_counts(t *testing.T) {
	t.Parallel()
	pool, planner := openLibrary(t)
	for _, tt := range []struct {
		name, target string
		relations    []string // all that are read
	}{
		{"rows", "/books?select=title,year&year=gt.1950", []string{"books"}},
		{"order", "/books?select=title&order=year.desc.nullslast,title&limit=20", []string{"books"}},
		{"embeds", "/books?select=title,authors(name),covers(colour),subjects(name)&order=title", []string{"books"}},
		{"spreads", "/authors?select=name,...books(title,year)&books.order=year", []string{"authors"}},
		{"inner_to_one", "/books?select=title,authors!inner(name)&authors.name=like.*7&order=title", []string{"authors", "books"}},
		{"inner_to_many", "/authors?select=name,books!inner(title,covers(colour))&books.year=gt.1950", []string{"authors", "books"}},
		{"absent", "/books?select=title,covers(colour)&covers=is.null", []string{"books", "covers"}},
		{"order_by_an_embed", "/books?select=title,authors(name)&order=authors(name)", []string{"authors", "books"}},
		{"about_a_to_one", "/books?select=title,authors(name),covers(colour)&authors(name)=like.*7&order=title.ci", []string{"authors", "books"}},
		{"about_a_to_many", "/authors?select=name,books(title,covers(colour))&books(year)=gt.1950", []string{"authors", "books"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, prefer := range []string{"Prefer: count=exact", "Prefer: count=none"} {
				p := explain(t, pool, build(t, planner, "library", "HEAD", encodeBlanks(tt.target), "", prefer))
				for _, node := range []string{"Sort", "Incremental Sort", "WindowAgg"} {
					require.NotContains(t, p.nodes, node, p.text)
				}
				slices.Sort(p.relations)
				require.Equal(t, tt.relations, slices.Compact(p.relations), p.text)
			}
		})
	}
}

// openLibrary makes the library, and a planner for it.
func openLibrary(t testing.TB) (*pgxpool.Pool, *plan.Planner) {
	t.Helper()
	pool := pgtest.Empty(t)
	_, err := pool.Exec(t.Context(), library)
	require.NoError(t, err)
	cache, err := introspect.Load(t.Context(), pool, introspect.Options{Schemas: []string{"library"}})
	require.NoError(t, err)
	return pool, plan.New(cache, config)
}

func encodeBlanks(target string) string { return strings.ReplaceAll(target, " ", "%20") }

// executionPlan is what EXPLAIN tells of a statement.
type executionPlan struct {
	nodes, parents, relations, indexes []string
	text                               string
}

func explain(t *testing.T, pool *pgxpool.Pool, program built) executionPlan {
	t.Helper()
	main := program.Main
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	result := conn.Conn().PgConn().ExecParams(t.Context(), "EXPLAIN (FORMAT JSON) "+main.SQL, program.args(), nil, nil, nil).Read()
	require.NoError(t, result.Err)
	p := executionPlan{text: string(result.Rows[0][0])}
	var roots []struct{ Plan planNode }
	require.NoError(t, json.Unmarshal(result.Rows[0][0], &roots))
	p.add(&roots[0].Plan)
	return p
}

type planNode struct {
	Node     string `json:"Node Type"`
	Parent   string `json:"Parent Relationship"`
	Relation string `json:"Relation Name"`
	Index    string `json:"Index Name"`
	Plans    []planNode
}

func (p *executionPlan) add(n *planNode) {
	p.nodes = append(p.nodes, n.Node)
	p.parents = append(p.parents, n.Parent)
	if n.Relation != "" {
		p.relations = append(p.relations, n.Relation)
	}
	if n.Index != "" && !slices.Contains(p.indexes, n.Index) {
		p.indexes = append(p.indexes, n.Index)
	}
	for i := range n.Plans {
		p.add(&n.Plans[i])
	}
}
