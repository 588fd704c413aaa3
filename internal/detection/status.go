package detection

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// summarise puts what a detection found into the CloudProvisioned's status.
func (d *Detector) summarise(run *detectionRun) {
	p := run.provisioned
	status := &p.Status
	now := metav1.NewTime(d.Clock.Now())

	if hash := resource.Hash(run.desired); hash != status.SpecHash && objects.TooLarge(p) == "" {
		status.SpecVersion++
		status.SpecHash = hash
	}
	if run.binding.ID != "" {
		status.ResourceID = run.binding.ID
		status.ResourceRef = &driftv1alpha1.LocalReference{Name: run.resourceName()}
	}
	status.Fields = remember(run.accepted, run.plan.Memory, run.drifts)
	status.OpenDrifts = ptr.To(int32(run.openAfterwards()))
	status.Ignored = run.ignored()
	run.ready().Set(&status.Conditions, driftv1alpha1.ConditionReady, p.Generation, now)
	run.inSync().Set(&status.Conditions, driftv1alpha1.ConditionInSync, p.Generation, now)
	run.setPending(&status.Conditions, now)
	objects.SetKstatus(&status.Conditions, p.Generation, now, run.ready(), run.inSync())
	status.ObservedGeneration = p.Generation
}

// resourceName is the CloudResource's, whether or not there is one.
func (run *detectionRun) resourceName() string {
	if run.binding.Resource != nil {
		return run.binding.Resource.Name
	}
	p := run.provisioned
	return objects.CloudResourceName(p.Spec.AccountRef.Name, objects.RefOf(p, run.binding.ID))
}

// mostRemembered is how many fields are remembered before those are forgotten that
// nothing is left of. Elements of lists come and go, and each is a field.
const mostRemembered = 512

// remember adds to each field what was accepted of it.
func remember(accepted acceptances, memory []drift.Memory, recorded []driftv1alpha1.CloudDrift) []driftv1alpha1.FieldStatus {
	var out []driftv1alpha1.FieldStatus
	for _, m := range memory {
		field := driftv1alpha1.FieldStatus{Path: m.Path, Episode: m.Episode, OpenDrift: m.OpenDrift, Acceptance: accepted[m.Path]}
		hasHistory := slices.ContainsFunc(recorded, func(d driftv1alpha1.CloudDrift) bool { return d.Spec.Field == m.Path })
		if len(memory) > mostRemembered && idle(field) && !hasHistory {
			continue // no name of its episodes is in use any more
		}
		out = append(out, field)
	}
	// Where a field has history, that tells its episodes. The acceptances, which take the
	// place of a declared value, are dropped last, the oldest first: the status holds no more.
	for i := len(out) - 1; i >= 0 && len(out) > drift.MostFields; i-- {
		if idle(out[i]) {
			out = slices.Delete(out, i, i+1)
		}
	}
	for len(out) > drift.MostFields {
		oldest := -1
		for i, f := range out {
			if f.OpenDrift == "" && !idle(f) && (oldest < 0 || f.Acceptance.Since.Before(&out[oldest].Acceptance.Since)) {
				oldest = i
			}
		}
		if oldest < 0 {
			break // planning opens no more than there is room for
		}
		out = slices.Delete(out, oldest, oldest+1)
	}
	return out
}

// idle says whether nothing goes on with a field now.
func idle(field driftv1alpha1.FieldStatus) bool {
	return field.OpenDrift == "" && (field.Acceptance == nil || field.Acceptance.Git != driftv1alpha1.GitPending)
}

// openAfterwards is how many drifts are open once the plan is carried out.
func (run *detectionRun) openAfterwards() int {
	open := len(run.plan.Open)
	for i := range run.drifts {
		d := &run.drifts[i]
		isOpen := d.Status.State == "" || d.Status.State == driftv1alpha1.DriftOpen
		created := slices.ContainsFunc(run.plan.Open, func(o drift.Opening) bool { return o.Name == d.Name })
		if isOpen && !created && !slices.Contains(run.plan.Stale, d.Name) {
			open++
		}
	}
	return open
}

