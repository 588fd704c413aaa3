package binding

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

const (
	// mostNamed is how many candidates a message names.
	mostNamed = 8
	// mostWeighed is how many candidates are compared with each other.
	mostWeighed = 32
	// longestShown is how many characters of a value a message shows.
	longestShown = 64
)

// apart says which where would mean each of the candidates, which are several, and which
// of them only their ids tell apart.
func apart(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind, named []*driftv1alpha1.CloudResource) string {
	var live []resource.Resource
	if len(named) <= mostWeighed {
		for _, r := range named {
			live = append(live, objects.ResourceOf(r))
		}
	}
	var told, untold []string
	for i, r := range named[:min(len(named), mostNamed)] {
		if where, ok := suggested(p, kind, live, i); ok {
			told = append(told, "where: {"+where+"} for "+r.Spec.ID)
		} else {
			untold = append(untold, r.Spec.ID)
		}
	}
	var out []string
	if len(told) > 0 {
		out = append(out, "add beside the name "+strings.Join(told, ", or "))
	}
	if len(untold) > 0 {
		out = append(out, "declare by id what nothing else tells apart: "+strings.Join(untold, ", "))
	}
	if more := len(named) - mostNamed; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(out, "; ")
}

// suggested is a where that has no more than it takes for one candidate to match and no
// other. ok is false where there is none. What p asks for already goes first.
func suggested(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind, live []resource.Resource, which int) (where string, ok bool) {
	var parts []string
	asked := slices.Sorted(maps.Keys(p.Spec.Resource.Where))
	for _, path := range asked {
		parts = append(parts, path+": "+yamlScalar(p.Spec.Resource.Where[path]))
	}
	more, ok := kind.TellApart(live, which, asked...)
	for _, telling := range more {
		parts = append(parts, telling.Field+": "+yamlScalar(scalarOf(telling.Value)))
	}
	return strings.Join(parts, ", "), ok
}

// scalarOf is a telling value as a where has it.
func scalarOf(value any) intstr.IntOrString {
	if number, isNumber := value.(json.Number); isNumber {
		return intstr.Parse(number.String())
	}
	return intstr.FromString(fmt.Sprint(value))
}

// plainText is text that YAML takes for a string without quotes.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`)

// otherwiseInYAML are the words that YAML does not take for text.
var otherwiseInYAML = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

// yamlScalar writes a value of a where as a manifest has it.
func yamlScalar(value intstr.IntOrString) string {
	text := value.String()
	isAddress := func() bool { address, err := netip.ParseAddr(text); return err == nil && address.Is4() }
	switch {
	case value.Type == intstr.Int:
		return text
	case plainText.MatchString(text) && !slices.Contains(otherwiseInYAML, strings.ToLower(text)), isAddress():
		return text
	default:
		return string(resource.Canonical(text)) // YAML reads JSON
	}
}

// unseenWhere says that nobody can tell which candidate is meant.
func unseenWhere(p *driftv1alpha1.CloudProvisioned, found candidates) objects.Verdict {
	return objects.False(driftv1alpha1.ReasonFixFieldsUnseen,
		"%s can't be seen of all %d that are named %q, so that nobody can tell which is meant; give the token the scopes, or declare one of them by id",
		objects.JoinPaths(found.unseen), len(found.named), p.Spec.Resource.Name)
}

// missing says that no resource is the one that p names.
func missing(p *driftv1alpha1.CloudProvisioned, kind kinds.Kind, named []*driftv1alpha1.CloudResource) string {
	if len(named) == 0 {
		return fmt.Sprintf("the inventory holds no %s named %q", kind.Schema.Kind, p.Spec.Resource.Name)
	}
	asked := whereOf(p, kind)
	var by []string
	if len(p.Spec.Resource.Where) > 0 {
		by = append(by, "resource.where")
	}
	for _, field := range kind.Identifying {
		_, inWhere := p.Spec.Resource.Where[field]
		if _, isAsked := asked[field]; isAsked && !inWhere {
			by = append(by, "desired."+field)
		}
	}
	var each []string
	for _, r := range named[:min(len(named), mostNamed)] {
		each = append(each, r.Spec.ID+" has "+described(r, slices.Sorted(maps.Keys(asked))))
	}
	if more := len(named) - mostNamed; more > 0 {
		each = append(each, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("of the %d %s named %q none has what %s asks for: %s", len(named), kind.Schema.Kind, p.Spec.Resource.Name,
		strings.Join(by, " with "), objects.Shorten(strings.Join(each, "; "), 512))
}

// described are the values of these fields.
func described(r *driftv1alpha1.CloudResource, fields []string) string {
	live := objects.ResourceOf(r)
	var parts []string
	for _, field := range fields {
		value, _ := live.Lookup(resource.Path{resource.Segment(field)})
		parts = append(parts, field+" "+resource.Short(value, longestShown))
	}
	return strings.Join(parts, ", ")
}
