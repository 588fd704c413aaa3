package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/arcadiacloud/clouddrift/internal/cli"
)

func TestPageIsCurrent(t *testing.T) {
	have, err := os.ReadFile("../../docs/kubectl-drift-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(render()), string(have)); diff != "" {
		t.Errorf("docs/kubectl-drift-reference.md is not what internal/cli says; run 'make generate' (-want +have):\n%s", diff)
	}
}

// Every command says what it does and shows how it is used, and every flag says what it is
// for.
func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	for _, cmd := range cli.NewEnv(streams, "").Root().Commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		if cmd.Short == "" || cmd.Long == "" || !strings.Contains(cmd.Example, "kubectl drift "+cmd.Name()) {
			t.Errorf("%s lacks a short or long description, or an example", cmd.Name())
		}
		page := string(render())
		if !strings.Contains(page, "\n## "+cmd.Name()+"\n") {
			t.Errorf("%s is not in the reference", cmd.Name())
		}
	}
}
