package dosim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// kubeVersion is a release of Kubernetes as DigitalOcean packs it.
type kubeVersion struct {
	Slug     string   `json:"slug"`
	Version  string   `json:"kubernetes_version"`
	Features []string `json:"supported_features"`
}

// minor is "1.33" of "1.33.4-do.2".
func (v kubeVersion) minor() string { return strings.Join(strings.Split(v.Version, ".")[:2], ".") }

// kubeVersions are the newest first. DigitalOcean offers only the newest release of a minor
// version, and so do the options. The older ones are taken here all the same, so that a
// cluster can be behind.
var kubeVersions = func() []kubeVersion {
	all := []kubeVersion{}
	for _, slug := range []string{
		"1.36.1-do.0", "1.36.0-do.1", "1.35.3-do.1", "1.35.1-do.0", "1.34.5-do.2", "1.34.1-do.0", "1.33.4-do.2", "1.33.1-do.0",
	} {
		version, _, _ := strings.Cut(slug, "-")
		all = append(all, kubeVersion{slug, version, []string{"cluster-autoscaler", "docr-integration", "ha-control-plane", "token-authentication"}})
	}
	return all
}()

// offeredKubeVersions are the newest release of each minor version.
func offeredKubeVersions() []kubeVersion {
	return slices.CompactFunc(slices.Clone(kubeVersions), func(a, b kubeVersion) bool { return a.minor() == b.minor() })
}

// findKubeVersion takes a slug, a minor version for the newest release of it, or "latest".
func findKubeVersion(wanted string) (kubeVersion, bool) {
	i := slices.IndexFunc(kubeVersions, func(v kubeVersion) bool {
		return wanted == "latest" || wanted == v.Slug || wanted == v.minor()
	})
	if i < 0 {
		return kubeVersion{}, false
	}
	return kubeVersions[i], true
}

// defaultHA says what becomes of a control plane that a request does not speak of: it is
// highly available from 1.36 on.
func defaultHA(slug string) bool {
	first := slices.IndexFunc(kubeVersions, func(v kubeVersion) bool { return v.minor() == "1.35" })
	return slices.IndexFunc(kubeVersions, func(v kubeVersion) bool { return v.Slug == slug }) < first
}

// kubeUpgrades are the versions to which a version can go: the newest release of its minor
// version and of the next one.
func kubeUpgrades(slug string) []kubeVersion {
	offered := offeredKubeVersions()
	at, _ := findKubeVersion(slug)
	i := slices.IndexFunc(offered, func(v kubeVersion) bool { return v.minor() == at.minor() })
	var out []kubeVersion
	if i > 0 {
		out = append(out, offered[i-1])
	}
	if offered[i].Slug != slug {
		out = append(out, offered[i])
	}
	return out
}

// newestPatch is the newest release of a version's minor version.
func newestPatch(slug string) string {
	at, _ := findKubeVersion(slug)
	newest, _ := findKubeVersion(at.minor())
	return newest.Slug
}

// listKubeUpgrades answers null, not an empty list, where there is no newer version.
func listKubeUpgrades(_ *call, k *kubeCluster) (*reply, error) {
	return &reply{http.StatusOK, map[string]any{"available_upgrade_versions": kubeUpgrades(k.Version)}}, nil
}

func upgradeKubeCluster(c *call, k *kubeCluster) (*reply, error) {
	var req struct{ Version string }
	if err := c.decode(&req); err != nil {
		return nil, err
	}
	to, ok := findKubeVersion(req.Version)
	possible := slices.ContainsFunc(kubeUpgrades(k.Version), func(v kubeVersion) bool { return v.Slug == to.Slug })
	switch {
	case !ok:
		return nil, kubeInvalid("invalid version slug")
	case !possible:
		return nil, kubeInvalid("the cluster cannot be upgraded from %s to %s", k.Version, to.Slug)
	case !k.running(c.now):
		return nil, preconditionFailed("the cluster is " + k.state(c.now))
	}
	c.upgradeKube(k, to.Slug)
	c.team.scheduleKube(k)
	return &reply{http.StatusAccepted, nil}, nil
}

// upgradeKube shows the new version at once, and replaces all nodes.
func (c *call) upgradeKube(k *kubeCluster, to string) {
	k.Version, k.UpdatedAt, k.UpgradedAt = to, stamp(c.now), c.now.Add(c.patience())
	for _, p := range k.Pools {
		for _, n := range p.staying() {
			c.replaceKubeNode(k, p, n)
		}
	}
	k.planUpgrade(c.now)
}

// planUpgrade says when a cluster upgrades itself, if it does.
func (k *kubeCluster) planUpgrade(now time.Time) {
	k.UpgradeAt = time.Time{}
	if k.AutoUpgrade && newestPatch(k.Version) != k.Version {
		k.UpgradeAt = k.Maintenance.next(now)
	}
}

// listKubeOptions answers what a cluster can be made of.
func listKubeOptions(*call) (*reply, error) {
	type choice struct {
		Name string `json:"name"`
		Slug string `json:"slug"`
	}
	inRegions, ofSizes := []choice{}, []choice{}
	for _, r := range regions {
		inRegions = append(inRegions, choice{r.Name, r.Slug})
	}
	for _, s := range sizes {
		if s.fitsKube() {
			ofSizes = append(ofSizes, choice{s.Slug, s.Slug})
		}
	}
	return &reply{http.StatusOK, map[string]any{"options": map[string]any{
		"regions": inRegions, "versions": offeredKubeVersions(), "sizes": ofSizes,
	}}}, nil
}

// fitsKube says whether a droplet of that size can be a node: Kubernetes takes 2 GB.
func (s size) fitsKube() bool { return s.Memory >= 2048 }
