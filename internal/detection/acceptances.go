package detection

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// mostAccepted is how many bytes the values of a declaration's acceptances may have together,
// beyond which the oldest are not remembered: they are part of its status.
const mostAccepted = 256 << 10

// acceptances are what was accepted last of each field, by its path. What was accepted since
// the memory was written follows from the drift that says so: accepting writes nothing of it,
// and nothing is lost where that is cut short.
type acceptances map[string]*driftv1alpha1.Acceptance

// acceptancesOf adds to what is remembered the field's latest drift, where it was accepted.
func acceptancesOf(fields []driftv1alpha1.FieldStatus, recorded []*driftv1alpha1.CloudDrift) acceptances {
	out, episodes := acceptances{}, map[string]int64{}
	for i := range fields {
		episodes[fields[i].Path] = fields[i].Episode
		if fields[i].Acceptance != nil {
			out[fields[i].Path] = fields[i].Acceptance
		}
	}
	for _, d := range recorded {
		episodes[d.Spec.Field] = max(episodes[d.Spec.Field], d.Spec.Episode)
	}
	for _, d := range recorded {
		known := out[d.Spec.Field]
		if d.Spec.Episode < episodes[d.Spec.Field] || known != nil && known.Drift == d.Name {
			continue
		}
		if accepted := acceptanceBy(d); accepted != nil {
			if known != nil && known.Git == driftv1alpha1.GitPending {
				accepted.From = known.From // the manifest still says that
			}
			out[d.Spec.Field] = accepted
		}
	}
	return out
}

// acceptanceBy is what a drift's accept has to be remembered as; nil where it was not
// accepted, or that was taken back, or where only hashes of its values were recorded, which
// can't stand in for any.
func acceptanceBy(d *driftv1alpha1.CloudDrift) *driftv1alpha1.Acceptance {
	_, withdrawn := d.Annotations[driftv1alpha1.WithdrawnAnnotation]
	if d.Status.State != driftv1alpha1.DriftAccepted || d.Status.Resolution == nil || d.Status.ResolvedAt == nil || withdrawn {
		return nil
	}
	from, errFrom := objects.Decode(d.Status.Expected)
	to, errTo := objects.Decode(d.Status.Resolution.Value)
	if errFrom != nil || errTo != nil || drift.IsCapped(from) || drift.IsCapped(to) {
		return nil
	}
	return &driftv1alpha1.Acceptance{
		Drift: d.Name, From: d.Status.Expected, To: d.Status.Resolution.Value,
		Git: driftv1alpha1.GitPending, Since: *d.Status.ResolvedAt,
	}
}

// bounded drops the oldest whose values have no room in the status.
func (a acceptances) bounded() {
	paths := a.pending()
	slices.SortFunc(paths, func(x, y string) int {
		return cmp.Or(a[y].Since.Compare(a[x].Since.Time), cmp.Compare(x, y))
	})
	room := mostAccepted
	for _, path := range paths {
		if room -= len(a[path].From.Raw) + len(a[path].To.Raw); room < 0 {
			delete(a, path)
		}
	}
}

// pending are the paths of those that the manifest has not said yet, sorted.
func (a acceptances) pending() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(path string) bool { return a[path].Git != driftv1alpha1.GitPending })
}

// input is what planning needs of those that are pending.
func (a acceptances) input(inManifest []string) []drift.Acceptance {
	var out []drift.Acceptance
	for _, path := range a.pending() {
		if accepted, err := objects.AcceptanceOf(path, a[path]); err == nil {
			accepted.InManifest = slices.Contains(inManifest, path)
			out = append(out, accepted)
		}
	}
	return out
}

// advance takes over what planning found, and returns the paths of those that ended. What
// was read from the cache is left as it is.
func (a acceptances) advance(progress map[string]drift.Progress, now metav1.Time) (ended []string) {
	for path, is := range progress {
		if was := a[path]; was != nil && is != drift.Pending {
			a[path] = &driftv1alpha1.Acceptance{Drift: was.Drift, Git: driftv1alpha1.GitState(is), Since: now}
			ended = append(ended, path)
		}
	}
	slices.Sort(ended)
	return ended
}

