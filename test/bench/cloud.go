package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// serveCloud is a role: the simulated DigitalOcean, twice. At its own address it
// answers as it is; at the other it answers what it was asked before from memory,
// so that what is measured is who asks.
func serveCloud(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("cloud", flag.ContinueOnError)
	direct := flags.String("direct", "", "address of the simulated DigitalOcean")
	replayed := flags.String("replayed", "", "address of what it answered before")
	n := flags.Int("droplets", 0, "how many droplets it holds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	sim := dosim.New(dosim.WithActionDuration(0), dosim.WithRateLimit(0, 0))
	if err := sim.Seed("Droplet", *n); err != nil {
		return err
	}
	if _, err := sim.Listen(*direct); err != nil {
		return err
	}
	r := &replay{sim: sim, answers: map[string]answer{}, counts: map[string]int{}}
	server := &http.Server{Addr: *replayed, Handler: r, ReadHeaderTimeout: time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// replay remembers answers.
type replay struct {
	sim http.Handler

	mu      sync.Mutex
	answers map[string]answer
	// counts is how many requests each path got.
	counts map[string]int
	// from and to are put into what is recorded: a way to change every droplet at once.
	from, to []byte
}

type answer struct {
	header http.Header
	status int
	body   []byte
}

// ServeHTTP implements http.Handler. Under /_bench/ are its knobs.
func (r *replay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.URL.Path {
	case "/_bench/counts":
		r.mu.Lock()
		defer r.mu.Unlock()
		_ = json.NewEncoder(w).Encode(r.counts)
		clear(r.counts)
		return
	case "/_bench/rewrite":
		r.mu.Lock()
		defer r.mu.Unlock()
		r.from, r.to = []byte(req.URL.Query().Get("from")), []byte(req.URL.Query().Get("to"))
		clear(r.answers)
		return
	}
	a := r.answer(req)
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

func (r *replay) answer(req *http.Request) answer {
	key := req.Method + " " + req.URL.RequestURI()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[req.URL.Path]++
	if a, ok := r.answers[key]; ok {
		return a
	}
	recorder := httptest.NewRecorder()
	r.sim.ServeHTTP(recorder, req)
	a := answer{header: recorder.Header(), status: recorder.Code, body: recorder.Body.Bytes()}
	if len(r.from) > 0 {
		a.body = bytes.ReplaceAll(a.body, r.from, r.to)
	}
	if req.Method == http.MethodGet && a.status == http.StatusOK {
		r.answers[key] = a
	}
	return a
}

// rewrite has every answer changed from now on; nothing is remembered of before.
func (w *world) rewrite(ctx context.Context, from, to string) error {
	_, err := w.ask(ctx, http.MethodPost, w.replayURL+"/_bench/rewrite?"+url.Values{"from": {from}, "to": {to}}.Encode(), "")
	return err
}

// counted is how many requests each path got since it was asked last.
func (w *world) counted(ctx context.Context) (map[string]int, error) {
	body, err := w.ask(ctx, http.MethodGet, w.replayURL+"/_bench/counts", "")
	if err != nil {
		return nil, err
	}
	var counts map[string]int
	if err := json.Unmarshal(body, &counts); err != nil {
		return nil, fmt.Errorf("reading the counts: %w", err)
	}
	return counts, nil
}

// ask sends a request to the simulated DigitalOcean.
func (w *world) ask(ctx context.Context, method, url, body string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+dosim.DefaultToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, answer)
	}
	return answer, nil
}
