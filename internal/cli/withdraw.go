package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// withdrawing takes back what was asked for, or what was accepted.
type withdrawing struct{ declarations declarations }

// way is withdraw. An open drift loses the request that is on it; on an accepted one it is
// asked for.
func (w *withdrawing) way() way {
	return way{
		verb: "withdraw", past: "withdrawn",
		grant:    driftv1alpha1.ResolveAccept,
		all:      "all requests that are not carried out and all accepts that the manifest does not say yet,",
		states:   []driftv1alpha1.DriftState{driftv1alpha1.DriftOpen, driftv1alpha1.DriftAccepted},
		learn:    w.learn,
		concerns: w.concerns,
		refuses:  w.refuses,
		changes:  w.values,
		annotations: func(d *driftv1alpha1.CloudDrift, user, reason string) map[string]*string {
			if stateOf(d) == driftv1alpha1.DriftAccepted {
				return resolution(driftv1alpha1.ResolveWithdraw)(d, user, reason)
			}
			out := map[string]*string{}
			for _, name := range objects.ResolutionAnnotations {
				out[name] = nil
			}
			return out
		},
		effect: withdrawEffect,
		asked: func(d *driftv1alpha1.CloudDrift) string {
			if stateOf(d) == driftv1alpha1.DriftOpen {
				return fmt.Sprintf("accept of %s no longer asked for", d.Status.Rendered.Actual)
			}
			return fmt.Sprintf("withdraw asked for, %s -> %s", d.Status.Rendered.Actual, d.Status.Rendered.Expected)
		},
		outcome: withdrawOutcome,
		told:    []string{driftv1alpha1.EventApprovalOutdated, driftv1alpha1.EventApprovalRefused},
	}
}

// learn finds the declarations of what was accepted.
func (w *withdrawing) learn(ctx context.Context, e *Env, found []driftv1alpha1.CloudDrift) (err error) {
	var accepted []driftv1alpha1.CloudDrift
	for i := range found {
		if stateOf(&found[i]) == driftv1alpha1.DriftAccepted {
			accepted = append(accepted, found[i])
		}
	}
	if len(accepted) > 0 {
		w.declarations, err = e.declarationsOf(ctx, accepted)
	}
	return err
}

// concerns says whether there is something to take back.
func (w *withdrawing) concerns(d *driftv1alpha1.CloudDrift) bool {
	if stateOf(d) == driftv1alpha1.DriftOpen {
		return request(d) != ""
	}
	a := w.declarations.acceptance(d)
	return a != nil && a.Git == driftv1alpha1.GitPending
}

func (w *withdrawing) refuses(d *driftv1alpha1.CloudDrift) string {
	asked := request(d)
	a := w.declarations.acceptance(d)
	t, taken := takenBack(d)
	switch state := stateOf(d); {
	case state == driftv1alpha1.DriftOpen && d.Status.Resolution != nil:
		return asked + "; once it is accepted, that can be withdrawn"
	case state == driftv1alpha1.DriftOpen && asked == "":
		return "nobody has asked for anything"
	case state == driftv1alpha1.DriftOpen:
		return ""
	case state != driftv1alpha1.DriftAccepted:
		return fmt.Sprintf("it is %s, and history does not change", state)
	case asked != "":
		return asked
	case taken:
		return fmt.Sprintf("%s took it back at %s", t.By, t.At.UTC().Format(time.RFC3339))
	case a == nil:
		return "it is not the field's last accept that is remembered; change the manifest"
	case a.Git != driftv1alpha1.GitPending:
		return ended(a) + "; change the manifest"
	}
	return ""
}

// values are what is declared, before and after: of a request that comes off what would
// have been, and what stays.
func (w *withdrawing) values(d *driftv1alpha1.CloudDrift) (before, after any, err error) {
	if a := w.declarations.acceptance(d); a != nil && stateOf(d) == driftv1alpha1.DriftAccepted {
		accepted, err := objects.AcceptanceOf(d.Spec.Field, a)
		return accepted.To, accepted.From, err
	}
	m := &meaning{drift: d}
	err = m.decode()
	return m.actual, m.expected, err
}

func withdrawEffect(found []driftv1alpha1.CloudDrift) string {
	var requests, accepts bool
	for i := range found {
		open := stateOf(&found[i]) == driftv1alpha1.DriftOpen
		requests, accepts = requests || open, accepts || !open
	}
	const nothing = "Nothing changes in DigitalOcean."
	var out []string
	if requests {
		out = append(out, "What is asked for and not carried out yet is asked for no longer; these drifts stay open.")
	}
	if accepts {
		out = append(out, "What was declared before (+) is desired again, in place of what was accepted; what differs from it drifts again.")
	}
	return strings.Join(append(out, nothing), " ")
}

func withdrawOutcome(d *driftv1alpha1.CloudDrift) (what string, well bool) {
	_, withdrawn := takenBack(d)
	switch asked := d.Annotations[driftv1alpha1.ResolveAnnotation]; {
	case stateOf(d) == driftv1alpha1.DriftOpen && asked == "", withdrawn && asked != driftv1alpha1.ResolveWithdraw:
		return "withdrawn", true
	case stateOf(d) != driftv1alpha1.DriftOpen && stateOf(d) != driftv1alpha1.DriftAccepted:
		return fmt.Sprintf("withdrawn: it is %s by now", stateOf(d)), true
	case asked == driftv1alpha1.ResolveWithdraw:
		return "", false
	}
	return "not withdrawn: the operator took the request off", false
}

func withdrawCommand(e *Env) *cobra.Command {
	o := &resolveOptions{way: (&withdrawing{}).way()}
	cmd := &cobra.Command{
		Use:   "withdraw [NAME...]",
		Short: "Take back an approval, or an accept that Git does not say yet",
		Long: `Take back what was asked for and is not carried out yet: the drift stays open. Or take back an
accept: what was declared before is declared again, and what differs from it drifts again, as a
drift of its own. That can be done as long as the manifest does not say the accepted value;
after that, the manifest is the place to change it.

What changes is shown first, and done after a confirmation. It needs the verb accept on the
drifts.`,
		Example: `  # One accept, and wait until it is taken back
  kubectl drift withdraw droplet-3164444-size-slug-d76ivhbsrs-1 --reason 'the launch is off' --wait

  # Whatever can be taken back of one account
  kubectl drift withdraw --account production

  # What is there to take back?
  kubectl drift withdraw --all --dry-run=client`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), e, args) },
	}
	o.addFlags(e, cmd)
	return cmd
}
