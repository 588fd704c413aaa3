package dosim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"
)

// kubernetesPoolKind serves the node pools of clusters, and their nodes.
var kubernetesPoolKind = kind{name: "KubernetesNodePool", seed: seedKubePool, routes: []route{
	{pattern: "GET /v2/kubernetes/clusters/{cluster}/node_pools", scope: "kubernetes:read", handle: onKubeCluster(listKubePools)},
	{pattern: "POST /v2/kubernetes/clusters/{cluster}/node_pools", scope: "kubernetes:update", handle: onKubeCluster(createKubePool)},
	{pattern: "GET /v2/kubernetes/clusters/{cluster}/node_pools/{pool}", scope: "kubernetes:read", handle: onKubePool(getKubePool)},
	{pattern: "PUT /v2/kubernetes/clusters/{cluster}/node_pools/{pool}", scope: "kubernetes:update", handle: onKubePool(updateKubePool)},
	{pattern: "DELETE /v2/kubernetes/clusters/{cluster}/node_pools/{pool}", scope: "kubernetes:update", handle: onKubePool(deleteKubePool)},
	{pattern: "POST /v2/kubernetes/clusters/{cluster}/node_pools/{pool}/recycle", scope: "kubernetes:delete", handle: onKubePool(recycleKubePool)},
	{pattern: "DELETE /v2/kubernetes/clusters/{cluster}/node_pools/{pool}/nodes/{node}", scope: "kubernetes:update", handle: onKubePool(deleteKubeNode)},
}}

// kubePool is a number of nodes that are alike.
type kubePool struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Size      string            `json:"size"`
	Count     int               `json:"count"`
	Tags      []string          `json:"tags"`
	Labels    map[string]string `json:"labels"`
	Taints    []kubeTaint       `json:"taints"`
	AutoScale bool              `json:"auto_scale"`
	MinNodes  int               `json:"min_nodes"`
	MaxNodes  int               `json:"max_nodes"`
	Nodes     []*kubeNode       `json:"nodes"`
	// Deleting is set while its last nodes go.
	Deleting bool `json:"deleting,omitempty"`
}

type kubeTaint struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Effect string `json:"effect"`
}

// poolTags are what DigitalOcean tags pools, and the droplets in them, with by itself.
func (k *kubeCluster) poolTags() []string { return append(k.ownTags(), "k8s:worker") }

func onKubePool(handle func(c *call, k *kubeCluster, p *kubePool) (*reply, error)) handler {
	return onKubeCluster(func(c *call, k *kubeCluster) (*reply, error) {
		i := slices.IndexFunc(k.Pools, func(p *kubePool) bool { return p.ID == c.path("pool") })
		if i < 0 {
			return nil, notFound()
		}
		return handle(c, k, k.Pools[i])
	})
}

// listKubePools answers all at once: this listing has no pages.
func listKubePools(c *call, k *kubeCluster) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"node_pools": c.distort(c.kubePoolViews(k))}}, nil
}

func getKubePool(c *call, _ *kubeCluster, p *kubePool) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"node_pool": c.kubePoolView(p)}}, nil
}

// kubePoolRequest is the body of a create and of an update. Nil is what it leaves out.
type kubePoolRequest struct {
	Name      *string           `json:"name"`
	Size      string            `json:"size"`
	Count     *int              `json:"count"`
	Tags      []string          `json:"tags"`
	Labels    map[string]string `json:"labels"`
	Taints    []kubeTaint       `json:"taints"`
	AutoScale *bool             `json:"auto_scale"`
	MinNodes  *int              `json:"min_nodes"`
	MaxNodes  *int              `json:"max_nodes"`
}

const maxKubePoolName = 55

var errKubeRoom = kubeInvalid("the VPC has no addresses left for that many nodes")

func createKubePool(c *call, k *kubeCluster) (*reply, error) {
	var req kubePoolRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	p, err := c.newKubePool(k, &req)
	if err != nil {
		return nil, err
	}
	if c.kubeRoom(k) < p.Count {
		return nil, errKubeRoom
	}
	c.addKubePool(k, p)
	k.UpdatedAt = stamp(c.now)
	return &reply{http.StatusCreated, map[string]any{"node_pool": c.kubePoolView(p)}}, nil
}

// newKubePool is what a request would make; its tags are not made yet.
func (c *call) newKubePool(k *kubeCluster, req *kubePoolRequest) (*kubePool, error) {
	sz, ok := findSize(req.Size)
	switch {
	case req.Name == nil:
		return nil, kubeInvalid("worker_node_pool_spec.name is required")
	case !ok || !sz.fitsKube() || !slices.Contains(sz.Regions, k.Region):
		return nil, kubeInvalid("worker_node_pool_spec.invalid droplet size")
	}
	p := &kubePool{Size: sz.Slug, Taints: []kubeTaint{}, Nodes: []*kubeNode{}, Tags: []string{}}
	if err := c.changeKubePool(k, p, req); err != nil {
		return nil, err
	}
	if p.Count < 1 && !p.AutoScale {
		return nil, kubeInvalid("worker_node_pool_spec.count must be greater than or equal to 1")
	}
	p.Tags = append(p.Tags, req.Tags...)
	return p, nil
}

