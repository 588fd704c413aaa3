package cli

import (
	"context"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// edit is a change of an object that is shown before it is written.
type edit struct {
	name          string
	before, after client.Object
	lines         []diffLine
	// done says what holds once it is written.
	done string
}

// write writes it, provided that nobody else wrote meanwhile.
func (c *edit) write(ctx context.Context, e *Env) error {
	cluster, err := e.Client()
	if err != nil {
		return err
	}
	patch := client.MergeFromWithOptions(c.before, client.MergeFromWithOptimisticLock{})
	if err := cluster.Patch(ctx, c.after, patch, client.FieldOwner("kubectl-drift")); err != nil {
		return err
	}
	e.line(green.in("%s", c.done))
	return nil
}

// ignoreInDeclarations has each drift's declaration ignore a path, where it does not yet.
func (e *Env) ignoreInDeclarations(ctx context.Context, drifts []*driftv1alpha1.CloudDrift, path string) ([]*edit, error) {
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	var out []*edit
	for _, d := range drifts {
		p := &driftv1alpha1.CloudProvisioned{}
		if err := cluster.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: d.Spec.ProvisionedRef.Name}, p); err != nil {
			return nil, err
		}
		if slices.Contains(p.Spec.Ignore, path) {
			continue
		}
		before := p.DeepCopy()
		p.Spec.Ignore = append(p.Spec.Ignore, path)
		out = append(out, &edit{
			name: "CloudProvisioned " + p.Name, before: before, after: p,
			lines: yamlDiff("ignore", before.Spec.Ignore, p.Spec.Ignore),
			done:  fmt.Sprintf("%s ignores %s; where it comes from Git, add it to spec.ignore there", p.Name, path),
		})
	}
	return out, nil
}

// mostFields is how many fields the API takes in one rule.
const mostFields = 32

// ignoreInAccounts has each drift's account ignore a path of the kind, where it does not yet.
// A rule that gives the same reason gets one field more.
func (e *Env) ignoreInAccounts(ctx context.Context, drifts []*driftv1alpha1.CloudDrift, path, reason string) ([]*edit, error) {
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	var out []*edit
	looked := map[client.ObjectKey]bool{}
	for _, d := range drifts {
		key, kind := client.ObjectKey{Namespace: d.Namespace, Name: d.Spec.AccountRef.Name}, d.Spec.ResourceRef.Kind
		if looked[key] {
			continue
		}
		looked[key] = true
		a := &driftv1alpha1.CloudAccount{}
		if err := cluster.Get(ctx, key, a); err != nil {
			return nil, err
		}
		before := a.DeepCopy()
		if !addRule(a, driftv1alpha1.IgnoreRule{Kind: kind, Fields: []string{path}, Reason: reason}) {
			continue
		}
		out = append(out, &edit{
			name: "CloudAccount " + a.Name, before: before, after: a,
			lines: yamlDiff("ignore", before.Spec.Ignore, a.Spec.Ignore),
			done:  fmt.Sprintf("%s ignores %s of every %s; where it comes from Git, add it to spec.ignore there", a.Name, path, kind),
		})
	}
	return out, nil
}

// addRule adds a rule of one field, and says whether it was not there.
func addRule(a *driftv1alpha1.CloudAccount, rule driftv1alpha1.IgnoreRule) bool {
	at := -1
	for i, there := range a.Spec.Ignore {
		if there.Kind != rule.Kind {
			continue
		}
		if slices.Contains(there.Fields, rule.Fields[0]) {
			return false
		}
		if there.Reason == rule.Reason && len(there.Fields) < mostFields {
			at = i
		}
	}
	if at < 0 {
		a.Spec.Ignore = append(a.Spec.Ignore, rule)
	} else {
		a.Spec.Ignore[at].Fields = append(a.Spec.Ignore[at].Fields, rule.Fields...)
	}
	return true
}

// yamlDiff is the change of a field, as YAML.
func yamlDiff[T any](field string, before, after []T) []diffLine {
	texts := make([]string, 2)
	for i, value := range [][]T{before, after} {
		if len(value) == 0 {
			continue
		}
		text, err := yamlOf(map[string]any{field: value})
		if err != nil {
			return []diffLine{{op: ' ', text: err.Error()}}
		}
		texts[i] = text
	}
	return unified(texts[0], texts[1])
}
