package kinds

import (
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var _ = register(Kind{
	ID:       number,
	TopLevel: []string{"name", "region", "size_slug", "status", "tags"},
	Costly: Costly{
		Paths:    []string{"backups", "backup_policy"},
		NeededBy: []string{"backups", "backup_policy", "features"},
	},
	Schema: drift.Schema{Kind: "Droplet", Fields: []drift.Field{
		{Path: "name", Compare: drift.Loose, Change: drift.InPlace},
		{Path: "region", Compare: slug, Change: drift.ByReplacement},
		{Path: "size_slug", Compare: drift.FoldCase, Change: drift.WithDowntime,
			Note: "a resize powers the droplet off, and a disk that has grown does not shrink again"},
		{Path: "status", Compare: drift.FoldCase, Change: drift.WithDowntime},
		{Path: "tags", Compare: drift.SetFoldCase, Change: drift.InPlace},
		{Path: "image", Compare: image{drift.Alias("id", "slug")}, Change: drift.ByReplacement,
			Note: "a rebuild destroys what is on the disk"},
		{Path: "vpc_uuid", Compare: drift.Unset(drift.FoldCase), Change: drift.ByReplacement},
		{Path: "features", Compare: drift.With(features), Change: drift.ByReplacement},
		{Path: "backups", Compare: drift.With(backups), Change: drift.InPlace},
		{Path: "ipv6", Compare: flag, Change: drift.InPlace, Note: "it can't be switched off again"},
		{Path: "monitoring", Compare: flag, Change: drift.ByReplacement},
		{Path: "backup_policy.plan", Compare: drift.FoldCase, Change: drift.InPlace},
		{Path: "backup_policy.weekday", Compare: drift.FoldCase, Change: drift.InPlace},
		{Path: "backup_policy.hour", Compare: drift.Number, Change: drift.InPlace},
		{Path: "backup_policy.window_length_hours", Compare: drift.Number, Change: drift.Never},
		{Path: "backup_policy.retention_period_days", Compare: drift.Number, Change: drift.Never},
		{Path: "memory", Compare: drift.Number, Change: drift.WithDowntime},
		{Path: "vcpus", Compare: drift.Number, Change: drift.WithDowntime},
		{Path: "disk", Compare: drift.Number, Change: drift.WithDowntime},
		{Path: "volume_ids", Compare: drift.Subset(drift.Fold), Change: drift.InPlace,
			Note: "only the volumes that are declared count: Kubernetes attaches its own"},
		{Path: "backup_ids", Compare: drift.Subset(drift.Decimal), Change: drift.Never},
		{Path: "snapshot_ids", Compare: drift.Subset(drift.Decimal), Change: drift.Never},
		{Path: "networks", Compare: drift.Addresses, Change: drift.Never},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	}},
})

var (
	// slug is for regions, which answers also show as objects.
	slug = drift.Alias("slug")
	// flag is for booleans, which answers leave out where they are false.
	flag = drift.Default(false, drift.Loose)
)

// image is declared by its slug or its id. When DigitalOcean retires a public
// image it takes the slug from it, so that nobody can tell any more whether it is
// the one that the declared slug named.
type image struct{ drift.Comparison }

func (image) Inconclusive(desired, observed any) bool {
	live, isObject := observed.(map[string]any)
	declared, isSlug := desired.(string)
	if !isObject || !isSlug || declared == "" {
		return false
	}
	_, isID := resource.ParseDecimal(declared)
	shown, _ := live["slug"].(string)
	return !isID && shown == "" && live["type"] == "base"
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
	if !hasBackups(observed) {
		return list
	}
	return seeing{list, func(shown any) any {
		all, ok := shown.([]any)
		if !ok && shown != nil {
			return shown
		}
		return append(append(make([]any, 0, len(all)+1), all...), "backups")
	}}
}

// seeing corrects the observed value before it is compared.
type seeing struct {
	drift.Comparison
	correct func(observed any) any
}

func (s seeing) Compare(desired, observed any) []drift.Difference {
	return s.Comparison.Compare(desired, s.correct(observed))
}
