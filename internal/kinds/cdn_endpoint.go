package kinds

import (
	"encoding/json"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

var cdnEndpoint = Kind{
	Name: "CDNEndpoint", One: "CDN endpoint", Many: "CDN endpoints", Scope: "cdn:read",
	About:    "A reference by name takes the origin, as `static.nyc3.digitaloceanspaces.com`.",
	Listing:  Listing{Path: "v2/cdn/endpoints", Key: "endpoints", ItemKey: "endpoint"},
	ID:       uuid,
	Named:    "origin",
	NameForm: hostName,
	Terraform: Terraform{
		Types:  []string{"digitalocean_cdn"},
		Others: []string{"certificate_name"},
	},
	Fields: []Field{
		{Path: "origin", Compare: drift.Loosely(hostName), Change: drift.ByReplacement},
		{Path: "endpoint", Compare: drift.Loosely(hostName), Change: drift.Never},
		{Path: "ttl", Compare: drift.Unset(drift.Number), Change: drift.InPlace, Default: json.Number("3600")},
		{Path: "certificate_id", Optional: true, Compare: drift.Loosely(drift.Fold, cloudflare), Change: drift.InPlace, Others: []string{"certificate_name"},
			Terraform: TerraformField{Unless: "certificate_name"},
			Words:     "without case; `needs-cloudflare-cert`, a state that answers show, is none"},
		{Path: "custom_domain", Optional: true, Compare: drift.Loosely(hostName), Change: drift.InPlace},
		{Path: "created_at", Compare: drift.Time, Change: drift.Never},
	},
}

// cloudflare takes the state of an endpoint that waits for a certificate for none.
func cloudflare(id string) string {
	if id == "needs-cloudflare-cert" {
		return ""
	}
	return id
}
