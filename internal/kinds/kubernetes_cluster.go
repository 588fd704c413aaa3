package kinds

import (
	"time"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var kubernetesCluster = Kind{
	Name: "KubernetesCluster", One: "Kubernetes cluster", Many: "Kubernetes clusters", Scope: "kubernetes:read",
	Listing: Listing{Path: "v2/kubernetes/clusters", Key: "kubernetes_clusters", ItemKey: "kubernetes_cluster"},
	ID:      uuid,
	Terraform: Terraform{
		Types:  []string{"digitalocean_kubernetes_cluster"},
		Blocks: map[string]string{"rdma_shared_device_plugin": "rdma_shared_dev_plugin"},
		Others: []string{"urn", "updated_at", "kube_config", "kubeconfig_expire_seconds", "destroy_all_associated_resources",
			"nvidia_gpu_dra_driver", "amd_gpu_dra_driver"},
	},
	Unreadable: map[string]string{
		"node_pools":  poolsApart,
		"node_pool":   poolsApart,
		"kubeconfig":  connectionSecret,
		"kube_config": connectionSecret,

		"destroy_all_associated_resources": terraformsOwn,
		"kubeconfig_expire_seconds":        terraformsOwn,
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace},
		{Path: "region", Compare: drift.FoldCase, Change: drift.ByReplacement},
		{Path: "version", Compare: drift.With(clusterVersion), Change: drift.InPlace,
			Words: "part by part: `1.33` is every 1.33.x; with `auto_upgrade` a later patch is no drift",
			Note:  "a version is upgraded, and never taken back"},
		{Path: "auto_upgrade", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "surge_upgrade", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "ha", Optional: true, Compare: flag, Change: drift.InPlace, Note: "high availability can't be switched off again"},
		{Path: "maintenance_policy.day", Optional: true, Compare: drift.Unset(drift.FoldCase), Change: drift.InPlace},
		{Path: "maintenance_policy.start_time", Optional: true, Compare: drift.Unset(drift.Loosely(clock)), Change: drift.InPlace,
			Words: "as a time of day"},
		{Path: "maintenance_policy.duration", Optional: true, Compare: drift.Unset(drift.Loosely(duration)), Change: drift.Never, Words: durationWords},
		{Path: "control_plane_firewall.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "control_plane_firewall.allowed_addresses", Optional: true, Compare: drift.Addresses, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "tags", Compare: ownTags, Words: ownTagWords, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "registry_enabled", Terraform: TerraformField{Attribute: "registry_integration"}, Optional: true, Compare: flag, Change: drift.InPlace, Others: []string{"registry_integration"}},
		{Path: "registries", Terraform: TerraformField{Attribute: noAttribute}, Optional: true, Compare: drift.SetFoldCase, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "vpc_uuid", Compare: drift.Unset(drift.FoldCase), Change: drift.ByReplacement},
		{Path: "cluster_subnet", Optional: true, Compare: drift.Unset(drift.Addresses), Change: drift.ByReplacement},
		{Path: "service_subnet", Optional: true, Compare: drift.Unset(drift.Addresses), Change: drift.ByReplacement},
		{Path: "worker_subnet_uuid", Optional: true, SeenWith: "vpc_uuid", Compare: drift.Unset(drift.FoldCase), Change: drift.ByReplacement},
		{Path: "isolated_workers", Optional: true, Compare: flag, Change: drift.ByReplacement},
		{Path: "cluster_autoscaler_configuration.scale_down_utilization_threshold", Optional: true, Compare: drift.Number, Change: drift.InPlace},
		{Path: "cluster_autoscaler_configuration.scale_down_unneeded_time", Optional: true, Compare: drift.Loosely(duration), Change: drift.InPlace, Words: durationWords},
		{Path: "cluster_autoscaler_configuration.expanders", Optional: true, Compare: drift.FoldCase, Ordered: true, Holds: drift.Texts, Change: drift.InPlace,
			Words: "without case, in their order: the autoscaler asks one after the other"},
		{Path: "sso.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "sso.required", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "sso.issuer_url", Optional: true, Compare: drift.Loose, Change: drift.InPlace},
		{Path: "sso.client_id", Optional: true, Compare: drift.Loose, Change: drift.InPlace},
		{Path: "routing_agent.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "amd_gpu_device_plugin.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "amd_gpu_device_metrics_exporter_plugin.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "nvidia_gpu_device_plugin.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "rdma_shared_dev_plugin.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "coredns_autoscaler.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "p2p_oci_registry_plugin.enabled", Optional: true, Compare: flag, Change: drift.InPlace},
		{Path: "status", Of: "state", Compare: drift.Alias("state"), Members: drift.Named("state", "message"), Change: drift.Never},
		{Path: "endpoint", Optional: true, Compare: drift.Loose, Change: drift.Never},
		{Path: "ipv4", Optional: true, Compare: drift.Addresses, Change: drift.Never, Others: []string{"ipv4_address"}},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

const poolsApart = "is declared as KubernetesNodePool, a kind of its own"

// clusterVersion depends on whether DigitalOcean upgrades the cluster.
func clusterVersion(live resource.Resource) drift.Comparison {
	upgraded, _ := live.Lookup(resource.Path{"auto_upgrade"})
	if upgraded == true {
		return drift.Upgraded(minorVersion)
	}
	return drift.Version()
}

// minorVersion is how many parts of a version of Kubernetes name the minor one.
const minorVersion = 2

// ownTags are tags but for those with which DigitalOcean tags clusters, pools and nodes, and
// the one with which Terraform knows a cluster's first pool.
var ownTags = drift.Tolerating(drift.SetFoldCase, "k8s", "k8s:*", "k8s-worker", "terraform:default-node-pool")

const ownTagWords = "without case; the tags of DigitalOcean's own (`k8s`, `k8s:…`, `k8s-worker`), and Terraform's `terraform:default-node-pool`, count only where declared"

// duration is the form of spans of time: 1m is 60s.
func duration(text string) string {
	if span, err := time.ParseDuration(drift.Fold(text)); err == nil {
		return span.String()
	}
	return drift.Fold(text)
}

const durationWords = "as a span of time: `1m` and `60s` are equal"
