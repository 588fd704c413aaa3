package dosim_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("a project", func() {
	It("that is the default holds whatever of the account a project can hold, for as long as it exists", func() {
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

	It("is another as soon as another is made it, and keeps what it holds", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		first, _, err := c.Projects.GetDefault(ctx)
		Expect(err).NotTo(HaveOccurred())
		before := w.droplet(c, "before")
		second, _, err := c.Projects.Create(ctx, &godo.CreateProjectRequest{Name: "second", Purpose: "my own", Environment: "Production"})
		Expect(err).NotTo(HaveOccurred())
		Expect([]any{second.Purpose, second.Environment, second.IsDefault}).To(Equal([]any{"Other: my own", "Production", false}))
		_, _, err = c.Projects.Update(ctx, second.ID, &godo.UpdateProjectRequest{IsDefault: true})
		Expect(err).NotTo(HaveOccurred())
		after := w.droplet(c, "after")
		Expect(urnsOf(c, first.ID)).To(ConsistOf(before.URN()))
		Expect(urnsOf(c, "default")).To(ConsistOf(after.URN()))
		_, err = c.Projects.Delete(ctx, second.ID)
		Expect(failure(err)).To(Equal("412 the default project cannot be deleted"))
		_, err = c.Projects.Delete(ctx, first.ID)
		Expect(failure(err)).To(Equal("412 cannot delete a project with resources. move or remove the resources first"))
		moved, _, err := c.Projects.AssignResources(ctx, "default", before.URN())
		Expect(err).NotTo(HaveOccurred())
		Expect(moved[0].Status).To(Equal("assigned"))
		_, err = c.Projects.Delete(ctx, first.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(urnsOf(c, second.ID)).To(ConsistOf(before.URN(), after.URN()))
	})

	It("shows what a token may see, and lets it move nothing else", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		d := w.droplet(c, "web-1")
		_, _, err := c.Domains.Create(ctx, &godo.DomainCreateRequest{Name: "example.org"})
		Expect(err).NotTo(HaveOccurred())
		Expect(w.AddToken(dosim.Token{Value: "less", Without: []string{"droplet:read", "project:assign_resource"}})).To(Succeed())
		less := w.client("less")
		Expect(urnsOf(less, "default")).To(ConsistOf("do:domain:example.org"))
		_, _, err = less.Projects.AssignResources(ctx, "default", d.URN())
		Expect(failure(err)).To(HavePrefix("403 "))
		_, _, err = less.Projects.AssignResources(ctx, "default", "do:domain:example.org")
		Expect(err).NotTo(HaveOccurred(), "project:update grants it too")
	})

	It("does not take a domain's successor for the domain", func() {
		w := newWorld()
		c := w.client(dosim.DefaultToken)
		other, _, err := c.Projects.Create(ctx, &godo.CreateProjectRequest{Name: "other", Purpose: "IoT"})
		Expect(err).NotTo(HaveOccurred())
		for range 2 {
			_, _, err = c.Domains.Create(ctx, &godo.DomainCreateRequest{Name: "example.org"})
			Expect(err).NotTo(HaveOccurred())
			Expect(urnsOf(c, other.ID)).To(BeEmpty())
			_, _, err = c.Projects.AssignResources(ctx, other.ID, "do:domain:example.org")
			Expect(err).NotTo(HaveOccurred())
			Expect(urnsOf(c, other.ID)).To(HaveLen(1))
			_, err = c.Domains.Delete(ctx, "example.org")
			Expect(err).NotTo(HaveOccurred())
		}
	})

	DescribeTable("is refused",
		func(change object) {
			w := newWorld()
			body := object{"name": "web", "purpose": "IoT"}
			maps.Copy(body, change)
			status, _ := do(w.plain(dosim.DefaultToken), "POST", w.url+"/v2/projects", body)
			Expect(status).To(BeNumerically(">=", 400))
			_, answer := w.call("GET", "/v2/projects", nil)
			Expect(lookUp(answer, "projects")).To(HaveLen(1))
		},
		Entry("without a name", object{"name": ""}),
		Entry("without a purpose", object{"purpose": ""}),
		Entry("in an environment that is none", object{"environment": "Testing"}),
		Entry("by a name that is taken", object{"name": "first-project"}),
		Entry("with too long a name", object{"name": strings.Repeat("é", 176)}),
		Entry("with too long a description", object{"description": strings.Repeat("é", 256)}),
	)

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

func urnsOf(c *godo.Client, project string) []string {
	GinkgoHelper()
	resources, _, err := c.Projects.ListResources(ctx, project, nil)
	Expect(err).NotTo(HaveOccurred())
	out := []string{}
	for _, r := range resources {
		out = append(out, r.URN)
	}
	return out
}

func (w *world) projectID() string {
	GinkgoHelper()
	_, answer := w.call("GET", "/v2/projects/default", nil)
	return lookUp(answer, "project.id").(string)
}
