package terraform_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/arcadiacloud/clouddrift/internal/declare"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The files that Terraform wrote when the account was as it is: with "state pull", with
// "show -json", and with "show -json" of a plan.
var recordings = []string{"state.json", "shown.json", "plan.json"}

func manifests(t *testing.T, state *terraform.State) []byte {
	t.Helper()
	var items []declare.Item
	for _, each := range state.Resources {
		items = append(items, declare.Item{Resource: each.Resource, Asked: each.Asked, Lasting: true,
			Annotations: map[string]string{"drift.arcadia.cloud/terraform-address": each.Address}})
	}
	var out bytes.Buffer
	for _, p := range declare.Make(items, declare.Options{Account: "production", By: declare.ByID}).Declarations {
		text, err := declare.Manifest(p)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("---\n")
		out.Write(text)
	}
	return out.Bytes()
}

// What Terraform says of an account is what DigitalOcean says of it, under each field's own
// comparison, name and id included.
func TestWhatTerraformLeftDoesNotDiffer(t *testing.T) {
	live := inventory(t, account(t))
	for _, file := range recordings {
		state := recorded(t, file)
		mapped := map[string]bool{}
		for _, each := range state.Resources {
			kind, _ := kinds.Lookup(each.Kind)
			mapped[each.Kind] = true
			now, there := live[each.Ref]
			if !there {
				t.Errorf("%s: %s is %s %s, which is not there", file, each.Address, each.Kind, each.ID)
				continue
			}
			if now.Name != each.Name {
				t.Errorf("%s: %s is named %q, and not %q", file, each.Address, now.Name, each.Name)
			}
			for _, wanted := range []kinds.Wanted{{Asked: each.Asked}, {}, {Defaults: true}} {
				desired := kind.Adopted(each.Resource, wanted)
				result := drift.Differences(kind.Schema, desired, now, nil)
				if len(desired) == 0 || result.Fields == 0 {
					t.Errorf("%s: nothing of %s is declared", file, each.Address)
				}
				for _, d := range result.Differences {
					t.Errorf("%s: %s drifts: %s expected %v, actual %v", file, each.Address, d.Path, d.Expected, d.Actual)
				}
				if len(result.Unknown)+len(result.Unseen) > 0 {
					t.Errorf("%s: %s is not all understood: %+v", file, each.Address, result)
				}
			}
		}
		for _, kind := range kinds.All() {
			if !mapped[kind.Name] {
				t.Errorf("%s has no %s, so that nothing is known of the kind", file, kind.Name)
			}
		}
	}
}

func TestDeclarationsOfWhatTerraformLeft(t *testing.T) {
	for _, file := range recordings {
		golden := filepath.Join("testdata", strings.TrimSuffix(file, ".json")+".golden.yaml")
		got := manifests(t, recorded(t, file))
		if *update {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", golden, diff)
		}
	}
}

// A state and what "show" says of it are one: nothing but the plan knows more.
func TestTheFormatsSayTheSame(t *testing.T) {
	if diff := cmp.Diff(string(manifests(t, recorded(t, "state.json"))), string(manifests(t, recorded(t, "shown.json")))); diff != "" {
		t.Errorf("state and show differ:\n%s", diff)
	}
}

// Everything that the recordings hold of secrets has the word SECRET in it.
func TestNoSecretIsLeft(t *testing.T) {
	for _, file := range recordings {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte("SECRET")) {
			t.Errorf("%s holds no secret, so that nothing is tried", file)
		}
		state := recorded(t, file)
		if text := fmt.Sprintf("%+v %s", state, manifests(t, state)); strings.Contains(text, "SECRET") {
			t.Errorf("%s: a secret is left", file)
		}
	}
}

func TestWhatCannotBeMappedIsListed(t *testing.T) {
	for _, file := range recordings {
		state := recorded(t, file)
		var got []string
		for _, each := range state.Unmapped {
			got = append(got, each.Address+" "+each.Reason)
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{
			"digitalocean_project.adopted digitalocean_project is of no kind that can be declared",
			"digitalocean_ssh_key.ops digitalocean_ssh_key is of no kind that can be declared",
			"digitalocean_volume_attachment.data digitalocean_volume_attachment is of no kind that can be declared",
		}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		got = nil
		for _, each := range state.LeftOut {
			got = append(got, fmt.Sprint(each.Address, ".", each.Attribute, " ", each.Reason, " ", each.Unknown))
		}
		slices.Sort(got)
		if diff := cmp.Diff([]string{
			"digitalocean_database_cluster.cache.eviction_policy is told by an endpoint of its own, which clouddrift does not ask false",
			"digitalocean_droplet.db.ssh_keys is only used when a droplet is created, and DigitalOcean never shows it false",
			"digitalocean_droplet.db.user_data is only used when a droplet is created, and DigitalOcean never shows it false",
		}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		if state.Foreign != 1 {
			t.Errorf("%s: %d resources of other providers, want 1", file, state.Foreign)
		}
	}
}

// differences are the paths that differ from what the state declared, by address.
func differences(state *terraform.State, wanted kinds.Wanted, live map[resource.Ref]resource.Resource) []string {
	out := []string{}
	for _, each := range state.Resources {
		kind, _ := kinds.Lookup(each.Kind)
		for _, d := range drift.Differences(kind.Schema, kind.Adopted(each.Resource, wanted), live[each.Ref], nil).Differences {
			out = append(out, each.Address+" "+d.Path.String())
		}
	}
	slices.Sort(out)
	return out
}
