package main

import driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"

// miscounts are the counts of the account that are not those of the truth. They are
// the latest sweep's.
func (s *sequence) miscounts() []string {
	a := agreement{truth: s.cloud.now(), declared: current[*driftv1alpha1.CloudProvisioned](s.recorder)}
	a.account(current[*driftv1alpha1.CloudAccount](s.recorder)[accountName])
	return a.wrong
}

// account checks the counts.
func (a *agreement) account(account *driftv1alpha1.CloudAccount) {
	if account == nil {
		a.say("the account is gone")
		return
	}
	pending := 0
	for _, p := range a.declared {
		pending += len(standIns(p))
	}
	if n := account.Status.PendingAcceptances; n == nil || int(*n) != pending {
		a.say("the account does not say that %d acceptances are pending", pending)
	}
	for _, k := range account.Status.Kinds {
		if n := len(a.truth.sorted(k.Kind)); k.Resources == nil || int(*k.Resources) != n {
			a.say("the account does not say that there are %d of the kind %s", n, k.Kind)
		}
	}
}
