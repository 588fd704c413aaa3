package kinds

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

var _ = register(Kind{
	Parent: "Domain",
	ID: IDShape{
		Pattern: regexp.MustCompile(`^` + domainName + `/[1-9][0-9]{0,18}$`),
		Example: "example.com/3352896",
		NoCase:  true,
	},
	Name: hostName,

	Identifying: []string{"type"},
	Schema: drift.Schema{Kind: "DomainRecord", Fields: []drift.Field{
		{Path: "type", Compare: drift.FoldCase, Change: drift.ByReplacement},
		{Path: "name", Compare: drift.With(recordName), Change: drift.InPlace},
		{Path: "data", Compare: drift.With(recordData), Change: drift.InPlace, Others: []string{"value"}},
		{Path: "ttl", Compare: ttl, Change: drift.InPlace,
			Note: "all records of one name and type share it"},
		{Path: "priority", Compare: count, Change: drift.InPlace},
		{Path: "port", Compare: count, Change: drift.InPlace},
		{Path: "weight", Compare: count, Change: drift.InPlace},
		{Path: "flags", Compare: count, Change: drift.InPlace},
		{Path: "tag", Compare: drift.FoldCase, Change: drift.InPlace},
	}},
})

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
			return url
		}
		return hostOrDomain(domainOf(observed))
	default: // text, and what is not known
		return verbatim
	}
}

// url is verbatim, because a path has case, but for the dot that DigitalOcean wants at the
// end of a request and does not show.
var url = drift.Loosely(func(text string) string { return strings.TrimSuffix(strings.TrimRight(text, "\r\n"), ".") })

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
