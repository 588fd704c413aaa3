package binding

import (
	"context"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Binding is what a CloudProvisioned refers to, as far as anybody can tell.
type Binding struct {
	// Ready is the condition Ready. Where it is not True, nothing is compared.
	Ready objects.Verdict
	// Kind is zero where Ready says that the account or the kind is not known.
	Kind kinds.Kind
	// ID is the live resource's, "" while none is known.
	ID string
	// Resource is nil while the inventory has never held it.
	Resource *driftv1alpha1.CloudResource
	// Older is another declaration of the resource, which decides; nil: this one does. It
	// is as the cache holds it.
	Older *driftv1alpha1.CloudProvisioned
	// Unseen are the fields of where that would have to be seen to tell what is meant.
	Unseen []resource.Path
	// Ignored are the paths that are not compared.
	Ignored []objects.IgnoredPath
	// ReboundFrom is the id that a reference by name was bound to before.
	ReboundFrom string
}

// Presence is Unknown unless the inventory says something of the resource.
func (b Binding) Presence() resource.Presence {
	switch {
	case b.Resource == nil:
		return resource.Unknown
	case b.Resource.Observed.AbsentSince != nil:
		return resource.Absent
	default:
		return resource.Present
	}
}

// Ignore are the paths that are not compared.
func (b Binding) Ignore() []resource.Path {
	var out []resource.Path
	for _, each := range b.Ignored {
		out = append(out, each.Path)
	}
	return out
}

// Binder finds what is referred to.
type Binder struct {
	In Lookup
	// Now is when it is bound: what bears a later time was observed before the clock was set
	// back.
	Now time.Time
}

// Bind finds the one resource that p declares. account is nil where there is none.
func (b Binder) Bind(ctx context.Context, p *driftv1alpha1.CloudProvisioned, account *driftv1alpha1.CloudAccount) (Binding, error) {
	declared := p.Spec.Resource
	kind, known := kinds.Lookup(declared.Kind)
	switch {
	case account == nil:
		return Binding{Ready: objects.False(driftv1alpha1.ReasonFixAccountRef,
			"there is no CloudAccount %q in this namespace", p.Spec.AccountRef.Name)}, nil
	case !known:
		return Binding{Ready: objects.False(driftv1alpha1.ReasonFixKind, "kind %q is not known; %s", declared.Kind, kinds.Suggest(declared.Kind))}, nil
	}
	if why := objects.TooLarge(p); why != "" {
		return Binding{Kind: kind, Ignored: objects.IgnoredOf(p, account),
			Ready: objects.False(driftv1alpha1.ReasonFixTooLarge, "spec.desired is not looked at: %s", why)}, nil
	}
	out := Binding{Kind: kind, Ignored: objects.IgnoredOf(p, account)}
	var err error
	if wrong := checkWhere(kind, declared.Where); wrong != "" {
		out.Ready = objects.False(driftv1alpha1.ReasonFixReference, "resource.where: %s", wrong)
		return out, nil
	}
	switch {
	case declared.ID != "":
		err = b.byID(ctx, p, &out)
	case !kind.HasNames():
		out.Ready = objects.False(driftv1alpha1.ReasonFixReference, "a %s has no name: refer to it by its id, which is like %q", declared.Kind, kind.ID.Example)
	default:
		err = b.byName(ctx, p, account, &out)
	}
	if err != nil || out.Ready.Status != "" {
		return out, err
	}
	if out.Older, err = b.olderDeclaration(ctx, p, out.ID); err != nil {
		return out, err
	}
	if out.Older != nil {
		out.Ready = objects.False(driftv1alpha1.ReasonFixDuplicate,
			"CloudProvisioned %s declares the same resource and is older; remove one of them", out.Older.Name)
		return out, nil
	}
	if out.Resource == nil {
		out.Ready = objects.Unknown(driftv1alpha1.ReasonAwaitingInventory,
			"no sync has looked for %s %s yet", declared.Kind, out.ID)
		return out, nil
	}
	out.Ready = objects.True(driftv1alpha1.ReasonBound, "bound to %s %s", declared.Kind, out.ID)
	return out, nil
}

func (b Binder) byID(ctx context.Context, p *driftv1alpha1.CloudProvisioned, out *Binding) error {
	found, err := b.In.Resource(ctx, p, p.Spec.Resource.ID)
	if err != nil {
		return err
	}
	// What the inventory holds is an id, whatever it looks like.
	if invalid := out.Kind.ValidateID(p.Spec.Resource.ID); invalid != nil && found == nil {
		out.Ready = objects.False(driftv1alpha1.ReasonFixReference, "resource.id: %v", invalid)
		return nil
	}
	out.ID, out.Resource = p.Spec.Resource.ID, found
	return nil
}

// byName keeps what the reference is bound to while that still has the name, and
// binds it anew when exactly one other resource has it.
func (b Binder) byName(ctx context.Context, p *driftv1alpha1.CloudProvisioned, account *driftv1alpha1.CloudAccount, out *Binding) error {
	name := p.Spec.Resource.Name
	bound := p.Status.ResourceID
	if bound != "" {
		current, err := b.In.Resource(ctx, p, bound)
		if err != nil {
			return err
		}
		out.ID, out.Resource = bound, current
		if current != nil && current.Observed.AbsentSince == nil && out.Kind.SameName(objects.LiveName(current), name) {
			if is, _ := means(p, out.Kind, current); is != differs {
				return nil
			}
		}
	}
	named, err := b.In.Named(ctx, p)
	if err != nil {
		return err
	}
	recorded := objects.RecordedAt(account, out.Kind, name)
	gone := out.Resource != nil && out.Resource.Observed.AbsentSince != nil
	if !recordedUntil(out.Kind, recorded, b.Now, named) || gone && objects.ObservedAfter(out.Resource, recorded.Time, b.Now) {
		// One candidate is not the only one before all of a complete listing is recorded, and
		// what is gone may have been replaced.
		if bound == "" || gone {
			out.Ready = objects.Unknown(driftv1alpha1.ReasonAwaitingInventory,
				"not everything that a complete listing of the kind %s showed is recorded yet", p.Spec.Resource.Kind)
		}
		return nil
	}
	found := weigh(p, out.Kind, named)
	switch {
	case len(found.meant) > 1:
		out.ID, out.Resource = "", nil
		out.Ready = objects.False(driftv1alpha1.ReasonFixAmbiguousName, "%d resources are named %q; %s",
			len(found.meant), name, objects.Shorten(apart(p, out.Kind, found.meant), 768))
	case bound != "" && (len(found.meant) != 1 || len(found.unseen) > 0 || found.withheld != nil):
		// It was renamed or is gone, and no other is known to be meant: still that resource.
	case len(found.unseen) > 0:
		out.Unseen = found.unseen
		out.Ready = unseenWhere(p, found)
	case found.withheld != nil:
		out.Ready = Withheld(account, Binding{Kind: out.Kind, ID: found.withheld.Spec.ID, Resource: found.withheld})
	case len(found.meant) == 1:
		out.Resource = found.meant[0]
		out.ID = out.Resource.Spec.ID
		if bound != "" && bound != out.ID {
			out.ReboundFrom = bound
		}
	default:
		out.Ready = objects.False(driftv1alpha1.ReasonResourceNotFound, "%s", missing(p, out.Kind, found.named))
	}
	return nil
}

// olderDeclaration is an older CloudProvisioned of the same resource, nil where p is the
// oldest.
func (b Binder) olderDeclaration(ctx context.Context, p *driftv1alpha1.CloudProvisioned, id string) (*driftv1alpha1.CloudProvisioned, error) {
	same, err := b.In.Declarations(ctx, p, id)
	if err != nil {
		return nil, err
	}
	for _, other := range same {
		if other.UID != p.UID && other.DeletionTimestamp.IsZero() && older(other, p) && bindsTo(other) {
			return other, nil
		}
	}
	return nil, nil
}

// bindsTo says whether a declaration can be bound to what it refers to: what is decided
// by what is written alone would let one that never binds stand in the way of others.
func bindsTo(p *driftv1alpha1.CloudProvisioned) bool {
	kind, known := kinds.Lookup(p.Spec.Resource.Kind)
	if !known || checkWhere(kind, p.Spec.Resource.Where) != "" {
		return false
	}
	if objects.TooLarge(p) != "" && p.Status.ResourceID == "" {
		return false // what was bound before keeps its open drifts
	}
	if p.Spec.Resource.ID != "" {
		return kind.ValidateID(p.Spec.Resource.ID) == nil || p.Status.ResourceID != ""
	}
	return objects.CurrentVerdict(p.Status.Conditions, driftv1alpha1.ConditionReady).Reason != driftv1alpha1.ReasonFixAmbiguousName
}

// older orders by creation, then by name, so that of two exactly one wins.
func older(a, b *driftv1alpha1.CloudProvisioned) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}

// Withheld says why nothing is concluded of a resource that the last complete listing
// did not show.
func Withheld(account *driftv1alpha1.CloudAccount, b Binding) objects.Verdict {
	status := objects.KindStatus(account, b.Kind.Schema.Kind)
	reason, message := driftv1alpha1.ReasonAwaitingInventory, "the next sync asks for it again"
	if status.Reason != "" {
		reason, message = status.Reason, status.Message
	}
	return objects.Unknown(reason, "%s %s has not been listed since %s, and nobody can tell yet whether it is gone: %s",
		b.Kind.Schema.Kind, b.ID, b.Resource.Observed.WithheldSince.UTC().Format("2006-01-02T15:04:05Z"), message)
}
