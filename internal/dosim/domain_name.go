package dosim

import (
	"net/netip"
	"regexp"
	"strings"
)

// maxHostName is how long a whole name can be.
const maxHostName = 253

var (
	domainName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)
	// recordName is "@", or labels: of hosts, services, wildcards and parts of
	// reverse zones.
	recordName = regexp.MustCompile(`^(@|[a-zA-Z0-9_*/-]{1,63}(\.[a-zA-Z0-9_*/-]{1,63})*)$`)
)

// data brings a record's data into the form that is shown. A host name must be
// absolute in the request and loses its dot in the answer; the domain itself is @.
func (d *domain) data(r *record, data string) (string, error) {
	switch r.Type {
	case "A":
		if a, err := netip.ParseAddr(data); err != nil || !a.Is4() {
			return "", invalid("Data is not a valid IPv4 address")
		}
	case "AAAA":
		if a, err := netip.ParseAddr(data); err != nil || !a.Is6() || a.Zone() != "" {
			return "", invalid("Data is not a valid IPv6 address")
		}
	case "CNAME", "MX", "NS", "SRV":
		return d.hostData(r.Type, data)
	case "CAA":
		return caaData(r.Tag, data)
	case "TXT", "SOA":
	default:
		return "", invalid("Type is invalid")
	}
	return data, nil
}

var (
	errNoDot  = invalid("Data needs to end with a dot (.)")
	errNoHost = invalid("Data is not a valid host name")
)

func (d *domain) hostData(ofType, data string) (string, error) {
	// The root as a target says that there is no such service (RFC 2782).
	if ofType == "SRV" && data == "." || data == "@" {
		return data, nil
	}
	host, absolute := strings.CutSuffix(data, ".")
	switch {
	case !absolute:
		return "", errNoDot
	case host == "@" || !recordName.MatchString(host) || len(host) > maxHostName:
		return "", errNoHost
	case strings.EqualFold(host, d.Name):
		return "@", nil
	}
	return host, nil
}

// caaData takes an authority's domain for a host name, but not the URL that an
// iodef is. DigitalOcean has no ";" for nobody at all, and no parameters.
func caaData(tag *string, data string) (string, error) {
	host, absolute := strings.CutSuffix(data, ".")
	switch {
	case tag != nil && *tag == "iodef":
		return host, nil
	case !absolute:
		return "", errNoDot
	case host == "@" || !recordName.MatchString(host) || len(host) > maxHostName:
		return "", errNoHost
	}
	return host, nil
}
