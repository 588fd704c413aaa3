package dosim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// kubeNode is a node of a pool, and the droplet that it is.
type kubeNode struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Droplet   int       `json:"droplet"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// ReadyAt is when it runs. GoneAt, where it is set, is when it is no more, and Leaving
	// the state until then.
	ReadyAt time.Time  `json:"ready_at"`
	GoneAt  *time.Time `json:"gone_at,omitempty"`
	Leaving string     `json:"leaving,omitempty"`
}

func (n *kubeNode) state(now time.Time) string {
	switch {
	case n.GoneAt != nil:
		return n.Leaving
	case n.ReadyAt.After(now):
		return "provisioning"
	}
	return "running"
}

// staying are the nodes that nobody has sent away.
func (p *kubePool) staying() []*kubeNode {
	return slices.DeleteFunc(slices.Clone(p.Nodes), func(n *kubeNode) bool { return n.GoneAt != nil })
}

// kubeRoom is how many nodes the cluster's network has addresses for.
func (c *call) kubeRoom(k *kubeCluster) int {
	if net, ok := c.team.VPCs.get(k.VPC); ok {
		return net.room()
	}
	return 0
}

// addKubeNode makes a node and its droplet. There must be room in the network.
func (c *call) addKubeNode(k *kubeCluster, p *kubePool, status string) *droplet {
	sz, _ := findSize(p.Size)
	id := uuid.NewString()
	d := c.addDroplet(droplet{
		Region: k.Region, Size: sz.Slug, Disk: sz.Disk, Image: publicImages[3].ID, Status: status, VPC: k.VPC, Tags: p.Tags,
	}, p.Name+"-"+strings.ReplaceAll(id, "-", "")[:5])
	p.Nodes = append(p.Nodes, &kubeNode{
		ID: id, Name: d.Name, Droplet: d.ID, CreatedAt: stamp(c.now), UpdatedAt: stamp(c.now), ReadyAt: c.now.Add(c.patience()),
	})
	return d
}

// growKubePool begins to make n nodes.
func (c *call) growKubePool(k *kubeCluster, p *kubePool, n int) {
	for range n {
		d := c.addKubeNode(k, p, "new")
		c.begin(&action{Type: "create", ResourceType: "droplet", Droplet: d.ID, Region: d.Region})
	}
}

// scaleKubePool brings the nodes to the pool's count; the latest go first.
func (c *call) scaleKubePool(k *kubeCluster, p *kubePool) {
	have := p.staying()
	c.growKubePool(k, p, max(p.Count-len(have), 0))
	for _, n := range have[min(p.Count, len(have)):] {
		c.retireKubeNode(n, "draining")
	}
	c.team.scheduleKube(k)
}

// retireKubeNode sends a node away; it takes as long as an action.
func (c *call) retireKubeNode(n *kubeNode, state string) {
	at := c.now.Add(c.patience())
	n.GoneAt, n.Leaving, n.UpdatedAt = &at, state, stamp(c.now)
}

// replaceKubeNode retires a node for a new one, where there is room for both.
func (c *call) replaceKubeNode(k *kubeCluster, p *kubePool, n *kubeNode) {
	if c.kubeRoom(k) > 0 {
		c.retireKubeNode(n, "draining")
		c.growKubePool(k, p, 1)
	}
}

// tagKubeNodes gives the droplets of a pool the pool's tags.
func (c *call) tagKubeNodes(p *kubePool) {
	for _, n := range p.staying() {
		if d, ok := c.droplet(n.Droplet); ok {
			d.Tags = slices.Clone(p.Tags)
			c.touchTags(d.Tags, "droplets", c.uri("/v2/droplets/%d", d.ID))
		}
	}
}

// deleteKubeNode makes the pool smaller, or with ?replace=1 another node.
func deleteKubeNode(c *call, k *kubeCluster, p *kubePool) (*reply, error) {
	all := p.staying()
	i := slices.IndexFunc(all, func(n *kubeNode) bool { return n.ID == c.path("node") })
	if i < 0 {
		return nil, notFound()
	}
	if c.query("replace") == "1" {
		c.replaceKubeNode(k, p, all[i])
	} else {
		state := "draining"
		if c.query("skip_drain") == "1" {
			state = "deleting"
		}
		c.retireKubeNode(all[i], state)
		p.Count--
	}
	k.UpdatedAt = stamp(c.now)
	c.team.scheduleKube(k)
	return &reply{http.StatusAccepted, nil}, nil
}

// recycleKubePool replaces the nodes that the body names, all or none.
func recycleKubePool(c *call, k *kubeCluster, p *kubePool) (*reply, error) {
	var req struct{ Nodes []string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	named := []*kubeNode{}
	for _, n := range p.staying() {
		if slices.Contains(req.Nodes, n.ID) {
			named = append(named, n)
		}
	}
	if len(named) < len(req.Nodes) {
		return nil, notFound()
	}
	for _, n := range named {
		c.replaceKubeNode(k, p, n)
	}
	k.UpdatedAt = stamp(c.now)
	c.team.scheduleKube(k)
	return &reply{http.StatusAccepted, nil}, nil
}

// scheduleKube says when a cluster next has anything to do by itself.
func (t *team) scheduleKube(k *kubeCluster) {
	k.NextAt = k.UpgradeAt
	sooner := func(at time.Time) {
		if k.NextAt.IsZero() || at.Before(k.NextAt) {
			k.NextAt = at
		}
	}
	for _, p := range k.Pools {
		for _, n := range p.Nodes {
			if n.GoneAt != nil {
				sooner(*n.GoneAt)
			}
		}
		if p.Deleting && len(p.Nodes) == 0 {
			sooner(k.CreatedAt)
		}
	}
	if k.Deleted && len(k.Pools) == 0 {
		sooner(k.CreatedAt)
	}
	if !k.idle() && !slices.Contains(t.busyKube, k) {
		t.busyKube = append(t.busyKube, k)
	}
}

// settleKube lets clusters do what is due.
func (s *Server) settleKube(t *team, now time.Time) {
	c := &call{Server: s, team: t, now: now}
	for _, k := range slices.Clone(t.busyKube) {
		for !k.idle() && !k.NextAt.After(now) {
			c.settleKubeCluster(k)
			s.changes++
		}
	}
	t.busyKube = slices.DeleteFunc(t.busyKube, (*kubeCluster).idle)
}

// idle says whether a cluster has nothing to do by itself.
func (k *kubeCluster) idle() bool { return k.NextAt.IsZero() }

// settleKubeCluster removes what is gone, and begins an upgrade that is due, as of the time
// when it was.
func (c *call) settleKubeCluster(k *kubeCluster) {
	for _, p := range k.Pools {
		p.Nodes = slices.DeleteFunc(p.Nodes, func(n *kubeNode) bool {
			if n.GoneAt == nil || n.GoneAt.After(c.now) {
				return false
			}
			if d, ok := c.droplet(n.Droplet); ok {
				c.removeDroplet(d)
			}
			return true
		})
	}
	k.Pools = slices.DeleteFunc(k.Pools, func(p *kubePool) bool { return p.Deleting && len(p.Nodes) == 0 })
	if k.Deleted && len(k.Pools) == 0 {
		c.team.KubeClusters.remove(k.ID)
		k.NextAt = time.Time{}
		return
	}
	if !k.UpgradeAt.IsZero() && !k.UpgradeAt.After(c.now) {
		then := *c
		then.now = k.UpgradeAt
		then.upgradeKube(k, newestPatch(k.Version))
	}
	c.team.scheduleKube(k)
}
