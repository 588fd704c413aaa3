package dosim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitalocean/godo"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
	"github.com/arcadiacloud/clouddrift/internal/dosim/conformance"
)

func TestDosim(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "dosim")
}

// spec is DigitalOcean's description of its API; nil where there is none.
var spec *conformance.Spec

// validated are the operations that any spec's traffic was checked against.
var validated = map[string]int{}

var _ = BeforeSuite(func() {
	path := os.Getenv(conformance.EnvSpec)
	if path == "" {
		return
	}
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return
	}
	var err error
	spec, err = conformance.Load(path)
	Expect(err).NotTo(HaveOccurred())
})

var _ = ReportAfterSuite("conformance", func(Report) {
	if spec == nil {
		fmt.Printf("\nNOT CHECKED against DigitalOcean's OpenAPI description: %s does not name a file.\n", conformance.EnvSpec)
		return
	}
	exchanges := 0
	for _, n := range validated {
		exchanges += n
	}
	fmt.Printf("\nChecked against DigitalOcean's OpenAPI description: %d operations, %d exchanges.\n", len(validated), exchanges)
})

// clock is the time as a spec moves it.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Advance(d time.Duration) { c.now = c.now.Add(d) }

// world is a server, its clock, and clients whose traffic is checked.
type world struct {
	*dosim.Server
	clock *clock
	url   string
	// checked is nil without a description.
	checked *conformance.Transport
}

// newWorld starts a server whose actions take a minute of its clock, and
// whose limits are off.
func newWorld(opts ...dosim.Option) *world {
	GinkgoHelper()
	w := &world{clock: &clock{now: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}}
	opts = append([]dosim.Option{
		dosim.WithClock(w.clock.Now), dosim.WithActionDuration(time.Minute), dosim.WithRateLimit(0, 0),
	}, opts...)
	w.Server = dosim.New(opts...)
	url, err := w.Start()
	Expect(err).NotTo(HaveOccurred())
	w.url = url
	if spec != nil {
		w.checked = &conformance.Transport{Spec: spec}
	}
	DeferCleanup(func() {
		Expect(w.Close()).To(Succeed())
		if w.checked == nil {
			return
		}
		found := []string{}
		for _, v := range w.checked.Violations() {
			found = append(found, v.String())
		}
		Expect(found).To(BeEmpty(), "what DigitalOcean's description does not allow")
		for name, n := range w.checked.Operations() {
			validated[name] += n
		}
	})
	return w
}

// bearer adds a token to each request.
type bearer struct {
	token string
	base  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.base.RoundTrip(r)
}

// plain makes HTTP requests as the owner of a token, unchecked.
func (w *world) plain(token string) *http.Client {
	return &http.Client{Transport: bearer{token, http.DefaultTransport}, Timeout: 10 * time.Second}
}

// client is a godo client whose traffic is checked.
func (w *world) client(token string) *godo.Client {
	GinkgoHelper()
	h := w.plain(token)
	if w.checked != nil {
		h.Transport = bearer{token, w.checked}
	}
	return w.godo(h)
}

// unchecked is a godo client for answers that are broken on purpose.
func (w *world) unchecked() *godo.Client {
	GinkgoHelper()
	return w.godo(w.plain(dosim.DefaultToken))
}

func (w *world) godo(h *http.Client) *godo.Client {
	GinkgoHelper()
	client, err := godo.New(h, godo.SetBaseURL(w.url+"/"))
	Expect(err).NotTo(HaveOccurred())
	return client
}

// call is one raw, checked request with the default token.
func (w *world) call(method, path string, body any) (int, map[string]any) {
	GinkgoHelper()
	h := w.plain(dosim.DefaultToken)
	if w.checked != nil {
		h.Transport = bearer{dosim.DefaultToken, w.checked}
	}
	return do(h, method, w.url+path, body)
}

// raw is a body that is sent as it is.
type raw string

func do(h *http.Client, method, url string, body any) (int, map[string]any) {
	GinkgoHelper()
	var payload io.Reader
	if text, ok := body.(raw); ok {
		payload = strings.NewReader(string(text))
	} else if body != nil {
		data, err := json.Marshal(body)
		Expect(err).NotTo(HaveOccurred())
		payload = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, url, payload)
	Expect(err).NotTo(HaveOccurred())
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := h.Do(r)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = answer.Body.Close() }()
	data, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	var out map[string]any
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") && len(data) > 0 {
		Expect(json.Unmarshal(data, &out)).To(Succeed(), "%s %s: %s", method, url, data)
	}
	return answer.StatusCode, out
}

// settle lets a minute pass, and with it every action.
func (w *world) settle() { w.clock.Advance(time.Minute) }

// failure is godo's error for an answer, for matching its status and message.
func failure(err error) string {
	GinkgoHelper()
	var e *godo.ErrorResponse
	Expect(err).To(BeAssignableToTypeOf(e))
	e = err.(*godo.ErrorResponse)
	Expect(e.RequestID).NotTo(BeEmpty(), "an error carries its request's id")
	return fmt.Sprintf("%d %s", e.Response.StatusCode, e.Message)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
