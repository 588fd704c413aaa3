package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// StateSecretReference names a Secret in the same namespace in which Terraform's
// kubernetes backend keeps a state.
type StateSecretReference struct {
	// name of the Secret: tfstate, the workspace and the backend's secret_suffix, as
	// tfstate-default-infra. It has the label tfstate, as the backend writes it; any other
	// Secret is refused.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
}

// StateURLReference names a key of a Secret in the same namespace that holds the URL of a
// state, where the URL itself is a secret: a presigned one.
type StateURLReference struct {
	// name of the Secret.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`

	// key within the Secret's data. Defaults to url.
	// +optional
	// +default="url"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}

// TerraformSource says where a state of Terraform or OpenTofu is.
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="[has(self.secretRef), has(self.url), has(self.urlSecretRef)].exists_one(given, given)",message="give exactly one of secretRef, url and urlSecretRef"
type TerraformSource struct {
	// secretRef names the Secret in which Terraform's kubernetes backend keeps the state.
	// While its Lease is held, Terraform is at work, and nothing is changed.
	// +optional
	SecretRef *StateSecretReference `json:"secretRef,omitempty"`

	// url is where the state is served, as by Terraform's http backend. It begins with one of
	// those that the operator was started with (--allowed-state-url).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getHostname() != ''",message="must be a URL, as https://states.example.com/infra"
	// +kubebuilder:validation:XValidation:rule="!isURL(self) || url(self).getScheme() in ['http', 'https']",message="must start with https:// or http://"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('?') && !self.contains('#')",message="must not hold a user, a query or a fragment; a URL that is a secret belongs in a Secret, see urlSecretRef"
	URL string `json:"url,omitempty"`

	// urlSecretRef names the Secret that holds such a URL, where it has a user or a query.
	// +optional
	URLSecretRef *StateURLReference `json:"urlSecretRef,omitempty"`
}

// DefaultsPolicy says whether fields that are at their defaults are declared.
// +kubebuilder:validation:Enum=Omit;Include
type DefaultsPolicy string

// Whether fields at their defaults are declared.
const (
	// DefaultsOmit leaves them out, as somebody would who declares by hand.
	DefaultsOmit DefaultsPolicy = "Omit"
	// DefaultsInclude declares them too, so that any change of them is a drift.
	DefaultsInclude DefaultsPolicy = "Include"
)

// CloudProvisionedSetSpec says what is declared by what somebody else keeps.
type CloudProvisionedSetSpec struct {
	// accountRef names the CloudAccount that sees the resources. Immutable.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="accountRef is immutable; make a new CloudProvisionedSet"
	AccountRef LocalReference `json:"accountRef,omitzero"`

	// terraform is the state whose resources are declared.
	// +required
	Terraform TerraformSource `json:"terraform,omitzero"`

	// defaults says whether fields that are at their defaults are declared too. Defaults to
	// Omit.
	// +optional
	// +default="Omit"
	Defaults DefaultsPolicy `json:"defaults,omitempty"`
}

// UnmappedResource is a resource of the state that can't be declared.
type UnmappedResource struct {
	// address is Terraform's.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Address string `json:"address,omitempty"`

	// reason is why it can't be declared.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Reason string `json:"reason,omitempty"`
}

// CloudProvisionedSetStatus is what became of the state.
type CloudProvisionedSetStatus struct {
	// conditions are Ready; beside it Stalled and Reconciling while they apply.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the status speaks of; -1 until the operator has
	// looked at the object.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// declared is how many CloudProvisioned the set keeps.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Declared *int32 `json:"declared,omitempty"`

	// unmapped is how many of DigitalOcean's resources in the state can't be declared.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Unmapped *int32 `json:"unmapped,omitempty"`

	// unmappedResources are the first of them, with why.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	UnmappedResources []UnmappedResource `json:"unmappedResources,omitempty"`

	// serial is the state's, which counts its versions.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Serial int64 `json:"serial,omitempty"`

	// lineage is the state's, which no other state has.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Lineage string `json:"lineage,omitempty"`
}

// CloudProvisionedSet keeps a CloudProvisioned for each resource in a state of Terraform or
// OpenTofu.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cset,categories=clouddrift-all
// +kubebuilder:printcolumn:name="Account",type=string,JSONPath=`.spec.accountRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Declared",type=integer,JSONPath=`.status.declared`
// +kubebuilder:printcolumn:name="Unmapped",type=integer,JSONPath=`.status.unmapped`
// +kubebuilder:printcolumn:name="Serial",type=integer,JSONPath=`.status.serial`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 24",message="metadata.name must be at most 24 characters, because the names of its CloudProvisioned begin with it"
type CloudProvisionedSet struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which state.
	// +required
	Spec CloudProvisionedSetSpec `json:"spec,omitzero"`

	// status is what became of it.
	// +optional
	// +default={"observedGeneration":-1}
	// +structType=atomic
	Status CloudProvisionedSetStatus `json:"status,omitzero"`
}

// CloudProvisionedSetList is a list of CloudProvisionedSet.
// +kubebuilder:object:root=true
type CloudProvisionedSetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CloudProvisionedSet `json:"items"`
}
