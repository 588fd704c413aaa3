package objects

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kstatus "sigs.k8s.io/cli-utils/pkg/kstatus/status"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// noon is when tests take place.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// state is one verdict that an object may bear, and what kubectl wait, Flux and Argo CD
// make of the object then.
type state struct {
	conditionType string
	verdict       Verdict
	want          kstatus.Status
}

func accountStates() []state {
	ready, synced := driftv1alpha1.ConditionReady, driftv1alpha1.ConditionSynced
	out := []state{
		{ready, True(driftv1alpha1.ReasonReady, ""), kstatus.CurrentStatus},
		{ready, Unknown(driftv1alpha1.ReasonAwaitingAdmission, ""), kstatus.InProgressStatus},
		{synced, True(driftv1alpha1.ReasonSynced, ""), kstatus.CurrentStatus},
		{synced, Unknown(driftv1alpha1.ReasonAwaitingSync, ""), kstatus.InProgressStatus},
		{synced, False(driftv1alpha1.ReasonKindsBehind, ""), kstatus.CurrentStatus},
		{driftv1alpha1.ConditionDriftsWithheld, False(driftv1alpha1.ReasonWithinLimit, ""), kstatus.CurrentStatus},
		{driftv1alpha1.ConditionDriftsWithheld, True(driftv1alpha1.ReasonLimitReached, ""), kstatus.CurrentStatus},
		{driftv1alpha1.ConditionIgnoreRulesMatch, True(driftv1alpha1.ReasonRulesMatch, ""), kstatus.CurrentStatus},
		{driftv1alpha1.ConditionIgnoreRulesMatch, False(driftv1alpha1.ReasonRuleMatchesNothing, ""), kstatus.CurrentStatus},
		{driftv1alpha1.ConditionIgnoreRulesMatch, Unknown(driftv1alpha1.ReasonNotAllCompared, ""), kstatus.CurrentStatus},
	}
	for _, reason := range []string{driftv1alpha1.ReasonFixSecret, driftv1alpha1.ReasonFixCredentials, driftv1alpha1.ReasonFixEndpoint,
		driftv1alpha1.ReasonFixSchedule, driftv1alpha1.ReasonFixIgnoreRules, driftv1alpha1.ReasonFixAdmission, driftv1alpha1.ReasonFixCRDs, driftv1alpha1.ReasonFixRefusedWrite} {
		out = append(out, state{ready, False(reason, ""), kstatus.FailedStatus}, state{synced, False(reason, ""), kstatus.FailedStatus})
	}
	// What heals by itself stands in the way of being ready, and nobody has to act.
	for _, reason := range []string{driftv1alpha1.ReasonThrottled, driftv1alpha1.ReasonUnreachable, driftv1alpha1.ReasonServerError,
		driftv1alpha1.ReasonIncomplete, driftv1alpha1.ReasonMalformed, driftv1alpha1.ReasonRefused, driftv1alpha1.ReasonWriteFailed} {
		out = append(out, state{synced, False(reason, ""), kstatus.CurrentStatus}, state{ready, False(reason, ""), kstatus.InProgressStatus})
	}
	out = append(out, state{ready, False(driftv1alpha1.ReasonFixScopes, ""), kstatus.FailedStatus}) // of the account itself
	// Of one kind; the condition says KindsBehind.
	for _, reason := range []string{driftv1alpha1.ReasonFixScopes, driftv1alpha1.ReasonFixMassDisappearance} {
		out = append(out, state{synced, False(reason, ""), kstatus.FailedStatus})
	}
	return out
}

func provisionedStates() []state {
	ready, inSync := driftv1alpha1.ConditionReady, driftv1alpha1.ConditionInSync
	out := []state{
		{ready, True(driftv1alpha1.ReasonBound, ""), kstatus.CurrentStatus},
		{ready, Unknown(driftv1alpha1.ReasonAwaitingInventory, ""), kstatus.InProgressStatus},
		{ready, False(driftv1alpha1.ReasonResourceNotFound, ""), kstatus.InProgressStatus},
		{ready, Unknown(driftv1alpha1.ReasonFixMassDisappearance, ""), kstatus.FailedStatus},
		{inSync, True(driftv1alpha1.ReasonInSync, ""), kstatus.CurrentStatus},
		{driftv1alpha1.ConditionAcceptancesPending, True(driftv1alpha1.ReasonNotInManifest, ""), kstatus.CurrentStatus},
		{inSync, False(driftv1alpha1.ReasonDrifted, ""), kstatus.CurrentStatus},
		{inSync, False(driftv1alpha1.ReasonResourceMissing, ""), kstatus.CurrentStatus},
		{inSync, Unknown(driftv1alpha1.ReasonInventoryStale, ""), kstatus.CurrentStatus},
		{inSync, Unknown(driftv1alpha1.ReasonNotReady, ""), kstatus.CurrentStatus},
		{inSync, Unknown(driftv1alpha1.ReasonAwaitingInventory, ""), kstatus.InProgressStatus},
		{inSync, Unknown(driftv1alpha1.ReasonFixFieldsUnseen, ""), kstatus.FailedStatus},
		{inSync, Unknown(driftv1alpha1.ReasonFixMassDisappearance, ""), kstatus.FailedStatus},
	}
	for _, reason := range []string{driftv1alpha1.ReasonFixAccountRef, driftv1alpha1.ReasonFixKind, driftv1alpha1.ReasonFixTooLarge, driftv1alpha1.ReasonFixReference,
		driftv1alpha1.ReasonFixFieldNames, driftv1alpha1.ReasonFixAmbiguousName, driftv1alpha1.ReasonFixDuplicate, driftv1alpha1.ReasonFixFieldsUnseen} {
		out = append(out, state{ready, False(reason, ""), kstatus.FailedStatus})
	}
	return out
}

