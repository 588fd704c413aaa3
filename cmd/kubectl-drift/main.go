// Command kubectl-drift is the kubectl plugin `kubectl drift`: it lists, shows, accepts and
// checks what clouddrift found. What it does is in internal/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/arcadiacloud/clouddrift/internal/cli"
)

// version is set when the binary is linked.
var version = "dev"

func main() { os.Exit(run()) }

func run() int {
	// A pipe that nobody reads any more is an error of the write then, and not the end.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	return cli.NewEnv(streams, version).Run(ctx, os.Args[1:])
}
