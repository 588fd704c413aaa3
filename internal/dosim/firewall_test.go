package dosim_test

import (
	"net/http"
	"slices"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

var _ = Describe("firewalls", func() {
	var w *world
	var c *godo.Client

	BeforeEach(func() {
		w = newWorld()
		c = w.client(dosim.DefaultToken)
	})

	anywhere := []string{"0.0.0.0/0", "::/0"}
	in := func(protocol, ports string) godo.InboundRule {
		return godo.InboundRule{Protocol: protocol, PortRange: ports, Sources: &godo.Sources{Addresses: anywhere}}
	}
	create := func(r *godo.FirewallRequest) *godo.Firewall {
		GinkgoHelper()
		f, _, err := c.Firewalls.Create(ctx, r)
		Expect(err).NotTo(HaveOccurred())
		return f
	}
	read := func(id string) *godo.Firewall {
		GinkgoHelper()
		f, _, err := c.Firewalls.Get(ctx, id)
		Expect(err).NotTo(HaveOccurred())
		return f
	}

	It("show all ports, and the ports that icmp has not, as 0, and refuse that 0", func() {
		f := create(&godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{in("tcp", "all"), in("udp", "53"), in("tcp", "8000-9000"), in("icmp", "")}})
		ports := []string{}
		for _, r := range read(f.ID).InboundRules {
			ports = append(ports, r.PortRange)
		}
		Expect(ports).To(Equal([]string{"0", "53", "8000-9000", "0"}))
		_, _, err := c.Firewalls.Update(ctx, f.ID, &godo.FirewallRequest{Name: f.Name, InboundRules: f.InboundRules})
		Expect(failure(err)).To(Equal("422 You must specify a positive value for ports."), "a GET cannot be PUT back")
	})

	// rule is one that a request and an answer have in the same words.
	rule := func(protocol, ports, action string) object {
		r := object{"protocol": protocol, "ports": ports, "sources": object{"addresses": []any{"0.0.0.0/0"}}}
		if action != "" {
			r["action"] = action
		}
		return r
	}

	It("keep whether a rule denies", func() {
		rules := []any{rule("tcp", "22", "deny"), rule("tcp", "80", "allow"), rule("tcp", "443", "")}
		status, answer := w.call("POST", "/v2/firewalls", object{"name": "web", "inbound_rules": rules})
		Expect(status).To(Equal(http.StatusAccepted))
		Expect(lookUp(answer, "firewall.inbound_rules")).To(Equal(any(rules)))
		at := "/v2/firewalls/" + lookUp(answer, "firewall.id").(string)
		remove := object{"inbound_rules": []any{rule("tcp", "22", ""), rule("tcp", "80", "")}}
		Expect(w.call("DELETE", at+"/rules", remove)).To(Equal(http.StatusNoContent))
		_, answer = w.call("GET", at, nil)
		Expect(lookUp(answer, "firewall.inbound_rules")).To(Equal([]any{rules[0], rules[2]}), "one that denies is another than one that allows")
		status, _ = w.call("POST", at+"/rules", object{"inbound_rules": []any{rule("tcp", "22", "reject")}})
		Expect(status).To(Equal(http.StatusUnprocessableEntity))
	})

	It("keep a range of ports that was given for icmp", func() {
		rules := []any{rule("icmp", "1-65535", ""), rule("tcp", "1-65535", "")}
		status, answer := w.call("POST", "/v2/firewalls", object{"name": "web", "inbound_rules": rules})
		Expect(status).To(Equal(http.StatusAccepted))
		Expect(lookUp(answer, "firewall.inbound_rules")).To(Equal(any(rules)))
	})

	It("show of whom their rules are about what a token may see", func() {
		d := w.droplet(c, "web-1", tagged("web"))
		peers := object{
			"addresses": []any{"192.0.2.1"}, "droplet_ids": []any{d.ID}, "tags": []any{"web"},
			"load_balancer_uids": []any{"4de7ac8b-495b-4884-9a69-1050c6793cd6"},
			"kubernetes_ids":     []any{"41b74c5d-9bd0-5555-5555-a57c495b81a3"},
		}
		status, answer := w.call("POST", "/v2/firewalls", object{
			"name": "web", "droplet_ids": []any{d.ID}, "tags": []any{"web"},
			"inbound_rules":  []any{object{"protocol": "tcp", "ports": "22", "sources": peers}},
			"outbound_rules": []any{object{"protocol": "tcp", "ports": "22", "destinations": peers}},
		})
		Expect(status).To(Equal(http.StatusAccepted), "%v", answer)
		for scope, names := range map[string][]string{
			"droplet:read": {"droplet_ids"}, "tag:read": {"tags"},
			"load_balancer:read": {"load_balancer_uids"}, "kubernetes:read": {"kubernetes_ids"}, "actions:read": {},
		} {
			Expect(w.AddToken(dosim.Token{Value: "less", Without: []string{scope}})).To(Succeed())
			_, listed := do(w.plain("less"), "GET", w.url+"/v2/firewalls", nil)
			for _, side := range []string{"inbound_rules.0.sources", "outbound_rules.0.destinations"} {
				got := lookUp(listed, "firewalls.0."+side).(object)
				Expect(got).To(HaveLen(len(peers)-len(names)), scope)
				for _, name := range names {
					Expect(got).NotTo(HaveKey(name), scope)
				}
			}
			for _, name := range []string{"droplet_ids", "tags"} {
				_, shown := lookUp(listed, "firewalls.0").(object)[name]
				Expect(shown).To(Equal(!slices.Contains(names, name)), "%s without %s", name, scope)
			}
		}
	})

	It("lose by PUT what the body leaves out", func() {
		d := w.droplet(c, "web-1", tagged("web"))
		f := create(&godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{in("tcp", "22")}, DropletIDs: []int{d.ID}, Tags: []string{"web"}})
		Expect(f.DropletIDs).To(Equal([]int{d.ID}))
		f, _, err := c.Firewalls.Update(ctx, f.ID, &godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{in("tcp", "22")}})
		Expect(err).NotTo(HaveOccurred())
		Expect(f.DropletIDs).To(BeEmpty())
		Expect(f.Tags).To(BeEmpty())
	})

	It("reach their droplets after a while", func() {
		d := w.droplet(c, "web-1")
		f := create(&godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{in("tcp", "22")}, DropletIDs: []int{d.ID}})
		Expect(f.Status).To(Equal("waiting"))
		Expect(f.PendingChanges).To(Equal([]godo.PendingChange{{DropletID: d.ID, Status: "waiting"}}))
		w.settle()
		f = read(f.ID)
		Expect(f.Status).To(Equal("succeeded"))
		Expect(f.PendingChanges).To(BeEmpty())
		_, err := c.Droplets.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(read(f.ID).DropletIDs).To(BeEmpty())
	})

	It("are edited piece by piece", func() {
		d := w.droplet(c, "web-1", tagged("web"))
		f := create(&godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{in("tcp", "22")}})
		ok := func(_ *godo.Response, err error) {
			GinkgoHelper()
			Expect(err).NotTo(HaveOccurred())
		}
		more := &godo.FirewallRulesRequest{InboundRules: []godo.InboundRule{in("tcp", "443")}}
		ok(c.Firewalls.AddRules(ctx, f.ID, more))
		ok(c.Firewalls.AddTags(ctx, f.ID, "WEB"))
		ok(c.Firewalls.AddDroplets(ctx, f.ID, d.ID))
		got := read(f.ID)
		Expect(got.InboundRules).To(HaveLen(2))
		Expect(got.Tags).To(Equal([]string{"web"}))
		Expect(got.DropletIDs).To(Equal([]int{d.ID}))
		ok(c.Firewalls.RemoveRules(ctx, f.ID, more))
		ok(c.Firewalls.RemoveDroplets(ctx, f.ID, d.ID))
		byTag, _, err := c.Firewalls.ListByDroplet(ctx, d.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(byTag).To(HaveLen(1), "the tag still selects the droplet")
		ok(c.Firewalls.RemoveTags(ctx, f.ID, "web"))
		none, _, err := c.Firewalls.ListByDroplet(ctx, d.ID, nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(none).To(BeEmpty())
		Expect(read(f.ID).InboundRules).To(HaveLen(1))
	})

	It("are refused without rules, with unknown tags or droplets, or twice of a name", func() {
		rules := []godo.InboundRule{in("tcp", "22")}
		for _, r := range []*godo.FirewallRequest{
			{Name: "web"},
			{Name: "web", InboundRules: rules, Tags: []string{"unknown"}},
			{Name: "web", InboundRules: rules, DropletIDs: []int{1}},
			{Name: "web", InboundRules: []godo.InboundRule{{Protocol: "tcp", PortRange: "22", Sources: &godo.Sources{}}}},
			{Name: "web", InboundRules: []godo.InboundRule{in("icmp", "all")}},
			{Name: "web", InboundRules: []godo.InboundRule{in("tcp", "70000")}},
			{Name: "-", InboundRules: rules},
		} {
			_, _, err := c.Firewalls.Create(ctx, r)
			Expect(failure(err)).To(HavePrefix("422 "))
		}
		create(&godo.FirewallRequest{Name: "web", InboundRules: rules})
		_, _, err := c.Firewalls.Create(ctx, &godo.FirewallRequest{Name: "web", InboundRules: rules})
		Expect(failure(err)).To(Equal("409 duplicate name"))
	})

	DescribeTable("are refused where a request says nothing, or nonsense",
		func(change func(r object)) {
			w.call("POST", "/v2/tags", object{"name": "web"})
			r := object{"protocol": "tcp", "ports": "22", "sources": object{"addresses": anywhere}}
			change(r)
			status, _ := w.call("POST", "/v2/firewalls", object{"name": "web", "inbound_rules": []object{r}})
			Expect(status).To(Equal(http.StatusUnprocessableEntity))
		},
		Entry("sources that are an empty list", func(r object) { r["sources"] = object{"addresses": []string{}} }),
		Entry("sources that are all empty", func(r object) { r["sources"] = object{"tags": []string{}, "droplet_ids": nil} }),
		Entry("destinations where sources belong", func(r object) { r["destinations"] = r["sources"]; delete(r, "sources") }),
		Entry("a droplet of nobody", func(r object) { r["sources"] = object{"droplet_ids": []int{1}} }),
		Entry("a port with a sign", func(r object) { r["ports"] = "+22" }),
		Entry("a range with a sign", func(r object) { r["ports"] = "22-+23" }),
		Entry("a port with a blank", func(r object) { r["ports"] = " 22" }),
		Entry("a range that is three", func(r object) { r["ports"] = "1-2-3" }),
		Entry("a range that ends before it begins", func(r object) { r["ports"] = "23-22" }),
	)

	It("show of a rule what belongs to its direction", func() {
		from := object{"addresses": anywhere}
		_, answer := w.call("POST", "/v2/firewalls", object{
			"name":           "web",
			"inbound_rules":  []object{{"protocol": "tcp", "ports": "22", "sources": from, "destinations": from, "comment": "none"}},
			"outbound_rules": []object{{"protocol": "tcp", "ports": "22", "sources": from, "destinations": from, "comment": "none"}},
		})
		Expect(sortedKeys(lookUp(answer, "firewall.inbound_rules.0").(object))).To(Equal([]string{"ports", "protocol", "sources"}))
		Expect(sortedKeys(lookUp(answer, "firewall.outbound_rules.0").(object))).To(Equal([]string{"destinations", "ports", "protocol"}))
	})

	It("have a droplet once, however often it is named", func() {
		d := w.droplet(c, "web-1")
		r := in("tcp", "22")
		r.Sources.DropletIDs = []int{d.ID, d.ID}
		f := create(&godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{r}, DropletIDs: []int{d.ID, d.ID}})
		Expect(f.DropletIDs).To(Equal([]int{d.ID}))
		Expect(f.InboundRules[0].Sources.DropletIDs).To(Equal([]int{d.ID}))
	})

	It("forget what is gone, so that what they show could be written again", func() {
		d := w.droplet(c, "web-1", tagged("web"))
		mixed, only := in("tcp", "22"), godo.InboundRule{Protocol: "tcp", PortRange: "80", Sources: &godo.Sources{Tags: []string{"web"}}}
		mixed.Sources.DropletIDs, mixed.Sources.Tags = []int{d.ID}, []string{"web"}
		f := create(&godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{mixed, only}, Tags: []string{"web"}, DropletIDs: []int{d.ID}})
		_, err := c.Droplets.Delete(ctx, d.ID)
		Expect(err).NotTo(HaveOccurred())
		_, err = c.Tags.Delete(ctx, "web")
		Expect(err).NotTo(HaveOccurred())
		f = read(f.ID)
		Expect(f.InboundRules).To(Equal([]godo.InboundRule{in("tcp", "22")}), "a rule about nobody goes too")
		Expect(f.PendingChanges).To(BeEmpty())
		_, _, err = c.Firewalls.Update(ctx, f.ID, &godo.FirewallRequest{Name: f.Name, InboundRules: f.InboundRules, Tags: f.Tags, DropletIDs: f.DropletIDs})
		Expect(err).NotTo(HaveOccurred())
	})

	DescribeTable("are not edited by what an edit is not about",
		func(below string, body any) {
			w.call("POST", "/v2/tags", object{"name": "web"})
			f := create(&godo.FirewallRequest{Name: "web", InboundRules: []godo.InboundRule{in("tcp", "22")}, Tags: []string{"web"}})
			for _, method := range []string{"POST", "DELETE"} {
				status, _ := w.call(method, "/v2/firewalls/"+f.ID+below, body)
				Expect(status).To(Equal(http.StatusUnprocessableEntity), method)
			}
			Expect(read(f.ID)).To(HaveField("Tags", []string{"web"}))
		},
		Entry(nil, "/droplets", object{}),
		Entry(nil, "/droplets", raw("null")),
		Entry("another key", "/droplets", object{"tags": []string{"web"}}),
		Entry(nil, "/tags", object{}),
		Entry(nil, "/tags", raw("null")),
		Entry(nil, "/rules", object{}),
		Entry(nil, "/rules", raw("null")),
		Entry("lists without rules", "/rules", object{"inbound_rules": []object{}, "outbound_rules": nil}),
	)

	It("wait for droplets that a tag selects, and for those that they let go", func() {
		one, two := w.droplet(c, "one", tagged("web")), w.droplet(c, "two")
		rules := []godo.InboundRule{in("tcp", "22")}
		f := create(&godo.FirewallRequest{Name: "web", InboundRules: rules, Tags: []string{"web"}})
		Expect(f.Status).To(Equal("waiting"))
		Expect(f.PendingChanges).To(Equal([]godo.PendingChange{{DropletID: one.ID, Status: "waiting"}}))
		w.settle()
		f, _, err := c.Firewalls.Update(ctx, f.ID, &godo.FirewallRequest{Name: "web", InboundRules: rules, DropletIDs: []int{two.ID}})
		Expect(err).NotTo(HaveOccurred())
		Expect(f.PendingChanges).To(Equal([]godo.PendingChange{
			{DropletID: one.ID, Removing: true, Status: "waiting"}, {DropletID: two.ID, Status: "waiting"},
		}))
		_, err = c.Firewalls.RemoveDroplets(ctx, f.ID, two.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(read(f.ID).PendingChanges).To(HaveEach(HaveField("Removing", true)))
		Expect(read(f.ID).PendingChanges).To(HaveLen(2), "the change before has not arrived either")
		w.settle()
		Expect(read(f.ID).Status).To(Equal("succeeded"))
	})
})
