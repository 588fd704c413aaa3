package dosim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// kubernetesKind serves Kubernetes clusters. Node pools are in kubernetes_pool.go, versions
// and upgrades in kubernetes_version.go, credentials in kubernetes_access.go.
var kubernetesKind = kind{
	name: "KubernetesCluster",
	routes: []route{
		{pattern: "GET /v2/kubernetes/clusters", scope: "kubernetes:read", handle: listKubeClusters},
		{pattern: "POST /v2/kubernetes/clusters", scope: "kubernetes:create", handle: createKubeCluster},
		{pattern: "GET /v2/kubernetes/clusters/{cluster}", scope: "kubernetes:read", handle: onKubeCluster(getKubeCluster)},
		{pattern: "PUT /v2/kubernetes/clusters/{cluster}", scope: "kubernetes:update", handle: onKubeCluster(updateKubeCluster)},
		{pattern: "DELETE /v2/kubernetes/clusters/{cluster}", scope: "kubernetes:delete", handle: onKubeCluster(deleteKubeCluster)},
		{pattern: "GET /v2/kubernetes/clusters/{cluster}/destroy_with_associated_resources", scope: "kubernetes:read", handle: onKubeCluster(listKubeAssociated)},
		{pattern: "DELETE /v2/kubernetes/clusters/{cluster}/destroy_with_associated_resources/selective", scope: "kubernetes:delete", handle: onKubeCluster(deleteKubeSelective)},
		{pattern: "DELETE /v2/kubernetes/clusters/{cluster}/destroy_with_associated_resources/dangerous", scope: "kubernetes:delete", handle: onKubeCluster(deleteKubeDangerous)},
		{pattern: "GET /v2/kubernetes/clusters/{cluster}/upgrades", scope: "kubernetes:read", handle: onKubeCluster(listKubeUpgrades)},
		{pattern: "POST /v2/kubernetes/clusters/{cluster}/upgrade", scope: "kubernetes:update", handle: onKubeCluster(upgradeKubeCluster)},
		{pattern: "GET /v2/kubernetes/clusters/{cluster}/kubeconfig", scope: kubeAccess, handle: onKubeCluster(getKubeconfig), produces: "application/yaml"},
		{pattern: "GET /v2/kubernetes/clusters/{cluster}/credentials", scope: kubeAccess, handle: onKubeCluster(getKubeCredentials)},
		{pattern: "GET /v2/kubernetes/clusters/{cluster}/user", scope: "kubernetes:read", handle: onKubeCluster(getKubeUser)},
		{pattern: "GET /v2/kubernetes/options", scope: "kubernetes:read", handle: listKubeOptions},
		{pattern: "POST /v2/kubernetes/registry", scope: "kubernetes:update", handle: addKubeRegistries},
		{pattern: "DELETE /v2/kubernetes/registry", scope: "kubernetes:update", handle: removeKubeRegistries},
		{pattern: "POST /v2/kubernetes/registries", scope: "kubernetes:update", handle: addKubeRegistries},
		{pattern: "DELETE /v2/kubernetes/registries", scope: "kubernetes:update", handle: removeKubeRegistries},
	},
	seed: seedKubeCluster,
}

// kubeCluster is a cluster with its node pools, which live and go with it.
type kubeCluster struct {
	ID            string      `json:"id"`
	Name          string      `json:"name"`
	Region        string      `json:"region"`
	Version       string      `json:"version"`
	ClusterSubnet string      `json:"cluster_subnet"`
	ServiceSubnet string      `json:"service_subnet"`
	VPC           string      `json:"vpc_uuid"`
	WorkerSubnet  string      `json:"worker_subnet_uuid,omitempty"`
	Tags          []string    `json:"tags"`
	Pools         []*kubePool `json:"node_pools"`
	Registries    []string    `json:"registries"`
	CreatedAt     time.Time   `json:"created_at"`
	UpdatedAt     time.Time   `json:"updated_at"`
	kubeSettings

	// ReadyAt ends the provisioning, and UpgradedAt the latest upgrade. Fails is set
	// where the provisioning ends in an error.
	ReadyAt    time.Time `json:"ready_at"`
	UpgradedAt time.Time `json:"upgraded_at"`
	Fails      bool      `json:"fails,omitempty"`
	// Deleted is set while its last nodes go: nobody sees the cluster any more.
	Deleted bool `json:"deleted,omitempty"`
	// UpgradeAt is when it upgrades itself, NextAt when it next has anything to do. Zero is
	// never.
	UpgradeAt time.Time `json:"upgrade_at"`
	NextAt    time.Time `json:"next_at"`
}

