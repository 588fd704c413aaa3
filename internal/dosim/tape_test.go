package dosim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// player makes the requests of a recording again.
type player struct {
	*world
	begun   time.Time
	learned map[string]any
}

func newPlayer(rec dosim.Recording) *player {
	GinkgoHelper()
	w := newWorld(dosim.WithActionDuration(rec.ActionDuration.Std()))
	p := &player{world: w, begun: w.clock.now, learned: map[string]any{}}
	for _, seed := range rec.Seeds {
		Expect(seed).To(Equal("demo"))
		Expect(w.SeedDemo()).To(Succeed())
	}
	return p
}

// play makes one request, at the time at which it was made, and expects its
// status.
func (p *player) play(i int, e dosim.Exchange) {
	GinkgoHelper()
	p.clock.now = p.begun.Add(e.At.Std())
	method, uri, _ := strings.Cut(e.Request, " ")
	var body any
	if e.Body != nil {
		Expect(json.Unmarshal(e.Body, &body)).To(Succeed())
		body = p.fill(body)
	}
	status, answer := p.call(method, p.fillText(uri), body)
	Expect(status).To(Equal(e.Status), "exchange %d, %s: %v", i, e.Request, answer)
	for name, path := range e.Learn {
		p.learned[name] = lookUp(answer, path)
		Expect(p.learned[name]).NotTo(BeNil(), "exchange %d, %s has no %s: %v", i, e.Request, path, answer)
	}
}

var namedID = regexp.MustCompile(`\$[a-z_]+[0-9]+`)

func (p *player) fillText(text string) string {
	GinkgoHelper()
	return namedID.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := p.learned[name[1:]]
		Expect(ok).To(BeTrue(), "nothing brought %s", name)
		if n, ok := value.(float64); ok {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
		return fmt.Sprint(value)
	})
}

func (p *player) fill(v any) any {
	GinkgoHelper()
	switch v := v.(type) {
	case object:
		for key, item := range v {
			v[key] = p.fill(item)
		}
	case []any:
		for i, item := range v {
			v[i] = p.fill(item)
		}
	case string:
		if number, ok := p.learned[strings.TrimPrefix(v, "#")].(float64); ok && v[0] == '#' {
			return number
		}
		return p.fillText(v)
	}
	return v
}

// lookUp finds "droplets.0.id" in a decoded answer.
func lookUp(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case object:
			v = at[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

var _ = Describe("a tape", func() {
	It("keeps what was asked, with names for the ids that differ next time", func() {
		tape := &dosim.Tape{Seeds: []string{"demo"}, ActionDuration: time.Minute}
		w := newWorld(dosim.WithTape(tape))
		Expect(w.SeedDemo()).To(Succeed())
		_, listed := w.call("GET", "/v2/droplets?per_page=2", nil)
		w.clock.Advance(1500 * time.Millisecond)
		id := int(lookUp(listed, "droplets.1.id").(float64))
		w.call("POST", "/v2/tags/web/resources", object{"resources": []object{{"resource_id": strconv.Itoa(id), "resource_type": "droplet"}}})
		_, volume := w.call("POST", "/v2/volumes", object{"name": "logs", "region": "nyc3", "size_gigabytes": 10})
		w.call("POST", fmt.Sprintf("/v2/volumes/%v/actions", lookUp(volume, "volume.id")), object{"type": "attach", "droplet_id": id})
		w.call("GET", fmt.Sprintf("/v2/projects/default/resources?urn=do:droplet:%d", id), nil)
		_, err := w.unchecked().Droplets.Delete(GinkgoT().Context(), 1)
		Expect(failure(err)).To(HavePrefix("404"))

		var out bytes.Buffer
		Expect(tape.Write(&out)).To(Succeed())
		Expect(out.String()).To(Equal(`{"seeds":["demo"],"action_duration":"1m0s","exchanges":[
{"at":"0s","request":"GET /v2/droplets?per_page=2","status":200,"learn":{"droplet1":"droplets.1.id"}},
{"at":"1.5s","request":"POST /v2/tags/web/resources","body":{"resources":[{"resource_id":"$droplet1","resource_type":"droplet"}]},"status":204},
{"at":"1.5s","request":"POST /v2/volumes","body":{"name":"logs","region":"nyc3","size_gigabytes":10},"status":201,"learn":{"volume1":"volume.id"}},
{"at":"1.5s","request":"POST /v2/volumes/$volume1/actions","body":{"droplet_id":"#droplet1","type":"attach"},"status":202},
{"at":"1.5s","request":"GET /v2/projects/default/resources?urn=do:droplet:$droplet1","status":200},
{"at":"1.5s","request":"DELETE /v2/droplets/1","status":404}
]}
`))

		var rec dosim.Recording
		Expect(json.Unmarshal(out.Bytes(), &rec)).To(Succeed())
		p := newPlayer(rec)
		for i, e := range rec.Exchanges {
			p.play(i, e)
		}
		_, got := p.call("GET", p.fillText("/v2/volumes/$volume1"), nil)
		Expect(lookUp(got, "volume.droplet_ids")).To(BeEmpty(), "the attachment takes a minute here as it did there")
	})

	It("has nothing that a limit stopped, nor somebody else's changes", func() {
		tape := &dosim.Tape{}
		w := newWorld(dosim.WithTape(tape), dosim.WithRateLimit(1, 1))
		_, err := w.Change("GET", "/v2/account", nil)
		Expect(err).NotTo(HaveOccurred())
		w.call("GET", "/v2/regions", nil)
		status, _ := w.call("GET", "/v2/sizes", nil)
		Expect(status).To(Equal(http.StatusTooManyRequests))
		var out bytes.Buffer
		Expect(tape.Write(&out)).To(Succeed())
		Expect(out.String()).To(ContainSubstring("/v2/regions"))
		Expect(strings.Count(out.String(), `"request"`)).To(Equal(1))
	})
})

// What clients that know nothing of dosim were heard to ask; docs/dosim-clients.md
// says which they were and how they were recorded.
var _ = Describe("recorded clients", func() {
	files, err := filepath.Glob(filepath.Join("testdata", "clients", "*.json"))
	if err != nil || len(files) == 0 {
		panic(fmt.Sprint("no recordings: ", err))
	}
	for _, file := range files {
		It("answers "+strings.TrimSuffix(filepath.Base(file), ".json")+" as it was answered", func() {
			data, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			var rec dosim.Recording
			Expect(json.Unmarshal(data, &rec)).To(Succeed())
			Expect(rec.Exchanges).NotTo(BeEmpty())
			p := newPlayer(rec)
			for i, e := range rec.Exchanges {
				p.play(i, e)
			}
			_, _ = fmt.Fprintf(GinkgoWriter, "%d exchanges\n", len(rec.Exchanges))
		})
	}
})
