package kinds

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var domainRecord = Kind{
	Name: "DomainRecord", One: "record", Many: "records", Scope: "domain:read",
	About:   "An id is the domain and the record's number. A reference by name takes the full domain name, as `www.example.com`; where several records have it, as at the apex, a `where` says which, as `{type: A}`. The `type` in `desired` says it too.",
	Parent:  "Domain",
	Listing: Listing{Path: "v2/domains/%s/records", Key: "domain_records", ItemKey: "domain_record"},
	ID: IDShape{
		Pattern: regexp.MustCompile(`^` + domainName + `/[1-9][0-9]{0,18}$`),
		Example: "example.com/3352896",
		NoCase:  true,
		Form: func(id string) string {
			domain, number, _ := strings.Cut(id, "/")
			return hostName(domain) + "/" + strings.TrimSpace(number)
		},
	},
	FullName:    recordFullName,
	Holds:       func(domain, name string) bool { return name == domain || strings.HasSuffix(name, "."+domain) },
	NameForm:    hostName,
	Identifying: []string{"type"},
	Owned: []Ownership{
		ownedBy(OwnerDigitalOcean, "type", soa),
		{OwnerDigitalOcean, map[string]*regexp.Regexp{"type": ns, "name": apex, "data": nameServer}},
	},
	Terraform: Terraform{
		Types:  []string{"digitalocean_record"},
		ID:     []string{"domain", "id"},
		Others: []string{"domain", "fqdn"},
	},
	Fields: []Field{
		{Path: "type", Compare: drift.FoldCase, Change: drift.ByReplacement},
		{Path: "name", Compare: drift.With(recordName), Change: drift.InPlace,
			Words: "without case; relative to the domain, or in full; `@` is the domain"},
		{Path: "data", Terraform: TerraformField{Attribute: "value"}, Compare: drift.With(recordData), Change: drift.InPlace, Others: []string{"value"},
			Words: "by the record's type: as an address; as a host name (`@` is the domain, and a name without a dot is within it); else as text, but for a line break at the end"},
		{Path: "ttl", Compare: ttl, Change: drift.InPlace, Default: json.Number("1800"),
			Note: "all records of one name and type share it"},
		// Only the types that have them bring the others.
		{Path: "priority", Optional: true, Compare: count, Change: drift.InPlace},
		{Path: "port", Optional: true, Compare: count, Change: drift.InPlace},
		{Path: "weight", Optional: true, Compare: count, Change: drift.InPlace},
		{Path: "flags", Optional: true, Compare: count, Change: drift.InPlace},
		{Path: "tag", Optional: true, Compare: drift.FoldCase, Change: drift.InPlace},
	},
}

// recordFullName is the record's full name. Within its domain the record is called
// www, or @ for the domain itself.
func recordFullName(name, domain string) string {
	if name == "@" || name == "" {
		return domain
	}
	return name + "." + domain
}

// count is for numbers that answers show as null, or leave out, where they are 0.
var count = drift.Default(json.Number("0"), drift.Number)

// recordName compares names within their domain: a name with a dot at its end is
// absolute, any other relative, and the domain itself is @. Whoever declares a name
// in full may have forgotten the dot; an answer has not.
func recordName(observed resource.Resource) drift.Comparison {
	domain := domainOf(observed)
	relative := drift.Loosely(func(name string) string {
		name = drift.Fold(name)
		if absolute, ok := strings.CutSuffix(name, "."); ok && domain != "" {
			if absolute == domain {
				return "@"
			}
			if relative, inside := strings.CutSuffix(absolute, "."+domain); inside {
				return relative
			}
		}
		if name == "" {
			return "@"
		}
		return name
	})
	return drift.Also(relative, func(desired any) any {
		if name, ok := desired.(string); ok {
			return strings.TrimSpace(name) + "."
		}
		return desired
	})
}

// recordData compares by the record's type.
func recordData(observed resource.Resource) drift.Comparison {
	switch strings.ToUpper(shownText(observed, "type")) {
	case "A", "AAAA":
		return drift.Addresses
	case "CNAME", "MX", "NS", "SRV":
		return hostWithin(domainOf(observed))
	case "CAA":
		if drift.Fold(shownText(observed, "tag")) == "iodef" {
			return webAddress
		}
		return hostOrDomain(domainOf(observed))
	default: // text, and what is not known
		return verbatim
	}
}

// webAddress is verbatim, because a path has case, but for the dot that DigitalOcean wants at the
// end of a request and does not show.
var webAddress = drift.Loosely(func(text string) string { return strings.TrimSuffix(strings.TrimRight(text, "\r\n"), ".") })

// verbatim is text in which everything matters but the line break that YAML's block
// scalars put at the end. Blanks there are the record's own.
var verbatim = drift.Loosely(func(text string) string { return strings.TrimRight(text, "\r\n") })

// hostOrDomain is for host names. Answers show them without the dot that requests
// need at the end, and a request may say @ for the domain.
func hostOrDomain(domain string) drift.Comparison {
	return drift.Loosely(func(data string) string {
		if data = hostName(data); data == "@" && domain != "" {
			return domain
		}
		return data
	})
}

// hostWithin also takes a declared name without any dot as one within the domain,
// as DigitalOcean does. Answers show it in full.
func hostWithin(domain string) drift.Comparison {
	return drift.Also(hostOrDomain(domain), func(desired any) any {
		name, ok := desired.(string)
		if name = strings.TrimSpace(name); !ok || domain == "" || name == "" || strings.ContainsAny(name, ".@;") {
			return desired
		}
		return name + "." + domain
	})
}

func shownText(observed resource.Resource, field string) string {
	value, _ := observed.Lookup(resource.Path{resource.Segment(field)})
	return text(value)
}

func domainOf(record resource.Resource) string {
	domain, _, _ := strings.Cut(record.ID, "/")
	return hostName(domain)
}
