package main

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

// What goes wrong in DigitalOcean, on the way to it, and with the token.
var faultOperations = []operation{
	{"a fault", 16, (*sequence).someFault},
	{"a listing that does not add up", 6, (*sequence).miscount},
	{"a listing that lies and adds up", 12, (*sequence).lie},
	{"an answer held back", 6, func(s *sequence) {
		path, by := one(s, append(s.listings(anyKind), aside...)), time.Duration(20+s.rng.IntN(300))*time.Millisecond
		s.note("  %s by %s", path, by)
		s.cluster.stats.fault("answer held back")
		s.cloud.holdBack(path, 1+s.rng.IntN(3), by)
	}},
	{"deleted while pages are read", 5, (*sequence).deletedWhileReading},
	{"created while pages are read", 4, func(s *sequence) {
		s.cluster.stats.fault("created while pages are read")
		name, kind := one(s, dropletNames), one(s, []string{"/v2/droplets", "/v2/tags"})
		s.cloud.whileReading(func() {
			_, _ = s.cloud.change("POST", kind, map[string]any{"name": name, "region": "nyc3", "size": sizes[0], "image": "ubuntu-24-04-x64"})
		})
	}},
	{"listings lag", 2, func(s *sequence) {
		lag := time.Duration(1+s.rng.IntN(4)) * time.Second
		s.cluster.stats.fault("listings lag")
		s.lagged = true
		s.cloud.sim.Configure(func(set *dosim.Settings) { set.ListLag = dosim.Duration(lag) })
	}},
	{"faults end", 6, func(s *sequence) { s.cloud.heal() }},
	{"scopes lost", 3, (*sequence).loseScopes},
	{"another team's token", 2, func(s *sequence) {
		const value = "token-of-others"
		if a := current[*driftv1alpha1.CloudAccount](s.recorder)[accountName]; a == nil || a.Status.TeamUUID == "" {
			return // the first team that is seen is the right one
		}
		s.cluster.stats.fault("another team's token")
		s.must(s.cloud.sim.AddToken(dosim.Token{Value: value, Team: "b6f0a0c6-4b4b-4a57-8a53-6f4a3c7b4d9e", TeamName: "Others"}))
		s.setToken(value)
	}},
	{"a token that was revoked", 1, func(s *sequence) { s.cluster.stats.fault("revoked token"); s.setToken("revoked") }},
	{"no Secret", 1, func(s *sequence) { s.cluster.stats.fault("no Secret"); s.setToken("") }},
	{"a good token", 6, (*sequence).goodToken},
	{"clock forward", 4, func(s *sequence) {
		by := one(s, []time.Duration{time.Minute, 11 * time.Minute, time.Hour, 5 * time.Hour, 50 * time.Hour})
		s.note("  %s", by)
		s.cluster.stats.fault("clock forward")
		s.clock.step(by)
	}},
	{"clock back", 1, func(s *sequence) {
		by := one(s, []time.Duration{time.Second, 5 * time.Minute, 3 * time.Hour})
		if s.lagged {
			return // dosim's lag is a matter of its clock
		}
		s.note("  %s", by)
		s.cluster.stats.fault("clock back")
		s.clock.step(-by)
	}},
}

