package resolution

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
)

// Resolver does what people ask for on CloudDrifts. What every verb shares is here: that the
// approval is proven, who gave it and on which observation, that it is recorded before
// anything is done, and how it is taken back. What a verb does is its own.
type Resolver struct {
	objects.Access
	admission *AdmissionGuard
}

// NewResolver returns a resolver that believes what guard trusts.
func NewResolver(access objects.Access, guard *AdmissionGuard) Resolver {
	return Resolver{Access: access, admission: guard}
}

// verb is one way to resolve a drift.
type verb interface {
	// validate returns errOutdated or errRefused where the drift can't be resolved so, or not
	// any more. The approval itself is in order.
	validate(ctx context.Context, d *driftv1alpha1.CloudDrift) error
	// carryOn does what was recorded, from wherever an earlier attempt came to. trusted: the
	// approval was found to be proven in this pass.
	carryOn(ctx context.Context, d *driftv1alpha1.CloudDrift, trusted bool) error
}

// offer is a verb with its names: the one that people ask for, on a drift in that state, and
// the one that is recorded. Of a drift that is resolved nothing can be recorded: what asks for
// it stays until it is done.
type offer struct {
	asked    string
	on       driftv1alpha1.DriftState
	recorded driftv1alpha1.ResolutionVerb
	verb     verb
}

// ways are all that this version does. A new verb is an entry here.
func (r Resolver) ways() []offer {
	return []offer{
		{driftv1alpha1.ResolveAccept, driftv1alpha1.DriftOpen, driftv1alpha1.VerbAccept, acceptor{r}},
		{driftv1alpha1.ResolveWithdraw, driftv1alpha1.DriftAccepted, "", withdrawer{r}},
	}
}

// asked is what the annotations of a drift ask for, of what is done in its state.
func (r Resolver) asked(d *driftv1alpha1.CloudDrift) (way offer, offered bool) {
	for _, way := range r.ways() {
		if way.on == d.Status.State && way.asked == d.Annotations[driftv1alpha1.ResolveAnnotation] {
			return way, true
		}
	}
	return offer{}, false
}

// names are what may be asked for on a drift in that state.
func (r Resolver) names(state driftv1alpha1.DriftState) []string {
	var out []string
	for _, way := range r.ways() {
		if way.on == state {
			out = append(out, way.asked)
		}
	}
	return out
}

// Resolve begins or continues what people ask for on one drift. A drift that is gone, or
// on which nothing is asked for, is no error. A conflict means that something was written
// meanwhile, an UncheckedError that nobody could see whether the approval can be trusted:
// both are tried again.
func (r Resolver) Resolve(ctx context.Context, key client.ObjectKey) error {
	d := &driftv1alpha1.CloudDrift{}
	if err := r.Client.Get(ctx, key, d); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !r.wanted(d) {
		return nil
	}
	// When an approval was written is in managedFields, which the cache leaves out.
	if err := r.Live.Get(ctx, key, d); err != nil {
		return client.IgnoreNotFound(err)
	}
	if !r.wanted(d) {
		return nil
	}
	if objects.IsResolved(d) {
		return r.afterwards(ctx, d)
	}
	begun := d.Status.Resolution != nil
	if !begun {
		if proceed, err := r.beginTrusted(ctx, d); err != nil || !proceed {
			return err
		}
	}
	for _, way := range r.ways() {
		if way.recorded == d.Status.Resolution.Verb {
			return way.verb.carryOn(ctx, d, !begun)
		}
	}
	return nil // begun by a version that can do more: it goes on when that is back
}

// beginTrusted records the approval if it can be trusted, and takes it off otherwise:
// anybody may have written it, and nobody would look at it again once the policies are
// back.
func (r Resolver) beginTrusted(ctx context.Context, d *driftv1alpha1.CloudDrift) (proceed bool, err error) {
	if err := r.proven(ctx, d, false); err != nil {
		return false, r.dismiss(ctx, d, err)
	}
	return r.begin(ctx, d)
}

// afterwards does what is asked for on a drift that is resolved.
func (r Resolver) afterwards(ctx context.Context, d *driftv1alpha1.CloudDrift) error {
	way, offered := r.asked(d)
	if !offered {
		return nil
	}
	if err := r.proven(ctx, d, false); err != nil {
		return r.dismiss(ctx, d, err)
	}
	if err := r.validate(ctx, d, way); err != nil {
		return r.dismiss(ctx, d, err)
	}
	return way.verb.carryOn(ctx, d, true)
}

// UncheckedError says that nobody could see whether an approval can be trusted. The
// approval stays, and waits.
type UncheckedError struct{ cause error }

// Error is what stood in the way of the check.
func (e *UncheckedError) Error() string { return e.cause.Error() }

// Unwrap is what stood in the way of the check.
func (e *UncheckedError) Unwrap() error { return e.cause }

// distrusted refuses an approval that nothing proves, and says what to do.
func distrusted(why error) error {
	return fmt.Errorf("%w: %w; annotate it again when the CloudAccount is Ready", errRefused, why)
}

// wanted says whether there is anything to begin or to carry on. What asked for the
// resolution of a drift that has it stays on it, and asks for nothing.
func (r Resolver) wanted(d *driftv1alpha1.CloudDrift) bool {
	switch {
	case !d.DeletionTimestamp.IsZero():
		return false
	case objects.IsResolved(d):
		_, offered := r.asked(d)
		return offered
	}
	return d.Status.State == driftv1alpha1.DriftOpen && (d.Status.Resolution != nil || objects.AsksForResolution(d))
}
