package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
)

// ask asks a person. Where there is none to ask, it is an error.
func (e *Env) ask(ctx context.Context, question string) (agreed bool, err error) {
	if !e.Terminal.Asks {
		return false, errors.New("there is no terminal to ask at: add --yes to go on without being asked, or --dry-run to only try")
	}
	answer, err := e.prompt(ctx, question+" [y/N] ")
	if err != nil {
		return false, err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return true, nil
	}
	e.note("Nothing was done.")
	return false, nil
}

// prompt asks for a line, which is "" at the end of the input.
func (e *Env) prompt(ctx context.Context, question string) (string, error) {
	if e.reader == nil {
		e.reader = bufio.NewReader(e.In)
	}
	if _, err := io.WriteString(e.Out, e.render(span{text: question})); err != nil {
		return "", err
	}
	type read struct {
		line string
		err  error
	}
	lines := make(chan read, 1)
	go func() {
		line, err := e.reader.ReadString('\n')
		lines <- read{line, err}
	}()
	select {
	case <-ctx.Done():
		e.line()
		return "", ctx.Err()
	case r := <-lines:
		if r.err != nil && (!errors.Is(r.err, io.EOF) || r.line == "") {
			e.line()
		}
		if errors.Is(r.err, io.EOF) {
			r.err, e.ended = nil, true
		}
		return strings.TrimSpace(r.line), r.err
	}
}
