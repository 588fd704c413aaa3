package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

// plugin is the kubectl plugin's program, "" until it is built.
var plugin string

func buildPlugin(ctx context.Context) {
	GinkgoHelper()
	if plugin != "" {
		return
	}
	root, err := stack.Root()
	Expect(err).NotTo(HaveOccurred())
	plugin = filepath.Join(scratch, "kubectl-drift")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", plugin, "./cmd/kubectl-drift")
	build.Dir = root
	out, err := build.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
}

// ran is what a run of the plugin left.
type ran struct {
	code     int
	out, err string
}

// drift runs the plugin in the namespace, as dana, in a folder.
func (s *scene) drift(ctx context.Context, folder string, args ...string) ran {
	GinkgoHelper()
	cmd := exec.CommandContext(ctx, plugin, append(args, "-n", s.namespace)...)
	cmd.Env, cmd.Dir = append(os.Environ(), "KUBECONFIG="+kubeconfigs["dana"]), folder
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := ran{out: stdout.String(), err: stderr.String()}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		r.code = exit.ExitCode()
	} else {
		Expect(err).NotTo(HaveOccurred())
	}
	GinkgoWriter.Printf("$ kubectl drift %s\n%s%s(%d)\n", strings.Join(args, " "), r.out, r.err, r.code)
	return r
}

// differing are "field of address or name", one for each drift that a check counts.
func (s *scene) differing(ctx context.Context, code int) []string {
	GinkgoHelper()
	r := s.drift(ctx, "", "check", "--sync", "-o", "json")
	Expect(r.code).To(Equal(code), r.out+r.err)
	var out struct {
		Drifts []struct{ Kind, ID, Field string }
	}
	Expect(json.Unmarshal([]byte(r.out), &out)).To(Succeed())
	var lines []string
	for _, d := range out.Drifts {
		lines = append(lines, d.Kind+" "+d.ID+" "+d.Field)
	}
	return lines
}

// texts are the files of a folder.
func texts(folder string) map[string]string {
	GinkgoHelper()
	out := map[string]string{}
	Expect(filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, folder+"/")] = string(text)
		return err
	})).To(Succeed())
	return out
}

// rewrite changes the one file of a folder that holds a text.
func rewrite(folder, holds, before, after string) {
	GinkgoHelper()
	found := 0
	for name, text := range texts(folder) {
		if strings.Contains(text, holds) {
			found++
			Expect(text).To(ContainSubstring(before))
			Expect(os.WriteFile(filepath.Join(folder, name), []byte(strings.Replace(text, before, after, 1)), 0o600)).To(Succeed())
		}
	}
	Expect(found).To(Equal(1), holds)
}

// changedLines are the lines that two folders do not share, with their files.
func changedLines(before, after map[string]string) []string {
	var out []string
	for name := range after {
		was, is := strings.Split(before[name], "\n"), strings.Split(after[name], "\n")
		out = append(out, only("-"+name+": ", was, is)...)
		out = append(out, only("+"+name+": ", is, was)...)
	}
	return out
}

// only are the lines of the first that the second has fewer of.
func only(prefix string, lines, others []string) []string {
	left := map[string]int{}
	for _, line := range others {
		left[line]++
	}
	var out []string
	for _, line := range lines {
		if left[line]--; left[line] < 0 {
			out = append(out, prefix+line)
		}
	}
	return out
}
