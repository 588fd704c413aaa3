package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// writers is how many CloudResources are written at once.
const writers = 8

// store keeps the CloudResources of one kind of one account.
type store struct {
	objects.Access
	account *driftv1alpha1.CloudAccount
	kind    string
	// declared are the ids that are declared or bound to, by CloudResource name.
	declared map[string]string
	// writes collects what the API server did not take.
	writes *objects.Failures
	crds   *CRDGuard
}

// held is what the inventory has, by CloudResource name.
func (v store) held(ctx context.Context) (map[string]*driftv1alpha1.CloudResource, error) {
	var list driftv1alpha1.CloudResourceList
	if err := v.Client.List(ctx, &list, client.InNamespace(v.account.Namespace), client.MatchingFields{
		objects.ByAccountKind: objects.IndexKey(v.account.Name, v.kind),
	}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing CloudResources of the kind %s: %w", v.kind, err)
	}
	held := make(map[string]*driftv1alpha1.CloudResource, len(list.Items))
	for i := range list.Items {
		held[list.Items[i].Name] = &list.Items[i]
	}
	return held, nil
}

// declarations is what the account's CloudProvisioned say of one kind.
type declarations struct {
	// ids that are declared or bound to, by CloudResource name.
	ids map[string]string
	// fields are the top-level names of every field that is desired or asked for by where.
	fields sets.Set[string]
	// some says that something of the kind is declared, by an id or a name.
	some bool
}

func (v store) declarations(ctx context.Context, kind kinds.Kind) (declarations, error) {
	out := declarations{ids: map[string]string{}, fields: sets.New[string]()}
	var list driftv1alpha1.CloudProvisionedList
	if err := v.Client.List(ctx, &list, client.InNamespace(v.account.Namespace), client.MatchingFields{
		objects.ByAccount: v.account.Name,
	}, client.UnsafeDisableDeepCopy); err != nil {
		return out, fmt.Errorf("listing the account's CloudProvisioned: %w", err)
	}
	for i := range list.Items {
		p := &list.Items[i]
		if p.Spec.Resource.Kind != v.kind {
			continue
		}
		out.some = true
		// An id of the wrong form names nothing; the declaration's own condition says so.
		if id := objects.ReferencedID(p); id != "" && (kind.ValidateID(id) == nil || id == p.Status.ResourceID) {
			out.ids[objects.CloudResourceName(v.account.Name, resource.Ref{Kind: v.kind, ID: id})] = id
		}
		for field := range p.Spec.Desired {
			out.fields.Insert(field)
		}
		for text := range p.Spec.Resource.Where {
			if path, err := resource.ParsePath(text); err == nil && len(path) > 0 {
				out.fields.Insert(string(path[0]))
			}
		}
	}
	return out, nil
}

// shows says whether a CloudResource, which may be nil, shows what was seen.
func (v store) shows(current *driftv1alpha1.CloudResource, seen resource.Resource) bool {
	return current != nil && v.owns(current) && current.Observed.AbsentSince == nil && current.Observed.WithheldSince == nil &&
		current.Observed.FieldTable == objects.FieldTable(v.kind) && current.Observed.Digest == objects.DigestOf(seen)
}

// knows says of a resource whether what is held shows it, so that a listing need not
// keep it.
func (v store) knows(held map[string]*driftv1alpha1.CloudResource) func(resource.Resource) bool {
	return func(seen resource.Resource) bool {
		return v.shows(held[objects.CloudResourceName(v.account.Name, seen.Ref)], seen)
	}
}

// overtaken are the resources that were seen unchanged, and that somebody else has
// written meanwhile: the listing has nothing left of them to hold against that, so
// they are asked for anew.
func (v store) overtaken(before, now map[string]*driftv1alpha1.CloudResource, listing resource.Listing) []missingResource {
	moved := map[string]bool{}
	for name, was := range before {
		if is := now[name]; is == nil || is.Observed.Digest != was.Observed.Digest || is.Observed.AbsentSince != nil || !v.owns(is) {
			moved[name] = true
		}
	}
	if len(moved) == 0 {
		return nil
	}
	var out []missingResource
	for _, id := range listing.Unchanged {
		if name := objects.CloudResourceName(v.account.Name, resource.Ref{Kind: v.kind, ID: id}); moved[name] {
			out = append(out, missingResource{name: name, id: id, listed: true}) // nothing speaks against its being there
		}
	}
	return out
}

