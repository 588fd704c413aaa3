package digitalocean_test

import (
	"slices"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Of what is known already a listing keeps the ID alone, and is complete all the same.
func TestListingKeepsOnlyWhatIsNotKnown(t *testing.T) {
	for name, c := range map[string]struct {
		kind    string
		without []string
		fault   dosim.Fault
	}{
		"a kind that fills pages":           {"Volume", nil, dosim.Fault{}},
		"with what another endpoint tells":  {"Droplet", nil, dosim.Fault{}},
		"without what it tells":             {"Droplet", []string{"backups", "backup_policy"}, dosim.Fault{}},
		"after a walk that had to be begun": {"Volume", nil, dosim.Fault{Path: "/v2/volumes", Page: 2, Count: 1, TotalDelta: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			sim, c0 := simulate(t)
			seed(t, sim, c.kind, 250)
			if c.fault.Path != "" {
				sim.AddFault(c.fault)
			}
			client := c0.Without(c.kind, c.without...)
			all := list(t, client, c.kind, resource.Listing{})
			if all.Len() != 250 || len(all.Unchanged) != 0 {
				t.Fatalf("%d, %d of them unchanged", all.Len(), len(all.Unchanged))
			}
			seen := map[string]string{}
			for _, res := range all.Resources {
				seen[res.ID] = resource.Hash(res.Values, res.Unseen)
			}
			changed := all.Resources[7].ID
			seen[changed] = "something else"
			got := list(t, client.Knowing(func(res resource.Resource) bool {
				return seen[res.ID] == resource.Hash(res.Values, res.Unseen)
			}), c.kind, resource.Listing{})
			if got.Len() != 250 || len(got.Resources) != 1 || got.Resources[0].ID != changed {
				t.Errorf("%d, of which %d were kept", got.Len(), len(got.Resources))
			}
			if ids := slices.Sorted(got.IDs()); !slices.Equal(ids, slices.Sorted(all.IDs())) {
				t.Error("the IDs are not those of a full listing")
			}
		})
	}
}

// A parent that is known has children all the same.
func TestChildrenOfWhatIsKnownAreListed(t *testing.T) {
	sim, c := simulate(t)
	seed(t, sim, "Domain", 3)
	full := list(t, c, "DomainRecord", list(t, c, "Domain", resource.Listing{}))
	domains := list(t, c.Knowing(func(resource.Resource) bool { return true }), "Domain", resource.Listing{})
	if len(domains.Unchanged) != 3 {
		t.Fatalf("%d are unchanged", len(domains.Unchanged))
	}
	if got := list(t, c, "DomainRecord", domains); got.Len() != full.Len() || got.Len() == 0 {
		t.Errorf("%d records, want %d", got.Len(), full.Len())
	}
}
