package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// way is something that people ask for by the annotations of drifts: what it is called, what
// asks for it, and how it is seen to be done.
type way struct {
	// verb is what a person does, and past what has been done then.
	verb, past string
	// grant is the verb of clouddrift's own that admission asks the authorizer for.
	grant string
	// all says what --all chooses.
	all string
	// states are those of drifts that it may be for.
	states []driftv1alpha1.DriftState
	// learn looks up what else there is to know of drifts; nil: nothing.
	learn func(ctx context.Context, e *Env, found []driftv1alpha1.CloudDrift) error
	// concerns says whether it is for a drift at all, where none was named; nil: for all.
	concerns func(d *driftv1alpha1.CloudDrift) bool
	// refuses says why it can't be done to a drift, "" where it can.
	refuses func(d *driftv1alpha1.CloudDrift) string
	// changes are the values that the preview compares, nil: those of the drift.
	changes func(d *driftv1alpha1.CloudDrift) (before, after any, err error)
	// annotations are what asks for it. Those that are nil come off.
	annotations func(d *driftv1alpha1.CloudDrift, user, reason string) map[string]*string
	// effect says what will be, in the words of a sentence.
	effect func(found []driftv1alpha1.CloudDrift) string
	// asked says of a drift that it was asked for.
	asked func(d *driftv1alpha1.CloudDrift) string
	// outcome says what became of a drift that it was asked for, "" while nothing has.
	outcome func(d *driftv1alpha1.CloudDrift) (what string, well bool)
	// told are the reasons of the events that say why nothing came of it.
	told []string
}

// resolveOptions are the flags of all ways.
type resolveOptions struct {
	chosen
	way    way
	all    bool
	yes    bool
	dryRun string
	reason string
	waiting
}

func (o *resolveOptions) addFlags(e *Env, cmd *cobra.Command) {
	flags := cmd.Flags()
	o.chosen.addFlags(flags)
	o.addSnoozed(flags)
	flags.BoolVar(&o.all, "all", false, "Choose "+o.way.all+" of the namespace.")
	flags.BoolVarP(&o.yes, "yes", "y", false, "Do not ask.")
	flags.StringVar(&o.dryRun, "dry-run", "none", "Only try: server has the API server check everything and store nothing, client only shows what would be asked for; without a value it is server.")
	flags.Lookup("dry-run").NoOptDefVal = "server"
	flags.StringVar(&o.reason, "reason", "", "Why, for the record; at most 1024 characters.")
	o.waiting.addFlags(flags)
	cmd.ValidArgsFunction = e.completeNames(&driftv1alpha1.CloudDriftList{})
}

// longestReason is how many characters of a reason the API takes.
const longestReason = 1024

func (o *resolveOptions) run(ctx context.Context, e *Env, names []string) error {
	if err := oneOf("dry-run", o.dryRun, "none", "server", "client"); err != nil {
		return err
	}
	if len([]rune(o.reason)) > longestReason {
		return fmt.Errorf("--reason has more than %d characters", longestReason)
	}
	found, err := o.pick(ctx, e, names)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		e.note("No such drifts found", e.where(o.everywhere), ".")
		return nil
	}
	if !o.yes || o.dryRun == "client" {
		o.preview(e, found)
	}
	if o.dryRun == "client" {
		return nil
	}
	if !o.yes && o.dryRun == "none" {
		question := fmt.Sprintf("%s %s?", capital(o.way.verb), drifts(len(found)))
		if agreed, err := e.ask(ctx, question); err != nil || !agreed {
			return err
		}
	}
	return o.resolve(ctx, e, found)
}

// capital begins a sentence.
func capital(words string) string { return strings.ToUpper(words[:1]) + words[1:] }

// drifts counts them.
func drifts(n int) string {
	if n == 1 {
		return "1 drift"
	}
	return fmt.Sprintf("%d drifts", n)
}

// pick finds the drifts that are meant, by name or by what they have in common. One that
// is named has to be one that can be resolved; of the others, those that can.
func (o *resolveOptions) pick(ctx context.Context, e *Env, names []string) ([]driftv1alpha1.CloudDrift, error) {
	switch {
	case len(names) > 0 && (o.any() || o.all || o.everywhere):
		return nil, errors.New("give names, or flags that choose, and not both")
	case len(names) > 0:
		found, err := e.driftsNamed(ctx, names)
		if err != nil {
			return nil, err
		}
		if err := o.learn(ctx, e, found); err != nil {
			return nil, err
		}
		for i := range found {
			if why := o.way.refuses(&found[i]); why != "" {
				return nil, fmt.Errorf("%s can't be %s: %s", found[i].Name, o.way.past, why)
			}
		}
		return found, nil
	case !o.any() && !o.all:
		return nil, fmt.Errorf("which drifts? Give names (kubectl drift list has them), or choose by --account, --kind, --field or --where, or --all")
	}
	found, err := e.drifts(ctx, &o.chosen, o.way.states...)
	if err != nil {
		return nil, err
	}
	if err := o.learn(ctx, e, found); err != nil {
		return nil, err
	}
	fit := found[:0]
	for i := range found {
		if o.way.concerns != nil && !o.way.concerns(&found[i]) {
			continue
		}
		if why := o.way.refuses(&found[i]); why != "" {
			e.note("skipped ", found[i].Name, ": ", why)
			continue
		}
		fit = append(fit, found[i])
	}
	return fit, nil
}

