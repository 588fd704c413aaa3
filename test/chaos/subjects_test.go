package main

import (
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
)

// Whoever adds a kind to the operator is told here that the campaign does not attack it.
func TestEveryKindIsASubject(t *testing.T) {
	known := map[string]subject{}
	for _, each := range subjects() {
		known[each.kind] = each
	}
	for _, kind := range kinds.All() {
		each, ok := known[kind.Name]
		if !ok {
			t.Errorf("the kind %s has no entry: add one to subjects()", kind.Name)
			continue
		}
		compared := map[string]bool{}
		for _, field := range kind.Fields {
			compared[field.Path] = true
		}
		for path := range each.fields {
			if !compared[path] {
				t.Errorf("%s has no field %s", kind.Name, path)
			}
		}
	}
}

// What is declared is what the oracle compares, in every sequence, whatever there is.
func TestWhatIsDeclaredIsCompared(t *testing.T) {
	s := accountWithEverything(t)
	for _, each := range s.subjects() {
		for name := range each.pools(s) {
			found := false
			for path := range each.fields {
				found = found || isWithin(path, name)
			}
			if !found {
				t.Errorf("%s: %s is declared, and the oracle does not compare it", each.kind, name)
			}
		}
	}
}

// accountWithEverything is a cloud in which there is one of each kind at least.
func accountWithEverything(t *testing.T) *sequence {
	t.Helper()
	s := newSequence(t.Context(), nil, 1, "")
	var err error
	if s.cloud, err = startCloud(s.clock, s.rng); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cloud.close() })
	s.kinds = map[string]bool{}
	for _, each := range subjects() {
		s.kinds[each.kind] = true
	}
	s.furnish()
	return s
}

// Where an operation is refused each time, the campaign does not do what it seems to do.
func TestPeopleAreNotRefused(t *testing.T) {
	for _, each := range subjects() {
		for _, op := range each.operations {
			s := accountWithEverything(t)
			if len(s.cloud.now().sorted(each.kind)) == 0 {
				t.Errorf("there is no %s at first", each.kind)
			}
			took := false
			for n := 0; n < 60 && !took; n++ {
				s.trace = nil
				op.do(s)
				for _, line := range s.trace {
					took = took || !strings.Contains(line, ": refused")
				}
				if each.create != nil {
					each.create(s)
				}
				one(s, each.operations).do(s)
			}
			if !took {
				t.Errorf("%s never succeeds: %v", op.name, s.trace)
			}
		}
	}
}

// Each truth is the one that DigitalOcean shows at the path of the resource.
func TestPathsAndScopes(t *testing.T) {
	s := accountWithEverything(t)
	for r := range s.cloud.now() {
		if _, err := s.cloud.sim.Change("GET", pathOf(r), nil); err != nil {
			t.Errorf("%s: %v", r, err)
		}
	}
	if err := s.cloud.sim.AddToken(dosim.Token{Value: "x", Without: scopes(subjects())}); err != nil {
		t.Error(err)
	}
}
