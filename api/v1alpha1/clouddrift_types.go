package v1alpha1

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ResourceReference names a live resource, readable also after its CloudResource
// is gone.
type ResourceReference struct {
	// name of the CloudResource.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// kind is DigitalOcean's kind, as in Droplet.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind,omitempty"`

	// id is DigitalOcean's id.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	ID string `json:"id,omitempty"`
}

// CloudDriftSpec says which field drifted, and in which of its episodes.
type CloudDriftSpec struct {
	// accountRef names the CloudAccount that sees the resource.
	// +required
	AccountRef LocalReference `json:"accountRef,omitzero"`

	// provisionedRef names the CloudProvisioned that declares the field.
	// +required
	ProvisionedRef LocalReference `json:"provisionedRef,omitzero"`

	// resourceRef names the live resource.
	// +required
	ResourceRef ResourceReference `json:"resourceRef,omitzero"`

	// field is the path of the field within desired, or (existence).
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Field string `json:"field,omitempty"`

	// episode is 1 for the field's first drift, 2 for its second.
	// +required
	// +kubebuilder:validation:Minimum=1
	Episode int64 `json:"episode,omitempty"`
}

// DriftState is where a drift stands.
// +kubebuilder:validation:Enum=Open;Accepted;Reverted;Stale
type DriftState string

// The states of a drift. Every state but Open is final.
const (
	// DriftOpen: expected and actual differ.
	DriftOpen DriftState = "Open"
	// DriftAccepted: the actual value became the desired one.
	DriftAccepted DriftState = "Accepted"
	// DriftReverted: the live resource was brought back to the expected value.
	DriftReverted DriftState = "Reverted"
	// DriftStale: the difference went away without us.
	DriftStale DriftState = "Stale"
)

// ResolutionVerb is what was asked for.
// +kubebuilder:validation:Enum=Accept;Revert
type ResolutionVerb string

// What can be asked for.
const (
	// VerbAccept makes the actual value the desired one.
	VerbAccept ResolutionVerb = "Accept"
	// VerbRevert brings the live resource back to the expected value. Not done by
	// this version.
	VerbRevert ResolutionVerb = "Revert"
)

// Resolution is what was asked for, copied here before any work on it, so that
// an interruption loses nothing and repeats nothing.
type Resolution struct {
	// verb is what was asked for.
	// +required
	Verb ResolutionVerb `json:"verb,omitempty"`

	// user is who asked, as the API server authenticated them.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	User string `json:"user,omitempty"`

	// observation is the status.observation that the approval was given for.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Observation string `json:"observation,omitempty"`

	// value is what becomes the desired value of the field.
	// +optional
	// +nullable
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Value apiextensionsv1.JSON `json:"value"`

	// reason is why, in the words of who asked.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`

	// startedAt is when work on it began.
	// +required
	StartedAt metav1.Time `json:"startedAt,omitzero"`
}

// Snooze is until when an open drift does not count as open.
type Snooze struct {
	// until is when it counts again.
	// +required
	Until metav1.Time `json:"until,omitzero"`

	// user is who snoozed it, as the API server authenticated them.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	User string `json:"user,omitempty"`

	// reason is why, in the words of who snoozed it.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`

	// since is when the operator took it up.
	// +required
	Since metav1.Time `json:"since,omitzero"`
}

// RenderedValues are expected and actual as the printer columns show them:
// shortened, on one line, with control characters escaped.
type RenderedValues struct {
	// expected value, rendered.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Expected string `json:"expected,omitempty"`

	// actual value, rendered.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Actual string `json:"actual,omitempty"`
}

