package objects

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// RenderLimit is how much of a value an event or a column shows.
const RenderLimit = 48

// EventRecorder records the events, one for each transition. Their reasons are the
// API's; what comes from DigitalOcean is escaped before it gets into a note.
type EventRecorder struct{ recorder events.EventRecorder }

// NewEventRecorder records with a manager's recorder.
func NewEventRecorder(recorder events.EventRecorder) EventRecorder { return EventRecorder{recorder} }

// DriftDetected records that a drift was opened.
func (e EventRecorder) DriftDetected(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift) {
	e.recorder.Eventf(p, d, corev1.EventTypeWarning, driftv1alpha1.EventDriftDetected, "Detect",
		"%s: expected %s, actual %s", Shorten(d.Spec.Field, 128), d.Status.Rendered.Expected, d.Status.Rendered.Actual)
}

// DriftStale records that a drift ended without being resolved; because ends the sentence that its field
// begins.
func (e EventRecorder) DriftStale(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift, because string) {
	e.recorder.Eventf(p, d, corev1.EventTypeNormal, driftv1alpha1.EventDriftStale, "Detect",
		"%s %s", Shorten(d.Spec.Field, 128), because)
}

// DriftAbandoned records that a drift ended because its declaration is gone. The event is
// about the drift itself.
func (e EventRecorder) DriftAbandoned(d *driftv1alpha1.CloudDrift) {
	e.recorder.Eventf(d, nil, corev1.EventTypeNormal, driftv1alpha1.EventDriftStale, "Detect",
		"%s %s", Shorten(d.Spec.Field, 128), BecauseAbandoned)
}

// DriftAccepted records that the actual value is the desired one now.
func (e EventRecorder) DriftAccepted(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift) {
	e.recorder.Eventf(p, d, corev1.EventTypeNormal, driftv1alpha1.EventDriftAccepted, "Accept",
		"%s: %s accepted by %s", Shorten(d.Spec.Field, 128), d.Status.Rendered.Actual, resource.Short(d.Status.ResolvedBy, RenderLimit))
}

// AcceptanceEnded records that what was accepted of a field no longer stands in for what is
// declared.
func (e EventRecorder) AcceptanceEnded(p *driftv1alpha1.CloudProvisioned, field string, was *driftv1alpha1.Acceptance) {
	e.recorder.Eventf(p, nil, corev1.EventTypeNormal, driftv1alpha1.EventAcceptanceEnded, "Detect",
		"%s: what was accepted by %s has %s", Shorten(field, 128), was.Drift, endings[was.Git])
}

// endings end a sentence about an acceptance.
var endings = map[driftv1alpha1.GitState]string{
	driftv1alpha1.GitLanded:     "landed: the manifest says it",
	driftv1alpha1.GitLapsed:     "lapsed: the live value is the declared one again",
	driftv1alpha1.GitSuperseded: "been superseded: the manifest says another value, or none",
}

// AcceptanceWithdrawn records that a user took an acceptance back.
func (e EventRecorder) AcceptanceWithdrawn(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift, user string) {
	e.recorder.Eventf(p, d, corev1.EventTypeNormal, driftv1alpha1.EventAcceptanceWithdrawn, "Withdraw",
		"%s: the accept of %s was taken back by %s", Shorten(d.Spec.Field, 128), d.Status.Rendered.Actual, resource.Short(user, RenderLimit))
}

// ApprovalOutdated records that what was approved is not what there is now.
func (e EventRecorder) ApprovalOutdated(d *driftv1alpha1.CloudDrift, why string) {
	e.recorder.Eventf(d, nil, corev1.EventTypeWarning, driftv1alpha1.EventApprovalOutdated, "Accept",
		"nothing was applied: %s; look again and annotate anew", Shorten(why, 512))
}

// ApprovalRefused records that the approval can never be carried out.
func (e EventRecorder) ApprovalRefused(d *driftv1alpha1.CloudDrift, why string) {
	e.recorder.Eventf(d, nil, corev1.EventTypeWarning, driftv1alpha1.EventApprovalRefused, "Accept",
		"nothing was applied: %s", Shorten(why, 512))
}