func setStates() []state {
	ready := driftv1alpha1.ConditionReady
	out := []state{
		{ready, True(driftv1alpha1.ReasonDeclared, ""), kstatus.CurrentStatus},
		{ready, Unknown(driftv1alpha1.ReasonAwaitingState, ""), kstatus.InProgressStatus},
		{ready, Unknown(driftv1alpha1.ReasonAwaitingUnlock, ""), kstatus.InProgressStatus},
		{ready, False(driftv1alpha1.ReasonUnreachable, ""), kstatus.InProgressStatus},
		{ready, False(driftv1alpha1.ReasonWriteFailed, ""), kstatus.InProgressStatus},
	}
	for _, reason := range []string{driftv1alpha1.ReasonFixSecret, driftv1alpha1.ReasonFixState, driftv1alpha1.ReasonFixStateURL,
		driftv1alpha1.ReasonFixNames, driftv1alpha1.ReasonFixRefusedWrite} {
		out = append(out, state{ready, False(reason, ""), kstatus.FailedStatus})
	}
	return out
}

func TestKstatusUnderstandsEveryState(t *testing.T) {
	seen := map[string]bool{}
	for kind, states := range map[string][]state{"CloudAccount": accountStates(), "CloudProvisioned": provisionedStates(), "CloudProvisionedSet": setStates()} {
		for _, s := range states {
			seen[s.verdict.Reason] = true
			conditions := []metav1.Condition{}
			all := []Verdict{s.verdict}
			if s.conditionType != driftv1alpha1.ConditionReady {
				all = []Verdict{True(driftv1alpha1.ReasonReady, ""), s.verdict}
				all[0].Set(&conditions, driftv1alpha1.ConditionReady, 3, metav1.NewTime(noon))
			}
			s.verdict.Set(&conditions, s.conditionType, 3, metav1.NewTime(noon))
			SetKstatus(&conditions, 3, metav1.NewTime(noon), all...)
			for generation, want := range map[int64]kstatus.Status{3: s.want, 4: kstatus.InProgressStatus} {
				got, err := kstatus.Compute(withConditions(t, kind, generation, conditions))
				if err != nil {
					t.Fatal(err)
				}
				if got.Status != want && (generation == 3 || got.Status != kstatus.FailedStatus) {
					t.Errorf("%s, %s=%s %s, at generation %d of 3: %s (%s), want %s", kind, s.conditionType, s.verdict.Status, s.verdict.Reason,
						generation, got.Status, got.Message, want)
				}
			}
		}
	}
	for _, reason := range everyReason(t) {
		if !seen[reason] {
			t.Errorf("the reason %s has no state here", reason)
		}
	}
}

// What needed a person and was mended no longer says so.
func TestKstatusConditionsGo(t *testing.T) {
	var conditions []metav1.Condition
	SetKstatus(&conditions, 1, metav1.NewTime(noon), False(driftv1alpha1.ReasonFixSecret, "missing"))
	if len(conditions) != 1 || conditions[0].Type != driftv1alpha1.ConditionStalled || conditions[0].Reason != driftv1alpha1.ReasonFixSecret {
		t.Fatalf("stalled: %+v", conditions)
	}
	SetKstatus(&conditions, 2, metav1.NewTime(noon), Unknown(driftv1alpha1.ReasonAwaitingSync, ""))
	if len(conditions) != 1 || conditions[0].Type != driftv1alpha1.ConditionReconciling {
		t.Fatalf("reconciling: %+v", conditions)
	}
	SetKstatus(&conditions, 2, metav1.NewTime(noon), True(driftv1alpha1.ReasonReady, ""))
	if len(conditions) != 0 {
		t.Fatalf("mended: %+v", conditions)
	}
}

func withConditions(t *testing.T, kind string, generation int64, conditions []metav1.Condition) *unstructured.Unstructured {
	t.Helper()
	list := make([]any, 0, len(conditions))
	for i := range conditions {
		c, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&conditions[i])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": driftv1alpha1.GroupVersion.String(), "kind": kind,
		"metadata": map[string]any{"name": "x", "namespace": "n", "generation": generation},
		"status":   map[string]any{"observedGeneration": int64(3), "conditions": list},
	}}
}

// everyReason is every reason of a condition that the API has.
func everyReason(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "api", "v1alpha1", "conditions.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, found := range regexp.MustCompile(`(?m)^\tReason\w+ += "(\w+)"`).FindAllSubmatch(source, -1) {
		out = append(out, string(found[1]))
	}
	if len(out) < 20 {
		t.Fatalf("only %d reasons were found", len(out))
	}
	return out
}
