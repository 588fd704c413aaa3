package resolution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// withdrawer takes an acceptance back that the manifest does not say yet. Three writes, each
// under the resourceVersion that was read: what was declared before into the CloudProvisioned,
// where the accepted value still is; that it was taken back into its status; and into the
// drift's annotations, in the place of what asked for it. That asks until it is taken off, so
// whatever is cut short is done again, and what is done already is seen to be.
type withdrawer struct{ Resolver }

// keptError is why an acceptance stays. It is a refusal: asking again changes nothing.
type keptError struct{ because string }

// Error implements error.
func (e *keptError) Error() string { return "the acceptance can't be taken back: " + e.because }

// Is implements errors.Is.
func (*keptError) Is(target error) bool { return target == errRefused }

// validate implements verb. What is in the way is found where it is written: nothing is
// recorded before.
func (withdrawer) validate(context.Context, *driftv1alpha1.CloudDrift) error { return nil }

// carryOn implements verb.
func (w withdrawer) carryOn(ctx context.Context, d *driftv1alpha1.CloudDrift, _ bool) error {
	p, err := w.provisioned(ctx, d)
	if errors.Is(err, errRefused) {
		return nil // the declaration is gone, and the drift is collected with it
	}
	if err == nil {
		err = w.takeBack(ctx, d, p)
	}
	if err != nil {
		return w.dismiss(ctx, d, err)
	}
	return w.note(ctx, d, p)
}

// takeBack has the declaration say what it said before, and its status remember that the
// acceptance is over.
func (w withdrawer) takeBack(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) error {
	i := slices.IndexFunc(p.Status.Fields, func(f driftv1alpha1.FieldStatus) bool { return f.Path == d.Spec.Field })
	if i < 0 {
		return &keptError{"nothing is remembered of the field; change the manifest"}
	}
	field := &p.Status.Fields[i]
	_, noted := d.Annotations[driftv1alpha1.WithdrawnAnnotation]
	switch remembered := accepts(*field, d); {
	case !remembered && field.OpenDrift == d.Name:
		return apierrors.NewConflict(driftv1alpha1.GroupVersion.WithResource("cloudprovisioneds").GroupResource(), p.Name,
			errors.New("that its drift was accepted is not remembered yet"))
	case !remembered:
		return &keptError{"it is not the field's last one, or too large to be remembered; change the manifest"}
	}
	switch git := field.Acceptance.Git; {
	case git == driftv1alpha1.GitWithdrawn && noted:
		return &keptError{"it was taken back before"}
	case git == driftv1alpha1.GitWithdrawn:
		return nil
	case git != driftv1alpha1.GitPending:
		return &keptError{fmt.Sprintf("it has ended: it is %s since %s; change the manifest", git, field.Acceptance.Since.UTC().Format(time.RFC3339))}
	}
	restored, err := w.restored(p, field.Path)
	if err != nil {
		return err
	}
	if restored != nil {
		patch, err := desiredPatch(p, restored, "")
		if err != nil {
			return err
		}
		err = w.Client.Patch(ctx, p, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner(objects.AcceptManager))
		if objects.IsRefusal(err) {
			return &keptError{fmt.Sprintf("the API server refuses the desired state of before: %v", err)}
		}
		if err != nil {
			return fmt.Errorf("writing what was declared before into CloudProvisioned %s: %w", p.Name, err)
		}
	}
	crashpoint.Reached(crashpoint.WithdrawRestored)
	if err := w.Release(ctx, p, []string{field.Path}); err != nil && !objects.IsRefusal(err) {
		return err
	}
	return w.remember(ctx, d, p)
}

// accepts says whether the field's acceptance is this drift's.
func accepts(field driftv1alpha1.FieldStatus, d *driftv1alpha1.CloudDrift) bool {
	return field.Acceptance != nil && field.Acceptance.Drift == d.Name
}

// restored is p's desired state with what was declared of the field before it was accepted;
// nil where it says that already, because the manifest was applied again.
func (w withdrawer) restored(p *driftv1alpha1.CloudProvisioned, path string) (map[string]any, error) {
	kind, known := kinds.Lookup(p.Spec.Resource.Kind)
	if !known {
		return nil, &keptError{fmt.Sprintf("kind %q is not known", p.Spec.Resource.Kind)}
	}
	at, err := resource.ParsePath(path)
	if err != nil {
		return nil, &keptError{err.Error()}
	}
	desired, err := desiredOf(p)
	if err != nil {
		return nil, &keptError{err.Error()}
	}
	accepted := objects.PendingAcceptances(p)
	_, standing := drift.Effective(kind.Schema, desired, accepted)
	switch {
	case standing[path] == drift.StandsIn:
		return nil, nil
	case standing[path] == drift.Overruled:
		return nil, &keptError{"the manifest says another value by now, or none; change it there"}
	case slices.Contains(objects.InManifest(p), path):
		return nil, &keptError{"the manifest says the accepted value by now; change it there"}
	}
	from := accepted[slices.IndexFunc(accepted, func(a drift.Acceptance) bool { return a.Path == path })].From
	restored, err := drift.Adopt(kind.Schema, desired, from, at)
	switch {
	case errors.Is(err, drift.ErrNotDeclared):
		return nil, nil // it lies in what another acceptance stands in for
	case err != nil:
		return nil, &keptError{err.Error()}
	}
	return restored, nil
}

// remember ends the acceptance in the declaration's status.
func (w withdrawer) remember(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) error {
	for i := range p.Status.Fields {
		if field := &p.Status.Fields[i]; accepts(*field, d) {
			field.Acceptance = &driftv1alpha1.Acceptance{Drift: d.Name, Git: driftv1alpha1.GitWithdrawn, Since: metav1.NewTime(w.Clock.Now())}
		}
	}
	if err := w.Client.Status().Update(ctx, p); err != nil {
		return fmt.Errorf("writing into the status of CloudProvisioned %s that an acceptance was taken back: %w", p.Name, err)
	}
	crashpoint.Reached(crashpoint.WithdrawRemembered)
	return nil
}

// withdrawal is what an accepted drift says of its end.
type withdrawal struct {
	At     metav1.Time `json:"at"`
	By     string      `json:"by"`
	Reason string      `json:"reason,omitempty"`
}

// note replaces what asked for the withdrawal by who had it made.
func (w withdrawer) note(ctx context.Context, d *driftv1alpha1.CloudDrift, p *driftv1alpha1.CloudProvisioned) error {
	by := d.Annotations[driftv1alpha1.ResolvedByAnnotation]
	text, err := json.Marshal(withdrawal{
		At: metav1.NewTime(w.Clock.Now()), By: by,
		Reason: objects.Shorten(d.Annotations[driftv1alpha1.ResolveReasonAnnotation], objects.MessageLimit),
	})
	if err != nil {
		return fmt.Errorf("encoding who took back the accept of CloudDrift %s: %w", d.Name, err)
	}
	before := d.DeepCopy()
	for _, name := range objects.ResolutionAnnotations {
		delete(d.Annotations, name)
	}
	d.Annotations[driftv1alpha1.WithdrawnAnnotation] = string(text)
	if err := w.Client.Patch(ctx, d, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("noting on CloudDrift %s that its accept was taken back: %w", d.Name, err)
	}
	w.Events.AcceptanceWithdrawn(p, d, by)
	return nil
}
