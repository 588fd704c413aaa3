package kinds

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// trap is something that DigitalOcean's answers do to a declaration. No paths in
// drifts mean that it is noise, and must not become a drift; in unknown are those
// of which nobody can tell. unseen are what the answer did not hold.
type trap struct {
	why                     string
	desired, observed       string
	unseen, drifts, unknown []string
}

func object(t testing.TB, text string) map[string]any {
	t.Helper()
	value, err := resource.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	decoded, ok := value.(map[string]any)
	if !ok {
		t.Fatalf("%s is no object", text)
	}
	return decoded
}

// live is a resource of that kind.
func live(kind Kind, values map[string]any) resource.Resource {
	return resource.Resource{Ref: resource.Ref{Kind: kind.Kind, ID: kind.ID.Example}, Values: values}
}

func spring(t *testing.T, name string, traps []trap) {
	t.Helper()
	kind, ok := Lookup(name)
	if !ok {
		t.Fatalf("no kind %s", name)
	}
	for _, c := range traps {
		t.Run(c.why, func(t *testing.T) {
			desired, observed := object(t, c.desired), live(kind, object(t, c.observed))
			observed.Unseen = c.unseen
			result := drift.Differences(kind.Schema, desired, observed, nil)
			var drifts, unknown []string
			for _, difference := range result.Differences {
				drifts = append(drifts, difference.Path.String())
			}
			for _, path := range result.Unseen {
				unknown = append(unknown, path.String())
			}
			if diff := cmp.Diff(c.drifts, drifts, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("drifts: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(c.unknown, unknown, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("unknown: -want +got:\n%s", diff)
			}
			if len(result.Unknown) > 0 {
				t.Errorf("unknown fields: %v", result.Unknown)
			}
			adoptAll(t, kind, desired, observed, result.Differences)
		})
	}
}

// adoptAll accepts every drift of a case, one after the other: none may be left.
func adoptAll(t *testing.T, kind Kind, desired map[string]any, observed resource.Resource, differences []drift.Difference) {
	t.Helper()
	for _, difference := range differences {
		adopted, err := drift.Adopt(kind.Schema, desired, difference.Actual, difference.Path)
		if err != nil {
			t.Fatalf("accepting %s: %v", difference.Path, err)
		}
		desired = adopted
	}
	if left := drift.Differences(kind.Schema, desired, observed, nil).Differences; len(left) > 0 {
		written, _ := json.Marshal(desired)
		t.Errorf("after accepting everything %s still differs; desired is %s", left[0].Path, written)
	}
}

func TestDroplet(t *testing.T) {
	spring(t, "Droplet", []trap{
		{why: "somebody resized it", desired: `{"size_slug":"s-2vcpu-4gb","region":"nyc3"}`,
			observed: `{"size_slug":"s-4vcpu-8gb","region":"nyc3"}`, drifts: []string{"size_slug"}},
		{why: "slugs compare without case", desired: `{"size_slug":"S-2VCPU-4GB","region":"NYC3"}`,
			observed: `{"size_slug":"s-2vcpu-4gb","region":"nyc3"}`},
		{why: "a region may be declared as answers show it", desired: `{"region":{"slug":"nyc3","name":"New York 3"}}`, observed: `{"region":"nyc3"}`, unknown: []string{"region.name"}},
		{why: "another region", desired: `{"region":{"slug":"nyc1"}}`, observed: `{"region":"nyc3"}`, drifts: []string{"region"}},
		{why: "somebody renamed it", desired: `{"name":"web-1"}`, observed: `{"name":"web-2"}`, drifts: []string{"name"}},
		{why: "a name has case: it is a host name on the droplet", desired: `{"name":"web-1"}`, observed: `{"name":"Web-1"}`, drifts: []string{"name"}},
		{why: "somebody powered it off", desired: `{"status":"active"}`, observed: `{"status":"off"}`, drifts: []string{"status"}},
		{why: "off without quotes is false to YAML", desired: `{"status":false}`, observed: `{"status":"off"}`},
		{why: "and somebody powered it on", desired: `{"status":false}`, observed: `{"status":"active"}`, drifts: []string{"status"}},

		{why: "tags come in any order, in the first spelling (doctl 333)", desired: `{"tags":["web","Prod"]}`, observed: `{"tags":["prod","Web"]}`},
		{why: "a tag was added", desired: `{"tags":["web"]}`, observed: `{"tags":["web","debug"]}`, drifts: []string{"tags"}},
		{why: "a tag was removed", desired: `{"tags":["web","prod"]}`, observed: `{"tags":["web"]}`, drifts: []string{"tags"}},
		{why: "no tags are null, or none, or not mentioned", desired: `{"tags":[]}`, observed: `{"tags":null}`},
		{why: "one tag, not in a list", desired: `{"tags":"web"}`, observed: `{"tags":["Web"]}`},
		{why: "and another was added to it", desired: `{"tags":"web"}`, observed: `{"tags":["web","debug"]}`, drifts: []string{"tags"}},
		{why: "the last tag was removed", desired: `{"tags":["web"]}`, observed: `{}`, drifts: []string{"tags"}},

		{why: "an image by its slug (152)", desired: `{"image":"ubuntu-24-04-x64"}`, observed: `{"image":{"id":1,"slug":"ubuntu-24-04-x64","type":"base"}}`},
		{why: "an image by its id (152)", desired: `{"image":1}`, observed: `{"image":{"id":1,"slug":"ubuntu-24-04-x64","type":"base"}}`},
		{why: "an image by its id as a string", desired: `{"image":"1"}`, observed: `{"image":{"id":1,"slug":null,"type":"snapshot"}}`},
		{why: "it was rebuilt from another image", desired: `{"image":"ubuntu-24-04-x64"}`,
			observed: `{"image":{"id":2,"slug":"debian-12-x64","type":"base"}}`, drifts: []string{"image"}},
		{why: "it was rebuilt from a snapshot, which has no slug", desired: `{"image":"ubuntu-24-04-x64"}`,
			observed: `{"image":{"id":2,"slug":null,"type":"snapshot"}}`, drifts: []string{"image"}},
		{why: "an image that was retired lost its slug: nobody can tell", desired: `{"image":"ubuntu-16-04-x64"}`,
			observed: `{"image":{"id":2,"slug":"","type":"base"}}`, unknown: []string{"image"}},
		{why: "no VPC declared is the region's default (531)", desired: `{"vpc_uuid":""}`, observed: `{"vpc_uuid":"506f78a4-e098-11e5-ad9f-000f53306ae1"}`},
		{why: "UUIDs have no case", desired: `{"vpc_uuid":"506F78A4-E098-11E5-AD9F-000F53306AE1"}`, observed: `{"vpc_uuid":"506f78a4-e098-11e5-ad9f-000f53306ae1"}`},
		{why: "another VPC", desired: `{"vpc_uuid":"506f78a4-e098-11e5-ad9f-000f53306ae1"}`,
			observed: `{"vpc_uuid":"606f78a4-e098-11e5-ad9f-000f53306ae1"}`, drifts: []string{"vpc_uuid"}},

		{why: "backups were switched off", desired: `{"backups":true}`, observed: `{"backups":false}`, drifts: []string{"backups"}},
		{why: "not shown is off", desired: `{"backups":false,"ipv6":"false"}`, observed: `{"backups":null}`},
		{why: "backups were switched on", desired: `{"backups":false}`, observed: `{"backups":true}`, drifts: []string{"backups"}},
		{why: "with a usage-based policy the features leave backups out (1525)", desired: `{"backups":true,"features":["backups","ipv6"]}`,
			observed: `{"features":["ipv6"],"backups":false,"backup_policy":{"plan":"daily"}}`},
		{why: "and without one they were off", desired: `{"features":["backups","ipv6"]}`,
			observed: `{"features":["ipv6"],"backups":false,"backup_policy":null}`, drifts: []string{"features"}},
		{why: "backups that nobody declared show in the features too", desired: `{"features":["ipv6"]}`,
			observed: `{"features":["ipv6"],"backups":true}`, drifts: []string{"features"}},
		{why: "features put there by DigitalOcean's agents", desired: `{"features":["monitoring"]}`,
			observed: `{"features":["droplet_agent","private_networking","monitoring"]}`},
		{why: "a feature that somebody switched on", desired: `{"features":["monitoring"]}`,
			observed: `{"features":["monitoring","ipv6"]}`, drifts: []string{"features"}},
		{why: "no features at all", desired: `{"features":null}`, observed: `{"features":[],"backups":true}`, drifts: []string{"features"}},

		{why: "a policy is compared leaf by leaf", desired: `{"backup_policy":{"plan":"weekly","weekday":"sun","hour":"8"}}`,
			observed: `{"backup_policy":{"plan":"weekly","weekday":"SUN","hour":8,"retention_period_days":28}}`},
		{why: "the plan was changed", desired: `{"backup_policy":{"plan":"daily"}}`, observed: `{"backup_policy":{"plan":"weekly","weekday":"SUN"}}`,
			drifts: []string{"backup_policy.plan"}},
		{why: "the hour was changed, and 0 is an hour", desired: `{"backup_policy":{"hour":4}}`, observed: `{"backup_policy":{"hour":0}}`,
			drifts: []string{"backup_policy.hour"}},
		{why: "the policy is gone", desired: `{"backup_policy":{"plan":"daily"}}`, observed: `{"backup_policy":null}`, drifts: []string{"backup_policy.plan"}},
		{why: "a policy where none was wanted", desired: `{"backup_policy":null}`, observed: `{"backup_policy":{"plan":"daily"}}`, drifts: []string{"backup_policy"}},

		{why: "numbers may be written as strings", desired: `{"memory":"4096","vcpus":2.0,"disk":80}`, observed: `{"memory":4096,"vcpus":2,"disk":80}`},
		{why: "the disk grew", desired: `{"disk":80}`, observed: `{"disk":160}`, drifts: []string{"disk"}},
		{why: "volumes that CSI attached are its own (165)", desired: `{"volume_ids":["A"]}`, observed: `{"volume_ids":["b","a"]}`},
		{why: "a declared volume was detached", desired: `{"volume_ids":["a","c"]}`, observed: `{"volume_ids":["a","b"]}`, drifts: []string{"volume_ids"}},
		{why: "backups and snapshots come by themselves", desired: `{"backup_ids":[1],"snapshot_ids":[]}`, observed: `{"backup_ids":[2,1],"snapshot_ids":[3]}`},
		{why: "a snapshot was deleted", desired: `{"snapshot_ids":["1"]}`, observed: `{"snapshot_ids":[]}`, drifts: []string{"snapshot_ids"}},
		{why: "addresses in any order and spelling",
			desired: `{"networks":{"v4":[{"ip_address":"10.0.0.1"},{"ip_address":"1.2.3.4"}],"v6":[{"ip_address":"2604:A880:0:1::1"}]}}`,
			observed: `{"networks":{"v4":[{"ip_address":"1.2.3.4","type":"public"},{"ip_address":"10.0.0.1","type":"private"}],
				"v6":[{"ip_address":"2604:a880:0000:0001:0000:0000:0000:0001","type":"public"}]}}`},
		{why: "an address changed, as after a restore elsewhere", desired: `{"networks":{"v4":[{"ip_address":"1.2.3.4"}]}}`,
			observed: `{"networks":{"v4":[{"ip_address":"1.2.3.5","type":"public"}]}}`, drifts: []string{"networks.v4"}},
		{why: "a private network has no gateway, which was once shown as nil",
			desired:  `{"networks":{"v4":[{"ip_address":"10.0.0.1","gateway":"nil"},{"ip_address":"10.1.0.1","gateway":null},{"ip_address":"10.2.0.1","gateway":""}]}}`,
			observed: `{"networks":{"v4":[{"ip_address":"10.0.0.1"},{"ip_address":"10.1.0.1","gateway":"nil"},{"ip_address":"10.2.0.1","gateway":""}]}}`},
		{why: "a gateway that is none where one was", desired: `{"networks":{"v4":[{"ip_address":"10.0.0.1","gateway":"10.0.0.9"}]}}`,
			observed: `{"networks":{"v4":[{"ip_address":"10.0.0.1","gateway":"nil"}]}}`, drifts: []string{"networks.v4"}},
		{why: "when it was created, in another zone", desired: `{"created_at":"2020-07-21T18:37:44Z"}`, observed: `{"created_at":"2020-07-21T18:37:44+00:00"}`},
		{why: "one of the same name was created since", desired: `{"created_at":"2020-07-21T18:37:44Z"}`,
			observed: `{"created_at":"2024-07-21T18:37:44Z"}`, drifts: []string{"created_at"}},
	})
}

func TestDropletImage(t *testing.T) {
	const (
		ubuntu  = `{"image":{"id":1,"slug":"ubuntu-24-04-x64","name":"24.04 (LTS) x64","type":"base","distribution":"Ubuntu","public":true}}`
		retired = `{"image":{"id":7,"slug":null,"name":"22.04 (LTS) x64","type":"base","distribution":"Ubuntu","public":false}}`
		// Distributions' images have this type in DigitalOcean's description.
		public   = `{"image":{"id":7,"slug":null,"name":"22.04 (LTS) x64","type":"snapshot","distribution":"Ubuntu","public":true}}`
		snapshot = `{"image":{"id":9,"slug":null,"name":"before the update","type":"snapshot","distribution":"Ubuntu","public":false}}`
	)
	whole, id := []string{"image"}, []string{"image.id"}
	spring(t, "Droplet", []trap{
		{why: "its id can still be told", desired: `{"image":"3"}`, observed: retired, drifts: whole},
		{why: "and found to be the same", desired: `{"image":7}`, observed: public},
		{why: "one that was retired and is a public snapshot", desired: `{"image":"ubuntu-22-04-x64"}`, observed: public, unknown: whole},
		{why: "a public snapshot that has its slug", desired: `{"image":"ubuntu-24-04-x64"}`,
			observed: `{"image":{"id":1,"slug":"ubuntu-24-04-x64","type":"snapshot","public":true}}`},
		{why: "and another slug", desired: `{"image":"ubuntu-24-04-x64"}`,
			observed: `{"image":{"id":2,"slug":"debian-12-x64","type":"snapshot","public":true}}`, drifts: whole},
		{why: "one's own snapshot was never retired", desired: `{"image":"ubuntu-22-04-x64"}`, observed: snapshot, drifts: whole},
		{why: "nor was a backup", desired: `{"image":"ubuntu-22-04-x64"}`,
			observed: `{"image":{"id":9,"slug":null,"type":"backup","public":false}}`, drifts: whole},
		{why: "every droplet has an image: null tells of none", desired: `{"image":"ubuntu-24-04-x64"}`, observed: `{"image":null}`, unknown: whole},
		{why: "nor does an empty one", desired: `{"image":{"id":1}}`, observed: `{"image":{}}`, unknown: whole},

		{why: "an object by what it names", desired: `{"image":{"slug":"ubuntu-24-04-x64","public":"true","distribution":"ubuntu"}}`, observed: ubuntu},
		{why: "of which one thing differs", desired: `{"image":{"slug":"ubuntu-24-04-x64","name":"24.10 x64"}}`, observed: ubuntu, drifts: []string{"image.name"}},
		{why: "an answer that was copied whole: some of it is not read", observed: ubuntu, unknown: whole,
			desired: `{"image":{"id":1,"slug":"ubuntu-24-04-x64","created_at":"2023-10-16T14:54:36Z","description":"","min_disk_size":7,"regions":["nyc3"],"size_gigabytes":0.82,"status":"available"}}`},
		{why: "and rebuilt from another image, which shows", observed: snapshot, drifts: []string{"image.id", "image.slug"},
			desired: `{"image":{"id":1,"slug":"ubuntu-24-04-x64","created_at":"2023-10-16T14:54:36Z","regions":["nyc3"]}}`},
		{why: "nothing but what is not read", desired: `{"image":{"regions":["nyc3"]}}`, observed: ubuntu, unknown: whole},
		{why: "a slug in an object is retired all the same", desired: `{"image":{"slug":"ubuntu-22-04-x64"}}`, observed: retired, unknown: whole},
		{why: "with an id beside it nobody needs it", desired: `{"image":{"id":7,"slug":"ubuntu-22-04-x64"}}`, observed: public},
		{why: "and with another id it is another image", desired: `{"image":{"id":8,"slug":"ubuntu-22-04-x64"}}`, observed: retired, drifts: id},
		{why: "as with another name", desired: `{"image":{"slug":"debian-12-x64","distribution":"Debian"}}`, observed: retired, drifts: []string{"image.distribution"}},
		{why: "no id is none", desired: `{"image":{"id":null,"slug":"ubuntu-22-04-x64"}}`, observed: snapshot, drifts: []string{"image.id", "image.slug"}},
	})
}

func TestDropletBackups(t *testing.T) {
	notAsked, features := []string{"backups", "backup_policy"}, []string{"features"}
	spring(t, "Droplet", []trap{
		{why: "features that agree whether or not there are backups can't be told from others", desired: `{"features":["monitoring"]}`,
			observed: `{"features":["monitoring"]}`, unseen: notAsked, unknown: features},
		{why: "nor features with backups", desired: `{"features":["monitoring","backups"]}`,
			observed: `{"features":["monitoring"]}`, unseen: notAsked, unknown: features},
		{why: "features that the droplet lacks in any case", desired: `{"features":["monitoring","ipv6"]}`,
			observed: `{"features":["monitoring"]}`, unseen: notAsked, drifts: features},
		{why: "features that nobody wanted", desired: `{"features":[]}`, observed: `{"features":["monitoring"]}`, unseen: notAsked, drifts: features},
		{why: "backups that the features show need not be asked for", desired: `{"features":["monitoring","backups"]}`,
			observed: `{"features":["monitoring","backups"],"backups":true}`, unseen: []string{"backup_policy"}},
		{why: "a usage-based policy that nobody declared", desired: `{"features":["monitoring"]}`,
			observed: `{"features":["monitoring"],"backups":true}`, drifts: features},

		{why: "true in a string of YAML's other spelling", desired: `{"backups":"True","monitoring":"FALSE"}`, observed: `{"backups":true}`},
		{why: "a weekday in full", desired: `{"backup_policy":{"weekday":"Sunday"}}`, observed: `{"backup_policy":{"plan":"weekly","weekday":"SUN"}}`},
		{why: "another weekday", desired: `{"backup_policy":{"weekday":"Saturday"}}`, observed: `{"backup_policy":{"plan":"weekly","weekday":"SUN"}}`,
			drifts: []string{"backup_policy.weekday"}},
		{why: "no weekday of any week", desired: `{"backup_policy":{"weekday":"Sund"}}`, observed: `{"backup_policy":{"plan":"weekly","weekday":"SUN"}}`,
			drifts: []string{"backup_policy.weekday"}},
		{why: "a policy has an hour, whether or not it was shown", desired: `{"backup_policy":{"plan":"daily","hour":0}}`,
			observed: `{"backup_policy":{"plan":"daily"}}`, unknown: []string{"backup_policy.hour"}},
		{why: "no policy has none", desired: `{"backup_policy":{"plan":"daily","hour":0}}`, observed: `{"backup_policy":null}`,
			drifts: []string{"backup_policy.hour", "backup_policy.plan"}},
	})
}

func TestFieldsOutOfScopeAreUnknown(t *testing.T) {
	kind, _ := Lookup("Droplet")
	desired := object(t, `{"image":"ubuntu","tags":["web"],"vpc_uuid":"x","volume_ids":["a"],"name":"other"}`)
	observed := live(kind, object(t, `{"name":"web-1"}`))
	observed.Unseen = []string{"image", "tags", "volume_ids", "vpc_uuid"}
	result := drift.Differences(kind.Schema, desired, observed, nil)
	if len(result.Differences) != 1 || result.Differences[0].Path.String() != "name" || len(result.Unseen) != 4 || result.Fields != 1 {
		t.Errorf("a token without the scopes sees nothing of these fields, which is not that they are empty: %+v", result)
	}
}

func TestUnknownNames(t *testing.T) {
	for _, c := range []struct{ kind, wrote, nearest string }{
		{"Droplet", "size", "size_slug"}, // which is its name in a create request
		{"Droplet", "vpc", "vpc_uuid"},
		{"Droplet", "volumes", "volume_ids"},
		{"Volume", "size", "size_gigabytes"},
		{"Firewall", "inbound_rule", "inbound_rules"},
		{"DomainRecord", "value", "data"},
	} {
		kind, _ := Lookup(c.kind)
		result := drift.Differences(kind.Schema, map[string]any{c.wrote: "x"}, resource.Resource{}, nil)
		if len(result.Differences) > 0 || len(result.Unknown) != 1 || result.Unknown[0].Nearest != c.nearest {
			t.Errorf("%s.%s: %+v", c.kind, c.wrote, result)
		}
	}
}

func TestVolume(t *testing.T) {
	spring(t, "Volume", []trap{
		{why: "somebody grew it", desired: `{"size_gigabytes":100}`, observed: `{"size_gigabytes":200}`, drifts: []string{"size_gigabytes"}},
		{why: "the size as a string", desired: `{"size_gigabytes":"100.0"}`, observed: `{"size_gigabytes":100}`},
		{why: "a description from a YAML block", desired: `{"description":"The shop's data\n"}`, observed: `{"description":"The shop's data"}`},
		{why: "no description", desired: `{"description":null}`, observed: `{"description":""}`},
		{why: "another description", desired: `{"description":"old"}`, observed: `{"description":"new"}`, drifts: []string{"description"}},
		{why: "a file system's type has no case, its label has", desired: `{"filesystem_type":"EXT4","filesystem_label":"data"}`,
			observed: `{"filesystem_type":"ext4","filesystem_label":"DATA"}`, drifts: []string{"filesystem_label"}},
		{why: "droplets in any order", desired: `{"droplet_ids":["2",1]}`, observed: `{"droplet_ids":[1,2]}`},
		{why: "it was attached elsewhere", desired: `{"droplet_ids":[1]}`, observed: `{"droplet_ids":[2]}`, drifts: []string{"droplet_ids"}},
		{why: "the one droplet, not in a list", desired: `{"droplet_ids":1}`, observed: `{"droplet_ids":[1]}`},
		{why: "it was detached", desired: `{"droplet_ids":[1]}`, observed: `{"droplet_ids":null}`, drifts: []string{"droplet_ids"}},
		{why: "a region is shown as an object or its slug", desired: `{"region":"FRA1","tags":[]}`, observed: `{"region":{"slug":"fra1","name":"Frankfurt"}}`},
		{why: "a tag of the cluster's", desired: `{"tags":["db"]}`, observed: `{"tags":["db","k8s:1"]}`, drifts: []string{"tags"}},
	})
}

func TestVPC(t *testing.T) {
	spring(t, "VPC", []trap{
		{why: "somebody renamed it", desired: `{"name":"prod"}`, observed: `{"name":"production"}`, drifts: []string{"name"}},
		{why: "a range by any of its addresses", desired: `{"ip_range":"10.10.10.7/24"}`, observed: `{"ip_range":"10.10.10.0/24"}`},
		{why: "another range", desired: `{"ip_range":"10.10.10.0/24"}`, observed: `{"ip_range":"10.10.0.0/16"}`, drifts: []string{"ip_range"}},
		{why: "a range that DigitalOcean was to choose", desired: `{"ip_range":""}`, observed: `{"ip_range":"10.10.0.0/16"}`},
		{why: "another VPC was made the default", desired: `{"default":true}`, observed: `{"default":false}`, drifts: []string{"default"}},
		{why: "not the default, not shown", desired: `{"default":false}`, observed: `{}`},
		{why: "its URN", desired: `{"urn":"do:vpc:506F78A4-e098-11e5-ad9f-000f53306ae1"}`, observed: `{"urn":"do:vpc:506f78a4-e098-11e5-ad9f-000f53306ae1"}`},
	})
}

func TestTag(t *testing.T) {
	spring(t, "Tag", []trap{
		{why: "the first spelling wins (doctl 333)", desired: `{"name":"Web"}`, observed: `{"name":"web"}`},
		{why: "another tag", desired: `{"name":"web"}`, observed: `{"name":"db"}`, drifts: []string{"name"}},
	})
}

func TestDomain(t *testing.T) {
	spring(t, "Domain", []trap{
		{why: "a domain has no case, and a dot at its end adds nothing", desired: `{"name":"Example.com."}`, observed: `{"name":"example.com"}`},
		{why: "another domain", desired: `{"name":"example.org"}`, observed: `{"name":"example.com"}`, drifts: []string{"name"}},
		{why: "its TTL", desired: `{"ttl":"1800"}`, observed: `{"ttl":300}`, drifts: []string{"ttl"}},
		{why: "a TTL left to DigitalOcean", desired: `{"ttl":null}`, observed: `{"ttl":1800}`},
		{why: "0 leaves it too, as in a zone file", desired: `{"ttl":0}`, observed: `{"ttl":1800}`},
		{why: "every domain has one: null tells of none", desired: `{"ttl":1800}`, observed: `{"ttl":null}`, unknown: []string{"ttl"}},
		{why: "which is all the same where none was declared", desired: `{"ttl":""}`, observed: `{"ttl":null}`},
	})
}
