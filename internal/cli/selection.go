package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// chosen says which drifts a command is about. Its zero value means all of them.
type chosen struct {
	everywhere           bool
	accounts, kinds      []string
	fields               []string
	olderThan, newerThan string
	where                []string
	snoozed              maybe

	paths          []resource.Path
	oldest, newest time.Duration
	wanted         []condition
}

// addFlags adds the flags that choose.
func (c *chosen) addFlags(flags *pflag.FlagSet) {
	flags.BoolVarP(&c.everywhere, "all-namespaces", "A", false, "Look at all namespaces.")
	flags.StringSliceVar(&c.accounts, "account", nil, "Only drifts of this CloudAccount. May be repeated.")
	flags.StringSliceVar(&c.kinds, "kind", nil, "Only drifts of this kind of resource, as Droplet. May be repeated.")
	flags.StringArrayVar(&c.fields, "field", nil, "Only drifts of this field and what lies below it, as tags or inbound_rules. May be repeated.")
	flags.StringVar(&c.olderThan, "older-than", "", "Only drifts that were detected longer ago, as 90m, 12h or 7d.")
	flags.StringVar(&c.newerThan, "newer-than", "", "Only drifts that were detected less long ago, as 90m, 12h or 7d.")
	flags.StringArrayVar(&c.where, "where", nil, "Only drifts of which this is true, as actual=s-4vcpu-8gb; of "+strings.Join(slices.Sorted(maps.Keys(subjects)), ", ")+". May be repeated.")
}

// addSnoozed adds the flag that chooses by the snooze.
func (c *chosen) addSnoozed(flags *pflag.FlagSet) {
	flags.Var(&c.snoozed, "snoozed", "Only drifts that are snoozed; --snoozed=false: only drifts that are not.")
	flags.Lookup("snoozed").NoOptDefVal = "true"
}

// maybe is a flag that is true, false or not given.
type maybe struct{ given, value bool }

// String implements pflag.Value.
func (m *maybe) String() string {
	if !m.given {
		return ""
	}
	return strconv.FormatBool(m.value)
}

// Set implements pflag.Value.
func (m *maybe) Set(text string) (err error) {
	m.given = true
	if m.value, err = strconv.ParseBool(text); err != nil {
		return errors.New("it is true or false")
	}
	return nil
}

// Type implements pflag.Value.
func (*maybe) Type() string { return "bool" }

// allows says whether what is so is wanted.
func (m *maybe) allows(is bool) bool { return !m.given || m.value == is }

// any says whether anything was chosen by a flag, apart from the namespace.
func (c *chosen) any() bool {
	return len(c.accounts)+len(c.kinds)+len(c.fields)+len(c.where) > 0 || c.snoozed.given || c.olderThan != "" || c.newerThan != ""
}

// condition is one --where.
type condition struct{ subject, value string }

// subjects are what --where may ask about a drift.
var subjects = map[string]func(d *driftv1alpha1.CloudDrift) (any, error){
	"actual":   func(d *driftv1alpha1.CloudDrift) (any, error) { return objects.Decode(d.Status.Actual) },
	"expected": func(d *driftv1alpha1.CloudDrift) (any, error) { return objects.Decode(d.Status.Expected) },
	"resource": func(d *driftv1alpha1.CloudDrift) (any, error) { return d.Spec.ProvisionedRef.Name, nil },
	"id":       func(d *driftv1alpha1.CloudDrift) (any, error) { return d.Spec.ResourceRef.ID, nil },
}

// check reads the flags, and says what is wrong with them.
func (c *chosen) check() error {
	for i, name := range c.kinds {
		kind, err := kindNamed(name)
		if err != nil {
			return err
		}
		c.kinds[i] = kind.Name
	}
	c.paths = nil
	for _, field := range c.fields {
		path, err := c.field(field)
		if err != nil {
			return err
		}
		c.paths = append(c.paths, path)
	}
	var err error
	if c.oldest, err = age("older-than", c.olderThan); err != nil {
		return err
	}
	if c.newest, err = age("newer-than", c.newerThan); err != nil {
		return err
	}
	c.wanted = nil
	for _, text := range c.where {
		subject, value, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("--where must be like actual=s-4vcpu-8gb, not %q", text)
		}
		if err := oneOf("where", subject, slices.Sorted(maps.Keys(subjects))...); err != nil {
			return err
		}
		c.wanted = append(c.wanted, condition{subject, value})
	}
	return nil
}

// kindNamed is the kind of that name, in upper or lower case.
func kindNamed(name string) (kinds.Kind, error) {
	for _, kind := range kinds.All() {
		if strings.EqualFold(kind.Name, name) {
			return kind, nil
		}
	}
	return kinds.Kind{}, fmt.Errorf("kind %q is not known; %s", name, kinds.Suggest(name))
}

// field is the path of a field that some chosen kind has, or (existence).
func (c *chosen) field(text string) (resource.Path, error) {
	if text == drift.Existence {
		return resource.Path{resource.Segment(text)}, nil
	}
	path, err := resource.ParsePath(text)
	if err != nil {
		return nil, fmt.Errorf("--field: %w", err)
	}
	names := []string{drift.Existence}
	for _, kind := range kinds.All() {
		if len(c.kinds) > 0 && !slices.Contains(c.kinds, kind.Name) {
			continue
		}
		if slices.Contains(kind.TopNames(), string(path[0])) {
			return path, nil
		}
		names = append(names, kind.TopNames()...)
	}
	of := "no kind"
	if len(c.kinds) > 0 {
		of = "no " + strings.Join(c.kinds, " or ")
	}
	return nil, fmt.Errorf("--field: %s has a field %s%s", of, resource.Printable(string(path[0])), didYouMean(string(path[0]), names))
}

