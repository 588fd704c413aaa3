// Package docs_test holds the documentation to the code: what the API names is
// documented, what is documented exists, and links lead somewhere.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

const root = "../.."

// constants are the string constants of a file of the API, by name.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "api/v1alpha1", file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			literal, ok := spec.Values[i].(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				continue
			}
			if found[name.Name], err = strconv.Unquote(literal.Value); err != nil {
				t.Fatal(err)
			}
		}
		return true
	})
	if len(found) == 0 {
		t.Fatalf("%s has no string constants", file)
	}
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var firstCell = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|")

// documented is what the first columns of a page's tables have in backquotes.
func documented(page string) map[string]bool {
	found := map[string]bool{}
	for _, row := range firstCell.FindAllStringSubmatch(page, -1) {
		for cell := range strings.SplitSeq(row[1], ", ") {
			found[strings.Trim(cell, "`")] = true
		}
	}
	return found
}

func TestEveryReasonHasItsRow(t *testing.T) {
	page := read(t, "docs/conditions.md")
	rows := documented(page)
	known := map[string]bool{}
	for name, value := range constants(t, "conditions.go") {
		known[value] = true
		switch {
		case strings.HasPrefix(name, "Condition"):
			if !strings.Contains(page, "\n### "+value+"\n") {
				t.Errorf("docs/conditions.md has no section %q (%s)", value, name)
			}
		case strings.HasPrefix(name, "Reason"), strings.HasPrefix(name, "Event"):
			if !rows[value] {
				t.Errorf("docs/conditions.md has no row for %s (%s)", value, name)
			}
		}
	}
	for value := range rows {
		if !known[value] {
			t.Errorf("docs/conditions.md has a row for %s, which the API does not have", value)
		}
	}
}

func TestEveryAnnotationHasItsRow(t *testing.T) {
	const prefix = "drift.arcadia.cloud/"
	rows := documented(read(t, "docs/annotations.md"))
	known := map[string]bool{}
	for name, value := range constants(t, "annotations.go") {
		if !strings.HasPrefix(value, prefix) {
			continue // a value, not a name
		}
		known[value] = true
		if !rows[value] {
			t.Errorf("docs/annotations.md has no row for %s (%s)", value, name)
		}
	}
	for value := range rows {
		if !known[value] {
			t.Errorf("docs/annotations.md has a row for %s, which the API does not have", value)
		}
	}
}

func TestEveryCrashPointIsExplained(t *testing.T) {
	rows := documented(read(t, "docs/maintainers/design.md"))
	for _, point := range crashpoint.All {
		if !rows[string(point)] {
			t.Errorf("docs/maintainers/design.md has no row for the crash point %s", point)
		}
	}
}

// The walk through the packages names files that exist, and in each of its steps nothing
// that none of the step's files has.
func TestTheWayOfOneValueIsInTheCode(t *testing.T) {
	page := read(t, "docs/maintainers/design.md")
	_, section, found := strings.Cut(page, "\n## The way of one value\n")
	section, _, _ = strings.Cut(section, "\n## ")
	quoted := regexp.MustCompile("`([^`]+)`")
	steps := 0
	for _, step := range regexp.MustCompile(`(?m)^\d+\. .*$`).FindAllString(section, -1) {
		steps++
		code, names := "", []string{}
		for _, each := range quoted.FindAllStringSubmatch(step, -1) {
			switch name := each[1]; {
			case strings.HasSuffix(name, ".go") && strings.Contains(name, "/"):
				code += read(t, filepath.Join("internal", name))
			default:
				names = append(names, name[strings.LastIndex(name, ".")+1:])
			}
		}
		for _, name := range names {
			if !regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(name) + `\b`).MatchString(code) {
				t.Errorf("%s is in none of the step's files: %s", name, step)
			}
		}
	}
	if !found || steps < 10 {
		t.Errorf("%d steps were found, want 10 or more", steps)
	}
}

func TestEveryFieldSelectorIsListed(t *testing.T) {
	page := read(t, "docs/howto.md")
	marker := regexp.MustCompile("selectablefield:JSONPath=`\\.([^`]+)`")
	files, err := filepath.Glob(filepath.Join(root, "api/v1alpha1/*_types.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no types: %v", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range marker.FindAllSubmatch(source, -1) {
			if !strings.Contains(page, "`"+string(m[1])+"`") {
				t.Errorf("docs/howto.md does not list the field selector %s of %s", m[1], filepath.Base(file))
			}
		}
	}
}

var (
	fence  = regexp.MustCompile("(?ms)^( *)```.*?^ *```")
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	header = regexp.MustCompile(`(?m)^#+ (.+)$`)
	target = regexp.MustCompile("(?m)`make ([a-z0-9-]+)`|^make ([a-z0-9-]+)$|^\\$ make ([a-z0-9-]+)")
)

// pages are the README and all of docs.
func pages(t *testing.T) []string {
	t.Helper()
	found := []string{"README.md"}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			path, err = filepath.Rel(root, path)
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// anchors are the names that GitHub gives to a page's headings.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, h := range header.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r > 127:
				return r
			}
			return -1
		}, strings.ToLower(h[1]))
		found[anchor] = true
	}
	return found
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, path := range pages(t) {
		page := fence.ReplaceAllString(read(t, path), "")
		for _, m := range link.FindAllStringSubmatch(page, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links to %s: %v", path, m[1], err)
				continue
			}
			// The API reference sets anchors of its own.
			if anchor != "" && strings.HasSuffix(to, ".md") && to != "docs/api.md" && !anchors(read(t, to))[anchor] {
				t.Errorf("%s links to %s, but %s has no such heading", path, m[1], to)
			}
		}
	}
}

func TestMakeTargetsExist(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, path := range pages(t) {
		for _, m := range target.FindAllStringSubmatch(read(t, path), -1) {
			name := m[1] + m[2] + m[3]
			if !strings.Contains(makefile, "\n"+name+":") {
				t.Errorf("%s says make %s, which the Makefile does not have", path, name)
			}
		}
	}
}

// The pages are pasted together from real runs; what was to be pasted later must
// not stay.
func TestNothingIsLeftToFillIn(t *testing.T) {
	leftover := regexp.MustCompile(`\b(TODO|FIXME|TBD|XXX)\b|^[A-Z]+_OUTPUT$|(?m)^[A-Z_]{6,}$`)
	for _, path := range pages(t) {
		for _, found := range leftover.FindAllString(read(t, path), -1) {
			t.Errorf("%s still says %s", path, found)
		}
	}
}
