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
	results := newResults(os.Stdout, verbose)
	code := 0
	for _, dir := range modules {
		if len(packages[dir]) == 0 || ctx.Err() != nil {
			continue
		}
		ended, err := results.test(ctx, dir, append(append([]string{"test", "-json", "-timeout=20m"}, flags...), packages[dir]...))
		if err != nil {
			return 1, err
		}
		code = max(code, ended)
	}
	results.summary(time.Since(began))
	if code == 0 && results.total().failed > 0 {
		return 1, errors.New("go test ended with 0 although tests failed")
	}
	return code, nil
}

// test runs go test in a module's folder, and returns its exit code.
func (r *results) test(ctx context.Context, dir string, args []string) (int, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("starting go test: %w", err)
	}
	readErr := r.read(out)
	waitErr := cmd.Wait()
	if readErr != nil {
		return 1, readErr
	}
	if exit, exited := errors.AsType[*exec.ExitError](waitErr); exited {
		return max(exit.ExitCode(), 1), nil // a signal gives -1
	}
	if waitErr != nil {
		return 1, fmt.Errorf("running go test: %w", waitErr)
	}
	return 0, nil
}

// packagesOf lists the packages of the named suites, by the folder of their module.
func packagesOf(ctx context.Context, names string) (map[string][]string, error) {
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		if name != "" && !isSuite(name) {
			return nil, fmt.Errorf("no suite %q; there are %s", name, strings.Join(suiteNames(), ", "))
		}
		wanted[name] = true
	}
	packages, found := map[string][]string{}, false
	for _, dir := range modules {
		list := exec.CommandContext(ctx, "go", "list", "./...")
		list.Dir = dir
		out, err := list.Output()
		if err != nil {
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				err = fmt.Errorf("%w: %s", err, exit.Stderr)
			}
			return nil, fmt.Errorf("listing the packages of the module in %s: %w", dir, err)
		}
		for pkg := range strings.FieldsSeq(string(out)) {
			if names == "" || wanted[suiteOf(pkg)] {
				packages[dir], found = append(packages[dir], pkg), true
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("no packages in %s", names)
	}
	return packages, nil
}
