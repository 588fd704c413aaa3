package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// accept makes the live value the desired one.
var accept = way{
	verb: "accept", past: "accepted",
	grant:  driftv1alpha1.ResolveAccept,
	all:    "all open drifts",
	states: []driftv1alpha1.DriftState{driftv1alpha1.DriftOpen},
	refuses: func(d *driftv1alpha1.CloudDrift) string {
		switch {
		case d.Status.Observation == "":
			return "nothing has been observed of it yet; try again in a moment"
		case stateOf(d) != driftv1alpha1.DriftOpen:
			return fmt.Sprintf("it is %s, and history does not change", d.Status.State)
		case d.Status.Resolution != nil:
			return request(d)
		}
		return ofExistence(d)
	},
	annotations: resolution(driftv1alpha1.ResolveAccept),
	effect: func(found []driftv1alpha1.CloudDrift) string {
		names := map[string]bool{}
		for i := range found {
			names[found[i].Namespace+"/"+found[i].Spec.ProvisionedRef.Name] = true
		}
		return fmt.Sprintf("Accepting makes the actual (+) values desired, in %d CloudProvisioned. Nothing changes in DigitalOcean.", len(names))
	},
	asked: func(d *driftv1alpha1.CloudDrift) string {
		return fmt.Sprintf("accept asked for, %s -> %s", d.Status.Rendered.Expected, d.Status.Rendered.Actual)
	},
	outcome: func(d *driftv1alpha1.CloudDrift) (what string, well bool) {
		switch {
		case d.Status.State == driftv1alpha1.DriftAccepted:
			return "accepted", true
		case stateOf(d) != driftv1alpha1.DriftOpen:
			return fmt.Sprintf("not accepted: it is %s by now", d.Status.State), false
		case d.Status.Resolution == nil && d.Annotations[driftv1alpha1.ResolveAnnotation] == "":
			return "not accepted: the operator took the request off", false
		}
		return "", false
	},
	told: []string{driftv1alpha1.EventApprovalOutdated, driftv1alpha1.EventApprovalRefused},
}

// resolution are the annotations that ask for a resolution. The observation is the one that
// was shown: the API server refuses one that is no longer true. What an earlier request
// left is replaced, its reason too.
func resolution(verb string) func(d *driftv1alpha1.CloudDrift, user, reason string) map[string]*string {
	return func(d *driftv1alpha1.CloudDrift, user, reason string) map[string]*string {
		return map[string]*string{
			driftv1alpha1.ResolveAnnotation:            ptr.To(verb),
			driftv1alpha1.ResolvedByAnnotation:         ptr.To(user),
			driftv1alpha1.ResolveObservationAnnotation: ptr.To(d.Status.Observation),
			driftv1alpha1.ResolveReasonAnnotation:      orNil(reason),
		}
	}
}

// orNil is a text, or nil where there is none.
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// ofExistence says why nothing of a resource that is gone can be accepted.
func ofExistence(d *driftv1alpha1.CloudDrift) string {
	if d.Spec.Field != drift.Existence {
		return ""
	}
	return fmt.Sprintf("the resource is gone, and its absence can't be declared; to give it up: kubectl delete cloudprovisioned %s -n %s",
		d.Spec.ProvisionedRef.Name, d.Namespace)
}

func acceptCommand(e *Env) *cobra.Command {
	o := &resolveOptions{way: accept}
	cmd := &cobra.Command{
		Use:   "accept [NAME...]",
		Short: "Make the live value the desired one",
		Long: `Ask for the live value of drifted fields to become the desired one. What changes is shown
first, and asked for after a confirmation.

The request carries the observation that was shown: where expected or actual have moved since,
the API server refuses it, and nothing happens. It needs the verb accept on the drifts. Where
the declaration comes from Git, the accepted value stands in for what Git says until Git says
it; kubectl drift withdraw takes it back until then.`,
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
