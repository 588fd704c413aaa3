package controller

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/inventory"
	"github.com/arcadiacloud/clouddrift/internal/kinds"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/resolution"
)

// describe is the one place where an account's status is made. final is false
// while the detection on a sync has yet to come.
func (r *accountReconciler) describe(pass *accountPass, status *driftv1alpha1.CloudAccountStatus, final bool) {
	now := r.Clock.Now()
	if pass.report != nil {
		pass.report.Into(status)
	}
	if pass.ended() {
		status.NextSyncTime = objects.APITime(inventory.NextSync(pass.account, pass.report, pass.timetable, pass.startedAt))
		status.ObservedGeneration = pass.asSynced().Generation
	}
	// A request that nothing could be done about is answered too: Ready and Synced
	// say why, and the sync is made when that is mended.
	if final && (pass.ended() || pass.problem.Exists()) {
		if request := inventory.SyncRequest(pass.account); !pass.ended() && request != "" && request != status.LastHandledSyncRequest {
			for i := range status.Kinds {
				status.Kinds[i].MissedSyncs++ // it was asked for and could not be made
			}
		}
		status.LastHandledSyncRequest = inventory.SyncRequest(pass.asSynced())
	}
	if pass.result != nil {
		pass.result.Into(status, pass.account, now)
	}
	if pass.problem.Exists() {
		status.ObservedGeneration = pass.account.Generation // nothing else can be said of it
	}
	isReady, isSynced := r.ready(pass, status), synced(status, pass)
	generation := pass.asSynced().Generation
	isReady.Set(&status.Conditions, driftv1alpha1.ConditionReady, generation, metav1.NewTime(now))
	isSynced.Set(&status.Conditions, driftv1alpha1.ConditionSynced, generation, metav1.NewTime(now))
	objects.SetKstatus(&status.Conditions, generation, metav1.NewTime(now), isReady, isSynced)
}

// refusedStatus replaces a status that the API server refuses to store, so that somebody
// gets to know, and nothing is listed over and over. It holds the conditions and when the
// next sync is due, and nothing of what the sync found.
func refusedStatus(pass *accountPass, before driftv1alpha1.CloudAccountStatus, refusal error) driftv1alpha1.CloudAccountStatus {
	p := inventory.Problem{Reason: driftv1alpha1.ReasonFixRefusedWrite, Message: objects.Shorten("the account's status was refused: "+refusal.Error(), objects.MessageLimit)}
	at := pass.startedAt
	out := driftv1alpha1.CloudAccountStatus{
		TeamUUID: before.TeamUUID, TeamName: before.TeamName,
		LastSyncTime: objects.APITime(at), NextSyncTime: objects.APITime(at.Add(inventory.MostRetry)), LastDetectionTime: objects.APITime(at),
		ObservedGeneration: pass.account.Generation, LastHandledSyncRequest: inventory.SyncRequest(pass.account),
	}
	for _, kind := range kinds.All() {
		k := inventory.KindIn(&out, kind.Schema.Kind)
		*k = driftv1alpha1.KindStatus{Kind: k.Kind, ObservedAt: objects.KindStatus(&driftv1alpha1.CloudAccount{Status: before}, k.Kind).ObservedAt}
		inventory.FallBehind(k, p, at)
	}
	for _, conditionType := range []string{driftv1alpha1.ConditionReady, driftv1alpha1.ConditionSynced} {
		objects.False(p.Reason, "%s", p.Message).Set(&out.Conditions, conditionType, pass.account.Generation, metav1.NewTime(at))
	}
	objects.SetKstatus(&out.Conditions, pass.account.Generation, metav1.NewTime(at), objects.False(p.Reason, "%s", p.Message))
	return out
}

// ready says whether the account can be worked with: the first thing that is in
// the way, the account's own before the cluster's.
func (r *accountReconciler) ready(pass *accountPass, status *driftv1alpha1.CloudAccountStatus) objects.Verdict {
	whole := pass.problem
	if pass.report != nil {
		whole = pass.report.WholeProblem()
	}
	switch {
	case whole.Exists():
		return objects.False(whole.Reason, "%s", whole.Message)
	case r.crds.Age() != nil:
		return objects.False(driftv1alpha1.ReasonFixCRDs, "%v", r.crds.Age())
	case pass.timetable.Problem != nil:
		return objects.False(driftv1alpha1.ReasonFixSchedule, "%v", pass.timetable.Problem)
	case !pass.ended() && standsFor(status.Conditions, driftv1alpha1.ConditionReady):
		// Nothing was asked of DigitalOcean in this pass; what it said last holds.
		return objects.CurrentVerdict(status.Conditions, driftv1alpha1.ConditionReady)
	case errors.Is(pass.admission, resolution.ErrSettling):
		return objects.Unknown(driftv1alpha1.ReasonAwaitingAdmission, "nothing is accepted meanwhile: %v", pass.admission)
	case pass.admission != nil:
		return objects.False(driftv1alpha1.ReasonFixAdmission, "nothing is accepted meanwhile: %v", pass.admission)
	case len(objects.IgnoreProblems(pass.account)) > 0:
		return objects.False(driftv1alpha1.ReasonFixIgnoreRules, "the other rules are followed: %s", strings.Join(objects.IgnoreProblems(pass.account), "; "))
	default:
		return objects.True(driftv1alpha1.ReasonReady, "working with team %s", describeTeam(status))
	}
}

