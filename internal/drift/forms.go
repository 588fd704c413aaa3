package drift

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// Form brings a scalar, as text, into the one spelling that all its equals share.
type Form func(text string) string

// Fold is the form of slugs, tags, UUIDs and host names, which have no case.
func Fold(text string) string {
	return strings.ToLower(strings.TrimSpace(text))
}

// Trim is the form of prose: YAML's block scalars bring a line break at the end,
// and a console on another system its own line ends.
func Trim(text string) string {
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// Decimal is the form of fields that hold numbers, also where one side spells
// them as strings. Elsewhere "1.10" and "1.1" are two things, such as versions.
func Decimal(text string) string {
	text = strings.TrimSpace(text)
	if decimal, ok := resource.ParseDecimal(text); ok {
		return decimal
	}
	return text
}

// Truth is the form of booleans, also where YAML or people spell them in another way.
func Truth(text string) string {
	switch text {
	case "1", "on", "yes", "enabled":
		return "true"
	case "0", "off", "no", "disabled":
		return "false"
	}
	return text
}

// Address is the form of IP addresses and CIDRs: IPv6 in its short spelling, no
// host bits, and a network of one address as that address.
func Address(text string) string {
	text = Fold(text)
	if address, err := netip.ParseAddr(text); err == nil {
		return address.String()
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return text
	case prefix.IsSingleIP():
		return prefix.Addr().String()
	default:
		return prefix.Masked().String()
	}
}

// Timestamp is the form of points in time: the same instant in UTC.
func Timestamp(text string) string {
	instant, err := time.Parse(time.RFC3339, strings.TrimSpace(text))
	if err != nil {
		return text
	}
	return instant.UTC().Format(time.RFC3339Nano)
}

// scalarText is a scalar as a string. ok is false for lists and objects.
func scalarText(value any) (text string, ok bool) {
	switch value := value.(type) {
	case nil:
		return "", true
	case string:
		return value, true
	case bool:
		if value {
			return "true", true
		}
		return "false", true
	case json.Number:
		if text, ok := resource.Decimal(value); ok {
			return text, true
		}
		return value.String(), true
	default:
		return resource.Decimal(value)
	}
}
