package controller

import (
	"encoding/json"
	"testing"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

func droplet(tags, features []any, unseen ...string) resource.Resource {
	return resource.Resource{
		Ref: resource.Ref{Kind: "Droplet", ID: "1"}, Name: "web-1",
		Fields: map[string]any{"name": "web-1", "region": "nyc3", "size_slug": "s-1vcpu-1gb", "status": "active", "tags": tags},
		Attrs: map[string]any{
			"features": features, "memory": json.Number("1024"), "vcpus": json.Number("1"), "disk": json.Number("25"),
			"networks": map[string]any{"v6": []any{}, "v4": []any{
				map[string]any{"ip_address": "198.51.100.7", "netmask": "255.255.240.0", "gateway": "198.51.100.1", "type": "public"},
				map[string]any{"ip_address": "10.100.0.2", "netmask": "255.255.240.0", "gateway": "", "type": "private"},
			}},
			"image":    map[string]any{"id": json.Number("195932982"), "slug": "ubuntu-24-04-x64", "name": "24.04 (LTS) x64", "type": "base"},
			"vpc_uuid": "760e09ef-dc84-11e8-981e-3cfdfeaae000", "volume_ids": []any{}, "backup_ids": []any{}, "snapshot_ids": []any{},
		},
		Unseen: unseen,
	}
}

func list(texts ...string) []any {
	out := make([]any, 0, len(texts))
	for _, text := range texts {
		out = append(out, text)
	}
	return out
}

func observation(t *testing.T, r resource.Resource) driftv1alpha1.Observation {
	t.Helper()
	out, err := observationOf(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheOrderOfAListIsNoChange(t *testing.T) {
	was := observation(t, droplet(list("web", "prod"), list("ipv6", "backups")))
	is := observation(t, droplet(list("prod", "web"), list("backups", "ipv6")))
	if was.Digest != is.Digest {
		t.Error("the digests differ: each sync would write the resource")
	}
	if changed := changedFields(was, is); changed != "" {
		t.Errorf("changed: %s", changed)
	}
	if is = observation(t, droplet(list("prod", "db"), list("backups"))); is.Digest == was.Digest || changedFields(was, is) != "features, tags" {
		t.Errorf("changed: %s", changedFields(was, is))
	}
}

func TestWhatCannotBeSeenDidNotChange(t *testing.T) {
	seen := droplet(list("web"), list("ipv6"))
	unseen := droplet(nil, nil, "tags", "features")
	unseen.Fields = map[string]any{"name": "web-1", "region": "nyc3", "size_slug": "s-2vcpu-2gb", "status": "active"}
	delete(unseen.Attrs, "features")
	was, is := observation(t, seen), observation(t, unseen)
	if was.Digest == is.Digest {
		t.Error("nobody would know that the fields can't be seen any more")
	}
	for _, pair := range [][2]driftv1alpha1.Observation{{was, is}, {is, was}} {
		if changed := changedFields(pair[0], pair[1]); changed != "size_slug" {
			t.Errorf("changed: %s", changed)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	r := droplet(list("web", "prod"), list("droplet_agent", "private_networking"))
	b.ReportAllocs()
	for b.Loop() {
		digestOf(r)
	}
}
