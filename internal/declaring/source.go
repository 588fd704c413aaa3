package declaring

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/objects"
	"github.com/arcadiacloud/clouddrift/internal/terraform"
)

const (
	// mostState is how large a state may be, decompressed: some thousands of resources.
	mostState = 8 << 20
	// statesAtOnce are read at the same time, of all sets together: so much of the process's
	// memory is the most that they can take.
	statesAtOnce = 4
	// urlTimeout is how long a URL has for its whole answer.
	urlTimeout = 10 * time.Second
)

// Source reads states.
type Source struct {
	// live reads past the cache, which must not hold Secrets.
	live    client.Reader
	allowed []string
	http    *http.Client
	places  chan struct{}
}

// NewSource reads Secrets with live, which must not cache them, and URLs that begin with one
// of these.
func NewSource(live client.Reader, allowed []string) *Source {
	return &Source{
		live: live, allowed: allowed, places: make(chan struct{}, statesAtOnce),
		http: &http.Client{
			Timeout: urlTimeout,
			// Where a redirect leads is nothing that was allowed.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Read returns the state of a set, or why there is none to go by: a Verdict that is not True.
func (s *Source) Read(ctx context.Context, set *driftv1alpha1.CloudProvisionedSet) (*terraform.State, objects.Verdict, error) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return nil, objects.Verdict{}, ctx.Err()
	}
	data, problem, err := s.data(ctx, set)
	if err != nil || problem.Status != "" {
		return nil, problem, err
	}
	if terraform.IsCompressed(data) {
		if data, err = decompress(data); err != nil {
			return nil, objects.False(driftv1alpha1.ReasonFixState, "%v", err), nil
		}
	}
	state, err := terraform.Read(data)
	if err != nil {
		return nil, objects.False(driftv1alpha1.ReasonFixState, "%v", err), nil
	}
	return state, objects.Verdict{}, nil
}

// data is what the set's source holds.
func (s *Source) data(ctx context.Context, set *driftv1alpha1.CloudProvisionedSet) ([]byte, objects.Verdict, error) {
	from := set.Spec.Terraform
	switch {
	case from.SecretRef != nil:
		return s.fromSecret(ctx, set.Namespace, from.SecretRef.Name)
	case from.URLSecretRef != nil:
		address, problem, err := s.secretURL(ctx, set.Namespace, from.URLSecretRef)
		if err != nil || problem.Status != "" {
			return nil, problem, err
		}
		data, problem := s.fromURL(ctx, address)
		return data, problem, nil
	default:
		data, problem := s.fromURL(ctx, from.URL)
		return data, problem, nil
	}
}

var errTooLarge = fmt.Errorf("the state is larger than %d MiB", mostState>>20)

func decompress(data []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("decompressing the state: it is no whole gzip")
	}
	out, err := io.ReadAll(io.LimitReader(reader, mostState+1))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("decompressing the state: %w", io.ErrUnexpectedEOF)
	case err != nil:
		return nil, errors.New("decompressing the state: it is damaged")
	case len(out) > mostState:
		return nil, errTooLarge
	}
	return out, nil
}

// fromURL asks for a state. Messages name its host and path: the rest may be a secret.
func (s *Source) fromURL(ctx context.Context, address string) ([]byte, objects.Verdict) {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" {
		return nil, objects.False(driftv1alpha1.ReasonFixStateURL, "the state's URL is none")
	}
	shown := at.Scheme + "://" + at.Host + at.EscapedPath()
	if !s.mayAsk(at) {
		return nil, objects.False(driftv1alpha1.ReasonFixStateURL,
			"%s is not one that the operator may ask for a state; it is started with --allowed-state-url for each", shown)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, objects.False(driftv1alpha1.ReasonFixStateURL, "%s can't be asked for", shown)
	}
	answer, err := s.http.Do(request)
	if err != nil {
		if wrapped, is := errors.AsType[*url.Error](err); is {
			err = wrapped.Err // the wrapping names the whole URL
		}
		return nil, objects.False(driftv1alpha1.ReasonUnreachable, "asking %s for the state: %v", shown, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if problem := answered(answer.StatusCode, shown); problem.Status != "" {
		return nil, problem
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, mostState+1))
	switch {
	case err != nil:
		return nil, objects.False(driftv1alpha1.ReasonUnreachable, "reading the state from %s: the answer was cut short", shown)
	case len(data) > mostState:
		return nil, objects.False(driftv1alpha1.ReasonFixState, "%s: %v", shown, errTooLarge)
	}
	return data, objects.Verdict{}
}

// answered says what a status means that is not 200.
func answered(status int, shown string) objects.Verdict {
	switch status {
	case http.StatusOK:
		return objects.Verdict{}
	case http.StatusNoContent, http.StatusNotFound:
		return objects.Unknown(driftv1alpha1.ReasonAwaitingState, "%s holds no state yet: it answered %d", shown, status)
	case http.StatusLocked, http.StatusConflict:
		return objects.Unknown(driftv1alpha1.ReasonAwaitingUnlock, "the state at %s is locked: it answered %d", shown, status)
	case http.StatusUnauthorized, http.StatusForbidden:
		return objects.False(driftv1alpha1.ReasonFixStateURL, "%s answered %d: what the URL allows is over, or was never given", shown, status)
	}
	if status >= 300 && status < 400 {
		return objects.False(driftv1alpha1.ReasonFixStateURL, "%s answered %d and leads elsewhere, which is not followed", shown, status)
	}
	return objects.False(driftv1alpha1.ReasonUnreachable, "asking %s for the state: it answered %d", shown, status)
}

// mayAsk says whether a URL is below one that is allowed.
func (s *Source) mayAsk(at *url.URL) bool {
	asked := path.Clean("/" + at.Path)
	for _, allowed := range s.allowed {
		base, err := url.Parse(allowed)
		if err != nil || !strings.EqualFold(base.Scheme, at.Scheme) || !strings.EqualFold(base.Host, at.Host) {
			continue
		}
		prefix := path.Clean("/" + base.Path)
		if asked == prefix || prefix == "/" || strings.HasPrefix(asked, prefix+"/") {
			return !strings.Contains(at.Path, "..")
		}
	}
	return false
}
