package drift

import "strings"

// Nearest returns the name most like the one that somebody wrote: one that shares
// its words, its beginning or its end first (size_slug for size, memory for mem),
// else the one with the fewest letters to change. It is empty where none is alike: a wrong
// suggestion is worse than none.
func Nearest(wrote string, names []string) string {
	best, bestRank := "", rank{}
	for _, name := range names {
		if r := rankOf(wrote, name); best == "" || r.less(bestRank) {
			best, bestRank = name, r
		}
	}
	if bestRank.tier > 1 && bestRank.letters*3 > max(len(wrote), 3) {
		return ""
	}
	return best
}

// rank orders guesses: by tier, then by letters.
type rank struct{ tier, letters int }

func (r rank) less(other rank) bool {
	if r.tier != other.tier {
		return r.tier < other.tier
	}
	return r.letters < other.letters
}

func rankOf(wrote, name string) rank {
	wrote, name = words(wrote), words(name)
	letters := editDistance(wrote, name)
	sharesWords := strings.Contains("_"+name+"_", "_"+wrote+"_") || strings.Contains("_"+wrote+"_", "_"+name+"_")
	sharesEnd := len(wrote) > 2 && (strings.HasPrefix(name, wrote) || strings.HasSuffix(name, wrote))
	if sharesWords || sharesEnd {
		return rank{tier: 1, letters: letters}
	}
	return rank{tier: letters, letters: letters}
}

// longestName is how much of a name is looked at: anybody may write a long one.
const longestName = 80

func words(name string) string {
	name = name[:min(len(name), longestName)]
	return strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(strings.ToLower(name))
}

// editDistance counts the letters to insert, delete, replace or swap with their
// neighbour.
func editDistance(from, to string) int {
	a, b := []rune(from), []rune(to)
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			changed := 1
			if a[i-1] == b[j-1] {
				changed = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
