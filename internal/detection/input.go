package detection

import (
	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// planInput is all that the plan depends on.
func (run *detectionRun) planInput() drift.Input {
	p := run.provisioned
	ref := resource.Ref{Kind: p.Spec.Resource.Kind, ID: run.binding.ID}
	ref.ID = objects.CanonicalID(ref) // it goes into the drifts' names
	in := drift.Input{
		Subject:  drift.Subject{Account: p.Spec.AccountRef.Name, Ref: ref},
		Schema:   run.binding.Kind.Schema,
		Desired:  run.desired,
		Ignore:   run.binding.Ignore(),
		Presence: run.presence,
		MaxNew:   -1,
	}
	if run.binding.Resource != nil {
		in.Observed = objects.ResourceOf(run.binding.Resource)
	}
	var fields []driftv1alpha1.FieldStatus
	if run.remembers(ref) {
		fields = p.Status.Fields
	}
	for _, field := range fields {
		in.Memory = append(in.Memory, drift.Memory{Path: field.Path, Episode: field.Episode, OpenDrift: field.OpenDrift})
	}
	var about []*driftv1alpha1.CloudDrift
	for i := range run.drifts {
		recorded := recordedDrift(&run.drifts[i])
		if of := run.drifts[i].Spec.ResourceRef; objects.CanonicalID(resource.Ref{Kind: of.Kind, ID: of.ID}) == ref.ID || ref.ID == "" {
			in.Drifts, about = append(in.Drifts, recorded), append(about, &run.drifts[i])
		} else if !objects.IsResolved(&run.drifts[i]) && !recorded.Resolving {
			run.leftBehind = append(run.leftBehind, recorded.Name)
		}
	}
	if ref.ID == "" {
		about = nil // of whichever resource they are
	}
	run.accepted = acceptancesOf(fields, about)
	run.accepted.bounded()
	in.Accepted = run.accepted.input(objects.InManifest(p))
	return in
}

// remembers says whether what is remembered of the fields is about this resource. Episodes
// are a resource's: with those of the one that the name meant before, two declarations
// would open two episodes of one field, and the drift's name would not refuse the second.
func (run *detectionRun) remembers(ref resource.Ref) bool {
	before := objects.CanonicalID(resource.Ref{Kind: ref.Kind, ID: run.provisioned.Status.ResourceID})
	return before == "" || ref.ID == "" || before == ref.ID
}

// recordedDrift is a CloudDrift as planning sees it.
func recordedDrift(d *driftv1alpha1.CloudDrift) drift.Drift {
	return drift.Drift{
		Name:        d.Name,
		Field:       d.Spec.Field,
		Episode:     d.Spec.Episode,
		Observation: d.Status.Observation,
		State:       drift.State(d.Status.State),
		Resolving:   d.Status.Resolution != nil,
	}
}
