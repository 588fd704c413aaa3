package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// event is a line of `go test -json` (see `go doc test2json`).
type event struct {
	Action     string
	Package    string
	ImportPath string // instead of Package, of build output
	Test       string
	Output     string
}

type counts struct{ passed, failed, skipped int }

func (c *counts) add(o counts) {
	c.passed += o.passed
	c.failed += o.failed
	c.skipped += o.skipped
}

func (c counts) ran() int { return c.passed + c.failed }

func (c counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// test is one Go test function or table case.
type test struct {
	name   string
	output strings.Builder
	result string // pass, fail or skip; empty while it runs
}

// packageRun is one package's tests.
type packageRun struct {
	name  string
	tests map[string]*test
	order []*test
	// parents are what names with a slash start with. Not each is a test: the name
	// of a table case may have a slash of its own.
	parents map[string]bool
	output  strings.Builder // what belongs to no test
}

func (p *packageRun) test(name string) *test {
	if t, ok := p.tests[name]; ok {
		return t
	}
	t := &test{name: name}
	p.tests[name] = t
	p.order = append(p.order, t)
	for i := range name {
		if name[i] == '/' {
			p.parents[name[:i]] = true
		}
	}
	return t
}

// results gathers the events of one run of go test.
type results struct {
	out      io.Writer
	verbose  bool
	packages map[string]*packageRun
	suites   map[string]*counts
	notes    []string
	skipped  []string
}

func newResults(out io.Writer, verbose bool) *results {
	return &results{out: out, verbose: verbose, packages: map[string]*packageRun{}, suites: map[string]*counts{}}
}

func (r *results) printf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

func (r *results) read(from io.Reader) error {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				r.event(e)
			} else {
				r.printf("%s", line) // go test itself, not a test
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("reading go test's output: %w", err)
		}
	}
}

func (r *results) event(e event) {
	switch e.Action {
	case "build-output":
		r.printf("%s", e.Output)
		return
	case "build-fail":
		return // the package's own failure follows
	}
	p, ok := r.packages[e.Package]
	if !ok {
		p = &packageRun{name: e.Package, tests: map[string]*test{}, parents: map[string]bool{}}
		r.packages[e.Package] = p
	}
	if e.Test == "" {
		r.packageEvent(p, e)
		return
	}
	t := p.test(e.Test)
	switch e.Action {
	case "output":
		t.output.WriteString(e.Output)
		if r.verbose {
			r.printf("%s", e.Output)
		}
	case "pass", "fail", "skip":
		t.result = e.Action
	}
}

func (r *results) packageEvent(p *packageRun, e event) {
	switch e.Action {
	case "output":
		p.output.WriteString(e.Output)
	case "pass", "fail", "skip":
		r.end(p, e.Action)
	}
}

// end counts a package's tests and prints what a person wants to see of it.
func (r *results) end(p *packageRun, result string) {
	suite := suiteOf(p.name)
	if r.suites[suite] == nil {
		r.suites[suite] = &counts{}
	}
	total := p.count(result)
	r.suites[suite].add(total)
	failed := result == "fail"
	for _, t := range p.order {
		r.gather(p, t)
		if t.result == "fail" || (failed && t.result == "") {
			r.printf("%s", t.output.String())
		}
	}
	for line := range strings.Lines(p.output.String()) {
		// go test's own summary of the package; all there is, when it failed.
		if failed || strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "--- ") {
			r.printf("%s", line)
		}
	}
	if total != (counts{}) {
		r.printf("\t%s\n", total)
	}
}

// notePrefix marks a line of a test's output that is repeated at the end.
const notePrefix = "note: "

func (r *results) gather(p *packageRun, t *test) {
	for line := range strings.Lines(t.output.String()) {
		if before, note, ok := strings.Cut(line, notePrefix); ok && position.MatchString(before) {
			r.notes = append(r.notes, strings.TrimSpace(note))
		}
	}
	if t.result == "skip" && !p.parents[t.name] {
		reason := ""
		for line := range strings.Lines(t.output.String()) {
			if s := strings.TrimSpace(line); s != "" && !strings.HasPrefix(s, "=== ") && !strings.HasPrefix(s, "--- ") {
				reason = ": " + s
			}
		}
		r.skipped = append(r.skipped, strings.TrimPrefix(p.name, module)+" "+t.name+reason)
	}
}

var (
	// position is what t.Log puts before a message.
	position  = regexp.MustCompile(`^\s*([\w.-]+\.go:\d+:)?\s*$`)
	ansi      = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	specCount = regexp.MustCompile(`(\d+) Passed \| (\d+) Failed \| (\d+) Pending \| (\d+) Skipped`)
)

// count counts a package's tests. result is the package's own: it may fail
// although no test did (it does not build, TestMain fails, it times out).
func (p *packageRun) count(result string) counts {
	var c counts
	for _, t := range p.order {
		if specs := ginkgoSpecs(ansi.ReplaceAllString(t.output.String(), "")); specs != nil {
			if t.result != "pass" && specs.failed == 0 {
				specs.failed = 1 // an AfterSuite, or the suite's end
			}
			c.add(*specs)
			continue
		}
		parent := p.parents[t.name]
		switch {
		case parent && (t.result == "skip" || t.result == "pass"):
		case parent && p.childFailed(t):
		case t.result == "skip":
			c.skipped++
		case t.result == "pass":
			c.passed++
		default: // failed, or still running when the package ended
			c.failed++
		}
	}
	if result == "fail" && c.failed == 0 {
		c.failed = 1
	}
	return c
}

func (p *packageRun) childFailed(parent *test) bool {
	return slices.ContainsFunc(p.order, func(t *test) bool {
		return strings.HasPrefix(t.name, parent.name+"/") && t.result != "pass" && t.result != "skip"
	})
}

// ginkgoSpecs are the counts in a Ginkgo suite's own summary, nil if there is none.
func ginkgoSpecs(output string) *counts {
	all := specCount.FindAllStringSubmatch(output, -1)
	if all == nil {
		return nil
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(all[len(all)-1][i+1])
	}
	return &counts{passed: n[0], failed: n[1], skipped: n[2] + n[3]}
}

func (r *results) total() counts {
	var total counts
	for _, c := range r.suites {
		total.add(*c)
	}
	return total
}

// summary prints what ran; its last line is for machines to read.
func (r *results) summary(took time.Duration) {
	r.printf("\n%-14s %6s %7s %7s %8s\n", "suite", "ran", "passed", "failed", "skipped")
	for _, s := range suites {
		c := r.suites[s.name]
		if c == nil || *c == (counts{}) {
			continue
		}
		r.printf("%-14s %6d %7d %7d %8d   %s\n", s.name, c.ran(), c.passed, c.failed, c.skipped, s.what)
	}
	for _, s := range r.skipped {
		r.printf("skipped: %s\n", s)
	}
	for _, n := range r.notes {
		r.printf("%s%s\n", notePrefix, n)
	}
	r.printf("took %s\n%s\n", took.Round(time.Second), r.total())
}