// ready also says which names are not understood; the other fields are compared
// all the same.
func (run *detectionRun) ready() objects.Verdict {
	if run.binding.Ready.Status != metav1.ConditionTrue {
		return run.binding.Ready
	}
	var problems []string
	for _, text := range run.provisioned.Spec.Ignore {
		if _, err := resource.ParsePath(text); err != nil {
			problems = append(problems, fmt.Sprintf("ignore %q: %v", text, err))
		}
	}
	for _, u := range run.plan.Result.Unknown {
		problems = append(problems, u.Explain(run.binding.Kind.Schema.Kind))
	}
	idle := run.idleIgnores()
	ready := run.binding.Ready
	switch {
	case len(problems) > 0 && idle != "":
		return objects.False(driftv1alpha1.ReasonFixFieldNames, "%s; %s", strings.Join(problems, "; "), idle)
	case len(problems) > 0:
		return objects.False(driftv1alpha1.ReasonFixFieldNames, "%s", strings.Join(problems, "; "))
	case idle != "":
		ready.Message += "; " + idle
	}
	return ready
}

// inSync is True only when every declared field was compared and none differs.
func (run *detectionRun) inSync() objects.Verdict {
	ready := run.ready()
	switch {
	case run.binding.Ready.Status == metav1.ConditionUnknown:
		return objects.Unknown(run.binding.Ready.Reason, "%s", run.binding.Ready.Message)
	case run.binding.Ready.Status == metav1.ConditionFalse:
		return objects.Unknown(driftv1alpha1.ReasonNotReady, "nothing is compared: %s", run.binding.Ready.Message)
	case run.blind.Status != "":
		return run.blind
	case run.presence == resource.Absent:
		return objects.False(driftv1alpha1.ReasonResourceMissing, "%s %s is gone since %s",
			run.binding.Kind.Schema.Kind, run.binding.ID, run.binding.Resource.Observed.AbsentSince.UTC().Format("2006-01-02T15:04:05Z"))
	case len(run.plan.Result.Differences) > 0:
		return objects.False(driftv1alpha1.ReasonDrifted, "%s", run.differing())
	case ready.Status != metav1.ConditionTrue:
		return objects.Unknown(ready.Reason, "not everything could be compared: %s", ready.Message)
	case run.awaited:
		return objects.Unknown(driftv1alpha1.ReasonAwaitingInventory,
			"%s: declared since the last sync; the next one looks at it, and is on its way", objects.JoinPaths(run.plan.Result.Unseen))
	case len(run.plan.Result.Unseen) > 0:
		return objects.Unknown(driftv1alpha1.ReasonFixFieldsUnseen,
			"%s could not be observed: hidden by the token's scopes, or no longer shown by DigitalOcean; give the token the scopes, or ignore them", objects.JoinPaths(run.plan.Result.Unseen))
	case run.freshness().BehindSince != nil:
		behind := run.freshness()
		return objects.Unknown(driftv1alpha1.ReasonInventoryStale,
			"as declared when the kind %s was last listed completely, at %s; the latest sync could not list it: %s: %s", run.binding.Kind.Schema.Kind,
			behind.ObservedAt.UTC().Format("2006-01-02T15:04Z"), behind.Reason, objects.Shorten(behind.Message, 512))
	}
	pending, message := run.notInManifest(), fmt.Sprintf("all %d declared fields are as declared", run.plan.Result.Fields)
	if pending != "" {
		message += " or accepted"
	}
	if ignored := run.plan.Result.Ignored; ignored > 0 {
		message += fmt.Sprintf(", but for what is ignored and differs in %d places", ignored)
	}
	if pending != "" {
		message += "; the manifest has yet to say: " + pending
	}
	return objects.True(driftv1alpha1.ReasonInSync, "%s", message)
}

// freshness is how new what is known of the resource is.
func (run *detectionRun) freshness() objects.Freshness {
	return objects.FreshnessOf(run.account, run.binding.Kind, run.binding.ID)
}

func (run *detectionRun) differing() string {
	paths := make([]resource.Path, 0, len(run.plan.Result.Differences))
	for _, difference := range run.plan.Result.Differences {
		paths = append(paths, difference.Path)
	}
	message := objects.JoinPaths(paths)
	if len(paths) == 1 {
		message += " differs"
	} else {
		message += " differ"
	}
	if run.plan.Withheld > 0 {
		message += fmt.Sprintf("; %d of them wait for the account's limit of new drifts a minute, or are beyond the %d fields that are recorded",
			run.plan.Withheld, drift.MostFields)
	}
	return message
}
