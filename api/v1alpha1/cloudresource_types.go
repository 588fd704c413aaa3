package v1alpha1

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CloudResourceSpec is a live resource's identity.
type CloudResourceSpec struct {
	// accountRef names the CloudAccount that sees it.
	// +required
	AccountRef LocalReference `json:"accountRef,omitzero"`

	// kind is DigitalOcean's kind, as in Droplet.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Kind string `json:"kind,omitempty"`

	// id is DigitalOcean's id. A DomainRecord's is its domain's and its own, as
	// example.com/3352896.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	ID string `json:"id,omitempty"`
}

// Observation is what DigitalOcean last showed of a resource. Its fields keep
// DigitalOcean's own JSON names, because spec.desired is compared with them.
type Observation struct {
	// name is the resource's name.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Name *string `json:"name,omitempty"`

	// region is the region's slug.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Region *string `json:"region,omitempty"`

	// size_slug is the size's slug.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	SizeSlug *string `json:"size_slug,omitempty"`

	// status is what DigitalOcean says of the resource's state, as active.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Status *string `json:"status,omitempty"`

	// tags are the resource's tags.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1024
	// +kubebuilder:validation:items:MaxLength=256
	Tags []string `json:"tags,omitzero"`

	// attrs are the kind's other fields, by DigitalOcean's JSON names.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	Attrs map[string]apiextensionsv1.JSON `json:"attrs,omitempty"`

	// unseen are the paths of which nothing is known: the token's scopes hide them, or
	// nobody declares them and looking takes requests of its own (whether the token may see
	// what an empty list of a firewall would name, the backup policy of a droplet), or the
	// answer held nothing of use.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	Unseen []string `json:"unseen,omitempty"`

	// matchName is what a reference by name is matched with, where it is not name:
	// a DomainRecord's is its full domain name.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	MatchName string `json:"matchName,omitempty"`

	// digest is a hash of all of the above, so that a sync sees at a glance whether
	// anything changed.
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Digest string `json:"digest,omitempty"`

	// observedAt is when these values were first asked for. A later look that showed
	// the same values writes nothing: the account's status says how fresh a kind is.
	// +required
	ObservedAt metav1.MicroTime `json:"observedAt,omitzero"`

	// fieldTable is a hash of the table of fields that the values were read with. An
	// operator whose table is another one asks for them anew before it compares.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	FieldTable string `json:"fieldTable,omitempty"`

	// withheldSince is since when complete listings have not shown the resource, while
	// its absence waits for a person's confirmation (FixMassDisappearance). Nothing is
	// concluded of it meanwhile.
	// +optional
	WithheldSince *metav1.Time `json:"withheldSince,omitempty"`

	// absentSince is when the resource was proven gone: a complete listing did not
	// show it, and asking for it by id was answered 404.
	// +optional
	AbsentSince *metav1.Time `json:"absentSince,omitempty"`
}

// CoverageState says whose a resource is to look after.
// +kubebuilder:validation:Enum=Managed;Unmanaged;Owned
type CoverageState string

// The states of coverage.
const (
	// CoverageManaged: a CloudProvisioned declares it.
	CoverageManaged CoverageState = "Managed"
	// CoverageUnmanaged: nobody declares it, and nobody else is known to look after it.
	CoverageUnmanaged CoverageState = "Unmanaged"
	// CoverageOwned: nobody declares it, and something else looks after it.
	CoverageOwned CoverageState = "Owned"
)

// Coverage is who looks after a resource, as of the last sweep.
type Coverage struct {
	// state is Managed, Unmanaged or Owned. Absent until a sweep has looked at a resource
	// that is new.
	// +optional
	State CoverageState `json:"state,omitempty"`

	// owner is what looks after it where state is Owned: Kubernetes, or DigitalOcean for
	// what comes with something else, as a domain's NS records.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Owner string `json:"owner,omitempty"`
}

// CloudResource is one live DigitalOcean resource, as the inventory has it. The
// operator writes it; there is no status subresource, so that an observation is
// one write.
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=cres,categories=clouddrift-all
// +kubebuilder:selectablefield:JSONPath=`.spec.kind`
// +kubebuilder:selectablefield:JSONPath=`.spec.id`
// +kubebuilder:selectablefield:JSONPath=`.coverage.state`
// +kubebuilder:selectablefield:JSONPath=`.coverage.owner`
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.kind`
// +kubebuilder:printcolumn:name="ID",type=string,JSONPath=`.spec.id`
// +kubebuilder:printcolumn:name="Live Name",type=string,JSONPath=`.observed.name`
// +kubebuilder:printcolumn:name="Region",type=string,JSONPath=`.observed.region`
// +kubebuilder:printcolumn:name="Size",type=string,JSONPath=`.observed.size_slug`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.observed.status`
// +kubebuilder:printcolumn:name="Absent",type=date,JSONPath=`.observed.absentSince`
// +kubebuilder:printcolumn:name="Account",type=string,priority=1,JSONPath=`.spec.accountRef.name`
// +kubebuilder:printcolumn:name="Coverage",type=string,priority=1,JSONPath=`.coverage.state`
// +kubebuilder:printcolumn:name="Owner",type=string,priority=1,JSONPath=`.coverage.owner`
// +kubebuilder:printcolumn:name="Changed",type=date,priority=1,JSONPath=`.observed.observedAt`
type CloudResource struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the resource's identity.
	// +required
	// +structType=atomic
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the identity of a CloudResource cannot change"
	Spec CloudResourceSpec `json:"spec,omitzero"`

	// observed is what DigitalOcean last showed.
	// +optional
	// +structType=atomic
	Observed Observation `json:"observed,omitzero"`

	// coverage is who looks after it.
	// +optional
	// +structType=atomic
	Coverage Coverage `json:"coverage,omitzero"`
}

// CloudResourceList is a list of CloudResources.
// +kubebuilder:object:root=true
type CloudResourceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`
	Items           []CloudResource `json:"items"`
}