func (k *kubeCluster) key() string { return k.ID }

// ownTags are what DigitalOcean tags a cluster with by itself.
func (k *kubeCluster) ownTags() []string { return []string{"k8s", "k8s:" + k.ID} }

func (k *kubeCluster) running(now time.Time) bool { return k.state(now) == "running" }

func (k *kubeCluster) state(now time.Time) string {
	switch {
	case k.ReadyAt.After(now):
		return "provisioning"
	case k.Fails:
		return "error"
	case k.UpgradedAt.After(now):
		return "upgrading"
	}
	return "running"
}

// kubeCluster finds one that was not deleted.
func (t *team) kubeCluster(id string) (*kubeCluster, bool) {
	k, ok := t.KubeClusters.get(id)
	return k, ok && !k.Deleted
}

// kubeClusters are those that were not deleted.
func (t *team) kubeClusters() []*kubeCluster {
	return t.KubeClusters.filter(func(k *kubeCluster) bool { return !k.Deleted })
}

// onKubeCluster resolves the cluster in the path.
func onKubeCluster(handle func(c *call, k *kubeCluster) (*reply, error)) handler {
	return func(c *call) (*reply, error) {
		k, ok := c.team.kubeCluster(c.path("cluster"))
		if !ok {
			return nil, notFound()
		}
		return handle(c, k)
	}
}

func listKubeClusters(c *call) (*reply, error) {
	return list(c, "kubernetes_clusters", c.team.kubeClusters(), c.kubeClusterView)
}

func getKubeCluster(c *call, k *kubeCluster) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"kubernetes_cluster": c.kubeClusterView(k)}}, nil
}

func deleteKubeCluster(c *call, k *kubeCluster) (*reply, error) {
	c.removeKubeCluster(k)
	return &reply{http.StatusNoContent, nil}, nil
}

// removeKubeCluster hides the cluster at once; its droplets take as long as an action.
func (c *call) removeKubeCluster(k *kubeCluster) {
	k.Deleted, k.UpgradeAt = true, time.Time{}
	for _, p := range k.Pools {
		c.removeKubePool(p)
	}
	c.team.scheduleKube(k)
	c.team.forgetKubeCluster(k.ID)
}

// forgetKubeCluster takes a cluster that is gone out of all firewalls.
func (t *team) forgetKubeCluster(id string) {
	for _, f := range t.Firewalls.rows {
		f.forget(func(with *targets) { with.Clusters = without(with.Clusters, id) })
	}
}

// seedKubeCluster adds a running cluster with a pool of one node.
func seedKubeCluster(s *Server, t *team, n int) {
	(&call{Server: s, team: t, now: s.now(), insider: true}).seedKubeCluster(n)
}

func (c *call) seedKubeCluster(n int) {
	k := newKubeCluster(c.now)
	k.Name, k.Region, k.Version = fmt.Sprintf("seed-%d", n), "nyc3", kubeVersions[0].Slug
	k.VPC, k.HA = c.team.roomyVPC(c.now, k.Region).ID, defaultHA(k.Version)
	k.Tags = c.ensureTags(k.ownTags())
	c.team.KubeClusters.add(k)
	c.seedKubePool(k, fmt.Sprintf("seed-%d-pool", n))
}

// newKubeCluster has the defaults of what a request may leave out.
func newKubeCluster(now time.Time) *kubeCluster {
	return &kubeCluster{
		ID: uuid.NewString(), ClusterSubnet: "10.244.0.0/16", ServiceSubnet: "10.245.0.0/16",
		Pools: []*kubePool{}, Registries: []string{}, CreatedAt: stamp(now), UpdatedAt: stamp(now), ReadyAt: now,
		kubeSettings: kubeSettings{
			Maintenance: kubeMaintenance{StartTime: "00:00", Duration: "4h0m0s", Day: "any"},
			Firewall:    kubeFirewall{Addresses: []string{}},
		},
	}
}
