package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// declarations are CloudProvisioned by namespace and name.
type declarations map[types.NamespacedName]*driftv1alpha1.CloudProvisioned

// of is the declaration that a drift is of, nil where it is gone.
func (p declarations) of(d *driftv1alpha1.CloudDrift) *driftv1alpha1.CloudProvisioned {
	return p[types.NamespacedName{Namespace: d.Namespace, Name: d.Spec.ProvisionedRef.Name}]
}

// acceptance is what is remembered of a drift's accept, nil where nothing is.
func (p declarations) acceptance(d *driftv1alpha1.CloudDrift) *driftv1alpha1.Acceptance {
	return acceptanceIn(p.of(d), d)
}

// acceptanceIn is what a declaration remembers of a drift's accept. It remembers a field's last
// one.
func acceptanceIn(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift) *driftv1alpha1.Acceptance {
	if p == nil {
		return nil
	}
	for i := range p.Status.Fields {
		if a := p.Status.Fields[i].Acceptance; a != nil && a.Drift == d.Name {
			return a
		}
	}
	return nil
}

// fewDeclarations are asked for one by one; more are listed.
const fewDeclarations = 5

// declarationsOf are the declarations of drifts, as far as they are there.
func (e *Env) declarationsOf(ctx context.Context, drifts []driftv1alpha1.CloudDrift) (declarations, error) {
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return nil, err
	}
	out, elsewhere := declarations{}, false
	for i := range drifts {
		d := &drifts[i]
		out[types.NamespacedName{Namespace: d.Namespace, Name: d.Spec.ProvisionedRef.Name}] = nil
		elsewhere = elsewhere || d.Namespace != namespace
	}
	if len(out) > fewDeclarations {
		list, err := listAll(ctx, e, &chosen{everywhere: elsewhere}, &driftv1alpha1.CloudProvisionedList{},
			func(l *driftv1alpha1.CloudProvisionedList) []driftv1alpha1.CloudProvisioned { return l.Items })
		if err != nil {
			return nil, err
		}
		return byName(list), nil
	}
	for key := range out {
		p := &driftv1alpha1.CloudProvisioned{}
		switch err := cluster.Get(ctx, key, p); {
		case err == nil:
			out[key] = p
		case !apierrors.IsNotFound(err) || isMissing(err):
			return nil, err
		}
	}
	return out, nil
}

func byName(list []driftv1alpha1.CloudProvisioned) declarations {
	out := declarations{}
	for i := range list {
		out[client.ObjectKeyFromObject(&list[i])] = &list[i]
	}
	return out
}

// taken is what an accepted drift says of its accept having been taken back.
type taken struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// takenBack says who took a drift's accept back, and when.
func takenBack(d *driftv1alpha1.CloudDrift) (t taken, ok bool) {
	text, ok := d.Annotations[driftv1alpha1.WithdrawnAnnotation]
	if ok && json.Unmarshal([]byte(text), &t) != nil {
		return taken{}, true // written by an operator that says it in another way
	}
	return t, ok
}

// gitWords say what each state of an acceptance means.
var gitWords = map[driftv1alpha1.GitState]string{
	driftv1alpha1.GitPending:    "the manifest has yet to say it; until then the accepted value stands in",
	driftv1alpha1.GitLanded:     "the manifest says it",
	driftv1alpha1.GitLapsed:     "the live value is what the manifest says again",
	driftv1alpha1.GitSuperseded: "the manifest says a third value, or nothing any more",
	driftv1alpha1.GitWithdrawn:  "it was taken back",
}

// gitOf is, in a word, what became of a drift's accept: "-" where nothing is known.
func gitOf(d *driftv1alpha1.CloudDrift, a *driftv1alpha1.Acceptance) string {
	if stateOf(d) != driftv1alpha1.DriftAccepted {
		return "-"
	}
	if _, withdrawn := takenBack(d); withdrawn {
		return string(driftv1alpha1.GitWithdrawn)
	}
	if a == nil {
		return "-"
	}
	return string(a.Git)
}

// ended says when and how an acceptance that is over ended.
func ended(a *driftv1alpha1.Acceptance) string {
	return fmt.Sprintf("it is %s since %s: %s", a.Git, a.Since.UTC().Format(time.RFC3339), gitWords[a.Git])
}
