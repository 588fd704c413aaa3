package objects

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"

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

func (a EventRecorder) DriftDetected(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift) {
	a.recorder.Eventf(p, d, corev1.EventTypeWarning, driftv1alpha1.EventDriftDetected, "Detect",
		"%s: expected %s, actual %s", Shorten(d.Spec.Field, 128), d.Status.Rendered.Expected, d.Status.Rendered.Actual)
}

func (a EventRecorder) DriftStale(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift, because string) {
	a.recorder.Eventf(p, d, corev1.EventTypeNormal, driftv1alpha1.EventDriftStale, "Detect",
		"%s %s", Shorten(d.Spec.Field, 128), because)
}

// DriftAbandoned is about the drift itself, because its declaration is gone.
func (a EventRecorder) DriftAbandoned(d *driftv1alpha1.CloudDrift) {
	a.recorder.Eventf(d, nil, corev1.EventTypeNormal, driftv1alpha1.EventDriftStale, "Detect",
		"%s %s", Shorten(d.Spec.Field, 128), BecauseAbandoned)
}

func (a EventRecorder) DriftAccepted(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift) {
	a.recorder.Eventf(p, d, corev1.EventTypeNormal, driftv1alpha1.EventDriftAccepted, "Accept",
		"%s: %s accepted by %s", Shorten(d.Spec.Field, 128), d.Status.Rendered.Actual, resource.Short(d.Status.ResolvedBy, RenderLimit))
}

func (a EventRecorder) ApprovalOutdated(d *driftv1alpha1.CloudDrift, why string) {
	a.recorder.Eventf(d, nil, corev1.EventTypeWarning, driftv1alpha1.EventApprovalOutdated, "Accept",
		"nothing was applied: %s; look again and annotate anew", Shorten(why, 512))
}

func (a EventRecorder) ApprovalRefused(d *driftv1alpha1.CloudDrift, why string) {
	a.recorder.Eventf(d, nil, corev1.EventTypeWarning, driftv1alpha1.EventApprovalRefused, "Accept",
		"nothing was applied: %s", Shorten(why, 512))
}

func (a EventRecorder) Rebound(p *driftv1alpha1.CloudProvisioned, from, to string) {
	a.recorder.Eventf(p, nil, corev1.EventTypeNormal, driftv1alpha1.EventRebound, "Bind",
		"now bound to %s %s, which has the name; it was %s", p.Spec.Resource.Kind, to, from)
}

func (a EventRecorder) ResourceMissing(r *driftv1alpha1.CloudResource) {
	a.recorder.Eventf(r, nil, corev1.EventTypeWarning, driftv1alpha1.EventResourceMissing, "Sync",
		"%s %s is gone: a complete listing does not hold it, and asking for it was answered 404", r.Spec.Kind, r.Spec.ID)
}

func (a EventRecorder) ResourceReturned(r *driftv1alpha1.CloudResource) {
	a.recorder.Eventf(r, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceReturned, "Sync",
		"%s %s is there again", r.Spec.Kind, r.Spec.ID)
}

func (a EventRecorder) ResourceChanged(r *driftv1alpha1.CloudResource, fields string) {
	a.recorder.Eventf(r, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceChanged, "Sync",
		"changed: %s", Shorten(fields, 512))
}