// CloudDriftStatus is the difference and what became of it.
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.state) || has(self.state)",message="the state of a drift cannot be removed"
// +kubebuilder:validation:XValidation:rule="!has(self.state) || self.state == 'Open' || (has(self.resolvedAt) && has(self.resolvedBy))",message="a resolved drift says when it was resolved and by whom"
// +kubebuilder:validation:XValidation:rule="!has(self.state) || self.state != 'Open' || !(has(self.resolvedAt) || has(self.resolvedBy))",message="an open drift has neither resolvedAt nor resolvedBy"
type CloudDriftStatus struct {
	// state is where the drift stands. Absent only in the moment between its
	// creation and its first status.
	// +optional
	State DriftState `json:"state,omitempty"`

	// expected is the declared value.
	// +optional
	// +nullable
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Expected apiextensionsv1.JSON `json:"expected"`

	// actual is the live value. A value of more than 16 KiB is kept as its hash,
	// its size and a summary.
	// +optional
	// +nullable
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Actual apiextensionsv1.JSON `json:"actual"`

	// rendered is expected and actual for the eye. Of two long lists or objects it is
	// what differs.
	// +optional
	// +structType=atomic
	Rendered RenderedValues `json:"rendered,omitzero"`

	// observation is a hash of field, expected and actual. An approval is given for
	// one observation.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Observation string `json:"observation,omitempty"`

	// detectedAt is when the drift was opened.
	// +optional
	DetectedAt *metav1.Time `json:"detectedAt,omitempty"`

	// changedAt is when expected or actual last changed.
	// +optional
	ChangedAt *metav1.Time `json:"changedAt,omitempty"`

	// resolvedAt is when the drift left the state Open.
	// +optional
	ResolvedAt *metav1.Time `json:"resolvedAt,omitempty"`

	// resolvedBy is who had it resolved: a user, or system:clouddrift for a drift
	// that went stale.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	ResolvedBy string `json:"resolvedBy,omitempty"`

	// resolution is what was asked for, once work on it has begun.
	// +optional
	Resolution *Resolution `json:"resolution,omitempty"`

	// snooze is until when the drift does not count as open, and who wanted that. It ends
	// with its time, when it is taken off, and with the drift, where it stays as history.
	// +optional
	Snooze *Snooze `json:"snooze,omitempty"`
}

// CloudDrift is one field whose declared and live values differ, and what became
// of it. The operator writes it; people only annotate it.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cdrift,categories=clouddrift-all
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:selectablefield:JSONPath=`.spec.provisionedRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.accountRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.resourceRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.field`
// +kubebuilder:printcolumn:name="Resource",type=string,JSONPath=`.spec.provisionedRef.name`
// +kubebuilder:printcolumn:name="Field",type=string,JSONPath=`.spec.field`
// +kubebuilder:printcolumn:name="Expected",type=string,JSONPath=`.status.rendered.expected`
// +kubebuilder:printcolumn:name="Actual",type=string,JSONPath=`.status.rendered.actual`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.status.detectedAt`
// +kubebuilder:printcolumn:name="Episode",type=integer,priority=1,JSONPath=`.spec.episode`
// +kubebuilder:printcolumn:name="By",type=string,priority=1,JSONPath=`.status.resolvedBy`
// +kubebuilder:printcolumn:name="Snoozed Until",type=string,priority=1,JSONPath=`.status.snooze.until`
// +kubebuilder:printcolumn:name="Kind",type=string,priority=1,JSONPath=`.spec.resourceRef.kind`
// +kubebuilder:printcolumn:name="ID",type=string,priority=1,JSONPath=`.spec.resourceRef.id`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.state) || has(self.status)",message="the status of a drift cannot be removed: it is the history"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.state) || oldSelf.status.state == 'Open' || !has(self.status) || self.status == oldSelf.status",message="a resolved drift never changes again: it is the history"
type CloudDrift struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which field drifted. Immutable.
	// +required
	// +structType=atomic
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the spec of a CloudDrift cannot change"
	Spec CloudDriftSpec `json:"spec,omitzero"`

	// status is the difference and what became of it.
	// +optional
	Status CloudDriftStatus `json:"status,omitzero"`
}

// CloudDriftList is a list of CloudDrifts.
// +kubebuilder:object:root=true
type CloudDriftList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CloudDrift `json:"items"`
}
