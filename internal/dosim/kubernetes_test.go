package dosim_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

func clusterRequest(name string, change ...func(*godo.KubernetesClusterCreateRequest)) *godo.KubernetesClusterCreateRequest {
	r := &godo.KubernetesClusterCreateRequest{
		Name: name, RegionSlug: "nyc3", VersionSlug: "1.33", SurgeUpgrade: true, Tags: []string{"prod"},
		NodePools: []*godo.KubernetesNodePoolCreateRequest{{Name: "main", Size: "s-2vcpu-4gb", Count: 2, Tags: []string{"web"}}},
	}
	for _, f := range change {
		f(r)
	}
	return r
}

// cluster creates a cluster and waits until it runs.
func (w *world) cluster(c *godo.Client, name string, change ...func(*godo.KubernetesClusterCreateRequest)) *godo.KubernetesCluster {
	GinkgoHelper()
	k, _, err := c.Kubernetes.Create(ctx, clusterRequest(name, change...))
	Expect(err).NotTo(HaveOccurred())
	w.settle()
	return readCluster(c, k.ID)
}

func readCluster(c *godo.Client, id string) *godo.KubernetesCluster {
	GinkgoHelper()
	k, _, err := c.Kubernetes.Get(ctx, id)
	Expect(err).NotTo(HaveOccurred())
	return k
}

func dropletsTagged(c *godo.Client, tag string) []godo.Droplet {
	GinkgoHelper()
	found, _, err := c.Droplets.ListByTag(ctx, tag, nil)
	Expect(err).NotTo(HaveOccurred())
	return found
}

