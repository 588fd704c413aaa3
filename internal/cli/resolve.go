package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// way is a way to resolve drifts: what it is called, and what it asks for.
type way struct {
	// verb is what a person does, and past what has been done then.
	verb, past string
	// states are those of drifts that it is for.
	states []driftv1alpha1.DriftState
	// refuses says why a drift can't be resolved in this way, "" where it can.
	refuses func(d *driftv1alpha1.CloudDrift) string
	// annotations are what asks for it, beside who asks, for which observation and why.
	annotations func(d *driftv1alpha1.CloudDrift) map[string]*string
	// effect says what will be, in the words of a sentence.
	effect func(drifts []driftv1alpha1.CloudDrift) string
	// done says whether it has been carried out.
	done func(d *driftv1alpha1.CloudDrift) bool
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
	flags.BoolVar(&o.all, "all", false, "Choose all open drifts of the namespace.")
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
		question := fmt.Sprintf("%s %s?", strings.ToUpper(o.way.verb[:1])+o.way.verb[1:], drifts(len(found)))
		if agreed, err := e.ask(ctx, question); err != nil || !agreed {
			return err
		}
	}
	return o.resolve(ctx, e, found)
}

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
		for i := range found {
			if err == nil && o.unfit(&found[i]) != "" {
				err = fmt.Errorf("%s can't be %s: %s", found[i].Name, o.way.past, o.unfit(&found[i]))
			}
		}
		return found, err
	case !o.any() && !o.all:
		return nil, fmt.Errorf("which drifts? Give names (kubectl drift list has them), or choose by --account, --kind, --field or --where, or --all")
	}
	found, err := e.drifts(ctx, &o.chosen, o.way.states...)
	if err != nil {
		return nil, err
	}
	fit := found[:0]
	for i := range found {
		if why := o.unfit(&found[i]); why != "" {
			e.note("skipped ", found[i].Name, ": ", why)
			continue
		}
		fit = append(fit, found[i])
	}
	return fit, nil
}

// unfit says why a drift can't be resolved in this way, "" where it can.
func (o *resolveOptions) unfit(d *driftv1alpha1.CloudDrift) string {
	switch {
	case d.Status.Observation == "":
		return "nothing has been observed of it yet; try again in a moment"
	case d.Status.Resolution != nil && stateOf(d) == driftv1alpha1.DriftOpen:
		return request(d)
	}
	return o.way.refuses(d)
}

// preview shows what will change: the same change of several resources once.
func (o *resolveOptions) preview(e *Env, found []driftv1alpha1.CloudDrift) {
	for _, c := range changesOf(found) {
		names := make([]string, 0, len(c.drifts))
		for _, d := range c.drifts {
			names = append(names, d.Spec.ProvisionedRef.Name)
		}
		e.line(bold.in("%s", strings.Join(names, ", ")), "  ", cyan.in("%s", c.field))
		m := meaning{drift: c.drifts[0]}
		if err := m.decode(); err != nil {
			e.line("  ", err.Error())
			continue
		}
		e.diff(differing(m.expected, m.actual, m.ordered()))
	}
	e.line(o.way.effect(found))
}

// ask asks a person. Where there is none to ask, it is an error.
func (e *Env) ask(ctx context.Context, question string) (agreed bool, err error) {
	if !e.Terminal.Asks {
		return false, errors.New("there is no terminal to ask at: add --yes to go on without being asked, or --dry-run to only try")
	}
	answer, err := e.prompt(ctx, question+" [y/N] ")
	if err != nil {
		return false, err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return true, nil
	}
	e.note("Nothing was done.")
	return false, nil
}

// prompt asks for a line, which is "" at the end of the input.
func (e *Env) prompt(ctx context.Context, question string) (string, error) {
	if e.reader == nil {
		e.reader = bufio.NewReader(e.In)
	}
	if _, err := io.WriteString(e.Out, e.render(span{text: question})); err != nil {
		return "", err
	}
	type read struct {
		line string
		err  error
	}
	lines := make(chan read, 1)
	go func() {
		line, err := e.reader.ReadString('\n')
		lines <- read{line, err}
	}()
	select {
	case <-ctx.Done():
		e.line()
		return "", ctx.Err()
	case r := <-lines:
		if r.err != nil && (!errors.Is(r.err, io.EOF) || r.line == "") {
			e.line()
		}
		if errors.Is(r.err, io.EOF) {
			r.err, e.ended = nil, true
		}
		return strings.TrimSpace(r.line), r.err
	}
}

// resolve asks for the resolution of each drift, and says what came of it.
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
			failed = e.refusal(ctx, d, user, err)
			e.note("error: ", d.Name, ": ", failed.Error())
			continue
		}
		asked = append(asked, *d)
		if !o.wait {
			e.line(o.said(d, "asked for"))
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
	line := fmt.Sprintf("%s %s: %s %s, %s -> %s", d.Spec.ProvisionedRef.Name, d.Spec.Field, o.way.verb, what, d.Status.Rendered.Expected, d.Status.Rendered.Actual)
	if o.dryRun == "server" {
		line += " (dry run)"
	}
	return line
}

// request writes the annotations. The observation is the one that was shown: the API server
// refuses one that is no longer true. Who asks is there too, so that nothing has to be filled
// in.
func (o *resolveOptions) request(ctx context.Context, e *Env, d *driftv1alpha1.CloudDrift, user string) error {
	cluster, err := e.Client()
	if err != nil {
		return err
	}
	annotations := o.way.annotations(d)
	annotations[driftv1alpha1.ResolvedByAnnotation] = &user
	annotations[driftv1alpha1.ResolveObservationAnnotation] = &d.Status.Observation
	annotations[driftv1alpha1.ResolveReasonAnnotation] = nil // somebody else's, of an earlier request
	if o.reason != "" {
		annotations[driftv1alpha1.ResolveReasonAnnotation] = &o.reason
	}
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
func (e *Env) refusal(ctx context.Context, d *driftv1alpha1.CloudDrift, user string, err error) error {
	if !apierrors.IsForbidden(err) {
		return e.explain(err)
	}
	cluster, clientErr := e.Client()
	if clientErr != nil {
		return err
	}
	var missing []string
	for _, verb := range []string{"patch", driftv1alpha1.ResolveAccept} {
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

// ofExistence says why nothing of a resource that is gone can be accepted.
func ofExistence(d *driftv1alpha1.CloudDrift) string {
	if d.Spec.Field != drift.Existence {
		return ""
	}
	return fmt.Sprintf("the resource is gone, and its absence can't be declared; to give it up: kubectl delete cloudprovisioned %s -n %s",
		d.Spec.ProvisionedRef.Name, d.Namespace)
}
