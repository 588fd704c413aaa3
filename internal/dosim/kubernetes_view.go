package dosim

import (
	"hash/crc32"
	"net/http"
	"strconv"
	"time"
)

// kubeClusterView is a cluster as DigitalOcean shows it, in the listing too.
func (c *call) kubeClusterView(k *kubeCluster) any {
	view := map[string]any{
		"id": k.ID, "name": k.Name, "region": k.Region, "version": k.Version,
		"cluster_subnet": k.ClusterSubnet, "service_subnet": k.ServiceSubnet, "ipv4": "", "endpoint": "",
		"node_pools": c.kubePoolViews(k), "maintenance_policy": k.Maintenance,
		"auto_upgrade": k.AutoUpgrade, "surge_upgrade": k.Surge, "ha": k.HA, "isolated_workers": false,
		"status":     map[string]string{"state": k.state(c.now), "message": k.message(c.now)},
		"created_at": k.CreatedAt, "updated_at": k.UpdatedAt,
		"registry_enabled": len(k.Registries) > 0, "registries": k.Registries,
		"control_plane_firewall": k.Firewall, "cluster_autoscaler_configuration": k.Autoscaler, "sso": k.SSO,
	}
	for name, always := range kubeAddons {
		if enabled, set := k.Addons[name]; set || always {
			view[name] = map[string]bool{"enabled": enabled}
		}
	}
	if !k.ReadyAt.After(c.now) && !k.Fails {
		view["endpoint"] = k.endpoint()
		// A highly available control plane has no single address.
		if !k.HA {
			view["ipv4"] = offset("198.51.100.0", int(crc32.ChecksumIEEE([]byte(k.ID))%256))
		}
	}
	if c.token.has("tag:read") {
		view["tags"] = k.Tags
	}
	if c.token.has("vpc:read") {
		view["vpc_uuid"] = k.VPC
		if k.WorkerSubnet != "" {
			view["worker_subnet_uuid"] = k.WorkerSubnet
		}
	}
	return view
}

func (k *kubeCluster) endpoint() string { return "https://" + k.ID + ".k8s.ondigitalocean.com" }

func (k *kubeCluster) message(now time.Time) string {
	switch state := k.state(now); state {
	case "running":
		return ""
	case "error":
		return "the cluster could not be provisioned"
	default:
		return state
	}
}

func (c *call) kubePoolViews(k *kubeCluster) []any {
	views := make([]any, 0, len(k.Pools))
	for _, p := range k.Pools {
		views = append(views, c.kubePoolView(p))
	}
	return views
}

func (c *call) kubePoolView(p *kubePool) any {
	nodes := make([]any, 0, len(p.Nodes))
	for _, n := range p.Nodes {
		nodes = append(nodes, c.kubeNodeView(n))
	}
	view := map[string]any{
		"id": p.ID, "name": p.Name, "size": p.Size, "count": p.Count, "labels": p.Labels, "taints": p.Taints,
		"auto_scale": p.AutoScale, "min_nodes": p.MinNodes, "max_nodes": p.MaxNodes, "nodes": nodes,
	}
	if c.token.has("tag:read") {
		view["tags"] = p.Tags
	}
	return view
}

// kubeNodeView leaves name and droplet empty in the answer to the request that makes the
// node: DigitalOcean knows them a little later.
func (c *call) kubeNodeView(n *kubeNode) any {
	name, droplet := n.Name, strconv.Itoa(n.Droplet)
	if n.state(c.now) == "provisioning" && c.r.Method != http.MethodGet {
		name, droplet = "", ""
	}
	return map[string]any{
		"id": n.ID, "name": name, "droplet_id": droplet, "status": map[string]string{"state": n.state(c.now)},
		"created_at": n.CreatedAt, "updated_at": n.UpdatedAt,
	}
}
