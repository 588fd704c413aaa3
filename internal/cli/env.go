package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/go-logr/logr"
	"golang.org/x/term"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
)

// Env is what every command is given: where it reads and writes, and which cluster it is
// about.
type Env struct {
	genericiooptions.IOStreams
	// Config are kubectl's usual flags.
	Config *genericclioptions.ConfigFlags
	Clock  clock.Clock
	// Terminal says what of the streams is one.
	Terminal Terminal
	// Connect makes the client. Tests put another in its place.
	Connect func() (client.WithWatch, error)

	version string
	colour  string
	client  client.WithWatch
	styled  bool
	reader  *bufio.Reader
	// ended says that there is nothing more to read.
	ended bool
}

// Terminal is what a terminal is at the other end of.
type Terminal struct {
	// Asks says that a person can be asked: there is a terminal to read from and to write
	// to.
	Asks bool
	// Shows says that the output goes to a terminal, which is so many columns wide; 0: any.
	Shows bool
	Width int
}

// NewEnv is the environment of a process with these streams.
func NewEnv(streams genericiooptions.IOStreams, version string) *Env {
	e := &Env{
		IOStreams: streams,
		Config:    genericclioptions.NewConfigFlags(true),
		Clock:     clock.RealClock{},
		Terminal:  terminalOf(streams),
		version:   version,
	}
	e.Connect = e.connect
	e.Out, e.ErrOut = quietly(streams.Out), quietly(streams.ErrOut)
	return e
}

func terminalOf(streams genericiooptions.IOStreams) Terminal {
	is := func(stream any) bool {
		file, ok := stream.(*os.File)
		return ok && term.IsTerminal(int(file.Fd()))
	}
	out := Terminal{Shows: is(streams.Out), Asks: is(streams.In) && is(streams.Out)}
	if out.Shows {
		out.Width, _, _ = term.GetSize(int(streams.Out.(*os.File).Fd()))
	}
	return out
}

// prepare decides what follows from the flags that all commands have.
func (e *Env) prepare() error {
	if err := oneOf("color", e.colour, "auto", "always", "never"); err != nil {
		return err
	}
	auto := e.Terminal.Shows && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	e.styled = e.colour == "always" || e.colour == "auto" && auto
	return nil
}

// scheme knows our kinds and what the commands ask of Kubernetes' own.
var scheme = newScheme()

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		authenticationv1.AddToScheme, authorizationv1.AddToScheme, corev1.AddToScheme, eventsv1.AddToScheme, driftv1alpha1.AddToScheme,
	} {
		utilruntime.Must(add(scheme))
	}
	return scheme
}

// Client is the cluster's, made once.
func (e *Env) Client() (client.WithWatch, error) {
	if e.client == nil {
		made, err := e.Connect()
		if err != nil {
			return nil, err
		}
		e.client = made
	}
	return e.client, nil
}

func (e *Env) connect() (client.WithWatch, error) {
	config, err := e.Config.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	// What the libraries would log is for the operator's log, and no result.
	log.SetLogger(logr.Discard())
	config = rest.CopyConfig(config)
	config.UserAgent = "kubectl-drift/" + e.version
	config.QPS, config.Burst = 50, 200
	return client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: mapper(scheme)})
}

// mapper knows where the API has what the scheme has, so that no command has to ask first.
func mapper(scheme *runtime.Scheme) meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(scheme.PrioritizedVersionsAllGroups())
	for kind := range scheme.AllKnownTypes() {
		switch kind.Kind {
		case "SelfSubjectReview", "SelfSubjectAccessReview", "Namespace":
			m.Add(kind, meta.RESTScopeRoot)
		default:
			m.Add(kind, meta.RESTScopeNamespace)
		}
	}
	return m
}

// Namespace is the one that the flags or the kubeconfig say.
func (e *Env) Namespace() (string, error) {
	namespace, _, err := e.Config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("finding the namespace: %w", err)
	}
	return namespace, nil
}

// quietly drops what is written to a pipe that nobody reads any more.
func quietly(w io.Writer) io.Writer { return &pipe{Writer: w} }

// pipe is a writer whose reader may go. Whoever goes on for long asks broken.
type pipe struct {
	io.Writer
	broken bool
}

// Write implements io.Writer.
func (p *pipe) Write(data []byte) (int, error) {
	if p.broken {
		return len(data), nil
	}
	n, err := p.Writer.Write(data)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		p.broken = true
		return len(data), nil
	}
	return n, err
}

// unread says that nobody reads the output any more.
func (e *Env) unread() bool {
	p, ok := e.Out.(*pipe)
	return ok && p.broken
}
