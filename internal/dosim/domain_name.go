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

// normalData checks a record's data. A host name must be absolute in the
// request and loses its dot in the answer.
func normalData(ofType, data string) (string, error) {
	switch ofType {
	case "A":
		if a, err := netip.ParseAddr(data); err != nil || !a.Is4() {
			return "", invalid("Data is not a valid IPv4 address")
		}
	case "AAAA":
		if a, err := netip.ParseAddr(data); err != nil || !a.Is6() || a.Zone() != "" {
			return "", invalid("Data is not a valid IPv6 address")
		}
	case "CNAME", "MX", "NS", "SRV":
		if data != "@" && !strings.HasSuffix(data, ".") {
			return "", invalid("Data needs to end with a dot (.)")
		}
		host := strings.TrimSuffix(data, ".")
		if host != "" && !recordName.MatchString(host) || len(host) > maxHostName {
			return "", invalid("Data is not a valid host name")
		}
		return host, nil
	case "CAA":
		return strings.TrimSuffix(data, "."), nil
	case "TXT", "SOA":
	default:
		return "", invalid("Type is invalid")
	}
	return data, nil
}
