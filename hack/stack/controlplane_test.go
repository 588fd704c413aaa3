package stack_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

// asOrphanage makes this test binary start a control plane and wait to be killed.
const asOrphanage = "CLOUDDRIFT_STACK_ORPHANAGE"

func TestMain(m *testing.M) {
	if os.Getenv(asOrphanage) != "" {
		orphanage()
		return
	}
	os.Exit(m.Run())
}

func TestControlPlane(t *testing.T) {
	ctx := t.Context()
	cp, err := stack.Start(ctx, stack.Options{CRDs: []string{"testdata/crds"}, ControllerManager: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(cp.Dir()); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", cp.Dir(), err)
		}
	})
	admin := clients(t, cp.Config)

	t.Run("serves what the operator builds on", func(t *testing.T) {
		_, resources, err := admin.Discovery().ServerGroupsAndResources()
		if err != nil {
			t.Fatal(err)
		}
		var served []string
		for _, list := range resources {
			for _, r := range list.APIResources {
				served = append(served, list.GroupVersion+"/"+r.Name)
			}
		}
		for _, want := range []string{
			"stack.test/v1/widgets",
			"admissionregistration.k8s.io/v1/validatingadmissionpolicies",
			"admissionregistration.k8s.io/v1/mutatingadmissionpolicies",
			"authentication.k8s.io/v1/tokenreviews",
			"authorization.k8s.io/v1/subjectaccessreviews",
		} {
			if !slices.Contains(served, want) {
				t.Errorf("%s is not served", want)
			}
		}
	})

	t.Run("its release is the pinned one", func(t *testing.T) {
		info, err := admin.Discovery().ServerVersion()
		if err != nil {
			t.Fatal(err)
		}
		stdout, _, err := cp.Kubectl(ctx, "", "version")
		if err != nil {
			t.Fatal(err)
		}
		// kubectl warns when client and server differ by more than one minor version.
		if strings.Contains(stdout, "WARNING") || !strings.Contains(stdout, "Server Version: "+info.GitVersion) {
			t.Errorf("kubectl version: %s", stdout)
		}
	})

	t.Run("users are authenticated and have no rights of their own", func(t *testing.T) {
		cfg, err := cp.User("alice", "team-a", "team-b")
		if err != nil {
			t.Fatal(err)
		}
		alice := clients(t, cfg)
		review, err := alice.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := review.Status.UserInfo; got.Username != "alice" ||
			!slices.Contains(got.Groups, "team-a") || !slices.Contains(got.Groups, "team-b") || slices.Contains(got.Groups, "system:masters") {
			t.Errorf("alice is known as %+v", got)
		}
		if _, err := alice.CoreV1().Secrets("default").List(ctx, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
			t.Errorf("alice listing secrets: want forbidden, got %v", err)
		}
	})

	t.Run("kubectl runs as the user of the kubeconfig", func(t *testing.T) {
		path, err := cp.UserKubeconfig("bob")
		if err != nil {
			t.Fatal(err)
		}
		if stdout, _, err := cp.Kubectl(ctx, path, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"); err != nil || stdout != "bob" {
			t.Errorf("whoami: %q, %v", stdout, err)
		}
		if _, stderr, err := cp.Kubectl(ctx, path, "get", "secrets"); err == nil || !strings.Contains(stderr, "Forbidden") {
			t.Errorf("bob getting secrets: %q, %v", stderr, err)
		}
	})

	t.Run("a service account's user has its groups", func(t *testing.T) {
		cfg, err := cp.ServiceAccount("default", "default")
		if err != nil {
			t.Fatal(err)
		}
		review, err := clients(t, cfg).AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := review.Status.UserInfo; got.Username != "system:serviceaccount:default:default" || !slices.Contains(got.Groups, "system:serviceaccounts:default") {
			t.Errorf("the service account is known as %+v", got)
		}
	})

	t.Run("dependents of a deleted owner are collected", func(t *testing.T) {
		maps := admin.CoreV1().ConfigMaps("default")
		owner := create(t, admin, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}})
		create(t, admin, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Name:            "dependent",
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}},
		}})
		if err := maps.Delete(ctx, owner.Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() error {
			if _, err := maps.Get(ctx, "dependent", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
				return fmt.Errorf("dependent: want not found, got %v", err)
			}
			return nil
		})
	})

	t.Run("a deleted namespace goes", func(t *testing.T) {
		namespaces := admin.CoreV1().Namespaces()
		if _, err := namespaces.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "short-lived"}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := namespaces.Delete(ctx, "short-lived", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() error {
			if _, err := namespaces.Get(ctx, "short-lived", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
				return fmt.Errorf("namespace: want not found, got %v", err)
			}
			return nil
		})
	})

	t.Run("data and users outlive the API server and etcd", func(t *testing.T) {
		create(t, admin, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}})
		cp.StopAPIServer()
		if _, err := admin.CoreV1().ConfigMaps("default").Get(ctx, "kept", metav1.GetOptions{}); err == nil {
			t.Error("the API server answers although it was stopped")
		}
		if err := cp.Alive(); err == nil || !strings.Contains(err.Error(), "kube-apiserver has ended") {
			t.Errorf("Alive says %v", err)
		}
		cp.KillEtcd()
		if err := cp.StartEtcd(ctx); err != nil {
			t.Fatal(err)
		}
		if err := cp.StartAPIServer(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.CoreV1().ConfigMaps("default").Get(ctx, "kept", metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
		eventually(t, cp.Alive)
	})
}

func TestKeptDirectory(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "kept")
	first, err := stack.Start(ctx, stack.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig, err := first.UserKubeconfig("carol", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	create(t, clients(t, first.Config), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}})
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}

	second, err := stack.Start(ctx, stack.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Stop() })
	// Another port, and still carol's old certificate is good.
	if _, _, err := second.Kubectl(ctx, kubeconfig, "--server", second.URL, "get", "configmap", "kept"); err != nil {
		t.Error(err)
	}
}

// TestKilledParent kills a process that runs a control plane: nothing of it may
// stay.
func TestKilledParent(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("only Linux ties a child's life to its parent's")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(t.Context(), self)
	parent.Env = append(os.Environ(), asOrphanage+"=1")
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("waiting for its control plane: %v", err)
	}
	dir := strings.TrimSpace(line)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if got := len(processesIn(t, dir)); got != 3 {
		t.Errorf("%d processes run with %s, want etcd, API server and controller manager", got, dir)
	}
	if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	eventually(t, func() error {
		if left := processesIn(t, dir); len(left) > 0 {
			return fmt.Errorf("still running: %q", left)
		}
		return nil
	})
}

// orphanage starts a control plane, names its directory and never ends.
func orphanage() {
	cp, err := stack.Start(context.Background(), stack.Options{ControllerManager: true})
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(cp.Dir())
	select {}
}

// processesIn are the command lines of running processes that name dir.
func processesIn(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		// A process may end between the listing and the reading.
		if raw, err := os.ReadFile(file); err == nil && strings.Contains(string(raw), dir+"/") {
			found = append(found, strings.ReplaceAll(string(raw), "\x00", " "))
		}
	}
	return found
}

func clients(t *testing.T, cfg *rest.Config) kubernetes.Interface {
	t.Helper()
	c, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func create(t *testing.T, c kubernetes.Interface, object *corev1.ConfigMap) *corev1.ConfigMap {
	t.Helper()
	created, err := c.CoreV1().ConfigMaps("default").Create(t.Context(), object, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return created
}

func eventually(t *testing.T, check func() error) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
