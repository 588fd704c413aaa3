package digitalocean

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Reading and comparing are tried together here, with what DigitalOcean's
// description and godo's tests have for answers: what a reader drops must not look
// as if it were gone, and what did not come must not look as if it were empty.
func TestDeclarationsAgainstAnswers(t *testing.T) {
	const (
		weekly = `{"droplet_id":3164444,"backup_enabled":true,"backup_policy":{"plan":"weekly","weekday":"SUN","hour":20,"window_length_hours":4,"retention_period_days":28}}`
		usage  = `{"droplet_id":3164444,"backup_enabled":true,"backup_policy":{"plan":"intra_daily_4h","hour":0,"window_length_hours":4,"retention_period_days":7}}`
		off    = `{"droplet_id":3164444,"backup_enabled":false}`
		ubuntu = `"id":63663980,"name":"20.04 (LTS) x64","distribution":"Ubuntu","regions":["nyc3"],"status":"available","size_gigabytes":2.36`
		v4     = `[{"ip_address":"10.128.192.124","netmask":"255.255.0.0","gateway":"nil","type":"private"},
			{"ip_address":"192.241.165.154","netmask":"255.255.255.0","gateway":"192.241.165.1","type":"public"}]`
	)
	for _, c := range []struct {
		why, kind, desired string
		// live is laid over the kind's body, without leaves keys out of it.
		live    string
		without []string
		// aside is what the backup endpoints tell; empty: nothing.
		aside           string
		drifts, unknown []string
	}{
		{why: "an image that was retired, and public all the same", kind: "Droplet", desired: `{"image":"ubuntu-20-04-x64"}`,
			live: `{"image":{"slug":null,"public":true,"type":"snapshot",` + ubuntu + `}}`, unknown: []string{"image"}},
		{why: "a snapshot of one's own", kind: "Droplet", desired: `{"image":"ubuntu-20-04-x64"}`,
			live: `{"image":{"slug":null,"public":false,"type":"snapshot",` + ubuntu + `}}`, drifts: []string{"image"}},
		{why: "a base image that lost its slug is not public any more", kind: "Droplet", desired: `{"image":{"slug":"ubuntu-20-04-x64"}}`,
			live: `{"image":{"slug":"","public":false,"type":"base",` + ubuntu + `}}`, unknown: []string{"image"}},
		{why: "an image copied from an answer", kind: "Droplet", desired: `{"image":{"slug":"ubuntu-20-04-x64","public":true,"type":"snapshot",` + ubuntu + `}}`,
			unknown: []string{"image"}},
		{why: "as far as it is read", kind: "Droplet", desired: `{"image":{"slug":"ubuntu-20-04-x64","public":true,"id":63663980,"name":"20.04 (LTS) x64"}}`},
		{why: "an image that is not shown", kind: "Droplet", desired: `{"image":"ubuntu-20-04-x64"}`, live: `{"image":null}`, unknown: []string{"image"}},
		{why: "a scope that is missing", kind: "Droplet", desired: `{"image":"x","tags":"y","vpc_uuid":"z"}`,
			without: []string{"image", "tags", "vpc_uuid"}, unknown: []string{"image", "tags", "vpc_uuid"}},

		{why: "features, and nobody asked for policies", kind: "Droplet", desired: `{"features":["ipv6"]}`, live: `{"features":["ipv6"]}`,
			unknown: []string{"features"}},
		{why: "features with a usage-based policy", kind: "Droplet", desired: `{"features":["ipv6"]}`, live: `{"features":["ipv6"]}`,
			aside: usage, drifts: []string{"features"}},
		{why: "which was declared", kind: "Droplet", desired: `{"features":["Backups","ipv6"],"backups":"True"}`, live: `{"features":["ipv6"]}`, aside: usage},
		{why: "features without backups", kind: "Droplet", desired: `{"features":"ipv6"}`, live: `{"features":["ipv6","droplet_agent"]}`, aside: off},
		{why: "a policy in a person's words", kind: "Droplet", desired: `{"backup_policy":{"plan":"Weekly","weekday":"Sunday","hour":"20"}}`, aside: weekly},
		{why: "an hour that is 0", kind: "Droplet", desired: `{"backup_policy":{"hour":0}}`, aside: usage},
		{why: "an hour that was changed from 0", kind: "Droplet", desired: `{"backup_policy":{"hour":0}}`, aside: weekly, drifts: []string{"backup_policy.hour"}},
		{why: "an hour that did not come: answers do show 0", kind: "Droplet", desired: `{"backup_policy":{"hour":0,"plan":"daily"}}`,
			aside: `{"backup_enabled":true,"backup_policy":{"plan":"daily"}}`, unknown: []string{"backup_policy.hour"}},
		{why: "no policy any more", kind: "Droplet", desired: `{"backup_policy":{"hour":0}}`, aside: off, drifts: []string{"backup_policy.hour"}},
		{why: "a policy that does not say whether it is in force", kind: "Droplet", desired: `{"backups":false,"backup_policy":{"plan":"daily"}}`,
			live: `{"features":[]}`, aside: `{"backup_policy":{"plan":"daily"}}`, unknown: []string{"backup_policy.plan", "backups"}},

		{why: "off without quotes", kind: "Droplet", desired: `{"status":false}`, live: `{"status":"off"}`},
		{why: "no gateway", kind: "Droplet", live: `{"networks":{"v4":` + v4 + `}}`,
			desired: `{"networks":{"v4":[{"ip_address":"192.241.165.154"},{"ip_address":"10.128.192.124","gateway":null}]}}`},
		{why: "no gateway, as answers write it", kind: "Droplet", live: `{"networks":{"v4":` + v4 + `}}`,
			desired: `{"networks":{"v4":` + v4 + `}}`},
		{why: "no gateway where there is one", kind: "Droplet", live: `{"networks":{"v4":` + v4 + `}}`, drifts: []string{"networks.v4"},
			desired: `{"networks":{"v4":[{"ip_address":"192.241.165.154","gateway":""},{"ip_address":"10.128.192.124"}]}}`},

		{why: "attached to nothing, and not shown (godo)", kind: "Volume", desired: `{"droplet_ids":[]}`, without: []string{"droplet_ids"}},
		{why: "detached, and not shown", kind: "Volume", desired: `{"droplet_ids":3164444}`, without: []string{"droplet_ids"}, drifts: []string{"droplet_ids"}},
		{why: "not the default, and not shown", kind: "VPC", desired: `{"default":false}`, without: []string{"default"}},
		{why: "the default no more, and not shown", kind: "VPC", desired: `{"default":"True"}`, without: []string{"default"}, drifts: []string{"default"}},
		{why: "a TTL that is not shown", kind: "Domain", desired: `{"ttl":1800}`, live: `{"ttl":null}`, unknown: []string{"ttl"}},
		{why: "a mail server within the domain", kind: "DomainRecord", desired: `{"name":"example.com","data":"mail"}`,
			live: `{"type":"MX","name":"@","data":"mail.example.com","priority":10}`},
		{why: "a text from a YAML block", kind: "DomainRecord", desired: `{"data":"v=DMARC1; p=none\n"}`, live: `{"type":"TXT","data":"v=DMARC1; p=none"}`},
		{why: "icmp without ports", kind: "Firewall", desired: `{"outbound_rules":[{"protocol":"icmp","destinations":{"addresses":"::/0"}}]}`,
			live: `{"outbound_rules":[{"protocol":"icmp","ports":"0","destinations":{"addresses":["0::0/0"],"tags":[]}}]}`},
	} {
		t.Run(c.why, func(t *testing.T) {
			kind, _ := kinds.Lookup(c.kind)
			result := drift.Differences(kind.Schema, declared(t, c.desired), answered(t, c.kind, c.live, c.without, c.aside), nil)
			var drifts, unknown []string
			for _, difference := range result.Differences {
				drifts = append(drifts, difference.Path.String())
			}
			for _, path := range result.Unseen {
				unknown = append(unknown, path.String())
			}
			if !slices.Equal(drifts, c.drifts) || !slices.Equal(unknown, c.unknown) || len(result.Unknown) > 0 {
				t.Errorf("drifts %v, want %v; unknown %v, want %v; names %v", drifts, c.drifts, unknown, c.unknown, result.Unknown)
			}
		})
	}
}

func declared(t *testing.T, text string) map[string]any {
	t.Helper()
	value, err := resource.Decode([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value.(map[string]any)
}

// answered is the kind's test body with a few things changed, as it is read.
func answered(t *testing.T, name, changes string, without []string, aside string) resource.Resource {
	t.Helper()
	body := testBody(t, fileOf(name))
	if changes != "" {
		if err := json.Unmarshal([]byte(changes), &body); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range without {
		delete(body, key)
	}
	cut, err := cutObject(json.RawMessage(toJSON(t, body)))
	if err != nil {
		t.Fatal(err)
	}
	k := registry[name]
	res, err := k.read(cut, parentOf(k), newValues())
	if err != nil {
		t.Fatal(err)
	}
	if aside != "" {
		fill(&res, &k.Asides[0], told(&k.Asides[0], json.RawMessage(aside), newValues()))
	}
	return res
}
