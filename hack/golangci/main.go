// Command golangci-lint is golangci-lint with the Kubernetes API linter in it.
// It is what `golangci-lint custom` would generate, by hand: that command
// clones golangci-lint's repository, which a pinned module makes unnecessary.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter" // registers the plugin
)

const golangciModule = "github.com/golangci/golangci-lint/v2"

func main() {
	if err := commands.Execute(buildInfo()); err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "golangci-lint: %v\n", err)
		os.Exit(exitcodes.Failure)
	}
}

// buildInfo carries the version of the golangci-lint that is compiled in: the
// configuration's version check reads it.
func buildInfo() commands.BuildInfo {
	info := commands.BuildInfo{Version: "unknown", GoVersion: "unknown", Commit: "unknown", Date: "unknown"}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return info
	}
	info.GoVersion = build.GoVersion
	for _, dep := range build.Deps {
		if dep.Path == golangciModule {
			info.Version, info.Commit = strings.TrimPrefix(dep.Version, "v"), dep.Sum
		}
	}
	return info
}