// changeKubePool applies a request, but for the tags and the nodes, which cannot be refused
// any more.
func (c *call) changeKubePool(k *kubeCluster, p *kubePool, req *kubePoolRequest) error {
	if req.Name != nil && *req.Name == "" {
		return kubeInvalid("worker_node_pool_spec.name must not be empty")
	}
	if req.Name != nil && len(*req.Name) > maxKubePoolName {
		return kubeInvalid("worker_node_pool_spec.pool names cannot be greater than %d characters", maxKubePoolName)
	}
	if req.Name != nil && !kubeName.MatchString(*req.Name) {
		return kubeInvalid("worker_node_pool_spec.name may only contain letters, numbers, dashes and periods")
	}
	for _, taint := range req.Taints {
		if taint.Key == "" || !slices.Contains([]string{"NoSchedule", "PreferNoSchedule", "NoExecute"}, taint.Effect) {
			return kubeInvalid("worker_node_pool_spec.taints: %q with the effect %q is invalid", taint.Key, taint.Effect)
		}
	}
	if err := c.checkKubeTags(p.Tags, req.Tags, k.poolTags()); err != nil {
		return err
	}
	changed := *p
	if err := changed.setScale(req); err != nil {
		return err
	}
	*p = changed
	set(&p.Name, req.Name)
	if req.Labels != nil {
		p.Labels = maps.Clone(req.Labels)
	}
	if req.Taints != nil {
		p.Taints = req.Taints
	}
	return nil
}

// setScale sets the number of nodes. With auto_scale a number that the limits do not allow
// becomes the lower one, as DigitalOcean has it; without it the limits are shown as 0.
func (p *kubePool) setScale(req *kubePoolRequest) error {
	set(&p.Count, req.Count)
	set(&p.AutoScale, req.AutoScale)
	set(&p.MinNodes, req.MinNodes)
	set(&p.MaxNodes, req.MaxNodes)
	if !p.AutoScale {
		p.MinNodes, p.MaxNodes = 0, 0
	}
	switch {
	case p.Count < 0:
		return kubeInvalid("worker_node_pool_spec.count must be greater than or equal to 0")
	case p.MinNodes < 0:
		return kubeInvalid("worker_node_pool_spec.min nodes must be greater than or equal to 0")
	case p.AutoScale && p.MaxNodes < 1:
		return kubeInvalid("worker_node_pool_spec.max nodes must be greater than or equal to 1")
	case p.MinNodes > p.MaxNodes:
		return kubeInvalid("worker_node_pool_spec.max nodes must be greater than or equal to min nodes")
	}
	if p.AutoScale && (p.Count < p.MinNodes || p.Count > p.MaxNodes) {
		p.Count = p.MinNodes
	}
	return nil
}

// updateKubePool changes what the request names, and nothing else.
func updateKubePool(c *call, k *kubeCluster, p *kubePool) (*reply, error) {
	var req kubePoolRequest
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	if p.Deleting {
		return nil, conflict("the node pool is being deleted")
	}
	changed := *p
	if err := c.changeKubePool(k, &changed, &req); err != nil {
		return nil, err
	}
	if c.kubeRoom(k) < changed.Count-p.Count {
		return nil, errKubeRoom
	}
	*p = changed
	if req.Tags != nil {
		p.Tags = c.ensureTags(append(slices.Clone(req.Tags), k.poolTags()...))
		c.tagKubeNodes(p)
	}
	k.UpdatedAt = stamp(c.now)
	c.scaleKubePool(k, p)
	return &reply{http.StatusAccepted, map[string]any{"node_pool": c.kubePoolView(p)}}, nil
}

// deleteKubePool keeps the pool until its nodes are gone. A cluster has one pool at least.
func deleteKubePool(c *call, k *kubeCluster, p *kubePool) (*reply, error) {
	others := slices.ContainsFunc(k.Pools, func(other *kubePool) bool { return other != p && !other.Deleting })
	if !others {
		return nil, kubeInvalid("the last node pool of a cluster cannot be deleted")
	}
	if p.Deleting {
		return nil, conflict("the node pool is being deleted")
	}
	c.removeKubePool(p)
	k.UpdatedAt = stamp(c.now)
	c.team.scheduleKube(k)
	// Without nodes there is nothing to wait for.
	c.settleKubeCluster(k)
	return &reply{http.StatusNoContent, nil}, nil
}

func (c *call) removeKubePool(p *kubePool) {
	p.Deleting = true
	for _, n := range p.staying() {
		c.retireKubeNode(n, "deleting")
	}
}

// seedKubePool adds a pool to the first cluster whose network has room for its node, and such
// a cluster where there is none.
func seedKubePool(s *Server, t *team, n int) {
	c := &call{Server: s, team: t, now: s.now(), insider: true}
	for {
		k, ok := t.KubeClusters.find(func(k *kubeCluster) bool { return !k.Deleted && c.kubeRoom(k) > 0 })
		if ok {
			c.seedKubePool(k, fmt.Sprintf("seed-%d", n))
			return
		}
		c.seedKubeCluster(n)
	}
}

// seedKubePool adds a pool of one node, which runs.
func (c *call) seedKubePool(k *kubeCluster, name string) {
	p := &kubePool{ID: uuid.NewString(), Name: name, Size: "s-2vcpu-4gb", Count: 1, Taints: []kubeTaint{}}
	p.Tags = c.ensureTags(k.poolTags())
	k.Pools = append(k.Pools, p)
	c.addKubeNode(k, p, "active")
}
