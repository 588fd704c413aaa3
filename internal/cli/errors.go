package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// Exit codes. Only check has the two in the middle.
const (
	exitOK          = 0
	exitError1      = 1
	exitDrift       = 2
	exitUnknown     = 3
	exitInterrupted = 130
)

// exitError ends the command with a code. Where err is nil, everything has been said.
type exitError struct {
	code int
	err  error
}

// Error implements error.
func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap implements errors.Unwrap's interface.
func (e *exitError) Unwrap() error { return e.err }

// complain writes an error as one line.
func (e *Env) complain(err error) {
	e.note("error: ", strings.TrimSpace(err.Error()))
}

// explain turns an error of the cluster into what it means and what to do about it.
func (e *Env) explain(err error) error {
	var status apierrors.APIStatus
	var unreachable net.Error
	var request *url.Error
	switch {
	case clientcmd.IsEmptyConfig(err):
		return errors.New("no cluster is configured: set KUBECONFIG, or give --kubeconfig, --context or --server")
	case apierrors.IsUnauthorized(err):
		return errors.New("the cluster does not know who you are: log in again, and look with kubectl auth whoami")
	case errors.As(err, &status) && isMissingCRD(status):
		return fmt.Errorf("the cluster does not serve %s of %s: clouddrift is not installed there, or is older than this plugin; "+
			"look at kubectl config current-context, or install it with kubectl apply --server-side -k config/default",
			resourceOf(status), driftv1alpha1.GroupVersion)
	case apierrors.IsForbidden(err) && errors.As(err, &status) && isByRole(status):
		return fmt.Errorf("%w; %s", err, whoGrants(status))
	case errors.As(err, &request) && (errors.As(err, &unreachable) || !errors.As(err, &status)):
		return fmt.Errorf("the cluster can't be reached: %w", request)
	}
	return err
}

// isMissingCRD says whether the API server does not have the kind at all, rather than an
// object of it.
func isMissingCRD(err apierrors.APIStatus) bool {
	status := err.Status()
	if status.Reason != metav1.StatusReasonNotFound || status.Details == nil {
		return false
	}
	for _, cause := range status.Details.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse {
			return status.Details.Group == driftv1alpha1.GroupVersion.Group || status.Details.Group == ""
		}
	}
	return false
}

// isMissing says whether an error is that of a missing CRD.
func isMissing(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && isMissingCRD(status)
}

func resourceOf(err apierrors.APIStatus) string {
	if details := err.Status().Details; details != nil && details.Kind != "" {
		return details.Kind
	}
	return "the objects"
}

// isByRole says whether it was RBAC that refused: a policy says by itself what is missing.
func isByRole(err apierrors.APIStatus) bool {
	message := err.Status().Message
	return strings.Contains(message, "cannot ") && !strings.Contains(message, "ValidatingAdmissionPolicy")
}

// whoGrants says which role has what was refused.
func whoGrants(err apierrors.APIStatus) string {
	message := err.Status().Message
	reads := strings.Contains(message, "cannot get ") || strings.Contains(message, "cannot list ") || strings.Contains(message, "cannot watch ")
	switch {
	case reads:
		return "the ClusterRole clouddrift-viewer grants it, which is part of view, edit and admin"
	case resourceOf(err) == "cloudprovisioneds":
		return "the ClusterRole clouddrift-editor grants it, which is part of edit and admin"
	default:
		return "the ClusterRole clouddrift-platform-admin grants it"
	}
}
