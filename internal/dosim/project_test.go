package dosim_test

import (
	"fmt"
	"net/http"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("the default project", func() {
	It("holds whatever of the account a project can hold, for as long as it exists", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		d := w.droplet(c, "web-1")
		v, _, err := c.Storage.CreateVolume(ctx, &godo.VolumeCreateRequest{Name: "data", Region: "nyc3", SizeGigaBytes: 10})
		Expect(err).NotTo(HaveOccurred())
		_, _, err = c.Domains.Create(ctx, &godo.DomainCreateRequest{Name: "example.org"})
		Expect(err).NotTo(HaveOccurred())
		project, _, err := c.Projects.GetDefault(ctx)
		Expect(err).NotTo(HaveOccurred())

		urns := func() []string {
			resources, _, err := c.Projects.ListResources(ctx, project.ID, nil)
			Expect(err).NotTo(HaveOccurred())
			out := []string{}
			for _, r := range resources {
				Expect(r.Status).To(Equal("ok"))
				out = append(out, r.URN)
			}
			return out
		}
		Expect(urns()).To(ConsistOf(d.URN(), v.URN(), "do:domain:example.org"))
		_, err = c.Droplets.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(urns()).To(ConsistOf(v.URN(), "do:domain:example.org"))
	})

	It("says of each resource whether it could be assigned", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		d := w.droplet(c, "web-1")
		assigned, _, err := c.Projects.AssignResources(ctx, "default", d.URN(), "do:droplet:1")
		Expect(err).NotTo(HaveOccurred())
		Expect(assigned).To(HaveLen(2))
		Expect(assigned[0].Status).To(Equal("already_assigned"))
		Expect(assigned[0].Links.Self).To(HaveSuffix(fmt.Sprintf("/v2/droplets/%d", d.ID)))
		Expect(assigned[1].Status).To(Equal("not_found"))
		_, _, err = c.Projects.AssignResources(ctx, "default", "droplet-1")
		Expect(failure(err)).To(HavePrefix("422 "))
	})

	DescribeTable("refuses what names no resource",
		func(body any) {
			w := newWorld()
			for _, project := range []string{"default", w.projectID()} {
				status, _ := w.call("POST", "/v2/projects/"+project+"/resources", body)
				Expect(status).To(Equal(http.StatusUnprocessableEntity))
			}
		},
		Entry("a kind that no project holds", object{"resources": []string{"do:action:1"}}),
		Entry("a kind that is none", object{"resources": []string{"do::1"}}),
		Entry("no URN", object{"resources": []string{"1"}}),
		Entry("no list", object{"resources": nil}),
		Entry("nothing", object{}),
		Entry("null", raw("null")),
	)

	It("links to resources by addresses that are such, whatever they are called", func() {
		w := newWorld()
		urn := "do:space:what? 100%/#\u00e9"
		_, answer := w.call("POST", "/v2/projects/default/resources", object{"resources": []string{urn, "do:kubernetes:1"}})
		Expect(lookUp(answer, "resources.0.urn")).To(Equal(urn))
		Expect(lookUp(answer, "resources.0.links.self")).To(HaveSuffix("/v2/spaces/what%3F%20100%25%2F%23%C3%A9"))
		Expect(lookUp(answer, "resources.1.links.self")).To(HaveSuffix("/v2/kubernetes/clusters/1"))
	})
})

func (w *world) projectID() string {
	GinkgoHelper()
	_, answer := w.call("GET", "/v2/projects/default", nil)
	return lookUp(answer, "project.id").(string)
}
