// Command testsum runs the tests and says how many ran: by suite and in all. It
// runs `go test -json`, shows each package's own summary as it ends and the
// output of whatever failed, and ends with go test's exit code.
//
//	go run ./hack/testsum [-suites unit,api] [-v] [flags of go test]
//
// A table case counts as a test, and a Ginkgo suite as its specs, not as the one
// Go function that runs them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	names := flag.String("suites", "", "comma-separated suites to run; empty: all")
	verbose := flag.Bool("v", false, "show the output of every test")
	flag.Usage = func() {
		_, _ = fmt.Fprintf(os.Stderr, "usage: testsum [-suites a,b] [-v] [flags of go test]\nsuites: %s\n", strings.Join(suiteNames(), ", "))
	}
	flag.Parse()

	// go test gets the same interrupt from the terminal and ends its tests in
	// order; we wait for it and still say what ran.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	signal.Ignore(os.Interrupt)
	code, err := run(ctx, *names, *verbose, flag.Args())
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "testsum:", err)
	}
	os.Exit(code)
}

func run(ctx context.Context, names string, verbose bool, flags []string) (int, error) {
	packages, err := packagesOf(ctx, names)
	if err != nil {
		return 1, err
	}
	began := time.Now()
	args := append([]string{"test", "-json", "-timeout=20m"}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("starting go test: %w", err)
	}
	results := newResults(os.Stdout, verbose)
	readErr := results.read(out)
	waitErr := cmd.Wait()
	results.summary(time.Since(began))
	if readErr != nil {
		return 1, readErr
	}
	exit, exited := errors.AsType[*exec.ExitError](waitErr)
	switch {
	case exited:
		return max(exit.ExitCode(), 1), nil // a signal gives -1
	case waitErr != nil:
		return 1, fmt.Errorf("running go test: %w", waitErr)
	case results.total().failed > 0:
		return 1, errors.New("go test ended with 0 although tests failed")
	}
	return 0, nil
}

// packagesOf lists the packages of the named suites.
func packagesOf(ctx context.Context, names string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("listing packages: %w", err)
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		if name != "" && !isSuite(name) {
			return nil, fmt.Errorf("no suite %q; there are %s", name, strings.Join(suiteNames(), ", "))
		}
		wanted[name] = true
	}
	var packages []string
	for pkg := range strings.FieldsSeq(string(out)) {
		if names == "" || wanted[suiteOf(pkg)] {
			packages = append(packages, pkg)
		}
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("no packages in %s", names)
	}
	return packages, nil
}
