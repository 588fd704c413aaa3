package cli

import (
	"strings"
	"unicode/utf8"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// column is one of a table.
type column struct {
	name string
	// shrinks says that its values are cut where the terminal is too narrow for all.
	shrinks bool
}

// table is aligned columns below their names, as kubectl writes them.
type table struct {
	columns []column
	rows    [][]span
}

// gap is between two columns, and narrowest is how far one shrinks.
const (
	gap       = 3
	narrowest = 12
)

func (t *table) add(cells ...span) { t.rows = append(t.rows, cells) }

// print writes the table. Without rows it writes nothing.
func (t *table) print(e *Env) {
	if len(t.rows) == 0 {
		return
	}
	widths := t.widths(e.Terminal)
	header := make([]span, len(t.columns))
	for i, c := range t.columns {
		header[i] = span{text: c.name}
	}
	t.row(e, widths, header)
	for _, row := range t.rows {
		t.row(e, widths, row)
	}
}

func (t *table) row(e *Env, widths []int, cells []span) {
	pieces := make([]any, 0, 2*len(cells))
	for i, cell := range cells {
		cell.text = clip(resource.Printable(cell.text), widths[i])
		pieces = append(pieces, cell)
		if i < len(cells)-1 {
			pieces = append(pieces, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.text)+gap))
		}
	}
	e.line(pieces...)
}

// widths are those of the columns: as wide as what is in them, and on a terminal no wider
// in all than it is, as far as columns may shrink.
func (t *table) widths(terminal Terminal) []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = len(c.name)
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(resource.Printable(cell.text)))
		}
	}
	if !terminal.Shows || terminal.Width == 0 {
		return widths
	}
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > terminal.Width; total-- {
		widest := -1
		for i, c := range t.columns {
			if c.shrinks && widths[i] > narrowest && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths
		}
		widths[widest]--
	}
	return widths
}

// clip cuts text to so many characters, with an ellipsis.
func clip(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
