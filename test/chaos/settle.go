package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// The longest that a sequence waits, on a machine that others use too.
const (
	settleWithin = 90 * time.Second
	agreeWithin  = 45 * time.Second
)

func (s *sequence) annotateAccount(key, value string) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{key: value}}})
	if err != nil {
		s.broken("encoding an annotation: %v", err)
		return
	}
	a := &driftv1alpha1.CloudAccount{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: accountName}}
	if err := try(s.ctx, func() error {
		return s.cluster.admin.Patch(s.ctx, a.DeepCopy(), client.RawPatch(types.MergePatchType, patch))
	}); err != nil {
		s.broken("annotating the account: %v", err)
	}
}

// syncAndWait asks for a sync and waits until it is over, or for so long. It
// returns the account, nil where the time was too short.
func (s *sequence) syncAndWait(within time.Duration) *driftv1alpha1.CloudAccount {
	request := fmt.Sprintf("request-%d", s.next())
	s.annotateAccount(driftv1alpha1.SyncAnnotation, request)
	for deadline := time.Now().Add(within); time.Now().Before(deadline) && s.ctx.Err() == nil; pause(s.ctx, 5*time.Millisecond) {
		a := current[*driftv1alpha1.CloudAccount](s.recorder)[accountName]
		if a != nil && a.Status.LastHandledSyncRequest == request {
			return a
		}
		if len(s.operators) == 0 || s.operators[0].crashed() && len(s.operators) == 1 {
			return nil
		}
	}
	return nil
}

// settle ends all faults and lets the operators find out what is true.
func (s *sequence) settle() {
	s.note("--- everything is mended")
	s.cloud.heal()
	for _, o := range s.operators {
		o.guard.heal()
	}
	s.bury()
	if len(s.operators) == 0 {
		s.addOperator()
	}
	s.goodToken()
	began, why := time.Now(), "no sync was answered"
	for clean := 0; clean < 2; {
		if s.cluster.over(began, settleWithin) || s.ctx.Err() != nil {
			s.broken("the operator did not recover within %s: %s", settleWithin, why)
			return
		}
		s.bury() // one that reached its crash point as it was disarmed
		if len(s.operators) == 0 {
			s.addOperator()
		}
		a := s.syncAndWait(settleWithin)
		if a == nil {
			continue
		}
		if token := toConfirm(a); token != "" {
			s.note("confirming %s", token)
			s.annotateAccount(driftv1alpha1.ConfirmDisappearanceAnnotation, token)
			continue
		}
		if why = unwell(a); why != "" {
			clean = 0
			continue
		}
		if meta.IsStatusConditionTrue(a.Status.Conditions, driftv1alpha1.ConditionDriftsWithheld) {
			s.clock.step(time.Minute)
			continue
		}
		if why = s.unread(); why != "" {
			clean = 0 // a sync looks for what the operator knows to be declared
			continue
		}
		clean++
	}
}

// toConfirm is the confirmation that an account waits for.
func toConfirm(a *driftv1alpha1.CloudAccount) string {
	for _, k := range a.Status.Kinds {
		if k.ConfirmationToken != "" && k.ConfirmationToken != a.Annotations[driftv1alpha1.ConfirmDisappearanceAnnotation] {
			return k.ConfirmationToken
		}
	}
	return ""
}

// unread is which declaration no operator has looked at yet, as on a machine that is busy.
func (s *sequence) unread() string {
	var list driftv1alpha1.CloudProvisionedList
	if err := s.cluster.admin.List(s.ctx, &list, client.InNamespace(s.namespace)); err != nil {
		return err.Error()
	}
	for i := range list.Items {
		if p := &list.Items[i]; p.DeletionTimestamp.IsZero() && p.Status.ObservedGeneration != p.Generation {
			return fmt.Sprintf("CloudProvisioned %s was not looked at", p.Name)
		}
	}
	return ""
}

// unwell is why an account is not ready and synced.
func unwell(a *driftv1alpha1.CloudAccount) string {
	for _, name := range []string{driftv1alpha1.ConditionReady, driftv1alpha1.ConditionSynced} {
		if c := meta.FindStatusCondition(a.Status.Conditions, name); c == nil || c.Status != metav1.ConditionTrue {
			return fmt.Sprintf("condition %s is %+v", name, c)
		}
	}
	return ""
}

// verify holds everything against the truth: how things are in the end, and every
// state on the way.
func (s *sequence) verify() {
	if s.failed() || s.ctx.Err() != nil {
		return
	}
	s.agree(s.disagreements)
	if len(s.miscounts()) > 0 {
		s.syncAndWait(settleWithin) // the counts are those of a sweep, and an accept may have ended after it
	}
	s.agree(s.miscounts)
	for n := range slices.Backward(s.operators) {
		ended := s.ended
		s.endOperator(n)
		s.ended = ended
	}
	s.catchUp()
	h := s.recorder.history()
	j := judge{h: h, cloud: s.cloud, clock: s.clock, people: s.people, lied: s.lied, lagged: s.lagged, disturbed: s.cluster.disturbedSince(s.began)}
	for _, w := range j.verdicts() {
		s.broken("on the way: %s", w)
	}
	for _, w := range s.approvalsAnswered(h) {
		s.broken("in the end: %s", w)
	}
	s.cluster.stats.do(func(st *stats) {
		st.sequences++
		st.states += len(h.records)
		st.objects += len(h.objects())
		for _, l := range drifts(h) {
			d := l.last().object
			st.drifts[d.Spec.ResourceRef.Kind]++
			if d.Status.State == driftv1alpha1.DriftAccepted {
				st.accepted[d.Spec.ResourceRef.Kind]++
			}
		}
		if h.gap {
			st.gaps++
		}
	})
}

// agree waits until nothing is wrong.
func (s *sequence) agree(wrong func() []string) {
	began := time.Now()
	for {
		found := wrong()
		if len(found) == 0 {
			return
		}
		if s.cluster.over(began, agreeWithin) || s.ctx.Err() != nil {
			for _, w := range found {
				s.broken("in the end: %s", w)
			}
			return
		}
		pause(s.ctx, 50*time.Millisecond)
	}
}

// catchUp waits until the recorder has heard of everything.
func (s *sequence) catchUp() {
	var err error
	for began := time.Now(); !s.cluster.over(began, agreeWithin) && s.ctx.Err() == nil; pause(s.ctx, 20*time.Millisecond) {
		if err = s.recorder.caughtUp(s.ctx); err == nil {
			return
		}
	}
	s.broken("the recorder lags behind: %v", err)
}
