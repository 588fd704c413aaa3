// Command operator keeps an inventory of DigitalOcean accounts, compares it with
// what was declared, and gives every differing field a CloudDrift.
package main

import (
	"flag"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// version is set when the binary is linked.
var version = "dev"

func main() {
	options := bindOptions(flag.CommandLine)
	logging := zap.Options{}
	logging.BindFlags(flag.CommandLine)
	flag.Parse()
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&logging)))

	if err := run(options); err != nil {
		fmt.Fprintf(os.Stderr, "clouddrift: %v\n", err)
		os.Exit(1)
	}
}

func run(o *options) error {
	if err := o.validate(); err != nil {
		return err
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	if err := checkServer(config); err != nil {
		return err
	}
	mgr, err := newManager(ctx, config, newScheme(), o)
	if err != nil {
		return err
	}
	ctrl.Log.Info("starting", "version", version)
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	return nil
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(driftv1alpha1.AddToScheme(scheme))
	return scheme
}
