package objects

import (
	"fmt"
	"slices"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// IgnoredPath is a path that is not compared, and who says so.
type IgnoredPath struct {
	Path resource.Path
	// Text is the path as somebody wrote it.
	Text string
	// ByAccount says that a rule of the account names it, and not the declaration.
	ByAccount bool
}

// IgnoredOf are the paths that a declaration and its account's rules of its kind leave out,
// its own first. What IgnoreProblems and the condition Ready say is wrong with them is left
// out here: nothing is ignored by a rule that is said not to be followed.
func IgnoredOf(p *driftv1alpha1.CloudProvisioned, account *driftv1alpha1.CloudAccount) []IgnoredPath {
	var out []IgnoredPath
	add := func(texts []string, byAccount bool) {
		for _, text := range texts {
			if path, err := resource.ParsePath(text); err == nil {
				out = append(out, IgnoredPath{path, text, byAccount})
			}
		}
	}
	add(p.Spec.Ignore, false)
	kind, _ := kinds.Lookup(p.Spec.Resource.Kind)
	for _, rule := range account.Spec.Ignore {
		if rule.Kind == p.Spec.Resource.Kind {
			add(rule.Fields, true)
		}
	}
	return slices.DeleteFunc(out, func(each IgnoredPath) bool {
		_, known := kind.Knows(each.Path)
		return each.ByAccount && !known
	})
}

// IgnoreProblems say what is wrong with an account's rules. The others are followed.
func IgnoreProblems(account *driftv1alpha1.CloudAccount) []string {
	var out []string
	for i, rule := range account.Spec.Ignore {
		kind, known := kinds.Lookup(rule.Kind)
		if !known {
			out = append(out, fmt.Sprintf("ignore[%d]: kind %q is not known; %s", i, resource.Short(rule.Kind, RenderLimit), kinds.Suggest(rule.Kind)))
			continue
		}
		for _, text := range rule.Fields {
			path, err := resource.ParsePath(text)
			if err != nil {
				out = append(out, fmt.Sprintf("ignore[%d]: %v", i, err))
			} else if unknown, known := kind.Knows(path); !known {
				out = append(out, fmt.Sprintf("ignore[%d]: %s", i, unknown.Explain(kind.Name)))
			}
		}
	}
	return out
}
