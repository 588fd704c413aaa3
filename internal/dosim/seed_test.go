package dosim_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("seeding", func() {
	It("fills every kind with as many as asked, thousands at once", func() {
		w := newWorld()
		lists := map[string]string{
			"Droplet": "droplets", "Volume": "volumes", "VPC": "vpcs", "Firewall": "firewalls", "Tag": "tags", "Domain": "domains",
			"LoadBalancer": "load_balancers", "ReservedIP": "reserved_ips",
		}
		for kind, path := range lists {
			Expect(w.Seed(kind, 5)).To(Succeed())
			_, answer := w.call("GET", "/v2/"+path, nil)
			Expect(answer["meta"]).To(HaveKeyWithValue("total", BeNumerically(">=", 5)), kind)
		}
		Expect(w.Seed("DomainRecord", 5000)).To(Succeed())
		_, answer := w.call("GET", "/v2/domains/example.com/records", nil)
		Expect(answer["meta"]).To(HaveKeyWithValue("total", BeEquivalentTo(5004)))
		Expect(w.Seed("Droplet", 10_000)).To(Succeed())
		_, answer = w.call("GET", "/v2/droplets?page=51&per_page=200", nil)
		Expect(answer["droplets"]).To(HaveLen(5))
		Expect(w.Seed("Spaceship", 1)).To(MatchError(ContainSubstring(`unknown kind "Spaceship"; known are Droplet, Volume, VPC`)))
	})
})

var _ = Describe("seeding what lies in something else", func() {
	It("adds node pools to the first cluster, and makes one where there is none or no room", func() {
		w := walker{newWorld()}
		Expect(w.Seed("KubernetesNodePool", 3)).To(Succeed())
		clusters := w.get("/v2/kubernetes/clusters")
		Expect(clusters["kubernetes_clusters"]).To(HaveLen(1))
		Expect(lookUp(clusters, "kubernetes_clusters.0.node_pools")).To(HaveLen(4), "its own pool and three")
		Expect(lookUp(clusters, "kubernetes_clusters.0.node_pools.3.nodes.0.status.state")).To(Equal("running"))
		Expect(w.Seed("KubernetesNodePool", 4094)).To(Succeed())
		Expect(w.get("/v2/kubernetes/clusters")["kubernetes_clusters"]).To(HaveLen(2), "no network has more addresses than 4093")
	})

	It("adds a database cluster for each firewall", func() {
		w := walker{newWorld()}
		Expect(w.Seed("DatabaseCluster", 1)).To(Succeed())
		Expect(w.Seed("DatabaseFirewall", 3)).To(Succeed())
		databases := w.get("/v2/databases")["databases"].([]any)
		Expect(databases).To(HaveLen(4))
		for i, want := range []int{0, 1, 1, 1} {
			id := databases[i].(object)["id"].(string)
			Expect(w.get("/v2/databases/" + id + "/firewall")["rules"]).To(HaveLen(want))
		}
	})
})

var _ = Describe("seeding more droplets than a network has addresses", func() {
	It("begins another network", func() {
		w := walker{newWorld()}
		Expect(w.Seed("Droplet", 4094)).To(Succeed())
		vpcs := w.get("/v2/vpcs")
		Expect(vpcs["vpcs"]).To(HaveLen(2))
		last := w.get("/v2/droplets?per_page=1&page=4094")
		Expect(lookUp(last, "droplets.0.vpc_uuid")).To(Equal(lookUp(vpcs, "vpcs.1.id")))
		Expect(lookUp(last, "droplets.0.networks.v4.1.ip_address")).To(Equal("10.100.16.2"))
	})
})