func (o *resolveOptions) learn(ctx context.Context, e *Env, found []driftv1alpha1.CloudDrift) error {
	if o.way.learn == nil {
		return nil
	}
	return o.way.learn(ctx, e, found)
}

// preview shows what will change: the same change of several resources once.
func (o *resolveOptions) preview(e *Env, found []driftv1alpha1.CloudDrift) {
	changes := changesOf(found)
	if o.way.changes != nil {
		changes = apart(changes) // drifts that are alike may be of different changes
	}
	for _, c := range changes {
		names := make([]string, 0, len(c.drifts))
		for _, d := range c.drifts {
			names = append(names, d.Spec.ProvisionedRef.Name)
		}
		e.line(bold.in("%s", strings.Join(names, ", ")), "  ", cyan.in("%s", c.field))
		m := meaning{drift: c.drifts[0]}
		err := m.decode()
		before, after := m.expected, m.actual
		if err == nil && o.way.changes != nil {
			before, after, err = o.way.changes(c.drifts[0])
		}
		if err != nil {
			e.line("  ", err.Error())
			continue
		}
		e.diff(differing(before, after, m.ordered()))
	}
	e.line(o.way.effect(found))
}

// resolve asks for what is wanted of each drift, and says what came of it.
func (o *resolveOptions) resolve(ctx context.Context, e *Env, found []driftv1alpha1.CloudDrift) error {
	user, err := e.whoAmI(ctx)
	if err != nil {
		return err
	}
	var failed error
	asked := found[:0:0]
	for i := range found {
		d := &found[i]
		if err := o.request(ctx, e, d, user); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			failed = e.refusal(ctx, d, o.way.grant, user, err)
			e.note("error: ", d.Name, ": ", failed.Error())
			continue
		}
		asked = append(asked, *d)
		if !o.wait {
			e.line(o.said(d, o.way.asked(d)))
		}
	}
	if o.wait && o.dryRun == "none" && len(asked) > 0 {
		if err := o.await(ctx, e, asked); err != nil {
			return err
		}
	}
	if failed != nil {
		if len(found) > 1 {
			e.note(fmt.Sprintf("%d of %s could not be %s.", len(found)-len(asked), drifts(len(found)), o.way.past))
		}
		return &exitError{code: exitError1}
	}
	return nil
}

// said is the line about a drift.
func (o *resolveOptions) said(d *driftv1alpha1.CloudDrift, what string) string {
	line := fmt.Sprintf("%s %s: %s", d.Spec.ProvisionedRef.Name, d.Spec.Field, what)
	if o.dryRun == "server" {
		line += " (dry run)"
	}
	return line
}

// request writes the annotations. Who asks is among them, and the observation that was shown
// where it is asked about values, so that nothing has to be filled in.
func (o *resolveOptions) request(ctx context.Context, e *Env, d *driftv1alpha1.CloudDrift, user string) error {
	cluster, err := e.Client()
	if err != nil {
		return err
	}
	annotations := o.way.annotations(d, user, o.reason)
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations}})
	if err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	options := []client.PatchOption{client.FieldOwner("kubectl-drift")}
	if o.dryRun == "server" {
		options = append(options, client.DryRunAll)
	}
	return cluster.Patch(ctx, d, client.RawPatch(types.MergePatchType, patch), options...)
}

// whoAmI is the name that the API server knows the user by.
func (e *Env) whoAmI(ctx context.Context) (string, error) {
	cluster, err := e.Client()
	if err != nil {
		return "", err
	}
	review := &authenticationv1.SelfSubjectReview{}
	if err := cluster.Create(ctx, review); err != nil {
		return "", fmt.Errorf("asking the cluster who you are: %w", err)
	}
	return review.Status.UserInfo.Username, nil
}

// refusal says what a refused request lacks: which verb, and who grants it.
func (e *Env) refusal(ctx context.Context, d *driftv1alpha1.CloudDrift, grant, user string, err error) error {
	if !apierrors.IsForbidden(err) {
		return e.explain(err)
	}
	cluster, clientErr := e.Client()
	if clientErr != nil {
		return err
	}
	var missing []string
	for _, verb := range []string{"patch", grant} {
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Group: driftv1alpha1.GroupVersion.Group, Resource: "clouddrifts", Namespace: d.Namespace, Name: d.Name, Verb: verb,
			},
		}}
		if cluster.Create(ctx, review) == nil && !review.Status.Allowed {
			missing = append(missing, verb)
		}
	}
	if len(missing) == 0 {
		return err // a policy refused it, and says why
	}
	return fmt.Errorf("%s lacks the verb %s on clouddrifts.%s/%s in namespace %s; the ClusterRole clouddrift-platform-admin grants it: "+
		"whoever administers the cluster runs kubectl -n %s create rolebinding clouddrift-platform-admins --clusterrole=clouddrift-platform-admin --user=%s",
		user, strings.Join(missing, " and "), driftv1alpha1.GroupVersion.Group, d.Name, d.Namespace, d.Namespace, user)
}
