package kinds

import (
	"regexp"

	"github.com/arcadiacloud/clouddrift/internal/drift"
)

// Labels may begin with an underscore: _acme-challenge.example.org can be a zone.
const domainName = `_?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\._?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+`

// The zone file is not compared: its records are a kind of their own.
var domain = Kind{
	Name: "Domain", One: "domain", Many: "domains", Scope: "domain:read",
	Listing: Listing{Path: "v2/domains", Key: "domains", ItemKey: "domain", IDKey: "name"},
	ID: IDShape{
		Pattern: regexp.MustCompile(`^` + domainName + `$`),
		Example: "example.com",
		NoCase:  true,
		Form:    hostName,
	},
	NameForm:   hostName,
	CreateOnly: []string{"ip_address"},
	Unreadable: map[string]string{
		"zone_file": "holds the records, which are declared as DomainRecord, a kind of its own",
	},
	Terraform: Terraform{
		Types:  []string{"digitalocean_domain"},
		Others: []string{"urn", "ip_address"},
	},
	Fields: []Field{
		{Path: "name", Compare: drift.Loosely(hostName), Change: drift.ByReplacement},
		{Path: "ttl", Compare: ttl, Change: drift.Never},
	},
}

// ttl is what every domain and every record has. None, or 0, is DigitalOcean's
// to choose.
var ttl = shown{drift.Unset(count)}
