package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	driftv1alpha1 "github.com/arcadiacloud/clouddrift/api/v1alpha1"
	"github.com/arcadiacloud/clouddrift/internal/dosim"
)

const (
	accountName = "production"
	secretName  = "digitalocean"
)

// sequence is a namespace, a cloud, one or two operators between them, and a
// number of random things that happen to them.
type sequence struct {
	seed      uint64
	ctx       context.Context
	cluster   *cluster
	namespace string
	rng       *rand.Rand
	clock     *clock
	cloud     *cloud
	recorder  *recorder
	people    *people
	logger    logr.Logger
	log       *boundedLog

	operators []*operator
	// ended says that an operator ended in the middle: its last events may be lost.
	ended bool
	// lied says that a listing was wrong in a way that nobody can see, lagged that
	// listings showed what was a while ago.
	lied, lagged bool
	token        string
	// kinds are those that there are in this sequence.
	kinds  map[string]bool
	serial int
	// original is what each declaration said first, by name: what Git says.
	original map[string]map[string]any
	// manifests are what Git says of those that were committed since.
	manifests map[string]map[string]any
	// racing are things that happen at the same time.
	racing sync.WaitGroup

	mu         sync.Mutex
	trace      []string
	violations []string
	began      time.Time
}

// maxLog is how much of the operators' log a sequence keeps.
const maxLog = 1 << 20

// boundedLog keeps what was written first.
type boundedLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (l *boundedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buf.Len() < maxLog {
		l.buf.Write(p)
	}
	return len(p), nil
}

func newSequence(ctx context.Context, c *cluster, seed uint64, namespace string) *sequence {
	s := &sequence{
		seed: seed, ctx: ctx, cluster: c, namespace: namespace, began: time.Now(),
		rng: rand.New(rand.NewPCG(seed, 0)), clock: newClock(), people: newPeople(),
		log: &boundedLog{}, original: map[string]map[string]any{}, manifests: map[string]map[string]any{},
	}
	s.logger = zap.New(zap.WriteTo(s.log))
	return s
}

// run makes one sequence and returns it with what was wrong.
func run(ctx context.Context, c *cluster, seed uint64, namespace string) *sequence {
	s := newSequence(ctx, c, seed, namespace)
	if err := s.prepare(); err != nil {
		s.broken("%v", err)
		return s
	}
	s.happen()
	s.settle()
	s.verify()
	s.clear()
	return s
}

// note writes down what is done.
func (s *sequence) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, fmt.Sprintf("%8.3f ", time.Since(s.began).Seconds())+fmt.Sprintf(format, args...))
}

// broken notes that something is not as it has to be.
func (s *sequence) broken(format string, args ...any) {
	if s.ctx.Err() != nil {
		return // the campaign was interrupted
	}
	message := fmt.Sprintf(format, args...)
	s.note("VIOLATION %s", message)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, message)
}

func (s *sequence) failed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.violations) > 0
}

// report is everything that is known of the sequence.
func (s *sequence) report() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d, namespace %s\n%s\n", s.seed, s.namespace, strings.Join(s.violations, "\n"))
	fmt.Fprintf(&b, "\n--- what happened\n%s\n", strings.Join(s.trace, "\n"))
	if s.recorder != nil {
		fmt.Fprintf(&b, "\n--- what was recorded\n%s", s.recorder.history().render(s.began))
	}
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	fmt.Fprintf(&b, "\n--- the operators' log\n%s", s.log.buf.String())
	return b.String()
}

func (s *sequence) chance(of float64) bool { return s.rng.Float64() < of }

func (s *sequence) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	return s.serial
}

func (s *sequence) remember(name string, values map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.original[name] = values
	delete(s.manifests, name)
}

