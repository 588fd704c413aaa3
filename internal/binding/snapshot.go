package binding

import (
	"context"
	"fmt"
	"iter"
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Snapshot is all that a sweep of an account looks at, taken out of the cache at
// once. Ten thousand declarations are found to be as they were without asking for
// each; whatever seems to have changed is looked up anew before anything is written.
type Snapshot struct {
	owner *driftv1alpha1.CloudAccount
	// Declared is all that the account declares.
	Declared  []driftv1alpha1.CloudProvisioned
	resources map[resource.Ref]*driftv1alpha1.CloudResource
	byName    map[kindAndName][]*driftv1alpha1.CloudResource
	of        map[resource.Ref][]*driftv1alpha1.CloudProvisioned
	recorded  map[types.UID][]driftv1alpha1.CloudDrift
}

type kindAndName struct{ kind, name string }

// TakeSnapshot lists what belongs to the account. Each list has in it what this
// operator wrote before.
func TakeSnapshot(ctx context.Context, reader client.Reader, account *driftv1alpha1.CloudAccount) (*Snapshot, error) {
	var declared driftv1alpha1.CloudProvisionedList
	var drifts driftv1alpha1.CloudDriftList
	for _, list := range []client.ObjectList{&declared, &drifts} {
		if err := listOf(ctx, reader, account, list, objects.ByAccount, account.Name); err != nil {
			return nil, err
		}
	}
	owner, err := Cached{Reader: reader}.Account(ctx, &driftv1alpha1.CloudProvisioned{
		ObjectMeta: metav1.ObjectMeta{Namespace: account.Namespace},
		Spec:       driftv1alpha1.CloudProvisionedSpec{AccountRef: driftv1alpha1.LocalReference{Name: account.Name}},
	})
	if err != nil {
		return nil, err
	}
	var live [][]driftv1alpha1.CloudResource
	for _, kind := range kinds.All() {
		var list driftv1alpha1.CloudResourceList
		if err := listOf(ctx, reader, account, &list, objects.ByAccountKind, objects.IndexKey(account.Name, kind.Schema.Kind)); err != nil {
			return nil, err
		}
		live = append(live, list.Items)
	}
	return NewSnapshot(owner, declared.Items, drifts.Items, live...), nil
}

// NewSnapshot is a snapshot of these objects, which are not copied. owner is nil where the account is
// gone.
func NewSnapshot(owner *driftv1alpha1.CloudAccount, declared []driftv1alpha1.CloudProvisioned, drifts []driftv1alpha1.CloudDrift, live ...[]driftv1alpha1.CloudResource) *Snapshot {
	out := &Snapshot{
		owner:     owner,
		Declared:  declared,
		resources: make(map[resource.Ref]*driftv1alpha1.CloudResource, len(declared)),
		byName:    map[kindAndName][]*driftv1alpha1.CloudResource{},
		of:        make(map[resource.Ref][]*driftv1alpha1.CloudProvisioned, len(declared)),
		recorded:  map[types.UID][]driftv1alpha1.CloudDrift{},
	}
	out.takeDeclared()
	for i := range drifts {
		if owner := metav1.GetControllerOfNoCopy(&drifts[i]); owner != nil {
			out.recorded[owner.UID] = append(out.recorded[owner.UID], drifts[i])
		}
	}
	for _, each := range live {
		out.takeResources(each)
	}
	return out
}

// Present says whether the inventory holds a resource as there.
func (v *Snapshot) Present(ref resource.Ref) bool {
	r := v.resources[objects.CanonicalRef(ref)]
	return r != nil && r.Observed.AbsentSince == nil
}

// Resources are all that the inventory holds, tombstones too, each as the cache has it.
func (v *Snapshot) Resources() iter.Seq2[resource.Ref, *driftv1alpha1.CloudResource] {
	return maps.All(v.resources)
}

func listOf(ctx context.Context, reader client.Reader, account *driftv1alpha1.CloudAccount, list client.ObjectList, index, key string) error {
	if err := reader.List(ctx, list, client.InNamespace(account.Namespace), client.MatchingFields{index: key}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("listing what the account has as %T: %w", list, err)
	}
	return nil
}

func (v *Snapshot) takeDeclared() {
	for i := range v.Declared {
		p := &v.Declared[i]
		if id := objects.ReferencedID(p); id != "" {
			ref := objects.CanonicalRef(objects.RefOf(p, id))
			v.of[ref] = append(v.of[ref], p)
		}
		if name := p.Spec.Resource.Name; name != "" {
			v.byName[kindAndName{p.Spec.Resource.Kind, objects.CanonicalName(p.Spec.Resource.Kind, name)}] = nil // wanted
		}
	}
}

func (v *Snapshot) takeResources(live []driftv1alpha1.CloudResource) {
	for i := range live {
		r := &live[i]
		v.resources[objects.CanonicalRef(resource.Ref{Kind: r.Spec.Kind, ID: r.Spec.ID})] = r
		if r.Observed.AbsentSince != nil {
			continue
		}
		name := kindAndName{r.Spec.Kind, objects.CanonicalName(r.Spec.Kind, objects.LiveName(r))}
		if named, wanted := v.byName[name]; wanted {
			v.byName[name] = append(named, r)
		}
	}
}

// Account implements Lookup.
func (v *Snapshot) Account(context.Context, *driftv1alpha1.CloudProvisioned) (*driftv1alpha1.CloudAccount, error) {
	return v.owner, nil
}

// Resource implements Lookup.
func (v *Snapshot) Resource(_ context.Context, p *driftv1alpha1.CloudProvisioned, id string) (*driftv1alpha1.CloudResource, error) {
	return v.resources[objects.CanonicalRef(objects.RefOf(p, id))], nil
}

// Named implements Lookup, for names that one of the declarations has.
func (v *Snapshot) Named(_ context.Context, p *driftv1alpha1.CloudProvisioned) ([]*driftv1alpha1.CloudResource, error) {
	return v.byName[kindAndName{p.Spec.Resource.Kind, objects.CanonicalName(p.Spec.Resource.Kind, p.Spec.Resource.Name)}], nil
}

// Declarations implements Lookup.
func (v *Snapshot) Declarations(_ context.Context, p *driftv1alpha1.CloudProvisioned, id string) ([]*driftv1alpha1.CloudProvisioned, error) {
	return v.of[objects.CanonicalRef(objects.RefOf(p, id))], nil
}

// Drifts implements Lookup.
func (v *Snapshot) Drifts(_ context.Context, p *driftv1alpha1.CloudProvisioned) ([]driftv1alpha1.CloudDrift, error) {
	return v.recorded[p.UID], nil
}
