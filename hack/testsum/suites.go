package main

import "strings"

const (
	module = "github.com/arcadiacloud/clouddrift/"
	// unit is the suite of every package that is not named below.
	unit = "unit"
)

// modules are the folders of the modules that have tests.
var modules = []string{".", "test/flux"}

// suites are the test suites and the folders they live in, in the order in
// which they are reported.
var suites = []struct{ name, folder, what string }{
	{unit, "", "packages by themselves"},
	{"dosim", "internal/dosim", "the simulated DigitalOcean"},
	{"controlplane", "hack/stack", "the local control plane"},
	{"api", "test/api", "validation rules, on an API server"},
	{"access", "test/access", "who may do what, on an API server"},
	{"envtest", "internal/controller", "the controllers, on a control plane"},
	{"plugin", "test/plugin", "the kubectl plugin, on a control plane"},
	{"chaos", "test/chaos", "random faults, on a control plane"},
	{"e2e", "test/e2e", "the operator's program, on a control plane"},
	{"flux", "test/flux", "Flux's own apply code, on a control plane"},
}

// suiteOf is the suite that a package's tests belong to.
func suiteOf(pkg string) string {
	path := strings.TrimPrefix(pkg, module)
	for _, s := range suites {
		if s.folder != "" && (path == s.folder || strings.HasPrefix(path, s.folder+"/")) {
			return s.name
		}
	}
	return unit
}

func isSuite(name string) bool {
	for _, s := range suites {
		if s.name == name {
			return true
		}
	}
	return false
}

func suiteNames() []string {
	names := make([]string, 0, len(suites))
	for _, s := range suites {
		names = append(names, s.name)
	}
	return names
}
