package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/arcadiacloud/clouddrift/hack/stack"
)

const (
	// progressFD is where a serve that was started by up reports to it.
	progressFD  = 3
	progressEnv = "STACKCTL_PROGRESS"
	// readyLine is the report that everything is up.
	readyLine = "ready"
	// restartDelay is how long an operator that has ended stays down.
	restartDelay = 2 * time.Second
	endTimeout   = time.Minute
)

// up starts the stack in the background. Where it runs already, up says so and
// how to use it.
func up(ctx context.Context, dir string) error {
	if running(dir) != 0 {
		fmt.Println("The stack is running.")
		return printUsage(dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	log, err := os.Create(filepath.Join(dir, "stack.log"))
	if err != nil {
		return fmt.Errorf("making the stack's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	reports, child, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("starting the stack: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("starting the stack: %w", err)
	}
	cmd := exec.Command(self, "serve") //nolint:noctx // it is meant to outlive us
	cmd.Env = append(os.Environ(), progressEnv+"=1")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{child}
	// A session of its own: the terminal's hangup and Ctrl-C are not for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the stack: %w", err)
	}
	_ = child.Close()
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer stop()
	if !relay(reports) {
		_ = cmd.Wait()
		return errors.New("the stack did not start\n" + tail(log.Name()))
	}
	return printUsage(dir)
}

// relay prints what serve reports, until it is ready or ends.
func relay(reports io.Reader) (ready bool) {
	lines := bufio.NewScanner(reports)
	for lines.Scan() {
		if lines.Text() == readyLine {
			return true
		}
		fmt.Println(lines.Text())
	}
	return false
}

// serve runs the stack until it is told to end, or the control plane ends.
func serve(ctx context.Context, dir string) (err error) {
	unlock, err := claim(dir)
	if err != nil {
		return err
	}
	defer unlock()
	l, err := newLocal(dir, os.Stdout)
	if err != nil {
		return err
	}
	l.persistent = true
	var reports *os.File
	if os.Getenv(progressEnv) != "" {
		_ = os.Unsetenv(progressEnv)
		syscall.CloseOnExec(progressFD)
		reports = os.NewFile(progressFD, "progress")
		l.progress = io.MultiWriter(os.Stdout, reports)
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	if err := l.start(ctx); err != nil {
		return err
	}
	if err := l.publish(ctx); err != nil {
		return err
	}
	l.say(readyLine)
	l.progress = os.Stdout
	if reports != nil {
		_ = reports.Close()
	}
	return l.supervise(ctx)
}

// publish adds the account and writes what people need to use the stack.
func (l *local) publish(ctx context.Context) error {
	l.say("adding the CloudAccount production")
	account, err := l.account()
	if err != nil {
		return err
	}
	if _, _, err := l.plane.Kubectl(ctx, "", "apply", "-f", account); err != nil {
		return err
	}
	if err := l.plane.Kubeconfig(l.file("kubeconfig")); err != nil {
		return err
	}
	var env strings.Builder
	for _, v := range [][2]string{
		{"KUBECONFIG", l.file("kubeconfig")},
		{"DIGITALOCEAN_API_URL", l.endpoint},
		{"DIGITALOCEAN_TOKEN", token},
		{"DIGITALOCEAN_ACCESS_TOKEN", token}, // doctl's name for it
		{"CLOUDDRIFT_METRICS_URL", l.metrics},
	} {
		fmt.Fprintf(&env, "export %s=%q\n", v[0], v[1])
	}
	fmt.Fprintf(&env, "export PATH=%q:%q:$PATH\n", filepath.Dir(l.plane.KubectlPath), filepath.Join(l.root, "bin"))
	if err := os.WriteFile(l.file("env"), []byte(env.String()), 0o600); err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	return nil
}

// supervise starts the operator again when it ends, as a Deployment would.
func (l *local) supervise(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.plane.Done():
			return l.plane.Alive()
		case <-l.dosim.Done():
			return errors.New("the simulated DigitalOcean has ended\n" + l.dosim.LogTail())
		case <-l.operator.Done():
			l.say("the operator has ended and is started again\n%s", l.operator.LogTail())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restartDelay):
		}
		if err := l.operator.Start(ctx); err != nil {
			l.say("%v", err)
		}
	}
}

// down ends the stack and removes what it left.
func down(_ context.Context, dir string) error {
	pid := running(dir)
	if pid == 0 {
		fmt.Println("The stack is not running.")
		return os.RemoveAll(dir)
	}
	fmt.Println("ending the stack")
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("ending the stack, process %d: %w", pid, err)
	}
	for deadline := time.Now().Add(endTimeout); running(dir) != 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			// Its children end with it.
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return fmt.Errorf("the stack, process %d, did not end within %s and was killed", pid, endTimeout)
		}
	}
	return os.RemoveAll(dir)
}

func pidFile(dir string) string { return filepath.Join(dir, "stack.pid") }

// claim makes this process the one that runs the stack in dir. The lock goes
// with the process, so that a pid file left behind by a crash misleads nobody.
func claim(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making %s: %w", dir, err)
	}
	file, err := os.OpenFile(pidFile(dir), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the pid file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("another process runs the stack in %s: %w", dir, err)
	}
	if err := errors.Join(file.Truncate(0), write(file, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("writing the pid file: %w", err)
	}
	return func() { _ = file.Close() }, nil
}

func write(file *os.File, s string) error {
	_, err := file.WriteString(s)
	return err
}

// running is the pid of the process that runs the stack in dir, 0 if none does.
func running(dir string) int {
	file, err := os.Open(pidFile(dir))
	if err != nil {
		return 0
	}
	defer func() { _ = file.Close() }()
	if syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return 0 // nobody holds it
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(raw)))
	return pid
}

func printUsage(dir string) error {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	env, err := filepath.Rel(root, filepath.Join(dir, "env"))
	if err != nil {
		return err
	}
	fmt.Printf(`
Point your shell at it:      source %s
See the inventory:           kubectl get cloudresources
Declare what there is:       kubectl drift adopt --all --to infra && kubectl apply -k infra
Look again now:              kubectl drift sync --wait
See what differs:            kubectl get clouddrift, kubectl drift list
Change things behind it:     godo, doctl or Terraform, with DIGITALOCEAN_API_URL and DIGITALOCEAN_TOKEN
Logs:                        %s/operator.log, %[2]s/stack.log
End it:                      make down
`, env, filepath.Dir(env))
	return nil
}

func tail(path string) string { return (&stack.Process{LogFile: path}).LogTail() }