// confirmEnded makes sure that an acceptance does not end because of what somebody has
// declared who is just accepting the field's next drift: of that, the cache may know nothing.
func (d *Detector) confirmEnded(ctx context.Context, run *detectionRun) error {
	var open []string
	for _, field := range run.provisioned.Status.Fields {
		if field.OpenDrift != "" && slices.Contains(run.ended, field.Path) {
			open = append(open, field.OpenDrift)
		}
	}
	for i := range run.drifts {
		if seen := &run.drifts[i]; !objects.IsResolved(seen) && slices.Contains(run.ended, seen.Spec.Field) && !slices.Contains(open, seen.Name) {
			open = append(open, seen.Name)
		}
	}
	for _, name := range open {
		live, seen := &driftv1alpha1.CloudDrift{}, run.find(name)
		err := d.Live.Get(ctx, client.ObjectKey{Namespace: run.provisioned.Namespace, Name: name}, live)
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("reading CloudDrift %s: %w", name, err)
		}
		if gone := err != nil; gone != (seen == nil) || !gone && live.ResourceVersion != seen.ResourceVersion {
			return apierrors.NewConflict(driftv1alpha1.GroupVersion.WithResource("clouddrifts").GroupResource(), name,
				errors.New("the drift in the cache is not the latest"))
		}
	}
	return nil
}

// release gives up what accepts own of the fields that the manifest says now, so that it may
// also remove them. Where the cluster's own rules refuse that, the fields stay as they are.
func (d *Detector) release(ctx context.Context, run *detectionRun) error {
	p := run.provisioned
	landed := slices.DeleteFunc(slices.Clone(run.ended), func(path string) bool { return run.accepted[path].Git != driftv1alpha1.GitLanded })
	if len(landed) == 0 {
		return nil
	}
	live := &driftv1alpha1.CloudProvisioned{}
	if err := d.Live.Get(ctx, client.ObjectKeyFromObject(p), live); err != nil {
		return fmt.Errorf("reading it for its managedFields: %w", err)
	}
	if live.ResourceVersion != p.ResourceVersion {
		return apierrors.NewConflict(driftv1alpha1.GroupVersion.WithResource("cloudprovisioneds").GroupResource(), p.Name,
			errors.New("it was written meanwhile"))
	}
	if err := d.Release(ctx, live, landed); err != nil && !objects.IsRefusal(err) {
		return err
	}
	p.ResourceVersion = live.ResourceVersion
	return nil
}

// pendingVerdict names what the manifest has yet to say; zero where there is nothing.
func (run *detectionRun) pendingVerdict() objects.Verdict {
	if text := run.notInManifest(); text != "" {
		return objects.True(driftv1alpha1.ReasonNotInManifest, "accepted, and not said by the manifest yet: %s", text)
	}
	return objects.Verdict{}
}

// notInManifest lists the pending acceptances: the field, what was accepted, and what the
// manifest says.
func (run *detectionRun) notInManifest() string {
	var texts []string
	for _, accepted := range run.accepted.input(nil) {
		from, to := resource.ShortPair(accepted.From, accepted.To, objects.RenderLimit)
		texts = append(texts, fmt.Sprintf("%s is %s, was %s", objects.Shorten(accepted.Path, 128), to, from))
	}
	return strings.Join(texts, "; ")
}

// setPending sets the condition that lists the pending acceptances, or takes it off.
func (run *detectionRun) setPending(conditions *[]metav1.Condition, now metav1.Time) {
	if verdict := run.pendingVerdict(); verdict.Status != "" {
		verdict.Set(conditions, driftv1alpha1.ConditionAcceptancesPending, run.provisioned.Generation, now)
	} else {
		meta.RemoveStatusCondition(conditions, driftv1alpha1.ConditionAcceptancesPending)
	}
}
