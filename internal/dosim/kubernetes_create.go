package dosim

import (
	"net/http"
	"net/netip"
	"regexp"

	"github.com/google/uuid"
)

var kubeName = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$`)

// createKubeCluster makes all of a cluster, or where anything is refused nothing.
func createKubeCluster(c *call) (*reply, error) {
	req, err := c.kubeRequest()
	if err != nil {
		return nil, err
	}
	k := newKubeCluster(c.now)
	net, err := c.placeKubeCluster(k, req)
	if err != nil {
		return nil, err
	}
	if err := c.changeKubeCluster(k, req); err != nil {
		return nil, err
	}
	if req.HA == nil {
		k.HA = defaultHA(k.Version)
	}
	pools, nodes, err := c.kubePoolsOf(k, req)
	if err != nil {
		return nil, err
	}
	if net != nil && net.room() < nodes {
		return nil, errKubeRoom
	}
	if k.VPC == "" {
		k.VPC = c.defaultVPC(k.Region).ID
	}
	c.tagKubeCluster(k, req.Tags)
	k.ReadyAt, k.Fails = c.now.Add(c.patience()), c.fault != nil && c.fault.FailAction
	c.team.KubeClusters.add(k)
	for _, p := range pools {
		c.addKubePool(k, p)
	}
	k.planUpgrade(c.now)
	c.team.scheduleKube(k)
	return &reply{http.StatusCreated, map[string]any{"kubernetes_cluster": c.kubeClusterView(k)}}, nil
}

// placeKubeCluster decides on what never changes again. The network is nil where the
// region's default one does not exist yet.
func (c *call) placeKubeCluster(k *kubeCluster, req *kubeRequest) (*vpc, error) {
	r, ok := findRegion(req.Region)
	version, known := findKubeVersion(req.Version)
	switch {
	case req.Name == nil:
		return nil, kubeInvalid("name is required")
	case !ok:
		return nil, kubeInvalid("invalid region slug")
	case !known:
		return nil, kubeInvalid("invalid version slug")
	case req.IsolatedWorkers:
		return nil, kubeInvalid("isolated workers need a NAT gateway in the VPC")
	case req.WorkerSubnet != "" && req.VPC == "":
		return nil, kubeInvalid("worker_subnet_uuid needs vpc_uuid")
	case req.VPC != "" && !c.token.has("vpc:read"):
		return nil, missing("vpc:read")
	}
	net, ok := c.team.VPCs.get(req.VPC)
	if req.VPC != "" && (!ok || net.Region != r.Slug) {
		return nil, kubeInvalid("invalid VPC for this region")
	}
	if req.VPC == "" {
		net, _ = c.team.VPCs.find(func(v *vpc) bool { return v.Default && v.Region == r.Slug })
	}
	k.Region, k.Version, k.VPC, k.WorkerSubnet = r.Slug, version.Slug, req.VPC, req.WorkerSubnet
	return net, k.setSubnets(req, net)
}

// setSubnets takes ranges that neither overlap each other nor the nodes' network.
func (k *kubeCluster) setSubnets(req *kubeRequest, net *vpc) error {
	taken := []netip.Prefix{}
	if net != nil {
		taken = append(taken, net.prefix())
	}
	for _, subnet := range []struct {
		name, wanted string
		field        *string
	}{{"cluster_subnet", req.ClusterSubnet, &k.ClusterSubnet}, {"service_subnet", req.ServiceSubnet, &k.ServiceSubnet}} {
		if subnet.wanted != "" {
			*subnet.field = subnet.wanted
		}
		p, err := netip.ParsePrefix(*subnet.field)
		if err != nil || !p.Addr().Is4() || p.Masked() != p {
			return kubeInvalid("%s must be an IPv4 network in CIDR notation", subnet.name)
		}
		for _, other := range taken {
			if subnet.wanted != "" && other.Overlaps(p) {
				return kubeInvalid("%s overlaps with %s", subnet.name, other)
			}
		}
		taken = append(taken, p)
	}
	return nil
}

// kubePoolsOf are the pools of a new cluster, and the number of their nodes.
func (c *call) kubePoolsOf(k *kubeCluster, req *kubeRequest) ([]*kubePool, int, error) {
	if len(req.Pools) == 0 {
		return nil, 0, kubeInvalid("at least one node pool is required")
	}
	pools, nodes := []*kubePool{}, 0
	for i := range req.Pools {
		p, err := c.newKubePool(k, &req.Pools[i])
		if err != nil {
			return nil, 0, err
		}
		pools, nodes = append(pools, p), nodes+p.Count
	}
	return pools, nodes, nil
}

// changeKubeCluster applies a request as far as it can be refused; tagKubeCluster does the
// rest.
func (c *call) changeKubeCluster(k *kubeCluster, req *kubeRequest) error {
	if req.Name != nil && (!kubeName.MatchString(*req.Name) || len(*req.Name) > 255) {
		return kubeInvalid("name may only contain letters, numbers, dashes and periods")
	}
	if err := c.checkKubeTags(k.Tags, req.Tags, k.ownTags()); err != nil {
		return err
	}
	settings, err := k.with(req)
	if err != nil {
		return err
	}
	k.kubeSettings = settings
	set(&k.Name, req.Name)
	return nil
}

// checkKubeTags refuses what the token may not do to a resource's tags. Nil leaves them.
func (c *call) checkKubeTags(have, want, own []string) error {
	if want == nil {
		return nil
	}
	if len(want) > 0 && !c.token.has("tag:create") {
		return missing("tag:create")
	}
	for _, name := range have {
		if !hasTag(want, name) && !hasTag(own, name) && !c.token.has("tag:delete") {
			return missing("tag:delete")
		}
	}
	return c.checkTags(want...)
}

// tagKubeCluster gives it tags and DigitalOcean's own; nil leaves them.
func (c *call) tagKubeCluster(k *kubeCluster, names []string) {
	if names != nil || k.Tags == nil {
		k.Tags = c.ensureTags(append(append([]string{}, names...), k.ownTags()...))
	}
}

// updateKubeCluster changes what the request names, and nothing else.
func updateKubeCluster(c *call, k *kubeCluster) (*reply, error) {
	req, err := c.kubeRequest()
	if err != nil {
		return nil, err
	}
	if err := c.changeKubeCluster(k, req); err != nil {
		return nil, err
	}
	c.tagKubeCluster(k, req.Tags)
	k.UpdatedAt = stamp(c.now)
	k.planUpgrade(c.now)
	c.team.scheduleKube(k)
	return &reply{http.StatusAccepted, map[string]any{"kubernetes_cluster": c.kubeClusterView(k)}}, nil
}

// addKubePool adds a pool, and begins to make its nodes.
func (c *call) addKubePool(k *kubeCluster, p *kubePool) {
	p.ID = uuid.NewString()
	p.Tags = c.ensureTags(append(p.Tags, k.poolTags()...))
	k.Pools = append(k.Pools, p)
	c.growKubePool(k, p, p.Count)
}
