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
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

const (
	// mostNamed is how many candidates a message names.
	mostNamed = 8
	// mostWeighed is how many candidates are compared with each other.
	mostWeighed = 32
	// longestSuggested is how many characters a value in a suggested where may have. A
	// longer one can't be shown whole, and cut short it would match nothing.
	longestSuggested = 64
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
	if which >= len(live) {
		return "", false
	}
	var parts []string
	for _, path := range slices.Sorted(maps.Keys(p.Spec.Resource.Where)) {
		parts = append(parts, path+": "+yamlScalar(p.Spec.Resource.Where[path]))
	}
	rivals := slices.Delete(slices.Clone(live), which, which+1)
	for _, field := range tellingFields(kind) {
		value, usable := plainValue(live[which], field)
		if _, asked := p.Spec.Resource.Where[field]; asked || !usable || len(rivals) == 0 {
			continue
		}
		asked := map[string]any{field: value.String()}
		if equal, _ := drift.Matches(kind.Schema, asked, live[which]); !equal {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(rivals), func(rival resource.Resource) bool {
			equal, known := drift.Matches(kind.Schema, asked, rival)
			return known && !equal
		})
		if len(rest) < len(rivals) {
			rivals, parts = rest, append(parts, field+": "+yamlScalar(value))
		}
	}
	return strings.Join(parts, ", "), len(rivals) == 0
}

// tellingFields are the fields by which a resource may be told from its namesakes: first the
// fields that identify, then fields that it keeps for life, then fields that change in place.
// Nobody chooses the others, or a droplet has to be powered off to change them: these
// describe the state that it is in.
func tellingFields(kind kinds.Kind) []string {
	out := slices.Clone(kind.Identifying)
	for _, change := range []drift.Change{drift.ByReplacement, drift.InPlace} {
		for _, field := range kind.Fields {
			isPlain := field.Path != "name" && !strings.ContainsAny(field.Path, ".[")
			if field.Change == change && isPlain && !slices.Contains(out, field.Path) {
				out = append(out, field.Path)
			}
		}
	}
	return out
}

// plainValue is the value of a field as a where has it. usable is false for what a where
// can't hold, and for what a message can't show as it is.
func plainValue(live resource.Resource, field string) (value intstr.IntOrString, usable bool) {
	seen, ok := live.Lookup(resource.Path{resource.Segment(field)})
	if !ok {
		return value, false
	}
	switch seen := seen.(type) {
	case string:
		return intstr.FromString(seen), seen != "" && resource.Short(seen, longestSuggested) == seen
	case bool:
		return intstr.FromString(fmt.Sprint(seen)), true
	case json.Number:
		return intstr.Parse(seen.String()), true
	default:
		return value, false
	}
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
		parts = append(parts, field+" "+resource.Short(value, longestSuggested))
	}
	return strings.Join(parts, ", ")
}