// bare is a name without the type before it, as -o name writes it.
func bare(name, singular string) string {
	if kind, after, ok := strings.Cut(name, "/"); ok {
		if kind, _, _ = strings.Cut(kind, "."); strings.TrimSuffix(kind, "s") == singular {
			return after
		}
	}
	return name
}

// age reads a duration that may have days.
func age(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	unit := time.Duration(1)
	number := text
	if days, ok := strings.CutSuffix(text, "d"); ok {
		unit, number = 24, days+"h"
	}
	d, err := time.ParseDuration(number)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("--%s must be like 90m, 12h or 7d, not %q", flag, text)
	}
	return d * unit, nil
}

// options are what the API server can choose by.
func (c *chosen) options(namespace string, state driftv1alpha1.DriftState) []client.ListOption {
	options := []client.ListOption{client.InNamespace(namespace)}
	if c.everywhere {
		options[0] = client.InNamespace("")
	}
	labelled := labels.NewSelector()
	for label, values := range map[string][]string{driftv1alpha1.AccountLabel: c.accounts, driftv1alpha1.KindLabel: c.kinds} {
		if len(values) == 0 {
			continue
		}
		if requirement, err := labels.NewRequirement(label, selection.In, values); err == nil {
			labelled = labelled.Add(*requirement)
		}
	}
	if !labelled.Empty() {
		options = append(options, client.MatchingLabelsSelector{Selector: labelled})
	}
	if state != "" {
		options = append(options, client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("status.state", string(state))})
	}
	return options
}

// page is how many objects are asked for at once.
const page = 500

// drifts are those that are chosen, in the given states (none: in any), by resource, then by field, then by
// episode.
func (e *Env) drifts(ctx context.Context, c *chosen, states ...driftv1alpha1.DriftState) ([]driftv1alpha1.CloudDrift, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	cluster, err := e.Client()
	if err != nil {
		return nil, err
	}
	namespace, err := e.Namespace()
	if err != nil {
		return nil, err
	}
	var only driftv1alpha1.DriftState
	if len(states) == 1 {
		only = states[0]
	}
	var out []driftv1alpha1.CloudDrift
	options := append(c.options(namespace, only), client.Limit(page))
	for next := ""; ; {
		var list driftv1alpha1.CloudDriftList
		if err := cluster.List(ctx, &list, append(slices.Clip(options), client.Continue(next))...); err != nil {
			return nil, err
		}
		for i := range list.Items {
			d := &list.Items[i]
			d.ManagedFields = nil
			if (len(states) == 0 || slices.Contains(states, stateOf(d))) && c.matches(d, e.Clock.Now()) {
				out = append(out, *d)
			}
		}
		if next = list.Continue; next == "" {
			break
		}
	}
	slices.SortFunc(out, byResource)
	return out, nil
}

func byResource(a, b driftv1alpha1.CloudDrift) int {
	return cmp.Or(
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Spec.ProvisionedRef.Name, b.Spec.ProvisionedRef.Name),
		cmp.Compare(a.Spec.Field, b.Spec.Field),
		cmp.Compare(a.Spec.Episode, b.Spec.Episode),
	)
}

// stateOf is the drift's state; one that has just been created is open.
func stateOf(d *driftv1alpha1.CloudDrift) driftv1alpha1.DriftState {
	return cmp.Or(d.Status.State, driftv1alpha1.DriftOpen)
}

// matches says whether a drift is chosen, apart from what the API server has chosen.
func (c *chosen) matches(d *driftv1alpha1.CloudDrift, now time.Time) bool {
	since := now.Sub(detectedAt(d))
	return (c.oldest == 0 || since >= c.oldest) && (c.newest == 0 || since < c.newest) &&
		c.snoozed.allows(objects.IsSnoozed(d, now)) &&
		(len(c.accounts) == 0 || slices.Contains(c.accounts, d.Spec.AccountRef.Name)) &&
		(len(c.kinds) == 0 || slices.Contains(c.kinds, d.Spec.ResourceRef.Kind)) &&
		(len(c.paths) == 0 || slices.ContainsFunc(c.paths, func(p resource.Path) bool { return isUnder(d.Spec.Field, p) })) &&
		!slices.ContainsFunc(c.wanted, func(w condition) bool { return !w.holds(d) })
}

// isUnder says whether a drift's field is a path or lies below it.
func isUnder(field string, path resource.Path) bool {
	if field == drift.Existence {
		return len(path) == 1 && path[0] == drift.Existence
	}
	at, err := resource.ParsePath(field)
	return err == nil && at.Under(path)
}

// holds says whether the condition is true of a drift: the value is the text, or its JSON.
func (w condition) holds(d *driftv1alpha1.CloudDrift) bool {
	value, err := subjects[w.subject](d)
	if err != nil {
		return false
	}
	if text, isText := value.(string); isText {
		return text == w.value
	}
	if resource.Short(value, 0) == w.value {
		return true
	}
	parsed, err := resource.Decode([]byte(w.value))
	return err == nil && resource.Hash(resource.Sorted(parsed)) == resource.Hash(resource.Sorted(value))
}

func detectedAt(d *driftv1alpha1.CloudDrift) time.Time {
	if d.Status.DetectedAt != nil {
		return d.Status.DetectedAt.Time
	}
	return d.CreationTimestamp.Time
}

// since is how long ago a time is, as kubectl writes it.
func (e *Env) since(t *metav1.Time) string {
	if t == nil || t.IsZero() {
		return "never"
	}
	return duration.HumanDuration(e.Clock.Since(t.Time))
}
