package detection

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/drift"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resource"
)

// compared says whether what is declared was held against a live resource.
func (run *detectionRun) compared() bool {
	return run.presence == resource.Present && run.binding.Older == nil
}

// ignored is how many more fields would be drifted, were nothing ignored; nil where nothing
// is. While nothing is compared it stays what it was.
func (run *detectionRun) ignored() *int32 {
	switch {
	case len(run.binding.Ignored) == 0:
		return nil
	case !run.compared():
		return run.provisioned.Status.Ignored
	default:
		return ptr.To(int32(run.plan.Result.Ignored))
	}
}

// idleIgnores says which paths the declaration ignores in vain; "": none.
func (run *detectionRun) idleIgnores() string {
	if !run.compared() {
		return ""
	}
	var idle []string
	for i, use := range run.plan.Result.IgnoreUses {
		each := run.binding.Ignored[i]
		if each.ByAccount || use != drift.IgnoreMatchesNothing {
			continue
		}
		text := resource.Short(each.Text, objects.RenderLimit)
		if unknown, known := run.binding.Kind.Knows(each.Path); !known && unknown.Nearest != "" {
			text += " (did you mean " + unknown.Nearest + "?)"
		}
		idle = append(idle, text)
	}
	if len(idle) == 0 {
		return ""
	}
	return "nothing that is declared matches what it ignores: " + strings.Join(idle, ", ")
}

// ruleUses are what came of an account's ignore rules, each a field of a kind.
type ruleUses map[fieldRule]ruleUse

type fieldRule struct{ kind, field string }

// ruleUse is what a rule was found to be about, over all declarations of its kind.
type ruleUse struct {
	matches bool
	// undecided says that something of the kind could not be compared.
	undecided bool
}

func (u ruleUses) add(other ruleUses) {
	for rule, use := range other {
		was := u[rule]
		u[rule] = ruleUse{was.matches || use.matches, was.undecided || use.undecided}
	}
}

// ruleUses are those of this declaration's kind. A younger declaration of a resource says
// nothing: the older one is compared.
func (run *detectionRun) ruleUses() ruleUses {
	if run.binding.Older != nil {
		return nil
	}
	var out ruleUses
	for i, each := range run.binding.Ignored {
		if !each.ByAccount {
			continue
		}
		if out == nil {
			out = ruleUses{}
		}
		use := drift.IgnoreUndecided
		if run.compared() {
			use = run.plan.Result.IgnoreUses[i]
		}
		out[fieldRule{run.binding.Kind.Name, each.Text}] = ruleUse{use == drift.IgnoreMatches, use == drift.IgnoreUndecided}
	}
	return out
}

// undecided are the account's rules of a declaration that could not be looked at.
func undecided(p *driftv1alpha1.CloudProvisioned, account *driftv1alpha1.CloudAccount) ruleUses {
	out := ruleUses{}
	for _, each := range objects.IgnoredOf(p, account) {
		if each.ByAccount {
			out[fieldRule{p.Spec.Resource.Kind, each.Text}] = ruleUse{undecided: true}
		}
	}
	return out
}

// setCondition says which rules are about nothing that is declared. Of a kind of which
// nothing is declared, nothing is said.
func (u ruleUses) setCondition(conditions *[]metav1.Condition, account *driftv1alpha1.CloudAccount, now metav1.Time) {
	if len(account.Spec.Ignore) == 0 {
		meta.RemoveStatusCondition(conditions, driftv1alpha1.ConditionIgnoreRulesMatch)
		return
	}
	var nothing, undecided []string
	for _, rule := range slices.SortedFunc(maps.Keys(u), func(a, b fieldRule) int { return strings.Compare(a.String(), b.String()) }) {
		switch use := u[rule]; {
		case use.matches:
		case use.undecided:
			undecided = append(undecided, rule.String())
		default:
			nothing = append(nothing, rule.String())
		}
	}
	verdict := objects.True(driftv1alpha1.ReasonRulesMatch, "each rule whose kind is declared is about something of it")
	switch {
	case len(nothing) > 0:
		verdict = objects.False(driftv1alpha1.ReasonRuleMatchesNothing, "nothing that is declared matches %s", strings.Join(nothing, ", "))
	case len(undecided) > 0:
		verdict = objects.Unknown(driftv1alpha1.ReasonNotAllCompared, "nothing was found that matches %s, and not everything of the kind could be compared", strings.Join(undecided, ", "))
	}
	verdict.Set(conditions, driftv1alpha1.ConditionIgnoreRulesMatch, account.Generation, now)
}

// String is the rule for a message.
func (r fieldRule) String() string {
	return r.kind + " " + resource.Short(r.field, objects.RenderLimit)
}
