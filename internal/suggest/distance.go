package suggest

// similarity is 1 less the edit distance as a share of the longer word's length.
func similarity(a, b []rune) float64 {
	longer := max(len(a), len(b))
	if longer == 0 {
		return 1
	}
	return float64(longer-distance(a, b)) / float64(longer)
}

// distance is the least number of letters to insert, delete or replace that
// makes b of a.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1) // row[j]: from the first i letters of a to the first j of b
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			replaced := diagonal
			if x != y {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
