package kinds

import (
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var droplet = Kind{
	Name: "Droplet", One: "droplet", Many: "droplets", Scope: "droplet:read",
	Listing: Listing{
		Path: "v2/droplets", Key: "droplets", ItemKey: "droplet",
		// The plain listing leaves GPU droplets out.
		Queries: []url.Values{{}, {"type": {"gpus"}}},
	},
	ID:         number,
	CreateOnly: []string{"ssh_keys", "user_data", "with_droplet_agent", "droplet_agent", "private_networking", "public_networking"},
	Owned:      []Ownership{ownedBy(OwnerKubernetes, "tags", clusterTag)},
	Terraform: Terraform{
		Types: []string{"digitalocean_droplet"},
		Others: []string{"urn", "price_hourly", "price_monthly", "locked", "resize_disk", "graceful_shutdown", "droplet_agent",
			"private_networking", "public_networking", "gpu_partition_mode"},
	},
	Unreadable: map[string]string{
		"resize_disk":       terraformsOwn,
		"graceful_shutdown": terraformsOwn,
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace, Others: []string{"names"}},
		{Path: "region", Of: "slug", Compare: slug, Members: regionMembers, Change: drift.ByReplacement, Others: []string{"region_id"}},
		{Path: "size_slug", Terraform: TerraformField{Attribute: "size"}, Compare: drift.FoldCase, Change: drift.WithDowntime,
			Others: []string{"size", "size_id"},
			Note:   "a resize powers the droplet off, and a disk that has grown does not shrink again"},
		{Path: "status", Terraform: TerraformField{Attribute: noAttribute}, Compare: drift.Loosely(drift.Fold, unquoted), Change: drift.WithDowntime,
			Unadopted: "is a state, which people change for a while"},
		{Path: "tags", Compare: drift.SetFoldCase, Holds: drift.Texts, Change: drift.InPlace},
		{Path: "image", Compare: image{drift.Alias("id", "slug")}, Change: drift.ByReplacement,
			Members: imageMembers, Reads: imageKeys, Others: []string{"image_id"},
			Note:  "a rebuild destroys what is on the disk",
			Words: "without case; by its `id` or `slug`, or an object of these, `name`, `type`, `distribution` and `public`; unknown once DigitalOcean retired the slug, and what else an object names"},
		{Path: "vpc_uuid", Compare: drift.Unset(drift.FoldCase), Change: drift.ByReplacement, Others: []string{"vpc_id"}},
		{Path: "features", Terraform: TerraformField{Attribute: noAttribute}, Compare: drift.With(features), Holds: drift.Texts, Change: drift.ByReplacement, Needs: []string{"backups"},
			Unadopted: "is said by backups, ipv6 and monitoring",
			Words:     "without case; what DigitalOcean's agents put in counts only where declared; unknown where it rests on whether backups are on, and nobody can tell"},
		{Path: "backups", In: "features", Has: "backups", Compare: drift.With(backups), Change: drift.InPlace,
			Words: "without case; unset is `false`; on with a usage-based policy too"},
		{Path: "ipv6", In: "features", Has: "ipv6", Compare: flag, Change: drift.WithDowntime,
			Note: "the droplet has to be off for it, and it can't be switched off again"},
		{Path: "monitoring", In: "features", Has: "monitoring", Compare: flag, Change: drift.ByReplacement},
		{Path: "backup_policy.plan", Compare: drift.FoldCase, Change: drift.InPlace},
		{Path: "backup_policy.weekday", Compare: drift.Loosely(drift.Fold, weekday), Change: drift.InPlace},
		{Path: "backup_policy.hour", Compare: drift.With(hour), Change: drift.InPlace,
			Words: "as a number; a policy that does not show it: unknown"},
		{Path: "backup_policy.window_length_hours", Compare: drift.Number, Change: drift.Never},
		{Path: "backup_policy.retention_period_days", Compare: drift.Number, Change: drift.Never},
		{Path: "memory", Terraform: TerraformField{Attribute: noAttribute}, Compare: drift.Number, Change: drift.WithDowntime, Follows: "size_slug"},
		{Path: "vcpus", Terraform: TerraformField{Attribute: noAttribute}, Compare: drift.Number, Change: drift.WithDowntime, Follows: "size_slug"},
		{Path: "disk", Terraform: TerraformField{Attribute: noAttribute}, Compare: drift.Number, Change: drift.WithDowntime, Follows: "size_slug"},
		{Path: "volume_ids", Compare: drift.Subset(drift.Fold), Holds: drift.Texts, Change: drift.InPlace, Others: []string{"volumes"},
			Note: "only the volumes that are declared count: Kubernetes attaches its own"},
		{Path: "backup_ids", Compare: drift.Subset(drift.Decimal), Holds: drift.Numbers, Change: drift.Never},
		{Path: "snapshot_ids", Compare: drift.Subset(drift.Decimal), Holds: drift.Numbers, Change: drift.Never},
		{Path: "networks", Compare: drift.Loosely(drift.Address, gateway), Holds: drift.OneObject, Change: drift.Never,
			Members: drift.Members{"v4": {Holds: drift.Objects, Members: address}, "v6": {Holds: drift.Objects, Members: address}},
			Others:  []string{"ipv4_address", "ipv4_address_private", "ipv6_address"}},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
	Asides: []Aside{{
		What:  "the droplets' backup policies",
		Paths: []string{"backups", "backup_policy"},
		List:  "v2/droplets/backups/policies", ListKey: "policies",
		Get: "v2/droplets/%s/backups/policy", ItemKey: "policy",
		Members: drift.Members{"backup_enabled": {}, "backup_policy": {
			Members: drift.Named("plan", "weekday", "hour", "window_length_hours", "retention_period_days")}},
		Tells: backupPolicy,
	}},
}

const terraformsOwn = "says how Terraform works, and is nothing that DigitalOcean has"

// address are the names within one of a droplet's addresses.
var address = drift.Named("ip_address", "netmask", "gateway", "type")

// backupPolicy is what the endpoint of backup policies tells: nothing, where it does not say
// whether backups are on; no policy, where they are not.
func backupPolicy(told map[string]any) map[string]any {
	enabled, says := told["backup_enabled"].(bool)
	policy, shown := told["backup_policy"]
	switch {
	case !says:
		return nil
	case !enabled:
		return map[string]any{"backups": false, "backup_policy": nil}
	case !shown || policy == nil:
		return map[string]any{"backups": true}
	}
	return map[string]any{"backups": true, "backup_policy": policy}
}

var (
	// slug is for regions, which answers also show as objects of regionMembers.
	slug          = drift.Alias("slug")
	regionMembers = drift.Members{
		"slug": {Holds: drift.OneText}, "name": {Holds: drift.OneText}, "features": {Holds: drift.Texts},
		"sizes": {Holds: drift.Texts}, "available": {Holds: drift.OneBoolean},
	}
	// flag is for booleans, which answers leave out where they are false.
	flag = drift.Default(false, drift.Loosely(drift.Fold, drift.Truth))
)

// image is declared by its slug or its id, or as answers show it. When DigitalOcean
// retires a public image it takes the slug from it, so that nobody can tell any more
// whether it is the one that the declared slug named.
type image struct{ drift.Comparison }

// imageMembers are the names within an image.
var imageMembers = drift.Members{
	"id": {Holds: drift.OneNumber}, "slug": {Holds: drift.OneText}, "name": {Holds: drift.OneText}, "type": {Holds: drift.OneText},
	"distribution": {Holds: drift.OneText}, "public": {Holds: drift.OneBoolean}, "regions": {Holds: drift.Texts},
	"created_at": {Holds: drift.OneText}, "min_disk_size": {Holds: drift.OneNumber}, "size_gigabytes": {Holds: drift.OneNumber},
	"description": {Holds: drift.OneText}, "tags": {Holds: drift.Texts}, "status": {Holds: drift.OneText}, "error_message": {Holds: drift.OneText},
}

// imageKeys are what is read of an image.
var imageKeys = []string{"id", "slug", "name", "type", "distribution", "public"}

// Compare implements drift.Comparison. Where what can be told does not differ, and something
// else was declared, it is unknown. Of one image, which its id says it is, the slug need not
// be told.
func (i image) Compare(desired any, live drift.Live) drift.Outcome {
	observed := live.Value
	declared, isObject := desired.(map[string]any)
	told := i.told(declared, observed)
	out := drift.Outcome{}
	if !isObject || len(told) > 0 || len(declared) == 0 {
		compared := desired
		if isObject {
			compared = told
		}
		out = i.Comparison.Compare(compared, live)
	}
	if out.Unknown {
		return out
	}
	if shown, isObject := observed.(map[string]any); observed == nil || isObject && len(shown) == 0 {
		return unknownIf(out.Differs(), out) // every droplet has one
	}
	if !isObject {
		slug, _ := desired.(string)
		_, isID := resource.ParseDecimal(slug)
		return unknownIf(slug != "" && !isID && isRetired(observed), out)
	}
	for name := range declared {
		if !out.Differs() && !isTold(name, observed) && (name != "slug" || text(declared["id"]) == "") {
			return unknownIf(true, out)
		}
	}
	return out
}

func unknownIf(unknown bool, out drift.Outcome) drift.Outcome {
	if unknown {
		return drift.Outcome{Unknown: true}
	}
	return out
}

// told is what of a declared object can be told of the live image.
func (i image) told(declared map[string]any, observed any) map[string]any {
	told := maps.Clone(declared)
	maps.DeleteFunc(told, func(name string, _ any) bool { return !isTold(name, observed) })
	return told
}

func isTold(name string, observed any) bool {
	return slices.Contains(imageKeys, name) && (name != "slug" || !isRetired(observed))
}

// isRetired says whether a live image had a slug once. Distributions' images may
// have the type of a snapshot too, but nobody's own snapshot is public.
func isRetired(observed any) bool {
	live, _ := observed.(map[string]any)
	return len(live) > 0 && text(live["slug"]) == "" && (live["type"] == "base" || live["public"] == true)
}

// hasBackups says whether something else than the features shows that backups
// are on: with a usage-based policy the features leave them out.
func hasBackups(observed resource.Resource) bool {
	on, _ := observed.Lookup(resource.Path{"backups"})
	plan, _ := observed.Lookup(resource.Path{"backup_policy", "plan"})
	return on == true || on == "true" || plan != nil && plan != ""
}

func backups(observed resource.Resource) drift.Comparison {
	if hasBackups(observed) {
		return seeing{flag, func(any) any { return true }}
	}
	return flag
}

// features compares the list but for what DigitalOcean's own agents put into it.
func features(observed resource.Resource) drift.Comparison {
	list := drift.Tolerating(drift.SetFoldCase,
		"droplet_agent", "install_agent", "metadata", "private_networking", "virtio")
	withBackups := seeing{list, func(live any) any {
		all, ok := live.([]any)
		if !ok && live != nil {
			return live
		}
		return append(append(make([]any, 0, len(all)+1), all...), "backups")
	}}
	_, seen := observed.Lookup(resource.Path{"backups"})
	switch {
	case hasBackups(observed):
		return withBackups
	case !seen:
		return either{list, withBackups}
	default:
		return list
	}
}

// hour is that of a policy: where a droplet has one, it has an hour.
func hour(observed resource.Resource) drift.Comparison {
	if plan, _ := observed.Lookup(resource.Path{"backup_policy", "plan"}); text(plan) != "" {
		return shown{drift.Number}
	}
	return drift.Number
}

// weekday is the form of weekdays: Sunday is SUN.
func weekday(name string) string {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if full := drift.Fold(day.String()); name == full {
			return full[:3]
		}
	}
	return name
}

// unquoted undoes what YAML makes of off without quotes.
func unquoted(status string) string {
	if status == "false" {
		return "off"
	}
	return status
}

// gateway takes nil for none, as answers write it.
func gateway(address string) string {
	if address == "nil" {
		return ""
	}
	return address
}