var _ = Describe("Kubernetes clusters", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	It("are complete at once, and have an address when they run", func() {
		k, _, err := c.Kubernetes.Create(ctx, clusterRequest("prod"))
		Expect(err).NotTo(HaveOccurred())
		Expect(k.VersionSlug).To(Equal("1.33.4-do.2"), "the newest release of the minor version")
		Expect(k.Tags).To(Equal([]string{"prod", "k8s", "k8s:" + k.ID}))
		Expect(k.NodePools[0].Tags).To(Equal([]string{"web", "k8s", "k8s:" + k.ID, "k8s:worker"}))
		Expect(k.ClusterSubnet + " " + k.ServiceSubnet).To(Equal("10.244.0.0/16 10.245.0.0/16"))
		Expect(*k.MaintenancePolicy).To(Equal(godo.KubernetesMaintenancePolicy{StartTime: "00:00", Duration: "4h0m0s", Day: godo.KubernetesMaintenanceDayAny}))
		net, _, err := c.VPCs.Get(ctx, k.VPCUUID)
		Expect(err).NotTo(HaveOccurred())
		Expect(net.Default).To(BeTrue())
		Expect(string(k.Status.State) + k.Endpoint + k.IPv4).To(Equal("provisioning"))
		Expect(k.NodePools[0].Nodes[0].DropletID).To(BeEmpty(), "as DigitalOcean answers the creation")
		_, _, err = c.Kubernetes.GetKubeConfig(ctx, k.ID, nil)
		Expect(failure(err)).To(Equal("412 the cluster is provisioning"))

		w.settle()
		k = readCluster(c, k.ID)
		Expect(k.Status.State).To(Equal(godo.KubernetesClusterStatusRunning))
		Expect(k.Endpoint).To(Equal("https://" + k.ID + ".k8s.ondigitalocean.com"))
		Expect(k.IPv4).NotTo(BeEmpty())
		all, _, err := c.Kubernetes.List(ctx, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(all).To(Equal([]*godo.KubernetesCluster{k}), "pools and all")
	})

	It("have droplets that nobody declared, until they are deleted", func() {
		k := w.cluster(c, "prod")
		workers := dropletsTagged(c, "k8s:"+k.ID)
		Expect(workers).To(HaveLen(2))
		Expect(workers[0].Tags).To(Equal(k.NodePools[0].Tags))
		Expect(workers[0].Name).To(Equal(k.NodePools[0].Nodes[0].Name))
		Expect(workers[0].Status).To(Equal("active"))
		Expect(workers[0].VPCUUID).To(Equal(k.VPCUUID))

		_, err := c.Kubernetes.Delete(ctx, k.ID)
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Kubernetes.Get(ctx, k.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(HaveLen(2), "they take a while")
		w.settle()
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(BeEmpty())
	})

	It("change in what a request names only", func() {
		k := w.cluster(c, "prod")
		yes := true
		changed, _, err := c.Kubernetes.Update(ctx, k.ID, &godo.KubernetesClusterUpdateRequest{
			MaintenancePolicy: &godo.KubernetesMaintenancePolicy{StartTime: "03:30", Day: godo.KubernetesMaintenanceDaySunday},
			HA:                &yes,
			ControlPlaneFirewall: &godo.KubernetesControlPlaneFirewall{
				Enabled: &yes, AllowedAddresses: []string{"203.0.113.0/24"},
			},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(changed.MaintenancePolicy.Day.String() + " " + changed.MaintenancePolicy.StartTime + " " + changed.MaintenancePolicy.Duration).To(Equal("sunday 03:30 4h0m0s"))
		Expect(changed.IPv4).To(BeEmpty(), "a highly available control plane has no single address")
		Expect(changed.ControlPlaneFirewall.AllowedAddresses).To(Equal([]string{"203.0.113.0/24"}))
		Expect(changed.Name + changed.Tags[0]).To(Equal("prodprod"))
		Expect(changed.SurgeUpgrade).To(BeTrue())

		no := false
		_, _, err = c.Kubernetes.Update(ctx, k.ID, &godo.KubernetesClusterUpdateRequest{HA: &no})
		Expect(failure(err)).To(HavePrefix("422 "))
		changed, _, err = c.Kubernetes.Update(ctx, k.ID, &godo.KubernetesClusterUpdateRequest{Name: "live", Tags: []string{"live"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(changed.Tags).To(Equal([]string{"live", "k8s", "k8s:" + k.ID}), "its own tags stay")
	})

	It("have an autoscaler's configuration until all of it is taken back", func() {
		k := w.cluster(c, "prod")
		Expect(k.ClusterAutoscalerConfiguration).To(BeNil())
		threshold, none := 0.5, 0.0
		set := func(to godo.KubernetesClusterAutoscalerConfiguration) *godo.KubernetesCluster {
			GinkgoHelper()
			changed, _, err := c.Kubernetes.Update(ctx, k.ID, &godo.KubernetesClusterUpdateRequest{ClusterAutoscalerConfiguration: &to})
			Expect(err).NotTo(HaveOccurred())
			return changed
		}
		set(godo.KubernetesClusterAutoscalerConfiguration{ScaleDownUtilizationThreshold: &threshold})
		changed := set(godo.KubernetesClusterAutoscalerConfiguration{Expanders: []string{"priority"}})
		Expect(*changed.ClusterAutoscalerConfiguration.ScaleDownUtilizationThreshold).To(Equal(0.5), "null leaves it")
		changed = set(godo.KubernetesClusterAutoscalerConfiguration{ScaleDownUtilizationThreshold: &none, Expanders: []string{}})
		Expect(changed.ClusterAutoscalerConfiguration).To(BeNil())
	})

	DescribeTable("are refused where DigitalOcean refuses them, and leave nothing behind",
		func(reason string, change func(*godo.KubernetesClusterCreateRequest)) {
			_, _, err := c.Kubernetes.Create(ctx, clusterRequest("prod", change))
			Expect(failure(err)).To(Equal("422 validation error: " + reason))
			tags, _, err := c.Tags.List(ctx, nil)
			Expect(err).NotTo(HaveOccurred())
			Expect(tags).To(BeEmpty())
		},
		Entry("a version that is not offered", "invalid version slug", func(r *godo.KubernetesClusterCreateRequest) { r.VersionSlug = "1.20.2-do.0" }),
		Entry("an unknown region", "invalid region slug", func(r *godo.KubernetesClusterCreateRequest) { r.RegionSlug = "moon1" }),
		Entry("nodes that are too small", "worker_node_pool_spec.invalid droplet size", func(r *godo.KubernetesClusterCreateRequest) { r.NodePools[0].Size = "s-1vcpu-1gb" }),
		Entry("a pool without nodes", "worker_node_pool_spec.count must be greater than or equal to 1", func(r *godo.KubernetesClusterCreateRequest) { r.NodePools[0].Count = 0 }),
		Entry("a long name, which would not fit in the nodes'", "worker_node_pool_spec.pool names cannot be greater than 55 characters", func(r *godo.KubernetesClusterCreateRequest) { r.NodePools[0].Name = strings.Repeat("a", 56) }),
		Entry("no pool", "at least one node pool is required", func(r *godo.KubernetesClusterCreateRequest) { r.NodePools = []*godo.KubernetesNodePoolCreateRequest{} }),
		Entry("a network that is not there", "invalid VPC for this region", func(r *godo.KubernetesClusterCreateRequest) { r.VPCUUID = "c33931f2-a26a-4e61-b85c-4e95a2ec431b" }),
		Entry("subnets that overlap", "service_subnet overlaps with 10.0.0.0/16", func(r *godo.KubernetesClusterCreateRequest) {
			r.ClusterSubnet, r.ServiceSubnet = "10.0.0.0/16", "10.0.1.0/24"
		}),
		Entry("isolated workers without a NAT gateway", "isolated workers need a NAT gateway in the VPC", func(r *godo.KubernetesClusterCreateRequest) { r.IsolatedWorkers = true }),
		Entry("an address that is none", `control_plane_firewall.allowed_addresses: "office" is neither an address nor a CIDR`, func(r *godo.KubernetesClusterCreateRequest) {
			r.ControlPlaneFirewall = &godo.KubernetesControlPlaneFirewall{AllowedAddresses: []string{"office"}}
		}),
	)

	It("upgrade to the next versions, node by node", func() {
		options, _, err := c.Kubernetes.GetOptions(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(options.Versions[0].Slug).To(Equal("1.36.1-do.0"))
		k := w.cluster(c, "prod")
		upgrades, _, err := c.Kubernetes.GetUpgrades(ctx, k.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(upgrades).To(HaveLen(1))
		_, err = c.Kubernetes.Upgrade(ctx, k.ID, &godo.KubernetesClusterUpgradeRequest{VersionSlug: "1.36.1-do.0"})
		Expect(failure(err)).To(HavePrefix("422 "), "minor versions are not skipped")

		_, err = c.Kubernetes.Upgrade(ctx, k.ID, &godo.KubernetesClusterUpgradeRequest{VersionSlug: upgrades[0].Slug})
		Expect(err).NotTo(HaveOccurred())
		during := readCluster(c, k.ID)
		Expect(during.VersionSlug + " " + string(during.Status.State)).To(Equal("1.34.5-do.2 upgrading"))
		Expect(during.NodePools[0].Nodes).To(HaveLen(4), "the old ones and the new ones")
		w.settle()
		after := readCluster(c, k.ID)
		Expect(after.Status.State).To(Equal(godo.KubernetesClusterStatusRunning))
		Expect(after.NodePools[0].Nodes).To(HaveLen(2))
		Expect(after.NodePools[0].Nodes[0].DropletID).NotTo(Equal(k.NodePools[0].Nodes[0].DropletID))
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(HaveLen(2))
		newest := w.cluster(c, "newest", func(r *godo.KubernetesClusterCreateRequest) { r.VersionSlug = "latest" })
		_, answer := w.call("GET", "/v2/kubernetes/clusters/"+newest.ID+"/upgrades", nil)
		Expect(answer).To(HaveKeyWithValue("available_upgrade_versions", BeNil()))
		Expect(newest.HA).To(BeTrue(), "the default from 1.36 on")
	})

	It("upgrade themselves in their window, to patches only", func() {
		k := w.cluster(c, "prod", func(r *godo.KubernetesClusterCreateRequest) {
			r.VersionSlug, r.AutoUpgrade = "1.33.1-do.0", true
			r.MaintenancePolicy = &godo.KubernetesMaintenancePolicy{StartTime: "02:00", Day: godo.KubernetesMaintenanceDayMonday}
		})
		w.clock.now = time.Date(2026, 11, 23, 1, 59, 0, 0, time.UTC)
		Expect(readCluster(c, k.ID).VersionSlug).To(Equal("1.33.1-do.0"))
		w.settle()
		during := readCluster(c, k.ID)
		Expect(during.VersionSlug + " " + string(during.Status.State)).To(Equal("1.33.4-do.2 upgrading"))
		w.clock.Advance(14 * 24 * time.Hour)
		Expect(readCluster(c, k.ID).VersionSlug).To(Equal("1.33.4-do.2"))
	})

	It("have upgraded themselves long ago where nobody looked in between", func() {
		k := w.cluster(c, "prod", func(r *godo.KubernetesClusterCreateRequest) { r.VersionSlug, r.AutoUpgrade = "1.33.1-do.0", true })
		w.clock.Advance(48 * time.Hour)
		now := readCluster(c, k.ID)
		Expect(now.VersionSlug + " " + string(now.Status.State)).To(Equal("1.33.4-do.2 running"))
		Expect(now.NodePools[0].Nodes).To(HaveLen(2))
		for _, d := range dropletsTagged(c, "k8s:"+k.ID) {
			Expect(d.Status).To(Equal("active"))
		}
	})

	It("keep what opens them from a token without the scope for it", func() {
		k := w.cluster(c, "prod")
		config, _, err := c.Kubernetes.GetKubeConfig(ctx, k.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		credentials, _, err := c.Kubernetes.GetCredentials(ctx, k.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(config.KubeconfigYAML)).To(And(ContainSubstring("server: "+k.Endpoint), ContainSubstring("token: "+credentials.Token)))
		Expect(credentials.ExpiresAt).To(BeTemporally("==", w.clock.now.Add(7*24*time.Hour)))
		user, _, err := c.Kubernetes.GetUser(ctx, k.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(user.Username).To(Equal("sammy@example.com"))

		Expect(w.AddToken(dosim.Token{Value: "reader", Scopes: []string{"kubernetes:read"}})).To(Succeed())
		reader := w.client("reader")
		_, _, err = reader.Kubernetes.GetKubeConfig(ctx, k.ID, nil)
		Expect(failure(err)).To(ContainSubstring("kubernetes:access_cluster"))
		_, _, err = reader.Kubernetes.GetCredentials(ctx, k.ID, nil)
		Expect(failure(err)).To(ContainSubstring("kubernetes:access_cluster"))
		seen := readCluster(reader, k.ID)
		Expect(seen.Tags).To(BeNil())
		Expect(seen.VPCUUID).To(BeEmpty())
		Expect(seen.NodePools[0].Tags).To(BeNil())
	})

	It("take with them what carries their tag, if asked to", func() {
		k := w.cluster(c, "prod")
		claim := func(name string) *godo.Volume {
			GinkgoHelper()
			v, _, err := c.Storage.CreateVolume(ctx, &godo.VolumeCreateRequest{Name: name, Region: "nyc3", SizeGigaBytes: 10, Tags: []string{"k8s:" + k.ID}})
			Expect(err).NotTo(HaveOccurred())
			return v
		}
		gone, kept := claim("pvc-1"), claim("pvc-2")
		found, _, err := c.Kubernetes.ListAssociatedResourcesForDeletion(ctx, k.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(found.Volumes).To(HaveLen(2))
		_, err = c.Kubernetes.DeleteSelective(ctx, k.ID, &godo.KubernetesClusterDeleteSelectiveRequest{Volumes: []string{gone.ID}, VolumeSnapshots: []string{}, LoadBalancers: []string{}})
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Storage.GetVolume(ctx, gone.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		_, _, err = c.Storage.GetVolume(ctx, kept.ID)
		Expect(err).NotTo(HaveOccurred())
	})

	It("are in a project, and go from the firewalls' rules", func() {
		k := w.cluster(c, "prod")
		resources, _, err := c.Projects.ListResources(ctx, "default", nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(resources).To(ContainElement(HaveField("URN", "do:kubernetes:"+k.ID)))
		from := &godo.Sources{KubernetesIDs: []string{k.ID}, Addresses: []string{"203.0.113.7"}}
		f, _, err := c.Firewalls.Create(ctx, &godo.FirewallRequest{Name: "peers", Tags: []string{}, InboundRules: []godo.InboundRule{{Protocol: "tcp", PortRange: "80", Sources: from}}})
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Kubernetes.Delete(ctx, k.ID)
		Expect(err).NotTo(HaveOccurred())
		f, _, err = c.Firewalls.Get(ctx, f.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(f.InboundRules[0].Sources.KubernetesIDs).To(BeEmpty())
	})

	It("end in an error where a fault says so", func() {
		w.AddFault(dosim.Fault{Method: http.MethodPost, Path: "/v2/kubernetes/clusters", FailAction: true, Count: 1})
		k := w.cluster(c, "prod")
		Expect(k.Status.State).To(Equal(godo.KubernetesClusterStatusError))
		Expect(k.Endpoint).To(BeEmpty())
	})

	It("survive a restart, in the middle of an upgrade", func() {
		k := w.cluster(c, "prod")
		_, err := c.Kubernetes.Upgrade(ctx, k.ID, &godo.KubernetesClusterUpgradeRequest{VersionSlug: "1.34"})
		Expect(err).NotTo(HaveOccurred())
		before := readCluster(c, k.ID)
		state, err := w.MarshalState()
		Expect(err).NotTo(HaveOccurred())
		Expect(w.UnmarshalState(state)).To(Succeed())
		Expect(readCluster(c, k.ID)).To(Equal(before))
		w.settle()
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(HaveLen(2))
	})

	It("are seeded by the thousand", func() {
		Expect(w.Seed("KubernetesCluster", 2000)).To(Succeed())
		page, answer, err := c.Kubernetes.List(ctx, &godo.ListOptions{PerPage: 200})
		Expect(err).NotTo(HaveOccurred())
		Expect(page).To(HaveLen(200))
		Expect(answer.Meta.Total).To(Equal(2000))
		Expect(page[0].NodePools[0].Nodes[0].Status.State).To(Equal("running"))
		Expect(page[0].Status.State).To(Equal(godo.KubernetesClusterStatusRunning))
	})
})
