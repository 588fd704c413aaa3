// Command stackctl runs clouddrift on this machine: a control plane without
// Docker, the simulated DigitalOcean and the operator. `make up`, `make down`
// and `make demo` are its commands.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

func main() {
	// envtest installs the CRDs; what it has to say comes back as an error.
	ctrllog.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "stackctl:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "stackctl",
		Short:         "Run clouddrift on this machine, without Docker and without DigitalOcean",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	sub := func(use, short string, run func(ctx context.Context, dir string) error) *cobra.Command {
		return &cobra.Command{
			Use: use, Short: short, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				root, err := stack.Root()
				if err != nil {
					return err
				}
				return run(cmd.Context(), filepath.Join(root, ".local"))
			},
		}
	}
	serveCmd := sub("serve", "Run the stack in the foreground; up runs it in the background", serve)
	serveCmd.Hidden = true
	cmd.AddCommand(
		sub("up", "Start the stack in the background", up),
		sub("down", "End the stack and remove its data", down),
		sub("demo", "Show the operator at work, on a stack that is gone afterwards", demo),
		sub("controlplane", "Find or build the control plane's binaries", controlplane),
		serveCmd,
	)
	return cmd
}

// controlplane prints where the binaries are, for KUBEBUILDER_ASSETS.
func controlplane(ctx context.Context, _ string) error {
	binaries, err := stack.FindBinaries(ctx, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Printf("Kubernetes %s\n", binaries.Version)
	for _, path := range []string{binaries.Etcd, binaries.APIServer, binaries.ControllerManager, binaries.Kubectl} {
		fmt.Printf("  %s\n", path)
	}
	return nil
}
