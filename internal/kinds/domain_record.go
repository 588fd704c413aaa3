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
	TopLevel: []string{"name"},
	Schema: drift.Schema{Kind: "DomainRecord", Fields: []drift.Field{
		{Path: "type", Compare: drift.FoldCase, Change: drift.ByReplacement},
		{Path: "name", Compare: drift.With(recordName), Change: drift.InPlace},
		{Path: "data", Compare: drift.With(recordData), Change: drift.InPlace},
		{Path: "ttl", Compare: drift.Unset(drift.Number), Change: drift.InPlace,
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
// absolute, any other relative, and the domain itself is @.
func recordName(observed resource.Resource) drift.Comparison {
	domain := domainOf(observed)
	return drift.Loosely(func(name string) string {
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
}

// recordData compares by the record's type. Answers show a host name without the
// dot that requests need at its end, and a request may say @ for the domain.
func recordData(observed resource.Resource) drift.Comparison {
	domain := domainOf(observed)
	shown, _ := observed.Lookup(resource.Path{"type"})
	kind, _ := shown.(string)
	switch strings.ToUpper(kind) {
	case "A", "AAAA":
		return drift.Addresses
	case "CNAME", "MX", "NS", "SRV", "CAA":
		return drift.Loosely(func(data string) string {
			if data = hostName(data); data == "@" && domain != "" {
				return domain
			}
			return data
		})
	default: // text, in which everything matters, and what is not known
		return drift.Loose
	}
}

func domainOf(record resource.Resource) string {
	domain, _, _ := strings.Cut(record.ID, "/")
	return hostName(domain)
}

func hostName(name string) string {
	return strings.TrimSuffix(drift.Fold(name), ".")
}
