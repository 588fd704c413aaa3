package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// meaning is everything that there is to know of a drift.
type meaning struct {
	drift            *driftv1alpha1.CloudDrift
	expected, actual any
	// provisioned and live are nil where they are gone.
	provisioned *driftv1alpha1.CloudProvisioned
	live        *driftv1alpha1.CloudResource
	// kind is zero, and field nil, where this plugin does not know them.
	kind  kinds.Kind
	field *kinds.Field
	path  resource.Path
	// history are all drifts of the field, the latest first.
	history []driftv1alpha1.CloudDrift
}

// meaningOf looks up what a drift is about.
func (e *Env) meaningOf(ctx context.Context, d *driftv1alpha1.CloudDrift) (*meaning, error) {
	m := &meaning{drift: d}
	if err := m.decode(); err != nil {
		return nil, err
	}
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	p := &driftv1alpha1.CloudProvisioned{}
	switch err := cluster.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: d.Spec.ProvisionedRef.Name}, p); {
	case err == nil:
		m.provisioned = p
	case !apierrors.IsNotFound(err):
		return nil, err
	}
	r := &driftv1alpha1.CloudResource{}
	switch err := cluster.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: d.Spec.ResourceRef.Name}, r); {
	case err == nil:
		m.live = r
	case !apierrors.IsNotFound(err):
		return nil, err
	}
	var all driftv1alpha1.CloudDriftList
	err = cluster.List(ctx, &all, client.InNamespace(d.Namespace),
		client.MatchingFields{"spec.resourceRef.name": d.Spec.ResourceRef.Name, "spec.field": d.Spec.Field})
	if err != nil {
		return nil, err
	}
	m.history = all.Items
	slices.SortFunc(m.history, func(a, b driftv1alpha1.CloudDrift) int { return int(b.Spec.Episode - a.Spec.Episode) })
	return m, nil
}

// decode reads what the drift itself says.
func (m *meaning) decode() (err error) {
	if m.expected, err = objects.Decode(m.drift.Status.Expected); err != nil {
		return fmt.Errorf("the expected value of CloudDrift %s: %w", m.drift.Name, err)
	}
	if m.actual, err = objects.Decode(m.drift.Status.Actual); err != nil {
		return fmt.Errorf("the actual value of CloudDrift %s: %w", m.drift.Name, err)
	}
	m.kind, _ = kinds.Lookup(m.drift.Spec.ResourceRef.Kind)
	if path, err := drift.FieldPath(m.drift.Spec.Field); err == nil {
		m.path, m.field = path, fieldAt(m.kind.Fields, path)
	}
	return nil
}

// fieldAt is the field of a kind that a path is or lies in, within the elements of lists too.
func fieldAt(fields []kinds.Field, path resource.Path) *kinds.Field {
	for depth := len(path); depth > 0; depth-- {
		text := path[:depth].String()
		i := slices.IndexFunc(fields, func(f kinds.Field) bool { return f.Path == text })
		if i < 0 {
			continue
		}
		field := &fields[i]
		if field.Key != nil && len(path) > depth+1 {
			if inner := fieldAt(field.Elements, path[depth+1:]); inner != nil {
				return inner
			}
		}
		return field
	}
	return nil
}

// errForeignKind says that the plugin is older than the operator.
var errForeignKind = errors.New("this plugin does not know the kind: it is older than the operator")

// adopted is what accepting writes: what is declared, before and after.
func (m *meaning) adopted() (before, after map[string]any, err error) {
	switch {
	case m.path == nil:
		return nil, nil, drift.ErrGone
	case m.provisioned == nil:
		return nil, nil, fmt.Errorf("CloudProvisioned %s is gone", m.drift.Spec.ProvisionedRef.Name)
	case m.kind.Name == "":
		return nil, nil, errForeignKind
	}
	if before, err = objects.DecodeMap(m.provisioned.Spec.Desired); err != nil {
		return nil, nil, err
	}
	actual := m.actual
	if drift.IsCapped(actual) && m.live != nil {
		actual = m.liveValue(before)
	}
	after, err = drift.AdoptAccepted(m.kind.Schema, before, objects.PendingAcceptances(m.provisioned), actual, m.path)
	return before, after, err
}

// liveValue is the whole value of which only a hash was recorded.
func (m *meaning) liveValue(desired map[string]any) any {
	for _, d := range drift.Differences(m.kind.Schema, desired, objects.ResourceOf(m.live), nil).Differences {
		if d.Path.String() == m.drift.Spec.Field {
			return d.Actual
		}
	}
	return m.actual
}

// restored says what to set in DigitalOcean so that nothing differs any more.
func (m *meaning) restored() (string, error) {
	switch {
	case m.path == nil:
		return "create the resource again", nil
	case m.provisioned == nil:
		return "", drift.ErrNotDeclared
	case m.live == nil:
		return "", errors.New("the inventory does not hold the resource any more")
	case m.kind.Name == "":
		return "", errForeignKind
	}
	desired, err := objects.DecodeMap(m.provisioned.Spec.Desired)
	if err != nil {
		return "", err
	}
	effective, _ := drift.Effective(m.kind.Schema, desired, objects.PendingAcceptances(m.provisioned))
	field, value, err := drift.Restore(m.kind.Schema, effective, objects.ResourceOf(m.live), m.path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("set %s to %s", field, resource.Short(value, 200)), nil
}

// takes says what it takes to change the live field.
func (m *meaning) takes() string {
	if m.field == nil {
		return ""
	}
	words := kinds.ChangeInWords[m.field.Change]
	if m.field.Note != "" {
		words += ": " + m.field.Note
	}
	return words
}

// ordered says whether the order of the field's list counts.
func (m *meaning) ordered() bool { return m.field != nil && m.field.Ordered }

// request says what somebody has asked for and is not done yet, "" where nobody did.
func request(d *driftv1alpha1.CloudDrift) string {
	verb, by := d.Annotations[driftv1alpha1.ResolveAnnotation], d.Annotations[driftv1alpha1.ResolvedByAnnotation]
	switch state := stateOf(d); {
	case state == driftv1alpha1.DriftOpen && d.Status.Resolution != nil:
		r := d.Status.Resolution
		return fmt.Sprintf("%s asked to %s it, and the operator is at work on it", r.User, strings.ToLower(string(r.Verb)))
	case state == driftv1alpha1.DriftOpen && verb != "", state == driftv1alpha1.DriftAccepted && verb == driftv1alpha1.ResolveWithdraw:
		return fmt.Sprintf("%s asked to %s it; the operator has not begun", by, verb)
	}
	return ""
}