// What happens to the operators.
var operatorOperations = []operation{
	{"sync and wait", 14, func(s *sequence) { s.syncAndWait(2 * time.Second) }},
	{"sync", 8, (*sequence).sync},
	{"a moment", 12, func(s *sequence) { pause(s.ctx, time.Duration(1+s.rng.IntN(60))*time.Millisecond) }},
	{"crash at a point", 8, func(s *sequence) {
		if point := one(s, crashpoint.All); len(s.operators) > 0 {
			s.note("  %s", point)
			one(s, s.operators).guard.armPoint(point)
		}
	}},
	{"crash at a write", 5, func(s *sequence) {
		if in, after := 1+s.rng.IntN(12), s.chance(0.5); len(s.operators) > 0 {
			s.note("  %d, %v", in, after)
			one(s, s.operators).guard.armWrite(in, after)
		}
	}},
	{"a write fails", 5, func(s *sequence) {
		if in, after := 1+s.rng.IntN(8), s.chance(0.5); len(s.operators) > 0 {
			s.note("  %d, %v", in, after)
			one(s, s.operators).guard.failWrite(in, after)
		}
	}},
	{"an operator is slow", 4, func(s *sequence) {
		if len(s.operators) > 0 {
			writes, cache := time.Duration(1+s.rng.IntN(30))*time.Millisecond, time.Duration(1+s.rng.IntN(30))*time.Millisecond
			one(s, s.operators).guard.slow(writes, cache)
			s.cluster.stats.fault("operator slow")
		}
	}},
	{"operator stopped", 3, func(s *sequence) {
		if len(s.operators) > 0 {
			s.endOperator(s.rng.IntN(len(s.operators)))
		}
	}},
	{"operator started", 5, func(s *sequence) {
		if len(s.operators) < 2 {
			s.addOperator()
		}
	}},
}

// aside are the paths of which a sync needs an answer too.
var aside = []string{"/v2/droplets/backups/policies", "/v2/account"}

// listings are the paths that these kinds of the sequence's are listed at.
func (s *sequence) listings(of func(subject) bool) []string {
	var out []string
	for _, each := range s.weighed(of) {
		out = append(out, each.listing())
	}
	return out
}

func anyKind(subject) bool { return true }

// counted are those whose listings show it when something is missing.
func counted(of subject) bool { return !of.single() && !of.whole() }

// notSingle are those whose listings show several: the answer of another is its values, and
// nobody can tell what is missing there.
func notSingle(of subject) bool { return !of.single() }

func (s *sequence) must(err error) {
	if err != nil {
		s.broken("%v", err)
	}
}

// someFault arms a random fault, for some requests or until faults end.
func (s *sequence) someFault() {
	soon := strconv.FormatInt(s.clock.Now().Add(time.Second).Unix(), 10)
	kinds := []struct {
		name  string
		fault dosim.Fault
	}{
		{"500", dosim.Fault{Status: 500}},
		{"503", dosim.Fault{Status: 503}},
		{"403", dosim.Fault{Status: 403}},
		{"401", dosim.Fault{Status: 401}},
		{"404", dosim.Fault{Status: 404}},
		{"429 with retry-after", dosim.Fault{Status: 429, Headers: map[string]string{"Retry-After": "1"}}},
		{"429 without", dosim.Fault{Status: 429, Headers: map[string]string{"Ratelimit-Reset": soon}}},
		{"hang", dosim.Fault{Hang: true, Count: 1}},
		{"cut", dosim.Fault{Cut: true}},
		{"truncated", dosim.Fault{Truncate: true}},
		{"malformed", dosim.Fault{Status: 200, Body: `{"droplets": [{"id": "x"`}},
		{"somebody else's page", dosim.Fault{Status: 200, Body: `<html>maintenance</html>`}},
		{"an empty object", dosim.Fault{Status: 200, Body: `{}`}},
		{"an empty list without a total", dosim.Fault{Status: 200, Body: emptyPage("")}},
		{"items dropped", dosim.Fault{DropItems: 1 + s.rng.IntN(3)}},
		{"item repeated", dosim.Fault{RepeatItem: true}},
		{"total too large", dosim.Fault{TotalDelta: 1}},
		{"total too small", dosim.Fault{TotalDelta: -1}},
		{"late", dosim.Fault{Latency: dosim.Duration(time.Duration(s.rng.IntN(100)) * time.Millisecond)}},
	}
	kind := one(s, kinds)
	f := kind.fault
	f.Method = http.MethodGet
	if s.chance(0.2) {
		f.Path = one(s, aside)
	} else if !s.strike(&f, kind.name) {
		return
	}
	f.Page = s.rng.IntN(4)
	if f.Count == 0 {
		f.Count = s.rng.IntN(5)
	}
	s.note("  %s on %s, page %d, %d times", kind.name, f.Path, f.Page, f.Count)
	s.cluster.stats.fault(kind.name)
	s.cloud.sim.AddFault(f)
}

