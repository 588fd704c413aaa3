package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// style is how a piece of text looks on a terminal.
type style string

// The styles, as the parameters of SGR.
const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// span is a piece of text in a style. Whatever cannot be printed is shown as its code,
// whoever wrote it.
type span struct {
	style style
	text  string
}

// in is text in a style.
func (s style) in(format string, args ...any) span { return span{s, fmt.Sprintf(format, args...)} }

// render is the span as it is written.
func (e *Env) render(s span) string {
	text := resource.Printable(s.text)
	if !e.styled || s.style == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s.style) + "m" + text + "\x1b[0m"
}

// line writes one line to the output: strings as they are, spans in their style.
func (e *Env) line(pieces ...any) { e.lineTo(e.Out, pieces...) }

// note writes one line to the error output, for what is not the command's result.
func (e *Env) note(pieces ...any) { e.lineTo(e.ErrOut, pieces...) }

func (e *Env) lineTo(w io.Writer, pieces ...any) {
	var b strings.Builder
	for _, piece := range pieces {
		switch piece := piece.(type) {
		case span:
			b.WriteString(e.render(piece))
		default:
			b.WriteString(e.render(span{text: fmt.Sprint(piece)}))
		}
	}
	// What can't be written can't be complained of either.
	_, _ = fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
}
