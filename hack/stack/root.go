package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/mod/modfile"
)

const (
	modulePath = "github.com/arcadiacloud/clouddrift"
	// pinFile, below the module's root, pins what the control plane is built from.
	pinFile = "hack/controlplane/go.mod"
)

// Root is the directory of the clouddrift module: the nearest one above the
// working directory, else the one that this package was compiled from.
func Root() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module's root: %w", err)
	}
	starts := []string{wd}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		starts = append(starts, filepath.Dir(file))
	}
	for _, dir := range starts {
		for ; ; dir = filepath.Dir(dir) {
			if isRoot(dir) {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("no go.mod of %s at or above %s", modulePath, wd)
}

func isRoot(dir string) bool {
	raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && modfile.ModulePath(raw) == modulePath
}

// pinned is the version of a module that hack/controlplane/go.mod requires.
func pinned(root, module string) (string, error) {
	path := filepath.Join(root, pinFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the control plane's pinned versions: %w", err)
	}
	mod, err := modfile.ParseLax(path, raw, nil)
	if err != nil {
		return "", fmt.Errorf("reading the control plane's pinned versions: %w", err)
	}
	for _, r := range mod.Require {
		if r.Mod.Path == module {
			return r.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("%s does not require %s", path, module)
}
