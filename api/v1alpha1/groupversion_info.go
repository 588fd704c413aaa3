// Package v1alpha1 holds clouddrift's API: what an account is, what it holds,
// what was declared, and where the two differ.
//
// +kubebuilder:object:generate=true
// +groupName=drift.arcadia.cloud
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion is this API's group and version.
	GroupVersion = schema.GroupVersion{Group: "drift.arcadia.cloud", Version: "v1alpha1"}

	// SchemeGroupVersion is GroupVersion under the name that generated code uses.
	SchemeGroupVersion = GroupVersion

	// SchemeBuilder registers this API's kinds.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme adds this API's kinds to a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&CloudAccount{}, &CloudAccountList{},
		&CloudResource{}, &CloudResourceList{},
		&CloudProvisioned{}, &CloudProvisionedList{},
		&CloudProvisionedSet{}, &CloudProvisionedSetList{},
		&CloudDrift{}, &CloudDriftList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
