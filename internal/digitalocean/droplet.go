package digitalocean

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
)

func init() {
	register(kind{
		name: "Droplet", one: "droplet", many: "droplets",
		path: "v2/droplets", listKey: "droplets", itemKey: "droplet",
		// The plain listing leaves GPU droplets out.
		queries: []url.Values{{}, {"type": {"gpus"}}},
		fields: []field{
			{path: "name"},
			{path: "region", read: slugOf},
			{path: "size_slug"},
			{path: "status"},
			{path: "tags"},
			{path: "image", read: only("id", "slug", "name", "type", "distribution", "public")},
			{path: "vpc_uuid"},
			{path: "features"},
			{path: "backups", key: "features", read: backupsFeature},
			{path: "ipv6", key: "features", read: has("ipv6")},
			{path: "monitoring", key: "features", read: has("monitoring")},
			{path: "backup_policy", key: noKey},
			{path: "memory"},
			{path: "vcpus"},
			{path: "disk"},
			{path: "volume_ids"},
			{path: "backup_ids"},
			{path: "snapshot_ids"},
			{path: "networks", read: readNetworks},
			{path: "created_at"},
		},
		aside: &aside{
			paths: []string{"backups", "backup_policy"},
			list:  listBackupPolicies,
			get:   getBackupPolicy,
		},
	})
}

// noKey is of a field that no body holds: it is unseen until aside tells it.
const noKey = "\x00"

// backupsFeature believes the feature where it is there. Where it is not, the
// droplet may still have backups, of a usage-based policy.
func backupsFeature(raw json.RawMessage, v *values) (any, bool, error) {
	on, _, err := has("backups")(raw, v)
	return on, on == true, err
}

// readNetworks keeps the addresses, by version. A gateway that there is none of
// comes as the word nil.
func readNetworks(raw json.RawMessage, v *values) (any, bool, error) {
	networks, err := cutObject(raw)
	if err != nil {
		return nil, false, err
	}
	kept := map[string]any{}
	for _, version := range []string{"v4", "v6"} {
		kept[version] = []any{}
		if list := networks[version]; list != nil && !isNull(list) {
			addresses, known, err := each(readAddress)(list, v)
			if err != nil || !known {
				return nil, false, err
			}
			kept[version] = addresses
		}
	}
	return kept, true, nil
}

func readAddress(raw json.RawMessage, v *values) (any, bool, error) {
	kept, known, err := only("ip_address", "netmask", "gateway", "type")(raw, v)
	if address, ok := kept.(map[string]any); ok && address["gateway"] == "nil" {
		delete(address, "gateway")
	}
	return kept, known, err
}

// backupRecord is what the backup endpoints tell of one droplet.
type backupRecord struct {
	Enabled *bool           `json:"backup_enabled"`
	Policy  json.RawMessage `json:"backup_policy"`
}

func (r backupRecord) known(v *values) map[string]any {
	known := map[string]any{}
	if r.Enabled == nil {
		return known
	}
	known["backups"] = *r.Enabled
	if !*r.Enabled {
		known["backup_policy"] = nil
		return known
	}
	read := only("plan", "weekday", "hour", "window_length_hours", "retention_period_days")
	if policy, ok, err := read(r.Policy, v); err == nil && ok {
		known["backup_policy"] = policy
	}
	return known
}

func listBackupPolicies(ctx context.Context, c *Client) (map[string]map[string]any, error) {
	known, v := map[string]map[string]any{}, newValues()
	pages := pages{doing: "listing the droplets' backup policies", path: "v2/droplets/backups/policies", key: "policies"}
	err := c.walk(ctx, pages, func(p *pageReader) error {
		return eachMember(p.raw, func(id string, raw json.RawMessage) error {
			var record backupRecord
			if err := json.Unmarshal(raw, &record); err != nil {
				return fmt.Errorf("droplet %s: %w", id, err)
			}
			if err := p.saw(id); err != nil {
				return err
			}
			known[id] = record.known(v)
			return nil
		})
	})
	// What came is true of its droplet, whether or not the rest came too.
	return known, err
}

func getBackupPolicy(ctx context.Context, c *Client, id string) (map[string]any, error) {
	doing := "reading the backup policy of droplet " + clean(id, c.token)
	body, _, err := c.get(ctx, doing, "v2/droplets/"+url.PathEscape(id)+"/backups/policy", nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Policy backupRecord `json:"policy"`
	}
	err = checkJSON(body)
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil {
		return nil, &Error{Class: Malformed, Doing: doing, Message: clean(err.Error(), c.token)}
	}
	return answer.Policy.known(newValues()), nil
}
