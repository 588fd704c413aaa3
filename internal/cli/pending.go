package cli

import (
	"cmp"
	"slices"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// pending is an accepted value that the manifest has yet to say.
type pending struct {
	declaration *driftv1alpha1.CloudProvisioned
	field       string
	accepted    *driftv1alpha1.Acceptance
}

// pendingOf are those of declarations, by declaration and field.
func pendingOf(declared []driftv1alpha1.CloudProvisioned) []pending {
	var out []pending
	for i := range declared {
		p := &declared[i]
		fields := slices.SortedFunc(slices.Values(p.Status.Fields), func(a, b driftv1alpha1.FieldStatus) int { return cmp.Compare(a.Path, b.Path) })
		for _, f := range fields {
			if f.Acceptance != nil && f.Acceptance.Git == driftv1alpha1.GitPending {
				out = append(out, pending{p, f.Path, f.Acceptance})
			}
		}
	}
	return out
}

// pendingIn are those of one account. Its status counts them too, as of the last detection.
func pendingIn(declared []driftv1alpha1.CloudProvisioned, a *driftv1alpha1.CloudAccount) []pending {
	return slices.DeleteFunc(pendingOf(declared), func(p pending) bool {
		return p.declaration.Namespace != a.Namespace || p.declaration.Spec.AccountRef.Name != a.Name
	})
}

// rendered are the declared and the accepted value, short.
func (p pending) rendered() (from, to string) {
	accepted, err := objects.AcceptanceOf(p.field, p.accepted)
	if err != nil {
		return "?", "?"
	}
	return resource.ShortPair(accepted.From, accepted.To, objects.RenderLimit)
}

// pendingTable has a row for each value that a manifest has yet to say.
func (e *Env) pendingTable(list []pending, everywhere bool) {
	t := table{columns: []column{{name: "RESOURCE"}, {name: "FIELD", shrinks: true}, {name: "DECLARED", shrinks: true}, {name: "ACCEPTED", shrinks: true},
		{name: "SINCE"}, {name: "DRIFT"}}}
	for _, p := range list {
		name := p.declaration.Name
		if everywhere {
			name = p.declaration.Namespace + "/" + name
		}
		from, to := p.rendered()
		t.add(bold.in("%s", name), cyan.in("%s", p.field), red.in("%s", from), green.in("%s", to), span{text: e.since(&p.accepted.Since)}, dim.in("%s", p.accepted.Drift))
	}
	t.print(e)
}
