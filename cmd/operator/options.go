package main

import (
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/arcadiacloud/clouddrift/internal/crashpoint"
)

// digitalOcean is DigitalOcean's own endpoint, the only one allowed by default.
const digitalOcean = "https://api.digitalocean.com"

// options are the operator's flags.
type options struct {
	metricsAddress  string
	metricsInsecure bool
	probeAddress    string
	pprofAddress    string
	leaderElection  bool
	leaderNamespace string
	endpoints       endpoints
	stateURLs       stateURLs
	secretPoll      time.Duration
	workers         int
	crashAt         string
}

func bindOptions(flags *flag.FlagSet) *options {
	o := &options{}
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0",
		"Where metrics are served, as :8443, with authentication and authorization. 0 serves none.")
	flags.BoolVar(&o.metricsInsecure, "metrics-insecure", false,
		"Serve metrics over plain http to anybody. For a loopback address only.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", "0",
		"Where /healthz and /readyz are served, as :8081. 0 serves none.")
	flags.StringVar(&o.pprofAddress, "pprof-bind-address", "0",
		"Where profiles are served over plain http. A loopback address only. 0 serves none.")
	flags.BoolVar(&o.leaderElection, "leader-elect", false,
		"Let one of several operators work at a time.")
	flags.StringVar(&o.leaderNamespace, "leader-election-namespace", "",
		"The namespace of the Lease. Needed outside a cluster.")
	flags.Var(&o.endpoints, "allowed-endpoint",
		"An endpoint that a CloudAccount may name and a token may be sent to. May be given several times; the default is "+digitalOcean+".")
	flags.Var(&o.stateURLs, "allowed-state-url",
		"What the URL of a Terraform state may begin with, as https://states.example.com/prod. May be given several times; the default is none.")
	flags.DurationVar(&o.secretPoll, "secret-poll", 15*time.Second,
		"How often each account's Secret is looked at for another token, and each set's for another state.")
	flags.IntVar(&o.workers, "workers", 4,
		"How many objects of a kind are reconciled at once.")
	flags.StringVar(&o.crashAt, "crash-at", "",
		"End the process at this crash point. For tests of recovery.")
	return o
}

// validate also fills in what was left out.
func (o *options) validate() error {
	if len(o.endpoints) == 0 {
		o.endpoints = endpoints{digitalOcean}
	}
	if o.secretPoll < time.Second || o.secretPoll > 30*time.Second {
		return fmt.Errorf("--secret-poll %s: give between 1s and 30s", o.secretPoll)
	}
	if o.workers < 1 || o.workers > 64 {
		return fmt.Errorf("--workers %d: give between 1 and 64", o.workers)
	}
	if o.metricsInsecure && !isLoopback(o.metricsAddress) {
		return fmt.Errorf("--metrics-insecure with --metrics-bind-address %s: plain http is for loopback addresses only", o.metricsAddress)
	}
	if o.pprofAddress != "" && o.pprofAddress != "0" && !isLoopback(o.pprofAddress) {
		return fmt.Errorf("--pprof-bind-address %s: profiles are for loopback addresses only", o.pprofAddress)
	}
	if o.crashAt != "" {
		if !crashpoint.Known(crashpoint.Point(o.crashAt)) {
			return fmt.Errorf("--crash-at %s: the crash points are %v", o.crashAt, crashpoint.All)
		}
		crashpoint.Handle(func(p crashpoint.Point) {
			if p == crashpoint.Point(o.crashAt) {
				os.Exit(86) // at once, as a crash would: nothing is deferred
			}
		})
	}
	return nil
}

// endpoints is a flag that may be given several times.
type endpoints []string

func (e *endpoints) String() string { return strings.Join(*e, ",") }

// Set takes https anywhere and http on loopback, as the CRD does.
func (e *endpoints) Set(value string) error {
	u, err := url.Parse(value)
	if err != nil {
		return fmt.Errorf("reading the URL: %w", err)
	}
	switch {
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("give a URL with a host and nothing but a path, as %s", digitalOcean)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Host):
	default:
		return fmt.Errorf("the token would be sent in the clear: give https, or http on a loopback address")
	}
	if !slices.Contains(*e, value) {
		*e = append(*e, value)
	}
	return nil
}

// stateURLs is a flag that may be given several times.
type stateURLs []string

func (s *stateURLs) String() string { return strings.Join(*s, ",") }

// Set takes http too: nothing is sent but the request, and who names a URL here knows what it
// serves.
func (s *stateURLs) Set(value string) error {
	u, err := url.Parse(value)
	if err != nil {
		return fmt.Errorf("reading the URL: %w", err)
	}
	if u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("give a URL with http or https, a host, and nothing but a path, as https://states.example.com/prod")
	}
	if !slices.Contains(*s, value) {
		*s = append(*s, value)
	}
	return nil
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback()
}