// record writes the observations that changed; held objects are left untouched.
func (v store) record(ctx context.Context, held map[string]*driftv1alpha1.CloudResource, seen []resource.Resource) {
	var group errgroup.Group
	group.SetLimit(writers)
	for i := range seen {
		if v.writes.Ended() {
			break
		}
		name := objects.CloudResourceName(v.account.Name, seen[i].Ref)
		current := held[name]
		if v.shows(current, seen[i]) {
			continue
		}
		group.Go(func() error {
			v.writes.Add(v.recordOne(ctx, name, current, seen[i]))
			return nil
		})
	}
	_ = group.Wait() // the errors are collected
}

func (v store) recordOne(ctx context.Context, name string, current *driftv1alpha1.CloudResource, seen resource.Resource) error {
	observed, err := objects.ObservationOf(seen)
	if err != nil {
		return err
	}
	return v.put(ctx, name, seen.Ref, current, observed)
}

// put writes an observation, whether or not its CloudResource is there.
func (v store) put(ctx context.Context, name string, ref resource.Ref, current *driftv1alpha1.CloudResource, observed driftv1alpha1.Observation) error {
	if current != nil {
		err := v.update(ctx, current, observed)
		if !apierrors.IsNotFound(err) || v.owns(current) {
			return client.IgnoreNotFound(err)
		}
		// The garbage collector was faster, see owns.
	}
	err := v.create(ctx, name, ref, observed)
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	// The cache is behind, or another operator was faster: its observation counts
	// as any other.
	current = &driftv1alpha1.CloudResource{}
	if err := v.Live.Get(ctx, client.ObjectKey{Namespace: v.account.Namespace, Name: name}, current); err != nil {
		return fmt.Errorf("reading CloudResource %s, which exists: %w", name, err)
	}
	return v.update(ctx, current, observed)
}

// owns says whether a CloudResource is this account's. A CloudResource that an account of
// the same name left is not, until its resource is seen here: the garbage collector is about
// to delete it.
func (v store) owns(r *driftv1alpha1.CloudResource) bool {
	return metav1.IsControlledBy(r, v.account)
}

// own makes a CloudResource this account's.
func (v store) own(r *driftv1alpha1.CloudResource) error {
	if v.owns(r) {
		return nil
	}
	r.OwnerReferences = slices.DeleteFunc(r.OwnerReferences, func(o metav1.OwnerReference) bool { return ptr.Deref(o.Controller, false) })
	if err := controllerutil.SetControllerReference(v.account, r, v.Client.Scheme()); err != nil {
		return fmt.Errorf("making CloudResource %s the account's: %w", r.Name, err)
	}
	return nil
}

func (v store) create(ctx context.Context, name string, ref resource.Ref, observed driftv1alpha1.Observation) error {
	r := &driftv1alpha1.CloudResource{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: v.account.Namespace,
			Name:      name,
			Labels: map[string]string{
				driftv1alpha1.AccountLabel: v.account.Name,
				driftv1alpha1.KindLabel:    ref.Kind,
			},
		},
		Spec: driftv1alpha1.CloudResourceSpec{
			AccountRef: driftv1alpha1.LocalReference{Name: v.account.Name}, Kind: ref.Kind, ID: ref.ID,
		},
		Observed: observed,
		Coverage: v.firstCoverage(name, ref, observed),
	}
	if err := v.own(r); err != nil {
		return err
	}
	if err := v.Client.Create(ctx, r); err != nil {
		return fmt.Errorf("creating CloudResource %s: %w", name, err)
	}
	if err := v.kept(r, observed); err != nil {
		return err
	}
	if observed.AbsentSince != nil {
		v.Events.ResourceMissing(r)
	}
	return nil
}

