package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// lines of commands that do not run with their name alone.
var commandLines = map[string]string{
	"show": "show d", "accept": "accept d --yes", "withdraw": "withdraw --all --yes", "snooze": "snooze d --for 1d --yes", "history": "history web-1",
	"adopt": "adopt --all",
}

// broken is a cluster that answers everything with an error.
func broken(err func(resource string) error) interceptor.Funcs {
	return interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
			return err(pluralOf(o))
		},
		List: func(_ context.Context, _ client.WithWatch, o client.ObjectList, _ ...client.ListOption) error {
			return err(pluralOf(o))
		},
	}
}

func pluralOf(o any) string {
	name := strings.TrimSuffix(fmt.Sprintf("%T", o), "List")
	return strings.ToLower(name[strings.LastIndex(name, ".")+1:]) + "s"
}

// What is wrong with the cluster is one line, whatever was asked for, that says what to do.
func TestEveryCommandSaysInOneLineWhatIsWrong(t *testing.T) {
	group := driftv1alpha1.GroupVersion.Group
	for name, c := range map[string]struct {
		err  func(resource string) error
		want string
	}{
		"the CRD is missing": {func(resource string) error {
			return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: 404, Reason: metav1.StatusReasonNotFound,
				Message: "the server could not find the requested resource",
				Details: &metav1.StatusDetails{Group: group, Kind: resource, Causes: []metav1.StatusCause{{Type: metav1.CauseTypeUnexpectedServerResponse}}}}}
		}, "clouddrift is not installed there"},
		"no rights": {func(resource string) error {
			return apierrors.NewForbidden(driftv1alpha1.GroupVersion.WithResource(resource).GroupResource(), "",
				fmt.Errorf(`User "vic" cannot list resource %q in API group %q in the namespace "infra"`, resource, group))
		}, "the ClusterRole clouddrift-viewer grants it"},
		"nobody is there": {func(string) error {
			return &url.Error{Op: "Get", URL: "https://127.0.0.1:1", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
		}, "the cluster can't be reached"},
		"not logged in": {func(string) error { return apierrors.NewUnauthorized("Unauthorized") }, "log in again"},
	} {
		t.Run(name, func(t *testing.T) {
			atHome(t)
			p := newPlugin(t)
			p.cluster = memory(broken(c.err))
			for _, command := range p.env(nil, nil).Root().Commands() {
				if command.Name() == "explain" || !command.HasParent() {
					continue // it asks no cluster
				}
				line, known := commandLines[command.Name()]
				if !known {
					line = command.Name()
				}
				if command.Name() == "triage" {
					p.onTerminal(80, "")
				} else {
					p.terminal = Terminal{}
				}
				r := p.run(strings.Fields(line)...)
				if r.code != exitError1 || !strings.HasPrefix(r.err, "error: ") || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, c.want) {
					t.Errorf("kubectl drift %s: exit code %d\n%s%s", line, r.code, r.out, r.err)
				}
			}
		})
	}
}

// Every command's help says what it does and shows how.
func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	p := newPlugin(t)
	for _, command := range p.env(nil, nil).Root().Commands() {
		r := p.run(command.Name(), "--help")
		if r.code != exitOK || !strings.Contains(r.out, "Examples:\n  ") || !strings.Contains(r.out, "kubectl drift "+command.Name()) || command.Long == "" {
			t.Errorf("kubectl drift %s --help:\n%s%s", command.Name(), r.out, r.err)
		}
	}
}
