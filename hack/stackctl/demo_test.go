package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	const table = "NAME    STATE\nweb-1   Open\nweb-2   Stale\n"
	for _, test := range []struct {
		why  string
		step step
		out  string
		ok   bool
	}{
		{"every line that is promised is there", step{want: []string{`^web-1 +Open$`, `Stale`}, rows: 2}, table, true},
		{"a promised line is missing", step{want: []string{`^web-3`}}, table, false},
		{"a promise is for one line, not across two", step{want: []string{`web-1.*Stale`}}, table, false},
		{"a row more than promised", step{want: []string{`^web-1`}, rows: 1}, table, false},
		{"a row less than promised", step{want: []string{`^web-1`}, rows: 3}, table, false},
		{"nothing promised but that it runs", step{}, "", true},
	} {
		if err := check(test.step, test.out); (err == nil) != test.ok {
			t.Errorf("%s: got %v", test.why, err)
		}
	}
}

// TestRefusal: that a command fails is itself something a step can promise.
func TestRefusal(t *testing.T) {
	for _, test := range []struct {
		why     string
		command string
		refused bool
		ok      bool
	}{
		{"a command that works", "true", false, true},
		{"a command that fails", "false", false, false},
		{"a refusal", "false", true, true},
		{"a refusal that did not come", "true", true, false},
	} {
		d := &demonstration{local: &local{root: t.TempDir()}, out: &strings.Builder{}, env: os.Environ()}
		if err := d.do(t.Context(), step{run: test.command, refused: test.refused}); (err == nil) != test.ok {
			t.Errorf("%s: got %v", test.why, err)
		}
	}
}

// TestSteps holds the demo's table to what runs it.
func TestSteps(t *testing.T) {
	for i, s := range steps {
		if (s.run == "") == (s.call == nil) {
			t.Errorf("step %d: want a command or a call", i+1)
		}
		if s.call == nil && len(s.want) == 0 {
			t.Errorf("step %d promises nothing: %s", i+1, s.run)
		}
		for _, want := range s.want {
			if _, err := regexp.Compile(want); err != nil {
				t.Errorf("step %d: %v", i+1, err)
			}
		}
	}
	if steps[0].title == "" {
		t.Error("the first step has to say what it is about")
	}
}

func TestOneStackADirectory(t *testing.T) {
	dir := t.TempDir()
	if pid := running(dir); pid != 0 {
		t.Errorf("process %d runs in an empty directory", pid)
	}
	release, err := claim(dir)
	if err != nil {
		t.Fatal(err)
	}
	if pid := running(dir); pid != os.Getpid() {
		t.Errorf("got process %d, want our own, %d", pid, os.Getpid())
	}
	if _, err := claim(dir); err == nil {
		t.Error("a second claim must be refused")
	}
	release()
	// The file is still there, and its pid may be anybody's by now.
	if pid := running(dir); pid != 0 {
		t.Errorf("process %d counts as running after it gave the directory back", pid)
	}
}
