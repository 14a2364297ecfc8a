// Package suggest finds the words of a set that look most like a given one, for
// the hints of "not found" errors:
//
//	tables := suggest.NewSet([]string{"films", "directors"})
//	tables.Best("film", 0.75) // "films", true
//
// Its scores are those of the fuzzy sets that PostgREST takes its hints from
// (https://hackage.haskell.org/package/fuzzyset-0.2.4), so that hints are the same.
// A word is compared by its grams, which are its sequences of three letters. The words
// that share a gram with the given one are candidates. They are ranked by the cosine
// similarity of their grams' counts; the best are ranked once more by edit distance,
// which is the score. If none is good enough, the grams are sequences of two letters.
package suggest

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
)

const (
	// maxCandidates is how many candidates are scored by edit distance.
	maxCandidates = 50
	// gramEdge stands before and after a word, so that its first and last letters make
	// grams of their own.
	gramEdge = "-"
)

// gramSizes are the lengths of grams, in the order in which they are tried.
var gramSizes = [...]int{3, 2}

// Set is a set of words to suggest from. It is immutable, and safe for
// concurrent use.
type Set struct {
	words   []word
	exact   map[string]int // the index in words by a word in lower case
	longest int            // the length of the longest word, in letters
	indexes [len(gramSizes)]index
}

// word is a word of the set, as it was given and as it is compared.
type word struct {
	original string
	lower    []rune
}

// index finds the words that have a gram.
type index struct {
	postings   map[string][]posting // by gram
	magnitudes []float64            // of each word's vector of counts
}

// posting says how often a gram is in a word.
type posting struct{ word, count int }

// Match is a word of the set, and how similar to the given one it is: from 0 to 1, where
// 1 is for words that differ by no more than case.
type Match struct {
	Score float64
	Word  string
}

// NewSet makes a set of words. Of words that differ by no more than case it keeps
// the one in lower case, or else the first.
func NewSet(words []string) *Set {
	s := &Set{exact: make(map[string]int, len(words))}
	for i := range s.indexes {
		s.indexes[i].postings = make(map[string][]posting)
	}
	for _, w := range words {
		lower := strings.ToLower(w)
		if at, ok := s.exact[lower]; ok {
			if w == lower {
				s.words[at].original = w
			}
			continue
		}
		s.exact[lower] = len(s.words)
		letters := []rune(lower)
		s.words = append(s.words, word{original: w, lower: letters})
		s.longest = max(s.longest, len(letters))
		for i, size := range gramSizes {
			s.indexes[i].add(len(s.words)-1, countGrams(lower, size))
		}
	}
	return s
}

func (x *index) add(at int, counts map[string]int) {
	for gram, n := range counts {
		x.postings[gram] = append(x.postings[gram], posting{at, n})
	}
	x.magnitudes = append(x.magnitudes, magnitude(counts))
}

// Best returns the word of the set that is most similar to the given one, if there is
// one with a score of minScore or more.
func (s *Set) Best(given string, minScore float64) (match string, ok bool) {
	all := s.All(given, minScore)
	if len(all) == 0 {
		return "", false
	}
	return all[0].Word, true
}

// All returns the words of the set that are similar to the given one, with a score of
// minScore or more, the best first. If the given word is in the set, it is the only match.
func (s *Set) All(given string, minScore float64) []Match {
	lower := strings.ToLower(given)
	if at, ok := s.exact[lower]; ok {
		return []Match{{Score: 1, Word: s.words[at].original}}
	}
	runes := []rune(lower)
	// A word much longer than any of the set is similar to none, and comparing it would
	// take long: only an attacker sends one.
	if float64(s.longest) < minScore*float64(len(runes)) {
		return nil
	}
	for i, size := range gramSizes {
		var matches []Match
		for _, at := range s.indexes[i].candidates(countGrams(lower, size)) {
			w := s.words[at]
			if score := similarity(runes, w.lower); score >= minScore {
				matches = append(matches, Match{score, w.original})
			}
		}
		if len(matches) > 0 {
			slices.SortStableFunc(matches, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
			return matches
		}
	}
	return nil
}

// candidates returns the indexes of the words that share grams with those counted, by
// cosine similarity. Of equals the last in the set comes first.
func (x *index) candidates(counts map[string]int) []int {
	products := make(map[int]int)
	for gram, n := range counts {
		for _, p := range x.postings[gram] {
			products[p.word] += n * p.count
		}
	}
	type candidate struct {
		word   int
		cosine float64
	}
	length := magnitude(counts)
	ranked := make([]candidate, 0, len(products))
	for at, product := range products {
		ranked = append(ranked, candidate{at, float64(product) / (length * x.magnitudes[at])})
	}
	slices.SortFunc(ranked, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(b.word, a.word))
	})
	words := make([]int, 0, min(len(ranked), maxCandidates))
	for _, c := range ranked[:cap(words)] {
		words = append(words, c.word)
	}
	return words
}

// countGrams counts the grams of a size in a word, of which only letters, digits, white
// space and commas are looked at.
func countGrams(lower string, size int) map[string]int {
	text := []rune(gramEdge + strings.Map(gramRune, lower) + gramEdge)
	counts := make(map[string]int, len(text))
	for i := range len(text) - size + 1 {
		counts[string(text[i:i+size])]++
	}
	return counts
}

func gramRune(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSpace(r) || r == ',' {
		return r
	}
	return -1
}

func magnitude(counts map[string]int) float64 {
	sum := 0
	for _, n := range counts {
		sum += n * n
	}
	return math.Sqrt(float64(sum))
}
