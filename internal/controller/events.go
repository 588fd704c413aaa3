package controller

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// renderLimit is how much of a value an event or a column shows.
const renderLimit = 48

// EventRecorder records the events, one for each transition. Their reasons are the
// API's; what comes from DigitalOcean is escaped before it gets into a note.
type EventRecorder struct{ recorder events.EventRecorder }

// NewEventRecorder records with a manager's recorder.
func NewEventRecorder(recorder events.EventRecorder) EventRecorder { return EventRecorder{recorder} }

func (a EventRecorder) driftDetected(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift) {
	a.recorder.Eventf(p, d, corev1.EventTypeWarning, driftv1alpha1.EventDriftDetected, "Detect",
		"%s: expected %s, actual %s", shorten(d.Spec.Field, 128), d.Status.Rendered.Expected, d.Status.Rendered.Actual)
}

func (a EventRecorder) driftStale(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift, because string) {
	a.recorder.Eventf(p, d, corev1.EventTypeNormal, driftv1alpha1.EventDriftStale, "Detect",
		"%s %s", shorten(d.Spec.Field, 128), because)
}

// driftAbandoned is about the drift itself, because its declaration is gone.
func (a EventRecorder) driftAbandoned(d *driftv1alpha1.CloudDrift) {
	a.recorder.Eventf(d, nil, corev1.EventTypeNormal, driftv1alpha1.EventDriftStale, "Detect",
		"%s %s", shorten(d.Spec.Field, 128), becauseAbandoned)
}

func (a EventRecorder) driftAccepted(p *driftv1alpha1.CloudProvisioned, d *driftv1alpha1.CloudDrift) {
	a.recorder.Eventf(p, d, corev1.EventTypeNormal, driftv1alpha1.EventDriftAccepted, "Accept",
		"%s: %s accepted by %s", shorten(d.Spec.Field, 128), d.Status.Rendered.Actual, resource.Short(d.Status.ResolvedBy, renderLimit))
}

func (a EventRecorder) approvalOutdated(d *driftv1alpha1.CloudDrift, why string) {
	a.recorder.Eventf(d, nil, corev1.EventTypeWarning, driftv1alpha1.EventApprovalOutdated, "Accept",
		"nothing was applied: %s; look again and annotate anew", shorten(why, 512))
}

func (a EventRecorder) approvalRefused(d *driftv1alpha1.CloudDrift, why string) {
	a.recorder.Eventf(d, nil, corev1.EventTypeWarning, driftv1alpha1.EventApprovalRefused, "Accept",
		"nothing was applied: %s", shorten(why, 512))
}

func (a EventRecorder) rebound(p *driftv1alpha1.CloudProvisioned, from, to string) {
	a.recorder.Eventf(p, nil, corev1.EventTypeNormal, driftv1alpha1.EventRebound, "Bind",
		"now bound to %s %s, which has the name; it was %s", p.Spec.Resource.Kind, to, from)
}

func (a EventRecorder) resourceMissing(r *driftv1alpha1.CloudResource) {
	a.recorder.Eventf(r, nil, corev1.EventTypeWarning, driftv1alpha1.EventResourceMissing, "Sync",
		"%s %s is gone: a complete listing does not hold it, and asking for it was answered 404", r.Spec.Kind, r.Spec.ID)
}

func (a EventRecorder) resourceReturned(r *driftv1alpha1.CloudResource) {
	a.recorder.Eventf(r, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceReturned, "Sync",
		"%s %s is there again", r.Spec.Kind, r.Spec.ID)
}

func (a EventRecorder) resourceChanged(r *driftv1alpha1.CloudResource, fields string) {
	a.recorder.Eventf(r, nil, corev1.EventTypeNormal, driftv1alpha1.EventResourceChanged, "Sync",
		"changed: %s", shorten(fields, 512))
}
