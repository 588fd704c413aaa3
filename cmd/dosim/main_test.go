package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// runOnce starts the program, and ends it when it is up.
func runOnce(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &stopper{cancel: cancel}
	cmd := command()
	cmd.SetArgs(append([]string{"--listen", "127.0.0.1:0"}, args...))
	cmd.SetOut(out)
	cmd.SetErr(out)
	err := cmd.ExecuteContext(ctx)
	return out.String(), err
}

// stopper ends the program at its first word.
type stopper struct {
	bytes.Buffer
	cancel context.CancelFunc
}

func (s *stopper) Write(p []byte) (int, error) {
	s.cancel()
	return s.Buffer.Write(p)
}

func TestItKeepsItsState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	out, err := runOnce(t, "--state", file, "--seed", "demo", "--seed", "Volume=3")
	if err != nil || !strings.Contains(out, "dosim listens on http://127.0.0.1:") {
		t.Fatalf("%v: %s", err, out)
	}
	held := func() string {
		server := dosim.New()
		if err := server.LoadFile(file); err != nil {
			t.Fatal(err)
		}
		body, err := server.Change("GET", "/v2/volumes", nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	if !strings.Contains(held(), `"total":4`) {
		t.Errorf("one volume of the demo and three more: %s", held())
	}
	if _, err := runOnce(t, "--state", file, "--seed", "Volume=3"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(held(), `"total":4`) {
		t.Errorf("seeded again over a state that was there: %s", held())
	}
}

func TestItRefusesWhatItCannotDo(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "state.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"want demo or KIND=N": {"--seed", "Droplet"},
		"unknown kind":        {"--seed", "Spaceship=1"},
		"reading the state":   {"--state", broken},
		"listening on":        {"--listen", "256.0.0.1:1"},
	} {
		if out, err := runOnce(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q, got %v\n%s", args, want, err, out)
		}
	}
}

func TestItRecordsWhatItWasAsked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tape.json")
	if _, err := runOnce(t, "--record", file, "--seed", "demo", "--action-duration", "2s"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	want := `{"seeds":["demo"],"action_duration":"2s","exchanges":[` + "\n]}\n"
	if err != nil || string(data) != want {
		t.Errorf("nobody asked anything, seeding is not asking: %v %s", err, data)
	}
	if _, err := runOnce(t, "--record", filepath.Join(file, "below")); err == nil || !strings.Contains(err.Error(), "recording") {
		t.Errorf("a recording that cannot be written: %v", err)
	}
}