// strike makes it a fault of a kind's listing, or of the question that decides on an
// absence. It is false for one that would be a lie which no client can see through: that
// something is gone, or that a resource has fewer values.
func (s *sequence) strike(f *dosim.Fault, name string) bool {
	struck := one(s, s.weighed(anyKind))
	f.Path = struck.listing()
	asked := s.chance(0.25)
	if asked {
		f.Path = struck.item()
	}
	less := f.DropItems > 0 || name == "an empty list without a total"
	if name == "404" && (asked || struck.single()) || struck.single() && (less || f.RepeatItem) {
		return false
	}
	if less && struck.whole() {
		s.lied = true
	}
	return true
}

// miscount has a listing show less or more than there is, so that one can see it.
func (s *sequence) miscount() {
	f := one(s, []dosim.Fault{{DropItems: 1}, {DropItems: 2}, {RepeatItem: true}, {TotalDelta: 1}, {TotalDelta: -1}})
	f.Method, f.Path, f.Count = http.MethodGet, one(s, append(s.listings(counted), aside[0])), 1+s.rng.IntN(4)
	s.note("  %s, %d items left out, %d too many counted, repeated: %v, %d times", f.Path, f.DropItems, f.TotalDelta, f.RepeatItem, f.Count)
	s.cluster.stats.fault("a listing that does not add up")
	s.cloud.sim.AddFault(f)
	s.syncAndWait(2 * time.Second)
}

// lie has a listing leave something out in a way that nobody can see who does not
// ask for each resource, and perhaps answers that question with a fault too. What it
// counts is wrong, and has to be.
func (s *sequence) lie() {
	s.lied = true
	f := one(s, []dosim.Fault{
		{Status: http.StatusOK, Page: 1, Body: emptyPage(`"meta":{"total":0}`)},
		{DropItems: 1, TotalDelta: -1},
		{DropItems: 2, TotalDelta: -2},
	})
	struck := one(s, s.weighed(notSingle))
	f.Method, f.Path, f.Count = http.MethodGet, struck.listing(), 1+s.rng.IntN(2)
	s.note("  %s, %d items left out, %d times", f.Path, f.DropItems, f.Count)
	s.cluster.stats.fault("a listing that lies and adds up")
	s.cloud.sim.AddFault(f)
	if s.chance(0.5) {
		asked := one(s, []dosim.Fault{{Status: 500}, {Status: 403}, {Status: 400}, {Cut: true}, {Truncate: true}, {Status: http.StatusOK, Body: `{}`}})
		asked.Method, asked.Path, asked.Count = http.MethodGet, struck.item(), 2+s.rng.IntN(3)
		s.note("  and %+v", asked)
		s.cluster.stats.fault("a fault in the question after it")
		s.cloud.sim.AddFault(asked)
	}
	s.syncAndWait(2 * time.Second)
}

// deletedWhileReading deletes something that may be on a page that was read, so
// that something else moves out of sight.
func (s *sequence) deletedWhileReading() {
	kind := one(s, s.weighed(func(of subject) bool { return of.create != nil }))
	if r, ok := s.any(kind.kind); ok {
		s.note("  %s", r)
		s.cluster.stats.fault("deleted while pages are read")
		s.cloud.whileReading(func() { _, _ = s.cloud.change("DELETE", pathOf(r), nil) })
	}
}

func (s *sequence) loseScopes() {
	without := some(s, scopes(s.subjects()))
	value := fmt.Sprintf("token-%d", s.next())
	s.note("  %v", without)
	s.cluster.stats.fault("scopes lost")
	s.must(s.cloud.sim.AddToken(dosim.Token{Value: value, Without: without}))
	s.setToken(value)
}

// goodToken gives the account a token that may everything, as yet unused.
func (s *sequence) goodToken() {
	value := fmt.Sprintf("token-%d", s.next())
	s.must(s.cloud.sim.AddToken(dosim.Token{Value: value}))
	s.setToken(value)
}

// sync asks for a sync.
func (s *sequence) sync() {
	s.annotateAccount(driftv1alpha1.SyncAnnotation, fmt.Sprintf("request-%d", s.next()))
}
