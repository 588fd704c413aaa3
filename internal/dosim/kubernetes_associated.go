package dosim

import (
	"net/http"
	"slices"
)

// kubeAssociated is what a cluster's own programs made, and what can be deleted with it: all
// that carries its tag. Load balancers carry none, so that nothing says whose they are.
type kubeAssociated struct {
	volumes   []*volume
	snapshots []*volumeSnapshot
}

func (c *call) kubeAssociated(k *kubeCluster) kubeAssociated {
	tag := "k8s:" + k.ID
	return kubeAssociated{
		volumes:   c.team.Volumes.filter(func(v *volume) bool { return hasTag(v.Tags, tag) }),
		snapshots: c.team.Snapshots.filter(func(s *volumeSnapshot) bool { return hasTag(s.Tags, tag) }),
	}
}

func listKubeAssociated(c *call, k *kubeCluster) (*reply, error) {
	type associated struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	found, volumes, snapshots := c.kubeAssociated(k), []associated{}, []associated{}
	for _, v := range found.volumes {
		volumes = append(volumes, associated{v.ID, v.Name})
	}
	for _, s := range found.snapshots {
		snapshots = append(snapshots, associated{s.ID, s.Name})
	}
	return &reply{http.StatusOK, map[string]any{
		"load_balancers": []associated{}, "volumes": volumes, "volume_snapshots": snapshots,
	}}, nil
}

// deleteKubeSelective deletes a cluster with what the body names, which must belong to it.
func deleteKubeSelective(c *call, k *kubeCluster) (*reply, error) {
	var req struct {
		Volumes       []string `json:"volumes"`
		Snapshots     []string `json:"volume_snapshots"`
		LoadBalancers []string `json:"load_balancers"`
	}
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	found := c.kubeAssociated(k)
	found.volumes = slices.DeleteFunc(found.volumes, func(v *volume) bool { return !slices.Contains(req.Volumes, v.ID) })
	found.snapshots = slices.DeleteFunc(found.snapshots, func(s *volumeSnapshot) bool { return !slices.Contains(req.Snapshots, s.ID) })
	if len(found.volumes) < len(req.Volumes) || len(found.snapshots) < len(req.Snapshots) || len(req.LoadBalancers) > 0 {
		return nil, kubeInvalid("not all of these resources are associated with the cluster")
	}
	c.removeKubeCluster(k)
	c.removeAssociated(found)
	return &reply{http.StatusNoContent, nil}, nil
}

func deleteKubeDangerous(c *call, k *kubeCluster) (*reply, error) {
	found := c.kubeAssociated(k)
	c.removeKubeCluster(k)
	c.removeAssociated(found)
	return &reply{http.StatusNoContent, nil}, nil
}

// removeAssociated deletes volumes though they be attached.
func (c *call) removeAssociated(found kubeAssociated) {
	for _, v := range found.volumes {
		for _, id := range slices.Clone(v.DropletIDs) {
			if d, ok := c.team.Droplets.get(id); ok {
				detach(d, v)
			}
		}
		c.team.Volumes.remove(v.ID)
	}
	for _, s := range found.snapshots {
		c.team.Snapshots.remove(s.ID)
	}
}

// kubeRegistriesRequest names clusters and, below /v2/kubernetes/registries, registries. The
// older form without them is about the account's one registry.
type kubeRegistriesRequest struct {
	Clusters   []string `json:"cluster_uuids"`
	Registries []string `json:"registries"`
}

// kubeRegistries resolves the clusters that a request is about, all or none.
func (c *call) kubeRegistries() ([]*kubeCluster, []string, error) {
	var req kubeRegistriesRequest
	if err := c.decode(&req); err != nil {
		return nil, nil, err
	}
	if len(req.Registries) == 0 {
		req.Registries = []string{"registry"}
	}
	clusters := []*kubeCluster{}
	for _, id := range req.Clusters {
		k, ok := c.team.kubeCluster(id)
		if !ok {
			return nil, nil, notFound()
		}
		clusters = append(clusters, k)
	}
	return clusters, req.Registries, nil
}

func addKubeRegistries(c *call) (*reply, error) {
	if !c.token.has("kubernetes:create") {
		return nil, missing("kubernetes:create")
	}
	clusters, names, err := c.kubeRegistries()
	if err != nil {
		return nil, err
	}
	for _, k := range clusters {
		for _, name := range names {
			if !slices.Contains(k.Registries, name) {
				k.Registries = append(k.Registries, name)
			}
		}
	}
	return &reply{http.StatusNoContent, nil}, nil
}

func removeKubeRegistries(c *call) (*reply, error) {
	clusters, names, err := c.kubeRegistries()
	if err != nil {
		return nil, err
	}
	for _, k := range clusters {
		for _, name := range names {
			k.Registries = without(k.Registries, name)
		}
	}
	return &reply{http.StatusNoContent, nil}, nil
}