// standsFor says whether a condition is False for a reason that only the next
// sync can take back.
func standsFor(conditions []metav1.Condition, conditionType string) bool {
	for _, c := range conditions {
		if c.Type == conditionType && c.Status == metav1.ConditionFalse {
			switch c.Reason {
			case driftv1alpha1.ReasonFixCRDs, driftv1alpha1.ReasonFixSchedule, driftv1alpha1.ReasonFixAdmission,
				driftv1alpha1.ReasonFixSecret, driftv1alpha1.ReasonFixEndpoint, driftv1alpha1.ReasonFixIgnoreRules:
				return false
			}
			return true
		}
	}
	return false
}

func describeTeam(status *driftv1alpha1.CloudAccountStatus) string {
	if status.TeamName == "" {
		return status.TeamUUID
	}
	return fmt.Sprintf("%q (%s)", status.TeamName, status.TeamUUID)
}

// synced says whether the last sync saw every kind completely.
func synced(status *driftv1alpha1.CloudAccountStatus, pass *accountPass) objects.Verdict {
	if pass.report != nil && pass.report.Problem.Exists() {
		return objects.False(pass.report.Problem.Reason, "%s", pass.report.Problem.Message)
	}
	if pass.problem.Exists() {
		return objects.False(pass.problem.Reason, "no sync can be made: %s", pass.problem.Message)
	}
	if status.LastSyncTime == nil {
		return objects.Unknown(driftv1alpha1.ReasonAwaitingSync, "no sync has ended yet")
	}
	if !pass.ended() {
		if current := objects.CurrentVerdict(status.Conditions, driftv1alpha1.ConditionSynced); current.Status != "" {
			return current
		}
	}
	var behind []driftv1alpha1.KindStatus
	var hidden []string
	for _, k := range status.Kinds {
		switch {
		case k.Reason == "":
		case pass.report != nil && pass.report.Hidden(k.Kind):
			hidden = append(hidden, k.Kind)
		default:
			behind = append(behind, k)
		}
	}
	if len(behind) > 0 {
		return objects.False(driftv1alpha1.ReasonKindsBehind, "%s", describeBehind(behind))
	}
	if len(hidden) > 0 {
		return objects.True(driftv1alpha1.ReasonSynced, "%d kinds were listed completely; the token may not see %s, of which nothing is declared",
			len(status.Kinds)-len(hidden), strings.Join(hidden, ", "))
	}
	return objects.True(driftv1alpha1.ReasonSynced, "all %d kinds were listed completely", len(status.Kinds))
}

// mostOfKinds is how much of a message says why kinds are behind. The rest has room for the
// names of all kinds.
const mostOfKinds = objects.MessageLimit - 384

// describeBehind says why kinds are behind, those first that wait for a person's word: that
// takes a command which is of no use in part. Of kinds for which there is no room it says
// which they are.
func describeBehind(behind []driftv1alpha1.KindStatus) string {
	behind = slices.Clone(behind)
	slices.SortStableFunc(behind, func(a, b driftv1alpha1.KindStatus) int {
		return cmp.Compare(min(len(b.ConfirmationToken), 1), min(len(a.ConfirmationToken), 1))
	})
	var described, others []string
	length := 0
	for _, k := range behind {
		since, message := "", k.Message
		if k.BehindSince != nil {
			since = " since " + k.BehindSince.UTC().Format(time.RFC3339)
		}
		if k.ConfirmationToken == "" {
			message = objects.Shorten(message, 200)
		}
		text := fmt.Sprintf("%s%s (%s: %s)", k.Kind, since, k.Reason, message)
		length += utf8.RuneCountInString(text)
		if len(described) > 0 && length > mostOfKinds {
			others = append(others, k.Kind)
			continue
		}
		described = append(described, text)
	}
	if len(others) > 0 {
		described = append(described, fmt.Sprintf("and %s, see status.kinds", strings.Join(others, ", ")))
	}
	return strings.Join(described, "; ")
}
