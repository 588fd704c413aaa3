package v1alpha1

// Annotations that people write.
const (
	// ResolveAnnotation on a CloudDrift asks for a resolution: accept on an open one,
	// withdraw on an accepted one.
	ResolveAnnotation = "drift.arcadia.cloud/resolve"
	// ResolvedByAnnotation is who asked. Admission fills it in and holds it to the
	// authenticated user's name.
	ResolvedByAnnotation = "drift.arcadia.cloud/resolved-by"
	// ResolveObservationAnnotation is the status.observation that was looked at.
	// Admission fills it in; one that is no longer current is refused.
	ResolveObservationAnnotation = "drift.arcadia.cloud/resolve-observation"
	// ResolveReasonAnnotation is why, in the words of who asked. Optional.
	ResolveReasonAnnotation = "drift.arcadia.cloud/resolve-reason"

	// SnoozeUntilAnnotation on a CloudDrift is until when it does not count as open, as RFC
	// 3339 writes a time: at most a year ahead.
	SnoozeUntilAnnotation = "drift.arcadia.cloud/snooze-until"
	// SnoozedByAnnotation is who snoozed it. Admission fills it in and holds it to the
	// authenticated user's name.
	SnoozedByAnnotation = "drift.arcadia.cloud/snoozed-by"
	// SnoozeReasonAnnotation is why, in the words of who snoozed it. Optional.
	SnoozeReasonAnnotation = "drift.arcadia.cloud/snooze-reason"

	// SyncAnnotation on a CloudAccount asks for a sync now, and again whenever its
	// value changes. status.lastHandledSyncRequest repeats the value when the sync
	// and the detection on it are over.
	SyncAnnotation = "drift.arcadia.cloud/sync"
	// ConfirmDisappearanceAnnotation on a CloudAccount confirms that what a
	// FixMassDisappearance reports is really gone. Its value is the token that the
	// condition's message gives.
	ConfirmDisappearanceAnnotation = "drift.arcadia.cloud/confirm-disappearance"
)

// Annotations and labels that the operator writes.
const (
	// LastAcceptedAnnotation on a CloudProvisioned names the drift whose accept was
	// written into the spec last. It is written together with the spec, so that an
	// accept that was cut short is completed and never applied a second time.
	LastAcceptedAnnotation = "drift.arcadia.cloud/last-accepted"
	// WithdrawnAnnotation on an accepted CloudDrift says that its acceptance was taken
	// back: when, by whom, and why.
	WithdrawnAnnotation = "drift.arcadia.cloud/withdrawn"

	// TerraformAddressAnnotation on a CloudProvisioned is the address of the resource in the
	// Terraform state that the declaration was made of.
	TerraformAddressAnnotation = "drift.arcadia.cloud/terraform-address"

	// AccountLabel is the CloudAccount's name.
	AccountLabel = "drift.arcadia.cloud/account"
	// KindLabel is DigitalOcean's kind, as in Droplet.
	KindLabel = "drift.arcadia.cloud/kind"
	// ProvisionedLabel is the CloudProvisioned's name.
	ProvisionedLabel = "drift.arcadia.cloud/provisioned"
	// SetLabel on a CloudProvisioned is the name of the CloudProvisionedSet that keeps it.
	SetLabel = "drift.arcadia.cloud/set"
)

// The values of ResolveAnnotation.
const (
	// ResolveAccept makes the live value the desired one.
	ResolveAccept = "accept"
	// ResolveWithdraw takes an accepted value back that the manifest does not say yet.
	ResolveWithdraw = "withdraw"
)