// firstCoverage is who looks after a new resource, so that its first write says it. Of one that
// comes after the first listing, and that nobody declares by its id, the sweep tells: it also
// tells people.
func (v store) firstCoverage(name string, ref resource.Ref, observed driftv1alpha1.Observation) driftv1alpha1.Coverage {
	if observed.AbsentSince != nil {
		return driftv1alpha1.Coverage{}
	}
	_, declared := v.declared[name]
	out := objects.CoverageOf(&driftv1alpha1.CloudResource{Spec: driftv1alpha1.CloudResourceSpec{Kind: ref.Kind, ID: ref.ID}, Observed: observed}, declared)
	if out.State == driftv1alpha1.CoverageUnmanaged && objects.KindStatus(v.account, v.kind).ObservedAt != nil {
		return driftv1alpha1.Coverage{}
	}
	return out
}

// update writes a newer observation over an older one, and never the reverse, also
// where another operator writes at the same time.
func (v store) update(ctx context.Context, current *driftv1alpha1.CloudResource, observed driftv1alpha1.Observation) error {
	err := v.updateOnce(ctx, current, observed)
	if !apierrors.IsConflict(err) {
		return err
	}
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		live := &driftv1alpha1.CloudResource{}
		if err := v.Live.Get(ctx, client.ObjectKeyFromObject(current), live); err != nil {
			return fmt.Errorf("reading CloudResource %s: %w", current.Name, err)
		}
		return v.updateOnce(ctx, live, observed)
	})
}

func (v store) updateOnce(ctx context.Context, current *driftv1alpha1.CloudResource, observed driftv1alpha1.Observation) error {
	if v.owns(current) && objects.ObservedAfter(current, observed.ObservedAt.Time, v.Clock.Now()) {
		return nil
	}
	updated := current.DeepCopy()
	updated.Observed = observed
	if state := updated.Coverage.State; observed.AbsentSince == nil && state != "" && state != driftv1alpha1.CoverageManaged {
		updated.Coverage = objects.CoverageOf(updated, false)
	}
	// Nobody applies to it, so nobody asks who owns which field: this has the API server
	// forget it, and it does not begin anew.
	updated.ManagedFields = []metav1.ManagedFieldsEntry{{}}
	if err := v.own(updated); err != nil {
		return err
	}
	if err := v.Client.Update(ctx, updated); err != nil {
		return fmt.Errorf("updating CloudResource %s: %w", current.Name, err)
	}
	if err := v.kept(updated, observed); err != nil {
		return err
	}
	switch was, is := current.Observed.AbsentSince != nil, observed.AbsentSince != nil; {
	case is && !was:
		v.Events.ResourceMissing(updated)
	case was && !is:
		v.Events.ResourceReturned(updated)
	default:
		if changed := changedFields(current.Spec.Kind, current.Observed, observed); changed != "" {
			v.Events.ResourceChanged(updated, changed)
		}
	}
	return nil
}

// kept says whether all that a verdict rests on came back from a write.
func (v store) kept(written *driftv1alpha1.CloudResource, observed driftv1alpha1.Observation) error {
	if observed.WithheldSince != nil {
		if err := v.crds.Kept("observed.withheldSince of a CloudResource", written.Observed.WithheldSince != nil); err != nil {
			return err
		}
	}
	if observed.FieldTable == "" {
		return nil
	}
	return v.crds.Kept("observed.fieldTable of a CloudResource", written.Observed.FieldTable == observed.FieldTable)
}

// changedFields names the fields whose values changed. A field that could not be seen
// before, or can't be seen now, did not change: nobody knows what it was, or what it is.
func changedFields(kind string, was, is driftv1alpha1.Observation) string {
	changed := sets.New[string]()
	before, after := resource.Resource{Values: objects.ValuesOf(&was)}, resource.Resource{Values: objects.ValuesOf(&is)}
	keys := sets.KeySet(before.Values).Union(sets.KeySet(after.Values))
	for key := range keys {
		a, seenA := before.Lookup(resource.Path{resource.Segment(key)})
		b, seenB := after.Lookup(resource.Path{resource.Segment(key)})
		if seenA && seenB && hashOf(kind, key, a) != hashOf(kind, key, b) {
			changed.Insert(key)
		}
	}
	changed.Delete(slices.Concat(was.Unseen, is.Unseen)...)
	return strings.Join(sets.List(changed), ", ")
}

// hashOf is the same for two values of a field that show the same.
func hashOf(kind, key string, value any) string {
	known, _ := kinds.Lookup(kind)
	return resource.HashUnordered(known.Sequenced(map[string]any{key: value}))
}
