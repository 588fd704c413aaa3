package controller

// What the operator may do, and nothing else: config/rbac/role.yaml is generated
// from these markers. Three of them are not what one would expect.
//
//   - Secrets are got by name, never listed or watched, so that the operator sees
//     only those that a CloudAccount or a CloudProvisionedSet names; so are Leases, which
//     lock a Terraform state.
//   - operate is a verb of ours. The admission policies recognise the operator by
//     it, and not by its name. It does not include accept: an operator that holds
//     no approval cannot make itself one.
//   - finalizers is asked for by OwnerReferencesPermissionEnforcement, which some
//     clusters run, when an owner reference with blockOwnerDeletion is written.
//
// +kubebuilder:rbac:groups=drift.arcadia.cloud,resources=cloudaccounts,verbs=get;list;watch
// +kubebuilder:rbac:groups=drift.arcadia.cloud,resources=cloudprovisioneds,verbs=get;list;watch;create;update;patch;delete
// +kubebuilder:rbac:groups=drift.arcadia.cloud,resources=cloudprovisionedsets,verbs=get;list;watch
// +kubebuilder:rbac:groups=drift.arcadia.cloud,resources=cloudresources,verbs=get;list;watch;create;update;patch;delete
// +kubebuilder:rbac:groups=drift.arcadia.cloud,resources=clouddrifts,verbs=get;list;watch;create;update;patch;delete;operate
// +kubebuilder:rbac:groups=drift.arcadia.cloud,resources=cloudaccounts/status;cloudprovisionedsets/status;cloudprovisioneds/status;clouddrifts/status,verbs=get;update;patch
// +kubebuilder:rbac:groups=drift.arcadia.cloud,resources=cloudaccounts/finalizers;cloudprovisionedsets/finalizers;cloudprovisioneds/finalizers,verbs=update
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,verbs=get
// +kubebuilder:rbac:groups="";events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=admissionregistration.k8s.io,resources=validatingadmissionpolicies;validatingadmissionpolicybindings,verbs=get,resourceNames=clouddrift-operator-only;clouddrift-resolution;clouddrift-last-accepted;clouddrift-snooze
