package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// figure is one line of the report. Without a target there is nothing to reach.
type figure struct {
	what, ours, baseline, target string
	reached                      bool
}

// growth is what one size took.
type growth struct {
	n                                int
	firstSync, sync, sweep, sweepCPU time.Duration
	resident, peak                   float64
}

func (b *bench) add(figures ...figure) {
	for _, f := range figures {
		b.say("  %s: %s", f.what, f.ours)
	}
	b.figures = append(b.figures, figures...)
}

// print writes the report in Markdown, as docs/performance.md holds it.
func (b *bench) print(out io.Writer, machine string) {
	_, _ = fmt.Fprintf(out, "\n%s\n\n", machine)
	_, _ = fmt.Fprintln(out, "| figure | clouddrift | baseline | to reach | reached |\n| --- | --- | --- | --- | --- |")
	for _, f := range b.figures {
		reached := ""
		if f.target != "" {
			reached = "no"
			if f.reached {
				reached = "yes"
			}
		}
		_, _ = fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", f.what, f.ours, f.baseline, cmp.Or(f.target, "–"), cmp.Or(reached, "–"))
	}
	_, _ = fmt.Fprintln(out, "\n| droplets, all declared | first sync, writing all | sync, nothing new | sweep, nothing new | its CPU | memory | at most |\n| --- | --- | --- | --- | --- | --- | --- |")
	for _, g := range b.growth {
		_, _ = fmt.Fprintf(out, "| %d | %s | %s | %s | %s | %.0f MiB | %.0f MiB |\n",
			g.n, show(g.firstSync), show(g.sync), show(g.sweep), show(g.sweepCPU), g.resident, g.peak)
	}
}

// show rounds to what means something.
func show(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	default:
		return d.Round(time.Millisecond).String()
	}
}

// median of what of gives; zero of nothing.
func median[T any](all []T, of func(T) time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	values := make([]time.Duration, 0, len(all))
	for _, one := range all {
		values = append(values, of(one))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// describeMachine is what the figures depend on, and how busy it is.
func describeMachine() string {
	model := "an unknown CPU"
	for name, value := range lines("/proc/cpuinfo", ":") {
		if name == "model name" {
			model = value
			break
		}
	}
	memory := ""
	for name, value := range lines("/proc/meminfo", ":") {
		if name == "MemTotal" {
			memory = value
		}
	}
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		load = []byte("unknown")
	}
	return fmt.Sprintf("Measured on %d CPUs (%s), %s of memory, %s/%s, %s; load averages at the start: %s.",
		runtime.NumCPU(), model, memory, runtime.GOOS, runtime.GOARCH, runtime.Version(), strings.Join(strings.Fields(string(load))[:min(3, len(strings.Fields(string(load))))], " "))
}

// lines are the names and values of a file; nothing where it can't be read.
func lines(path, separator string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		text, err := os.ReadFile(path)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(text)) {
			name, value, ok := strings.Cut(line, separator)
			if ok && !yield(strings.TrimSpace(name), strings.TrimSpace(value)) {
				return
			}
		}
	}
}
