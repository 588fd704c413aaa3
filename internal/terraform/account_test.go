package terraform_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/digitalocean"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

// account is the simulated DigitalOcean as Terraform left it when the states in testdata
// were written.
func account(t *testing.T) *dosim.Server {
	t.Helper()
	server := dosim.New(dosim.WithActionDuration(0), dosim.WithRateLimit(0, 0))
	if err := server.LoadFile(filepath.Join("testdata", "account.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return server
}

// inventory is everything in the account, as a sync sees it.
func inventory(t *testing.T, server *dosim.Server) map[resource.Ref]resource.Resource {
	t.Helper()
	client, err := digitalocean.NewPool(digitalocean.WithRetries(0, time.Millisecond, time.Millisecond)).Client(server.URL(), dosim.DefaultToken)
	if err != nil {
		t.Fatal(err)
	}
	out := map[resource.Ref]resource.Resource{}
	ids := map[string][]string{}
	for _, kind := range kinds.All() {
		parents := []string{""}
		if kind.PerParent() {
			parents = ids[kind.Parent]
		}
		for _, parent := range parents {
			listing, err := client.List(context.Background(), kind.Name, parent)
			if err != nil {
				t.Fatalf("listing %s: %v", kind.Many, err)
			}
			for _, each := range listing.Resources {
				out[each.Ref] = each
				ids[kind.Name] = append(ids[kind.Name], each.ID)
			}
		}
	}
	return out
}

// recorded is a file of testdata as it is read.
func recorded(t *testing.T, name string) *terraform.State {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	state, err := terraform.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	return state
}
