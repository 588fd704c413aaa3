package inventory

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// confirmations remember what a person confirmed to be gone until all of it is
// settled. Asking for ten thousand ids takes longer than the hour's budget lasts:
// what is left of them then has another token, and has been confirmed all the same.
// After a restart it has to be confirmed once more, which is the safe side.
type confirmations struct {
	mu    sync.Mutex
	given map[accountKind]confirmation
}

type accountKind struct {
	account types.UID
	kind    string
}

type confirmation struct {
	token string
	ids   sets.Set[string]
}

func newConfirmations() *confirmations {
	return &confirmations{given: map[accountKind]confirmation{}}
}

// confirmIfCovered says whether the account's annotation confirms that these vanished: by
// their token, which is then remembered, or by the token of a larger set that these were in.
func (c *confirmations) confirmIfCovered(account *driftv1alpha1.CloudAccount, kind, token string, gone []missingResource) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := accountKind{account.UID, kind}
	ids := sets.New[string]()
	for _, s := range gone {
		ids.Insert(s.id)
	}
	word := account.Annotations[driftv1alpha1.ConfirmDisappearanceAnnotation]
	if word == token {
		c.given[key] = confirmation{token, ids}
		return true
	}
	given, ok := c.given[key]
	return ok && given.token == word && given.ids.IsSuperset(ids)
}

// settled forgets a confirmation that nothing is left of: should the same vanish
// again, it has to be confirmed again.
func (c *confirmations) settled(account *driftv1alpha1.CloudAccount, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.given, accountKind{account.UID, kind})
}

// forget drops an account that is gone.
func (c *confirmations) forget(account types.UID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.given {
		if key.account == account {
			delete(c.given, key)
		}
	}
}
