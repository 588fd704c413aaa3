package v1alpha1

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ResourceSelector says which live resource is meant: by id, or by name where
// no id is known yet.
// +kubebuilder:validation:XValidation:rule="has(self.id) != has(self.name)",message="give exactly one of id and name"
// +kubebuilder:validation:XValidation:rule="!has(self.where) || has(self.name)",message="where tells resources of one name apart: give name beside it, and not id"
type ResourceSelector struct {
	// kind is DigitalOcean's kind, as in Droplet.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Kind string `json:"kind,omitempty"`

	// id is DigitalOcean's id, as a string. A DomainRecord's is its domain's and
	// its own, as example.com/3352896.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	ID string `json:"id,omitempty"`

	// name is the live resource's name. It has to be the only one of its kind with
	// that name, or with that name and where.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Name string `json:"name,omitempty"`

	// where tells resources of one name apart: fields and the values that they have,
	// as type: A of a DomainRecord or region: fra1 of a Volume. Each value is compared
	// as that field is in desired. Only beside name.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=8
	// +kubebuilder:validation:XValidation:rule="self.all(key, size(key) >= 1 && size(key) <= 256)",message="the name of a field has 1 to 256 characters"
	Where map[string]intstr.IntOrString `json:"where,omitempty"`
}

// CloudProvisionedSpec is the desired state of one resource.
type CloudProvisionedSpec struct {
	// accountRef names the CloudAccount that sees the resource. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="accountRef is immutable; make a new CloudProvisioned"
	AccountRef LocalReference `json:"accountRef,omitzero"`

	// resource says which live resource is meant. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="resource is immutable; make a new CloudProvisioned"
	Resource ResourceSelector `json:"resource,omitzero"`

	// desired holds the fields that are compared, by DigitalOcean's JSON names, as
	// size_slug or backup_policy. What is not named is not compared. A declaration of more
	// than 128 KiB, 10,000 values or 16 levels is not looked at.
	// +required
	// +kubebuilder:validation:MaxProperties=256
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Desired map[string]apiextensionsv1.JSON `json:"desired,omitempty"`

	// ignore holds the paths of fields of desired that are not compared, as tags,
	// backup_policy.hour or tags["k8s:*"]: in a key in brackets, * stands for any text. The
	// CloudAccount may name more.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	Ignore []string `json:"ignore,omitempty"`
}

// GitState is how far an accepted value has come into the manifest that declares
// the field.
// +kubebuilder:validation:Enum=Pending;Landed;Lapsed;Superseded;Withdrawn
type GitState string

// The states of an accepted value under GitOps.
const (
	// GitPending: the manifest still says the old value; the acceptance stands in.
	GitPending GitState = "Pending"
	// GitLanded: the manifest says the accepted value.
	GitLanded GitState = "Landed"
	// GitLapsed: the live resource went back to what the manifest says.
	GitLapsed GitState = "Lapsed"
	// GitSuperseded: the manifest says a third value, or nothing any more.
	GitSuperseded GitState = "Superseded"
	// GitWithdrawn: somebody took the acceptance back.
	GitWithdrawn GitState = "Withdrawn"
)

// Acceptance is an accepted value that stands in for the declared one until the
// manifest has it.
type Acceptance struct {
	// drift names the CloudDrift that was accepted.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Drift string `json:"drift,omitempty"`

	// from is the declared value at that time; null once git is no longer Pending.
	// +optional
	// +nullable
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	From apiextensionsv1.JSON `json:"from"`

	// to is the accepted value; null once git is no longer Pending.
	// +optional
	// +nullable
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	To apiextensionsv1.JSON `json:"to"`

	// git is how far the accepted value has come. Only while it is Pending does it stand
	// in for what is declared.
	// +required
	Git GitState `json:"git,omitempty"`

	// since is when git last changed.
	// +required
	Since metav1.Time `json:"since,omitzero"`
}

// FieldStatus is what the operator remembers of a field that has drifted.
type FieldStatus struct {
	// path of the field within desired.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Path string `json:"path,omitempty"`

	// episode is the number of the field's latest drift.
	// +required
	// +kubebuilder:validation:Minimum=1
	Episode int64 `json:"episode,omitempty"`

	// openDrift names the CloudDrift that is open. Absent: none is.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	OpenDrift string `json:"openDrift,omitempty"`

	// acceptance is what became of the value that was accepted last.
	// +optional
	Acceptance *Acceptance `json:"acceptance,omitempty"`
}

// CloudProvisionedStatus is what was found.
type CloudProvisionedStatus struct {
	// conditions are Ready and InSync; beside them Stalled, Reconciling and
	// AcceptancesPending while they apply.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the status speaks of; -1 until the operator has
	// looked at the object, so that nothing takes a new object for one that is ready.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// specVersion counts the changes of the desired state that were seen: 1 for the first
	// one. Applying the same state again counts nothing; going back to an earlier one does.
	// +optional
	// +kubebuilder:validation:Minimum=0
	SpecVersion int64 `json:"specVersion,omitempty"`

	// specHash is the hash of the desired state that specVersion counts.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	SpecHash string `json:"specHash,omitempty"`

	// resourceID is the id of the live resource that this is bound to.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	ResourceID string `json:"resourceID,omitempty"`

	// resourceRef names the CloudResource that this is bound to.
	// +optional
	ResourceRef *LocalReference `json:"resourceRef,omitempty"`

	// openDrifts is how many of the fields are drifted.
	// +optional
	OpenDrifts *int32 `json:"openDrifts,omitempty"`

	// ignored is how many more fields would be drifted, were nothing ignored. Absent where
	// nothing is.
	// +optional
	Ignored *int32 `json:"ignored,omitempty"`

	// fields is what is remembered of each field that has drifted.
	// +optional
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=1024
	Fields []FieldStatus `json:"fields,omitempty"`
}

// CloudProvisioned is the desired state of one live resource.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cprov,categories=clouddrift-all
// +kubebuilder:selectablefield:JSONPath=`.spec.accountRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.resource.kind`
// +kubebuilder:selectablefield:JSONPath=`.status.resourceID`
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.resource.kind`
// +kubebuilder:printcolumn:name="ID",type=string,JSONPath=`.status.resourceID`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="In Sync",type=string,JSONPath=`.status.conditions[?(@.type=="InSync")].status`
// +kubebuilder:printcolumn:name="Drifts",type=integer,JSONPath=`.status.openDrifts`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="InSync")].reason`
// +kubebuilder:printcolumn:name="Ignored",type=integer,priority=1,JSONPath=`.status.ignored`
// +kubebuilder:printcolumn:name="Spec Version",type=integer,priority=1,JSONPath=`.status.specVersion`
// +kubebuilder:printcolumn:name="Account",type=string,priority=1,JSONPath=`.spec.accountRef.name`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must be at most 63 characters, because it becomes a label"
type CloudProvisioned struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired state.
	// +required
	Spec CloudProvisionedSpec `json:"spec,omitzero"`

	// status is what was found.
	// +optional
	// +default={"observedGeneration":-1}
	// +structType=atomic
	Status CloudProvisionedStatus `json:"status,omitzero"`
}

// CloudProvisionedList is a list of CloudProvisioned.
// +kubebuilder:object:root=true
type CloudProvisionedList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CloudProvisioned `json:"items"`
}
