package inventory

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/arcadiacloud/clouddrift/internal/objects/objectstest"
)

func TestADeletedAccountsTokenAndConfirmationsAreForgotten(t *testing.T) {
	c := objectstest.Stored(t, interceptor.Funcs{})
	tokens, s := NewConnector(c, nil, nil), syncerOf(c)
	tokens.Used("u", Connection{})
	s.confirmations.given[accountKind{"u", "Droplet"}] = confirmation{}
	tokens.Forget("u")
	s.forget("u")
	if len(tokens.last) != 0 || len(s.confirmations.given) != 0 {
		t.Errorf("%d tokens and %d confirmations are kept of an account that is gone", len(tokens.last), len(s.confirmations.given))
	}
}