// prepare makes the namespace, the cloud with some resources, the account, and
// starts the operators.
func (s *sequence) prepare() error {
	if err := try(s.ctx, func() error {
		return client.IgnoreAlreadyExists(s.cluster.admin.Create(s.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}))
	}); err != nil {
		return fmt.Errorf("creating namespace %s: %w", s.namespace, err)
	}
	var err error
	if s.cloud, err = startCloud(s.clock, s.rng); err != nil {
		return err
	}
	if s.recorder, err = startRecorder(s.ctx, s.cluster.admin, s.namespace); err != nil {
		return err
	}
	s.choose()
	s.furnish()
	s.setToken(dosim.DefaultToken)
	account := &driftv1alpha1.CloudAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: accountName},
		Spec: driftv1alpha1.CloudAccountSpec{
			TokenSecretRef: driftv1alpha1.SecretKeyReference{Name: secretName},
			Endpoint:       s.cloud.url,
		},
	}
	if s.chance(0.1) {
		account.Spec.MaxNewDriftsPerMinute = ptr.To(int32(1 + s.rng.IntN(3)))
	}
	if s.chance(0.15) {
		account.Spec.History = driftv1alpha1.HistoryPolicy{RetainDays: ptr.To(int32(1)), RetainEpisodes: ptr.To(int32(1))}
	}
	if err := try(s.ctx, func() error {
		return client.IgnoreAlreadyExists(s.cluster.admin.Create(s.ctx, account.DeepCopy()))
	}); err != nil {
		return fmt.Errorf("creating the account: %w", err)
	}
	for range 1 + s.rng.IntN(4) {
		s.declareSomething()
	}
	s.addOperator()
	if s.chance(0.35) {
		s.addOperator()
	}
	return nil
}

// setToken writes the account's Secret; "" takes it away.
func (s *sequence) setToken(token string) {
	s.token = token
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: secretName}}
	err := try(s.ctx, func() error {
		if err := client.IgnoreNotFound(s.cluster.admin.Delete(s.ctx, secret.DeepCopy())); err != nil || token == "" {
			return err
		}
		full := secret.DeepCopy()
		full.Data = map[string][]byte{"token": []byte(token)}
		return client.IgnoreAlreadyExists(s.cluster.admin.Create(s.ctx, full))
	})
	if err != nil {
		s.broken("writing the Secret: %v", err)
	}
}

func (s *sequence) addOperator() {
	var o *operator
	err := try(s.ctx, func() error {
		var err error
		o, err = startOperator(s.cluster, s, s.logger.WithValues("operator", s.next()), s.rng.Uint64())
		return err
	})
	if err != nil {
		s.broken("starting an operator: %v", err)
		return
	}
	s.cluster.stats.do(func(st *stats) { st.operators++ })
	s.operators = append(s.operators, o)
}

// endOperator ends the nth operator.
func (s *sequence) endOperator(n int) {
	o := s.operators[n]
	s.operators = append(s.operators[:n:n], s.operators[n+1:]...)
	s.ended = true
	if err := o.end(); err != nil {
		s.broken("%v", err)
	}
}

// bury removes the operators that crashed.
func (s *sequence) bury() {
	for n, operator := range slices.Backward(s.operators) {
		if operator.crashed() {
			s.note("an operator has crashed")
			s.endOperator(n)
		}
	}
}

// happen does between 20 and 50 random things. Which kinds of things is random
// too: a sequence of few kinds gets deeper than one of all.
func (s *sequence) happen() {
	allowed := s.repertoire()
	for range 20 + s.rng.IntN(31) {
		if s.ctx.Err() != nil {
			return
		}
		op := allowed.pick(s.rng)
		s.note("%s", op.name)
		s.cluster.stats.operation(op.name)
		op.do(s)
		s.bury()
		if len(s.operators) == 0 && s.chance(0.5) {
			s.addOperator()
		}
	}
	s.racing.Wait()
}

// clear ends what runs and removes what the sequence made.
func (s *sequence) clear() {
	for len(s.operators) > 0 {
		s.endOperator(0)
	}
	s.recorder.stop()
	if err := s.cloud.close(); err != nil {
		s.broken("%v", err)
	}
	if s.failed() {
		return // for those who want to look
	}
	for _, o := range []client.Object{
		&driftv1alpha1.CloudProvisioned{}, &driftv1alpha1.CloudDrift{}, &driftv1alpha1.CloudResource{},
		&driftv1alpha1.CloudAccount{}, &corev1.Secret{},
	} {
		if err := try(s.ctx, func() error { return s.cluster.admin.DeleteAllOf(s.ctx, o, client.InNamespace(s.namespace)) }); err != nil {
			s.broken("clearing the namespace: %v", err)
		}
	}
}
