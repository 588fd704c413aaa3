package cli

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// accept makes the live value the desired one.
var accept = way{
	verb: "accept", past: "accepted",
	states: []driftv1alpha1.DriftState{driftv1alpha1.DriftOpen},
	refuses: func(d *driftv1alpha1.CloudDrift) string {
		if stateOf(d) != driftv1alpha1.DriftOpen {
			return fmt.Sprintf("it is %s, and history does not change", d.Status.State)
		}
		return ofExistence(d)
	},
	annotations: func(*driftv1alpha1.CloudDrift) map[string]*string {
		return map[string]*string{driftv1alpha1.ResolveAnnotation: ptr.To(driftv1alpha1.ResolveAccept)}
	},
	effect: func(found []driftv1alpha1.CloudDrift) string {
		names := map[string]bool{}
		for i := range found {
			names[found[i].Namespace+"/"+found[i].Spec.ProvisionedRef.Name] = true
		}
		return fmt.Sprintf("Accepting makes the actual (+) values desired, in %d CloudProvisioned. Nothing changes in DigitalOcean.", len(names))
	},
	done: func(d *driftv1alpha1.CloudDrift) bool { return d.Status.State == driftv1alpha1.DriftAccepted },
}

func acceptCommand(e *Env) *cobra.Command {
	o := &resolveOptions{way: accept}
	cmd := &cobra.Command{
		Use:   "accept [NAME...]",
		Short: "Make the live value the desired one",
		Long: `Ask for the live value of drifted fields to become the desired one. What changes is shown
first, and asked for after a confirmation.

The request carries the observation that was shown: where expected or actual have moved since,
the API server refuses it, and nothing happens. It needs the verb accept on the drifts.`,
		Example: `  # One drift
  kubectl drift accept droplet-3164444-size-slug-d76ivhbsrs-1 --reason 'the launch needs it'

  # The same change of all droplets, and wait until it is done
  kubectl drift accept --kind Droplet --field size_slug --where actual=s-4vcpu-8gb --wait

  # What would it do, and may I?
  kubectl drift accept --account production --dry-run`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), e, args) },
	}
	o.addFlags(e, cmd)
	return cmd
}

// endOf says what became of a drift that was to be resolved, "" while nothing has.
func (o *resolveOptions) endOf(d *driftv1alpha1.CloudDrift) (what string, well bool) {
	switch {
	case o.way.done(d):
		return o.way.past, true
	case stateOf(d) != driftv1alpha1.DriftOpen:
		return fmt.Sprintf("not %s: it is %s by now", o.way.past, cmp.Or(string(d.Status.State), "gone")), false
	case d.Status.Resolution == nil && d.Annotations[driftv1alpha1.ResolveAnnotation] == "":
		return fmt.Sprintf("not %s: the operator took the request off", o.way.past), false
	}
	return "", false
}
