package suggest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pgrest-go/pgrest/internal/suggest"
)

// The least scores of hints: tables and functions, and everything else.
const (
	nameScore  = 0.75
	otherScore = 0.33
)

func TestBest(t *testing.T) {
	t.Parallel()
	tables := []string{"projects", "items", "clients", "car_models", "car_model_sales", "sayhello"}
	arguments := []string{"(name, param, val)", "(attr, id)"}
	for _, c := range []struct {
		name     string
		words    []string
		given    string
		minScore float64
		want     string // empty means none
	}{
		{"one_letter_too_few", tables, "item", nameScore, "items"},
		{"one_letter_wrong", tables, "projectx", nameScore, "projects"},
		{"score_equal_to_the_least", tables, "projecxx", nameScore, "projects"},
		{"score_below_the_least", tables, "projxxxx", nameScore, ""},
		{"function", tables, "sayhell", nameScore, "sayhello"},
		{"underscores_count_in_the_distance", []string{"car_model_sales"}, "car_model_sales_202101", otherScore, "car_model_sales"},
		{"suffix_too_many", []string{"car_models", "clients"}, "car_models_default", otherScore, "car_models"},
		{"nothing_in_common", tables, "noclosealternative", nameScore, ""},
		{"prefix_of_a_longer_word", []string{"test", "another"}, "testt", nameScore, "test"},
		{"word_elsewhere_only", []string{"test", "another"}, "other", nameScore, ""},
		{"case_does_not_count", []string{"Films"}, "FILMS", nameScore, "Films"},

		{"arguments_misspelled", arguments, "(nam, pqaram, vall)", otherScore, "(name, param, val)"},
		{"arguments_missing", arguments, "(param, val)", otherScore, "(name, param, val)"},
		{"arguments_too_many", []string{"(a, b)"}, "(a, b, smthelse)", otherScore, "(a, b)"},
		{"arguments_in_part", arguments, "(id)", otherScore, "(attr, id)"},
		{"arguments_nearly", arguments, "(attrs, id)", otherScore, "(attr, id)"},
		{"arguments_unlike", arguments, "(noclosealternative)", otherScore, ""},
		{"arguments_of_one_overload", []string{"()", "(a, b)", "(a, b, c)"}, "(a, b, wrong_arg)", otherScore, "(a, b, c)"},
		{"arguments_by_punctuation", []string{"()", "(x, y)"}, "(a, b)", otherScore, "(x, y)"},

		{"empty_set", nil, "films", 0, ""},
		{"empty_word", tables, "", 0, ""},
		{"not_ASCII", []string{"straße", "plätze"}, "platze", nameScore, "plätze"},
		{"not_UTF-8", tables, "item\xff", nameScore, "items"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := suggest.NewSet(c.words).Best(c.given, c.minScore)
			require.Equal(t, c.want, got)
			require.Equal(t, c.want != "", ok)
		})
	}
}

func TestAll(t *testing.T) {
	t.Parallel()
	states := []string{
		"Alabama", "Alaska", "American Samoa", "Arizona", "Arkansas",
		"California", "Colorado", "Connecticut", "Delaware", "District of Columbia",
		"Florida", "Georgia", "Guam", "Hawaii", "Idaho",
		"Illinois", "Indiana", "Iowa", "Kansas", "Kentucky",
		"Louisiana", "Maine", "Maryland", "Massachusetts", "Michigan",
		"Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska",
		"Nevada", "New Hampshire", "New Jersey", "New Mexico", "New York",
		"North Carolina", "North Dakota", "Northern Marianas Islands", "Ohio", "Oklahoma",
		"Oregon", "Pennsylvania", "Puerto Rico", "Rhode Island", "South Carolina",
		"South Dakota", "Tennessee", "Texas", "Utah", "Vermont",
		"Virginia", "Virgin Islands", "Washington", "West Virginia", "Wisconsin",
		"Wyoming",
	}
	for _, c := range []struct {
		name  string
		words []string
		given string
		want  []suggest.Match
	}{
		{"exact_match_alone", states, "alaska", []suggest.Match{{1, "Alaska"}}},
		{"best_first", states, "Burger Islands", []suggest.Match{
			{10. / 14, "Virgin Islands"}, {8. / 14, "Rhode Island"}, {11. / 25, "Northern Marianas Islands"}, {5. / 14, "Maryland"},
		}},
		{"equals_by_cosine", states, "Transylvania", []suggest.Match{
			{9. / 12, "Pennsylvania"}, {4. / 12, "California"}, {4. / 12, "Kansas"}, {4. / 12, "Arkansas"},
		}},
		{"dashes_and_spaces", states, "Why-oh-me-ing", []suggest.Match{{7. / 13, "Wyoming"}}},
		{"pairs_when_triples_give_nothing", states, "CanOfSauce", []suggest.Match{{4. / 10, "Kansas"}}},
		{"two_words", []string{"Shaggy Rogers", "Fred Jones", "Daphne Blake", "Velma Dinkley"}, "Shaggy Jones", []suggest.Match{
			{10. / 13, "Shaggy Rogers"}, {6. / 12, "Fred Jones"},
		}},
		{"equals_in_every_respect", []string{"bat", "cat", "hat"}, "mat", []suggest.Match{
			{2. / 3, "hat"}, {2. / 3, "cat"}, {2. / 3, "bat"},
		}},
		{"duplicates_once", []string{"items", "items"}, "item", []suggest.Match{{4. / 5, "items"}}},
		{"lower_case_of_two_spellings", []string{"Items", "items", "ITEMS"}, "item", []suggest.Match{{4. / 5, "items"}}},
		{"first_of_two_spellings", []string{"Items", "ITEMS"}, "item", []suggest.Match{{4. / 5, "Items"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, suggest.NewSet(c.words).All(c.given, otherScore))
		})
	}
}

func TestAll_ranks_at_most_fifty_candidates(t *testing.T) {
	t.Parallel()
	var words []string
	for i := range 80 {
		words = append(words, fmt.Sprintf("table_%02d", i))
	}
	require.Len(t, suggest.NewSet(words).All("table", 0), 50)
}

// A word that is too long to be similar to any of the set is not compared: it may be
// megabytes long. The test isn't parallel, since it counts allocations.
func TestAll_passes_over_a_long_word(t *testing.T) {
	set := suggest.NewSet([]string{"films", "directors"})
	long := strings.Repeat("films", 1<<16)
	require.Less(t, testing.AllocsPerRun(1, func() { require.Empty(t, set.All(long, otherScore)) }), 10.)
	require.NotEmpty(t, set.All("films"+strings.Repeat("x", 9), otherScore))
}

func TestSet_is_safe_for_concurrent_use(t *testing.T) {
	t.Parallel()
	set := suggest.NewSet([]string{"films", "directors"})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { set.Best("film", nameScore) })
	}
	wg.Wait()
}

func BenchmarkBest(b *testing.B) {
	var words []string
	for i := range 500 {
		words = append(words, fmt.Sprintf("table_of_things_%03d", i))
	}
	set := suggest.NewSet(words)
	b.ReportAllocs()
	for b.Loop() {
		set.Best("table_of_thing_042", nameScore)
	}
}
