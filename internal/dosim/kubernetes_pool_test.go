package dosim_test

import (
	"strings"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("node pools", func() {
	var w *world
	var c *godo.Client
	var k *godo.KubernetesCluster

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
		k = w.cluster(c, "prod")
	})

	create := func(change ...func(*godo.KubernetesNodePoolCreateRequest)) *godo.KubernetesNodePool {
		GinkgoHelper()
		r := &godo.KubernetesNodePoolCreateRequest{Name: "jobs", Size: "s-2vcpu-4gb", Count: 3}
		for _, f := range change {
			f(r)
		}
		p, _, err := c.Kubernetes.CreateNodePool(ctx, k.ID, r)
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		return p
	}
	read := func(id string) *godo.KubernetesNodePool {
		GinkgoHelper()
		p, _, err := c.Kubernetes.GetNodePool(ctx, k.ID, id)
		Expect(err).NotTo(HaveOccurred())
		return p
	}
	update := func(id string, r *godo.KubernetesNodePoolUpdateRequest) *godo.KubernetesNodePool {
		GinkgoHelper()
		p, _, err := c.Kubernetes.UpdateNodePool(ctx, k.ID, id, r)
		Expect(err).NotTo(HaveOccurred())
		return p
	}
	states := func(p *godo.KubernetesNodePool) string {
		all := []string{}
		for _, n := range p.Nodes {
			all = append(all, n.Status.State)
		}
		return strings.Join(all, " ")
	}
	autoScale := func(r *godo.KubernetesNodePoolCreateRequest) {
		r.Count, r.AutoScale, r.MinNodes, r.MaxNodes = 0, true, 1, 4
	}

	It("are in the cluster and in a listing of their own", func() {
		p := create()
		inside := readCluster(c, k.ID).NodePools
		Expect(inside).To(HaveLen(2))
		alone, _, err := c.Kubernetes.ListNodePools(ctx, k.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(alone).To(Equal(inside))
		Expect(read(p.ID)).To(Equal(inside[1]))
		_, _, err = c.Kubernetes.GetNodePool(ctx, k.ID, k.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("grow and shrink, and droplets come and go with their nodes", func() {
		p := create()
		four, one := 4, 1
		Expect(update(p.ID, &godo.KubernetesNodePoolUpdateRequest{Count: &four}).Count).To(Equal(4))
		Expect(states(read(p.ID))).To(Equal("running running running provisioning"))
		w.settle()
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(HaveLen(6))
		update(p.ID, &godo.KubernetesNodePoolUpdateRequest{Count: &one})
		Expect(states(read(p.ID))).To(Equal("running draining draining draining"))
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(HaveLen(6), "until they are drained")
		w.settle()
		Expect(states(read(p.ID))).To(Equal("running"))
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(HaveLen(3))
	})

	It("carry tags to their droplets, labels and taints", func() {
		p := create(func(r *godo.KubernetesNodePoolCreateRequest) {
			r.Labels, r.Taints = map[string]string{"tier": "jobs"}, []godo.Taint{{Key: "jobs", Value: "only", Effect: "NoSchedule"}}
		})
		Expect(p.Taints).To(Equal([]godo.Taint{{Key: "jobs", Value: "only", Effect: "NoSchedule"}}))
		changed := update(p.ID, &godo.KubernetesNodePoolUpdateRequest{Name: "batch", Tags: []string{"batch"}, Taints: &[]godo.Taint{}})
		Expect(changed.Tags).To(Equal([]string{"batch", "k8s", "k8s:" + k.ID, "k8s:worker"}))
		Expect(changed.Labels).To(Equal(map[string]string{"tier": "jobs"}), "nobody named them")
		Expect(changed.Taints).To(BeEmpty())
		Expect(dropletsTagged(c, "batch")).To(HaveLen(3))
		_, _, err := c.Kubernetes.UpdateNodePool(ctx, k.ID, p.ID, &godo.KubernetesNodePoolUpdateRequest{Taints: &[]godo.Taint{{Key: "a", Effect: "Never"}}})
		Expect(failure(err)).To(HavePrefix("422 "))
	})

	It("scale between their limits, by whoever is the autoscaler", func() {
		p := create(autoScale)
		Expect(p.Count).To(Equal(1))
		_, err := w.Change("PUT", "/v2/kubernetes/clusters/"+k.ID+"/node_pools/"+p.ID, object{"name": "jobs", "count": 3})
		Expect(err).NotTo(HaveOccurred())
		Expect(states(read(p.ID))).To(Equal("running running running"))
		ten, off := 10, false
		Expect(update(p.ID, &godo.KubernetesNodePoolUpdateRequest{Count: &ten}).Count).To(Equal(1), "beyond the limits it is the lower one")
		fixed := update(p.ID, &godo.KubernetesNodePoolUpdateRequest{AutoScale: &off})
		Expect([]int{fixed.MinNodes, fixed.MaxNodes}).To(Equal([]int{0, 0}), "without auto_scale there are none to show")
	})

	DescribeTable("have limits that make sense",
		func(least, most int) {
			_, _, err := c.Kubernetes.CreateNodePool(ctx, k.ID, &godo.KubernetesNodePoolCreateRequest{
				Name: "jobs", Size: "s-2vcpu-4gb", AutoScale: true, MinNodes: least, MaxNodes: most,
			})
			Expect(failure(err)).To(HavePrefix("422 validation error: worker_node_pool_spec."))
		},
		Entry("the other way round", 3, 2),
		Entry("no nodes ever", 0, 0),
		Entry("fewer than none", -1, 2),
	)

	It("lose a node, or have another in its place", func() {
		p := read(create().ID)
		_, err := c.Kubernetes.DeleteNode(ctx, k.ID, p.ID, p.Nodes[0].ID, &godo.KubernetesNodeDeleteRequest{SkipDrain: true})
		Expect(err).NotTo(HaveOccurred())
		Expect(states(read(p.ID))).To(Equal("deleting running running"))
		_, err = c.Kubernetes.DeleteNode(ctx, k.ID, p.ID, p.Nodes[1].ID, &godo.KubernetesNodeDeleteRequest{Replace: true})
		Expect(err).NotTo(HaveOccurred())
		w.settle()
		after := read(p.ID)
		Expect(after.Count).To(Equal(2))
		Expect(states(after)).To(Equal("running running"))
		Expect(after.Nodes[0].ID).To(Equal(p.Nodes[2].ID))
		_, err = c.Kubernetes.DeleteNode(ctx, k.ID, p.ID, p.Nodes[1].ID, nil)
		Expect(failure(err)).To(HavePrefix("404 "))
	})

	It("go with their nodes, but for the last one", func() {
		p := create()
		_, err := c.Kubernetes.DeleteNodePool(ctx, k.ID, p.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(states(read(p.ID))).To(Equal("deleting deleting deleting"))
		_, err = c.Kubernetes.DeleteNodePool(ctx, k.ID, k.NodePools[0].ID)
		Expect(failure(err)).To(HavePrefix("422 "))
		w.settle()
		_, _, err = c.Kubernetes.GetNodePool(ctx, k.ID, p.ID)
		Expect(failure(err)).To(HavePrefix("404 "))
		Expect(dropletsTagged(c, "k8s:"+k.ID)).To(HaveLen(2))
	})

	It("do not grow beyond their network", func() {
		net, _, err := c.VPCs.Create(ctx, &godo.VPCCreateRequest{Name: "small", RegionSlug: "nyc3", IPRange: "10.9.0.0/28"})
		Expect(err).NotTo(HaveOccurred())
		small := w.cluster(c, "small", func(r *godo.KubernetesClusterCreateRequest) { r.VPCUUID = net.ID })
		many := 20
		_, _, err = c.Kubernetes.UpdateNodePool(ctx, small.ID, small.NodePools[0].ID, &godo.KubernetesNodePoolUpdateRequest{Count: &many})
		Expect(failure(err)).To(HavePrefix("422 validation error: the VPC has no addresses left"))
	})
})
