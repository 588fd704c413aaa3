package cli

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestReport(t *testing.T) {
	p := newPlugin(t, infra(t)...)
	p.goldens(map[string]string{
		"report":             "report",
		"report-kind":        "report --kind Firewall --since 1d",
		"report-bad-account": "report --account prodution",
	})
	newPlugin(t, calm(nil)...).goldens(map[string]string{"report-in-sync": "report --account production"})
	p.onTerminal(80, "").goldens(map[string]string{"report-terminal": "report"})
}

// What comes from DigitalOcean is text in the page, whatever it looks like, and the page
// asks for nothing from elsewhere.
func TestTheReportIsSelfContained(t *testing.T) {
	p := declared("web", "Droplet", "1", map[string]any{"name": "web"})
	d := opened(p, "name", 1, "web", "<script>alert(1)</script>\u202e\x1b[31m\"' onload=x", time.Hour)
	a := account()
	a.Status.TeamName = "</style><img src=https://evil.example/x>"
	page := newPlugin(t, a, p, d).run("report").out
	if regexp.MustCompile(`(?i)<script|<img|<link|<iframe|@import|url\(`).MatchString(page) {
		t.Errorf("the page holds more than text:\n%s", page)
	}
	if strings.ContainsAny(page, "\x1b\u202e") {
		t.Error("the page holds control characters")
	}
	if n := strings.Count(page, "://"); n != 1 { // the team's, as text
		t.Errorf("the page names %d addresses", n)
	}
}
