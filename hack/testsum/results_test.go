package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

const pkg = `"Package":"github.com/arcadiacloud/clouddrift/internal/drift"`

func TestCount(t *testing.T) {
	for _, test := range []struct {
		why    string
		events []string
		want   counts
	}{
		{"a table counts by its cases", []string{
			`{"Action":"run",` + pkg + `,"Test":"TestA"}`,
			`{"Action":"pass",` + pkg + `,"Test":"TestA/one"}`,
			`{"Action":"pass",` + pkg + `,"Test":"TestA/two"}`,
			`{"Action":"pass",` + pkg + `,"Test":"TestA"}`,
			`{"Action":"pass",` + pkg + `}`,
		}, counts{passed: 2}},
		{"a slash in a case's name makes no test of what is before it", []string{
			`{"Action":"pass",` + pkg + `,"Test":"TestA/tcp/22"}`,
			`{"Action":"pass",` + pkg + `,"Test":"TestA"}`,
			`{"Action":"pass",` + pkg + `}`,
		}, counts{passed: 1}},
		{"a failing case counts once, not for its parent too", []string{
			`{"Action":"pass",` + pkg + `,"Test":"TestA/one"}`,
			`{"Action":"fail",` + pkg + `,"Test":"TestA/two"}`,
			`{"Action":"fail",` + pkg + `,"Test":"TestA"}`,
			`{"Action":"fail",` + pkg + `}`,
		}, counts{passed: 1, failed: 1}},
		{"a parent that fails by itself counts", []string{
			`{"Action":"pass",` + pkg + `,"Test":"TestA/one"}`,
			`{"Action":"fail",` + pkg + `,"Test":"TestA"}`,
			`{"Action":"fail",` + pkg + `}`,
		}, counts{passed: 1, failed: 1}},
		{"a Ginkgo suite counts by its specs, colours or not", []string{
			`{"Action":"output",` + pkg + `,"Test":"TestSuite","Output":"\u001b[1mSUCCESS!\u001b[0m -- \u001b[32m\u001b[1m31 Passed\u001b[0m | \u001b[91m\u001b[1m0 Failed\u001b[0m | \u001b[33m\u001b[1m1 Pending\u001b[0m | \u001b[36m\u001b[1m2 Skipped\u001b[0m\n"}`,
			`{"Action":"pass",` + pkg + `,"Test":"TestSuite"}`,
			`{"Action":"pass",` + pkg + `}`,
		}, counts{passed: 31, skipped: 3}},
		{"a Ginkgo suite whose specs pass and which fails nevertheless", []string{
			`{"Action":"output",` + pkg + `,"Test":"TestSuite","Output":"FAIL! -- 3 Passed | 0 Failed | 0 Pending | 0 Skipped\n"}`,
			`{"Action":"fail",` + pkg + `,"Test":"TestSuite"}`,
			`{"Action":"fail",` + pkg + `}`,
		}, counts{passed: 3, failed: 1}},
		{"a package that does not build is a failure", []string{
			`{"ImportPath":"x","Action":"build-output","Output":"x.go:1: undefined\n"}`,
			`{"ImportPath":"x","Action":"build-fail"}`,
			`{"Action":"fail",` + pkg + `}`,
		}, counts{failed: 1}},
		{"a test that was running when the process died is a failure", []string{
			`{"Action":"run",` + pkg + `,"Test":"TestA"}`,
			`{"Action":"output",` + pkg + `,"Test":"TestA","Output":"panic: test timed out\n"}`,
			`{"Action":"fail",` + pkg + `}`,
		}, counts{failed: 1}},
		{"a package without tests counts nothing", []string{
			`{"Action":"skip",` + pkg + `}`,
		}, counts{}},
		{"skipped is neither passed nor failed", []string{
			`{"Action":"output",` + pkg + `,"Test":"TestA","Output":"    a_test.go:3: no description\n"}`,
			`{"Action":"skip",` + pkg + `,"Test":"TestA"}`,
			`{"Action":"pass",` + pkg + `}`,
		}, counts{skipped: 1}},
	} {
		r := newResults(&bytes.Buffer{}, false)
		if err := r.read(strings.NewReader(strings.Join(test.events, "\n"))); err != nil {
			t.Fatal(err)
		}
		if got := r.total(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.why, got, test.want)
		}
	}
}

func TestSummary(t *testing.T) {
	var out bytes.Buffer
	r := newResults(&out, false)
	events := `{"Action":"output",` + pkg + `,"Test":"TestA","Output":"    a_test.go:3: note: 12 crash points tried\n"}
{"Action":"pass",` + pkg + `,"Test":"TestA"}
{"Action":"output",` + pkg + `,"Test":"TestB","Output":"    a_test.go:9: no description to compare with\n"}
{"Action":"skip",` + pkg + `,"Test":"TestB"}
{"Action":"output",` + pkg + `,"Test":"TestC","Output":"quiet while it passes\n"}
{"Action":"pass",` + pkg + `,"Test":"TestC"}
{"Action":"output",` + pkg + `,"Output":"ok  \tinternal/drift\t0.1s\n"}
{"Action":"pass",` + pkg + `}
`
	if err := r.read(strings.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	r.summary(3 * time.Second)
	got := out.String()
	for _, want := range []string{
		"ok  \tinternal/drift\t0.1s\n",
		"note: 12 crash points tried\n",
		"skipped: internal/drift TestB: a_test.go:9: no description to compare with\n",
		"took 3s\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if !strings.HasSuffix(got, "\n2 passed, 0 failed, 1 skipped\n") {
		t.Errorf("the last line is for machines:\n%s", got)
	}
	if strings.Contains(got, "quiet") {
		t.Errorf("a passing test's output is shown:\n%s", got)
	}
}

func TestSuiteOf(t *testing.T) {
	for pkg, want := range map[string]string{
		module + "internal/drift":            "unit",
		module + "internal/dosim":            "dosim",
		module + "internal/dosim/validation": "dosim",
		module + "internal/dosimilar":        "unit",
		module + "test/e2e":                  "e2e",
		module + "hack/stack":                "controlplane",
	} {
		if got := suiteOf(pkg); got != want {
			t.Errorf("%s: got %s, want %s", pkg, got, want)
		}
	}
}