// DriftSnoozed records that a drift does not count as open until its time.
func (e EventRecorder) DriftSnoozed(d *driftv1alpha1.CloudDrift) {
	e.recorder.Eventf(d, nil, corev1.EventTypeNormal, driftv1alpha1.EventDriftSnoozed, "Snooze",
		"snoozed until %s by %s", d.Status.Snooze.Until.UTC().Format(time.RFC3339), resource.Short(d.Status.Snooze.User, RenderLimit))
}

// SnoozeEnded records that a drift counts as open again.
func (e EventRecorder) SnoozeEnded(d *driftv1alpha1.CloudDrift, was *driftv1alpha1.Snooze, why string) {
	e.recorder.Eventf(d, nil, corev1.EventTypeNormal, driftv1alpha1.EventSnoozeEnded, "Snooze",
		"counts as open again: the snooze of %s has ended: %s", resource.Short(was.User, RenderLimit), why)
}

// SnoozeRefused records that nothing came of a snooze.
func (e EventRecorder) SnoozeRefused(d *driftv1alpha1.CloudDrift, why string) {
	e.recorder.Eventf(d, nil, corev1.EventTypeWarning, driftv1alpha1.EventSnoozeRefused, "Snooze",
		"not snoozed: %s", Shorten(why, 512))
}

// Rebound records that a reference by name means another resource now.
func (e EventRecorder) Rebound(p *driftv1alpha1.CloudProvisioned, from, to string) {
	e.recorder.Eventf(p, nil, corev1.EventTypeNormal, driftv1alpha1.EventRebound, "Bind",
		"now bound to %s %s, which has the name; it was %s", p.Spec.Resource.Kind, to, from)
}

// SecretDeclared warns of secrets that stand in a desired state. It names their paths only.
func (e EventRecorder) SecretDeclared(p *driftv1alpha1.CloudProvisioned, paths []string) {
	e.recorder.Eventf(p, nil, corev1.EventTypeWarning, driftv1alpha1.EventSecretDeclared, "Detect",
		"secrets, which whoever may read this object can read: %s; declare them only where that is meant, and change those that nobody else was to know",
		Shorten(strings.Join(paths, ", "), 512))
}

// ResourceMissing records that a resource was proven gone.
func (e EventRecorder) ResourceMissing(r *driftv1alpha1.CloudResource) {
	e.recorder.Eventf(r, nil, corev1.EventTypeWarning, driftv1alpha1.EventResourceMissing, "Sync",
		"%s %s is gone: a complete listing does not hold it, and asking for it was answered 404", r.Spec.Kind, r.Spec.ID)
}

// ResourceReturned records that a resource that was gone is listed again.
func (e EventRecorder) ResourceReturned(r *driftv1alpha1.CloudResource) {
	e.recorder.Eventf(r, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceReturned, "Sync",
		"%s %s is there again", r.Spec.Kind, r.Spec.ID)
}

// ResourceUnmanaged records that a resource appeared that nobody declares.
func (e EventRecorder) ResourceUnmanaged(r *driftv1alpha1.CloudResource) {
	name := ""
	if live := ptr.Deref(r.Observed.Name, ""); live != "" && live != r.Spec.ID {
		name = " (" + resource.Short(live, RenderLimit) + ")"
	}
	e.recorder.Eventf(r, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceUnmanaged, "Sweep",
		"%s %s%s appeared, and nobody declares it", r.Spec.Kind, r.Spec.ID, name)
}

// ResourcesUnmanaged records that many appeared at once; which says how many of each kind.
func (e EventRecorder) ResourcesUnmanaged(account *driftv1alpha1.CloudAccount, which string) {
	e.recorder.Eventf(account, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceUnmanaged, "Sweep",
		"appeared, and nobody declares them: %s", Shorten(which, 512))
}

// ResourceChanged records that a sync found new values of these fields.
func (e EventRecorder) ResourceChanged(r *driftv1alpha1.CloudResource, fields string) {
	e.recorder.Eventf(r, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceChanged, "Sync",
		"changed: %s", Shorten(fields, 512))
}
